/** What stands in the place of a secret. */
const HIDDEN = '…';

const URL_TAIL = /(\b[a-z][\w+.-]*:\/\/)([^\s/?#@]*@)?([^\s?#"'<>]*)([?#][^\s"'<>]*)?/gi;
const QUERY = /\?[\w.~%-]+=[^\s"'<>]*/g;
const BEARER = /\b(bearer|basic)\s+[\w+/=.~-]+/gi;
const PAIR =
  /(["']?\b[\w-]*(?:token|secret|passw(?:or)?d|passwd|pwd|auth(?:orization)?|cookie|session|api[_-]?key|apikey|jwt|sid|signature|credential)s?["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&)}\]]+)/gi;
const JWT = /\beyJ[\w-]{4,}\.[\w-]*(?:\.[\w-]*)?/g;
/** Nobody writes words that long, with digits in them. */
const LONG = /\b(?=[\w-]*\d)[\w-]{32,}\b/g;

/** Leaves out of a message what may be a secret: the query and the user of a URL, tokens, and what follows a name like `token=`. */
export function redact(text: string): string {
  return text
    .replace(URL_TAIL, (_, scheme, user, path, tail) => {
      return `${scheme}${user ? `${HIDDEN}@` : ''}${path}${tail ? `${tail[0]}${HIDDEN}` : ''}`;
    })
    .replace(QUERY, `?${HIDDEN}`)
    .replace(BEARER, `$1 ${HIDDEN}`)
    .replace(PAIR, `$1${HIDDEN}`)
    .replace(JWT, HIDDEN)
    .replace(LONG, HIDDEN);
}
