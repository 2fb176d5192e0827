import type { PageLocation } from './environment.js';
import { HoldfastError } from './errors.js';
import { show } from './show.js';

/** The parts of what a program calls an address. */
export interface Address {
  /** Complete, with scheme and host. */
  readonly source: string;
  /** Scheme, host and port in one form for all spellings: part of the key of the cache. */
  readonly origin: string;
  readonly namespace: string;
  /** Without the question mark; empty where there is none. */
  readonly query: string;
}

/** Without `URL`, whose getters are missing in React Native: a name or an address, and a port. */
const HOST = /^(?:[^@]*@)?(\[[\da-f:.]+\]|[^\s:@[\]\\<>^`{|}]+)(?::(\d+))?$/i;
const PARTS = /^(https?|wss?):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/i;

/**
 * Reads an address. What is missing comes from the page: `/admin` is a namespace of the page's own server, `//host` and
 * `host:port` take the page's scheme.
 *
 * @throws HoldfastError `BAD_ADDRESS`
 */
export function parseAddress(given: string | undefined, page: PageLocation | undefined): Address {
  const source = complete(given, page);
  const [, scheme = '', host = '', path = '', query = ''] = PARTS.exec(source) ?? [];
  const secure = /^(https|wss)$/i.test(scheme);
  const [, name, port = secure ? '443' : '80'] = HOST.exec(host) ?? [];
  if (!name || Number(port) > 65_535) throw bad(given);
  const origin = `${secure ? 'https' : 'http'}://${name.toLowerCase()}:${Number(port)}`;
  return { source: source.replace(scheme, scheme.toLowerCase()), origin, namespace: path || '/', query };
}

function complete(given: string | undefined, page: PageLocation | undefined): string {
  if (given !== undefined && typeof given !== 'string') throw bad(given);
  const text = given ?? '';
  if (PARTS.test(text)) return text;
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) throw bad(given);
  const relative = text === '' || /^\/(?!\/)/.test(text);
  if (relative) {
    if (!page)
      throw new HoldfastError('BAD_ADDRESS', 'there is no page whose server could be meant: give an address');
    return `${page.protocol}//${page.host}${text}`;
  }
  return `${page?.protocol ?? 'https:'}//${text.replace(/^\/\//, '')}`;
}

const bad = (given: unknown): HoldfastError =>
  new HoldfastError(
    'BAD_ADDRESS',
    `${show(given)} is not an address; accepted: http, https, ws or wss URLs, host:port, or /namespace`,
  );
