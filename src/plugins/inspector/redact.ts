/**
 * Removes secrets from text: everything that the inspector keeps, shows, prints or saves has gone through `redact`. It reads a text
 * once from left to right, so its work grows with the length of the text and no more; when in doubt, it hides.
 */

import { PREFIXES_BY_FIRST } from './known-keys.js';
import {
  BASE64,
  BLANK,
  DIGIT,
  LETTER,
  LOOK_AHEAD,
  NAME,
  NEWLINE,
  QUOTE,
  RETURN,
  Reader,
  SPACE,
  TAB,
} from './reader.js';
import { isAbout, isNoSecret, isProse, LONGEST_NAME, namesSecret, namesSecretLine } from './secret-names.js';
import { cut, MAX_TEXT, printable } from './text.js';

/** Replaces a secret. */
export const HIDDEN = '…';

const LONGEST_TAG = 400;
/** How many names may follow the name of a secret: `password[new][0]`. */
const MAX_BELOW = 8;

/** Schemes of the header Authorization, without the header; `realm=` and the like belong to a challenge, not a secret. */
const SCHEMES = /^(?:bearer|basic|digest|negotiate|ntlm|apikey|hawk)$/i;

/** Prefixes of addresses without user and password, even if they seem to have them. */
const NO_PASSWORD = /^(?:mailto|sips?|xmpp|acct|npm|workspace|jsr)$/i;

/** Reads one text; `hidden` contains the ranges to hide. Exported so that a test can count its steps. */
export class Scanner extends Reader {
  private readonly hidden: number[] = [];
  /** Runs of base64 before this unit were already checked. */
  private runEnd = 0;
  /** The next `@`, and the next unit that no address contains; found once for all units before them. */
  private nextAt = -1;
  private nextBreak = -1;
  /** Whether the scheme of an address was read, and the address continues. */
  private inAddress = false;
  /** The previous word. */
  private previous = '';

  constructor(
    text: string,
    private readonly onlyKeys: boolean,
  ) {
    super(text);
  }

  read(): string {
    const { length } = this;
    let at = 0;
    while (at < length) {
      if (this.is(at, NAME)) at = this.word(at);
      else at = this.mark(at);
    }
    return this.output();
  }

  private output(): string {
    const { hidden, text } = this;
    if (hidden.length === 0) return text;
    const parts: string[] = [];
    let shown = 0;
    for (let i = 0; i < hidden.length; i += 2) {
      const from = hidden[i] as number;
      if (from > shown || i === 0) parts.push(text.slice(shown, from), HIDDEN);
      shown = hidden[i + 1] as number;
    }
    parts.push(text.slice(shown));
    return parts.join('');
  }

  /** Hides the units from `from` to `to`. @returns `to` */
  private hide(from: number, to: number): number {
    if (to > from && !(to === from + 1 && this.has(from, HIDDEN))) {
      this.hidden.push(this.units.from[from] as number, this.units.from[to] as number);
    }
    return to;
  }

  // --- Secrets after a punctuation mark

  private mark(at: number): number {
    const code = this.code(at);
    if (this.is(at, BLANK | QUOTE) || code === 60 || code === 62) this.inAddress = false;
    if (code === 63 && (this.inAddress || this.beginsPair(at + 1))) return this.query(at + 1);
    if (code === 35 && this.inAddress) return this.query(at + 1);
    if (code === 60 && !this.onlyKeys) return this.tag(at);
    return at + 1;
  }

  /** The query or the fragment of an address, which begins at `at`. */
  private query(at: number): number {
    const level = this.level(at - 1);
    let end = at;
    while (end < this.length && !(this.level(end) <= level && this.endsAddress(end))) end++;
    this.inAddress = false;
    return this.hide(at, this.giveBack(at, end));
  }

  /** `<input name="csrf" value="…">`, `<meta name="csrf-token" content="…">`: hidden as a whole. */
  private tag(at: number): number {
    const nameEnd = this.skip(at + 1, LETTER, 6);
    const name = this.string(at + 1, nameEnd).toLowerCase();
    if (name !== 'input' && name !== 'meta') return at + 1;
    const last = Math.min(this.length, at + LONGEST_TAG);
    let secret = false;
    let end = nameEnd;
    while (end < last && !this.has(end, '>') && !this.has(end, '<')) {
      if (this.is(end, NAME)) {
        const wordEnd = this.skip(end, NAME, LONGEST_TAG);
        secret ||= namesSecret(this.string(end, wordEnd));
        end = wordEnd;
      } else end++;
    }
    return secret ? this.hide(nameEnd, end) : at + 1;
  }

  // --- Secrets that begin with a word

  private word(at: number): number {
    let end = at;
    while (this.is(end, NAME)) end++;
    const next = this.key(at, end) || this.address(at, end);
    if (next) return next;
    if (this.onlyKeys) return end;
    const word = end - at < 2 ? '' : this.string(Math.max(at, end - LONGEST_NAME), end);
    const after = word && (this.scheme(word, end) || this.named(word, at, end));
    this.previous = word;
    return after || this.run(at, end) || this.login(word, at, end) || end;
  }

  /** Keys and tokens of a known form. @returns 0 if there is none */
  private key(at: number, end: number): number {
    if (this.startsWith(at, '-----BEGIN') && !this.onlyKeys) {
      return this.hide(at, this.pemEnd(end));
    }
    // JSON Web Tokens: base64 of `{"`, wherever it begins.
    for (let i = at; i + 9 < end; i++) {
      if (!this.has(i, 'e') || !this.startsWith(i, 'eyJ')) continue;
      // In the middle of a word it must look random, unlike `keyJson`.
      if (i === at || (i + 16 < end && this.changes(i, i + 16) > 3)) return this.hide(i, this.tokenEnd(i));
    }
    for (const [prefix, length] of PREFIXES_BY_FIRST.get(this.code(at)) ?? []) {
      if (this.startsWith(at, prefix)) {
        const runEnd = this.tokenEnd(at);
        if (runEnd - at >= length && (prefix !== 'SG' || this.has(at + 2, '.'))) return this.hide(at, runEnd);
      }
    }
    return 0;
  }

  /** The user and the password of `scheme://user:password@host`. */
  private address(at: number, end: number): number {
    if (!(this.has(end, ':') && this.has(end + 1, '/') && this.has(end + 2, '/') && this.is(at, LETTER)))
      return 0;
    this.inAddress = true;
    const level = this.level(end);
    const start = end + 3;
    let host = start;
    let last = -1;
    let port = false;
    while (host < this.length) {
      const code = this.code(host);
      if (this.level(host) <= level) {
        if (code === 47 || code === 63 || code === 35 || code === BACKSLASH || this.endsAddress(host)) break;
        if (code === 64) last = host;
        if (code === 58 && !this.is(host + 1, DIGIT) && !this.has(host + 1, '/') && !this.has(start, '[')) {
          port = true;
        }
      }
      host++;
    }
    if (last < 0 && port) {
      // A password may contain a slash, although it should not.
      for (let i = host; i < this.length && i < host + LOOK_AHEAD && !this.endsAddress(i); i++) {
        if (this.has(i, '@')) last = i;
      }
    }
    return last < 0 ? start : this.hide(start, last);
  }

  /** `user:password@host` without a scheme. */
  private login(word: string, at: number, end: number): number {
    if (!this.has(end, ':') || NO_PASSWORD.test(word)) return 0;
    if (this.nextAt < end) {
      this.nextAt = end;
      while (this.nextAt < this.length && !this.has(this.nextAt, '@')) this.nextAt++;
    }
    if (this.nextBreak < end) {
      this.nextBreak = end;
      while (
        this.nextBreak < this.length &&
        !this.endsAddress(this.nextBreak) &&
        !this.has(this.nextBreak, '/')
      )
        this.nextBreak++;
    }
    const found =
      this.nextAt > end + 1 && this.nextAt < this.nextBreak && this.is(this.nextAt + 1, LETTER | DIGIT);
    return found ? this.hide(at, this.nextAt) : 0;
  }

  /** Long runs of base64 or hexadecimal digits. */
  private run(at: number, wordEnd: number): number {
    if (at >= this.runEnd) {
      let end = at;
      let digits = 0;
      for (; this.is(end, BASE64); end++) if (this.is(end, DIGIT)) digits++;
      this.runEnd = end;
      const length = end - at;
      const changes = length < 16 ? 0 : this.changes(at, end);
      const random =
        (this.has(end, '=') && changes >= 0.2 * length) ||
        (end > wordEnd && length >= 32 && digits > 0 && changes >= 0.15 * length);
      if (random && changes > 0) return this.hide(at, this.tokenEnd(end));
    }
    const length = wordEnd - at;
    const random = length >= 20 && this.changes(at, wordEnd) >= 0.28 * length;
    return random || this.isIdentifier(at, wordEnd) ? this.hide(at, this.tokenEnd(wordEnd)) : 0;
  }

  /** A word of 20 hexadecimal digits or more, or one of 32 characters or more whose parts are not words. */
  private isIdentifier(at: number, end: number): boolean {
    const length = end - at;
    if (length < 20) return false;
    let hexadecimal = true;
    let digits = 0;
    let strange = 0;
    let partStart = at;
    for (let i = at; i <= end; i++) {
      const code = i < end ? this.code(i) : 45;
      if (code === 45 || code === 95) {
        if (!this.isWordlike(partStart, i)) strange++;
        partStart = i + 1;
      } else if (code >= 48 && code <= 57) digits++;
      else if ((code | 32) < 97 || (code | 32) > 102) hexadecimal = false;
    }
    return digits > 0 && (hexadecimal ? digits < length || length >= 24 : length >= 32 && strange > 0);
  }

  /** Letters and then at most four digits: `tls13`, `http2`, `2024`. */
  private isWordlike(from: number, to: number): boolean {
    let end = from;
    while (end < to && this.is(end, LETTER)) end++;
    const digits = to - end;
    while (end < to && this.is(end, DIGIT)) end++;
    return end === to && digits <= 4;
  }

  /** `Bearer …`, `Basic …`, `Digest a="…", b="…"`, without their header. */
  private scheme(word: string, end: number): number {
    if (!SCHEMES.test(word) || !this.is(end, BLANK)) return 0;
    const start = this.skip(end, BLANK);
    const first = this.skip(start, NAME);
    if (first === start && !this.is(start, QUOTE)) return 0;
    const kind = word.toLowerCase();
    if (kind === 'bearer') {
      if (isProse(this.string(start, first)) || this.has(first, '=')) return 0;
      return this.hide(start, this.valueEnd(start, end, false));
    }
    const parameters = this.has(first, '=') && (this.is(first + 1, QUOTE) || this.is(first + 1, NAME));
    if (parameters && !this.has(first + 1, '=')) {
      const parameter = this.string(start, first).toLowerCase();
      if (parameter === 'realm' || (kind !== 'digest' && kind !== 'hawk')) return 0;
      return this.hide(start, this.lineEnd(start, end, 0));
    }
    if (kind === 'digest') return 0;
    const tokenEnd = this.tokenEnd(start);
    const coded = this.has(tokenEnd - 1, '=') || this.changes(start, tokenEnd) > 0;
    return coded && tokenEnd - start >= 6 ? this.hide(start, tokenEnd) : 0;
  }

  // --- Names and their values

  /** A name such as `token`, and its value. */
  private named(word: string, at: number, end: number): number {
    if (!namesSecret(word)) return 0;
    if (this.is(end, BLANK) && /^(?:un)?expected$/i.test(this.previous)) return 0;
    let first = at;
    while (first > at - LOOK_AHEAD && (this.is(first - 1, NAME) || this.has(first - 1, '.'))) first--;
    // `"token_type":"Bearer","expires_in":…` is not a pair.
    const quoted = this.is(first - 1, QUOTE) && this.is(end, QUOTE) && !/^bearer$/i.test(word);
    const below = this.belowName(end);
    let separator = below < 0 || this.has(below, '<') ? -1 : this.separator(below, quoted);
    if (separator < 0) separator = this.separator(end, quoted);
    // A token is possible there, too.
    else if (/\d.*\d.*\d|[\w-]{20}/.test(this.string(end, below))) this.hide(end, below);
    if (separator < 0) return this.neighbour(word, at, end);
    let start = separator + 1;
    if (this.has(separator, '>') || this.beginsTag(this.skip(start, BLANK))) start = this.tags(start);
    const blankEnd = this.skip(start, BLANK, 256);
    let lines = 0;
    for (let i = start; i < blankEnd; i++) if (this.code(i) === NEWLINE) lines++;
    if (lines > 0 && !this.is(blankEnd, QUOTE) && !this.has(blankEnd, '[') && !this.has(blankEnd, '{')) {
      // The rest of its line is empty: a block of YAML, or no value.
      return this.block(at, start);
    }
    start = blankEnd;
    if (start >= this.length) return start;
    if (this.has(start, HIDDEN)) return start + 1;
    const line = namesSecretLine(word);
    // Python writes b'…' and u'…'.
    if (this.is(start, LETTER) && this.is(start + 1, QUOTE) && !line) start++;
    if (this.is(start, QUOTE) && (quoted || !line)) return this.quotedValue(start);
    if (this.has(start, '[') || this.has(start, '{'))
      return this.hide(start + 1, this.bracketEnd(start) - 1) + 1;
    if (this.beginsBlock(start)) return this.block(at, start);
    const firstEnd = this.skip(start, NAME);
    const alone = !this.has(firstEnd, '=') && !this.is(firstEnd, NAME);
    if (alone && isNoSecret(this.string(start, firstEnd))) return firstEnd;
    const valueEnd = line
      ? this.lineEnd(start, at, this.level(separator), this.has(separator, '=') ? '&' : '')
      : this.valueEnd(start, at, this.beginsLine(at), this.level(separator));
    return this.hide(start, this.giveBack(start, valueEnd));
  }

  /** The end of the separator between a name and its value: `:`, `=`, `=>`, `->`, `|`, a tag, or `,` between strings; -1 if there is none. */
  private separator(end: number, quoted: boolean): number {
    let at = end;
    if (this.is(at, QUOTE)) at++;
    // `user[password]=`, `['token']`
    if (this.has(at, ']')) at++;
    at = this.skip(at, BLANK);
    const code = this.code(at);
    const next = this.code(at + 1);
    if (code === 58) return next === 61 ? at + 1 : at;
    if (code === 61) return next === 62 || next === 61 ? at + 1 : at;
    if (code === 45 && next === 62) return at + 1;
    if (code === 62 || code === 124) return at;
    if (code === 60 && (next === 47 || this.is(at + 1, LETTER))) return this.tagEnd(at);
    if (quoted && code === 44 && this.is(this.skip(at + 1, BLANK), QUOTE)) return at;
    return -1;
  }

  /**
   * The end of the names after a name: `password.new=`, `password[new][]=`, `password["new"]:`, `password->new=`; -1 if there are none,
   * or if the last one means that no secret follows, as in `session.count=`, `auth.example.com:443` and `token.js:12`.
   */
  private belowName(end: number): number {
    let at = end;
    let dots = 0;
    let last = '';
    for (let i = 0; i < MAX_BELOW; i++) {
      let start = at;
      if (this.is(start, QUOTE) && this.has(start + 1, ']')) start++;
      if (this.has(start, ']')) start++;
      if (this.has(start, '?')) start++;
      // The dash belongs to the name before it.
      const arrow = this.has(start, '>') && this.has(start - 1, '-');
      const colons = this.has(start, ':') && this.has(start + 1, ':');
      const bracket = this.has(start, '[');
      if (bracket) start = this.skip(start + 1, QUOTE);
      else if (colons) start += 2;
      else if (arrow || this.has(start, '.')) start++;
      else {
        at = start;
        break;
      }
      let nameEnd = this.skip(start, NAME);
      const name = this.string(start, nameEnd);
      if (bracket) nameEnd = this.skip(nameEnd, QUOTE);
      else dots++;
      if (bracket ? !this.has(nameEnd, ']') : nameEnd === start) break;
      last = name;
      at = bracket ? nameEnd + 1 : nameEnd;
    }
    if (at === end || isAbout(last)) return -1;
    // A host and its port, a file and its line.
    return dots > 0 && this.has(at, ':') && this.is(at + 1, DIGIT) ? -1 : at;
  }

  /** A name without a separator: `--token …`, `otp 123456`, `token "…"`, `password is …`. */
  private neighbour(word: string, at: number, end: number): number {
    // The dashes belong to the word.
    const option = this.startsWith(at, '--');
    if (!this.is(end, BLANK)) return 0;
    let start = this.skip(end, BLANK);
    if (option) return this.hide(start, this.valueEnd(start, at, false));
    const isWord = this.string(start, this.skip(start, LETTER, 4)).toLowerCase();
    if (isWord === 'is' || isWord === 'was' || isWord === 'of')
      start = this.skip(start + isWord.length, BLANK);
    // Names of cookies are often in quotes.
    if (this.is(start, QUOTE) && !/cookie/i.test(word)) {
      const close = this.stringEnd(start, LOOK_AHEAD * 16);
      return close - start > 4 ? this.hide(start + 1, close) : 0;
    }
    const valueEnd = this.skip(start, NAME, 1_000);
    let digits = 0;
    for (let i = start; i < valueEnd; i++) if (this.is(i, DIGIT)) digits++;
    return digits > 0 && valueEnd - start >= 4 && word.toLowerCase() !== 'auth'
      ? this.hide(start, this.valueEnd(start, at, false))
      : 0;
  }

  /** A quoted value that begins at `start`. */
  private quotedValue(start: number): number {
    const close = this.stringEnd(start, this.length);
    const firstEnd = this.skip(start + 1, NAME);
    if (firstEnd === close && isNoSecret(this.string(start + 1, firstEnd))) return close;
    this.hide(start + 1, close);
    return Math.min(this.length, close + 1);
  }

  /** The lines below a name that are indented further than its own; the value may begin on the name's line. */
  private block(at: number, start: number): number {
    const indent = this.indentOf(at);
    let end = start;
    let any = false;
    while (end < this.length) {
      while (!this.isLineEnd(end)) end++;
      let line = end;
      while (this.code(line) === NEWLINE || this.code(line) === RETURN) line++;
      let first = line;
      while (this.code(first) === SPACE || this.code(first) === TAB) first++;
      const deeper =
        first - line > indent ||
        (first - line === indent && this.has(first, '-') && this.is(first + 1, BLANK));
      // The lines of a stack are indented, too.
      if (first >= this.length || !deeper || this.startsWith(first, 'at ')) break;
      any = true;
      end = first;
    }
    return any ? this.hide(this.skip(start, BLANK, 256), end) : start;
  }
}

const BACKSLASH = 92;

export interface RedactOptions {
  /** How much of the text is read, in UTF-16 units. @defaultValue 16,384 */
  readonly max?: number;
  /** For names of events and namespaces, where `session:start` is not a secret: hides only keys, tokens and queries. */
  readonly onlyKeys?: boolean;
}

/**
 * Cuts a text, hides possible secrets, and writes unprintable characters as escapes.
 *
 * Secrets are: the user, query and fragment of an address; the value after a name such as `token`, `password` or `Cookie`, in JSON, YAML,
 * forms, headers and HTML, also within one another; credentials after `Bearer`, `Basic` and `Digest`; JSON Web Tokens, private keys,
 * keys of well-known services, and long random words.
 */
export function redact(text: string, { max = MAX_TEXT, onlyKeys = false }: RedactOptions = {}): string {
  const { length } = text;
  if (length <= max) return printable(new Scanner(text, onlyKeys).read());
  const read = new Scanner(cut(text, max).slice(0, -1), onlyKeys).read();
  return `${printable(read)}… (${length.toLocaleString('en-US')} characters)`;
}
