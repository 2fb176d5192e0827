/**
 * Parses addresses. The platform's own parser decides where an address leads, so that an allow-list written with `new URL` and the
 * connection agree.
 */
import { attempt } from './attempt.js';
import { DEVELOPMENT } from './build.js';
import type { PageLocation } from './environment.js';
import { HoldfastError } from './errors.js';
import { show } from './show.js';

export interface Address {
  /** Complete, with scheme and host, otherwise as given: it may contain a password. */
  readonly source: string;
  /** The web origin: scheme (http or https), host name and port in one form for all spellings; part of the cache key. */
  readonly origin: string;
  /** In lower case; an IPv6 address in its brackets. */
  readonly hostname: string;
  /** The scheme's default if none is given. */
  readonly port: string;
  /** Whether the scheme is https or wss. */
  readonly secure: boolean;
  readonly namespace: string;
  /** Without the question mark; empty if there is none. */
  readonly query: string;
}

/** An unknown or an empty scheme, or one without slashes; but `ws:3000` is a host and its port. */
const NO_ADDRESS = /^(?:[a-z\d+.-]*:\/\/|(?:https?|wss?):(?!\d))/i;
/** Scheme, user, host and port, then path and query. Like the platform's parser, it treats a backslash as a slash. */
const PARTS = /^(?:(https?|wss?):[\\/]{2}|\/\/)?([^\\/?#]*@)?([^\\/?#]*)(([^?#]*)(?:\?([^#]*))?[\s\S]*)/i;
/** A host and its port, for React Native. */
const HOST = /^(\[[\da-f:.]+\]|[^\s:[\]<>^`{|}]+)(?::(\d*))?$/i;

/**
 * The page supplies missing parts, as in the official client: `/admin` is a namespace of the page's own server, `//host` and `host:port`
 * take the page's scheme, `:3000` and `https://:3000` its host name. An empty port is the scheme's own.
 *
 * @throws HoldfastError `BAD_ADDRESS`
 */
export function parseAddress(given: string | undefined, page?: PageLocation): Address {
  if (given !== undefined && typeof given !== 'string') throw bad(given);
  // The platform's parser removes these, too.
  const text = (given ?? '').trim().replace(/[\t\n\r]/g, '');
  // The scheme of an app or an extension leads to no server.
  const site = page && /^https?:$/.test(page.protocol) ? page : undefined;
  const [, known, user = '', named = '', rest = '', path = '', query = ''] = PARTS.exec(text) ?? [];
  if (!known && NO_ADDRESS.test(text)) throw bad(given);
  const scheme = known?.toLowerCase() ?? (site?.protocol ?? 'https:').slice(0, -1);
  let host = named;
  if (/^(?::\d*)?$/.test(named)) {
    if (!site && !known) {
      throw new HoldfastError(
        'BAD_ADDRESS',
        DEVELOPMENT ? 'without a page, io() needs an address' : 'no page: give an address',
      );
    }
    host = site?.host ?? 'localhost';
    if (named.length > 1) host = host.replace(/:\d*$/, '') + named;
  }
  const source = `${scheme}://${user}${host}${rest}`;
  const [hostname, givenPort] = locate(source, host) ?? [];
  if (!hostname) throw bad(given);
  const secure = /[ps]s$/.test(scheme);
  const standard = secure ? '443' : '80';
  const port = givenPort || standard;
  return {
    source,
    origin: `http${secure ? 's' : ''}://${hostname}${port === standard ? '' : `:${port}`}`,
    hostname,
    port,
    secure,
    // Without the parser's percent-encoding: servers use these exact characters for namespaces.
    namespace: path.replace(/^\\/, '/') || '/',
    query,
  };
}

/** Host name and port; `undefined` if it is not an address. */
function locate(source: string, host: string): readonly [string, string] | undefined {
  // React Native's `URL` throws, or cuts addresses in pieces by simpler rules.
  if (attempt(() => new URL('ws://A\\@b').hostname) === 'a') {
    return attempt(() => {
      const { hostname, port } = new URL(source);
      return [hostname, port];
    });
  }
  const [, hostname = '', port = ''] = HOST.exec(host) ?? [];
  return Number(port) > 65_535 ? undefined : [hostname.toLowerCase(), port && `${Number(port)}`];
}

/** The decoded parts of a query, which may begin with a question mark; of parts with the same name, the last one. */
export function parseQuery(text: string): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [, name, value] of text.replace(/^\?/, '').matchAll(/([^&=]+)=?([^&]*)/g)) {
    query[decode(name)] = decode(value);
  }
  return query;
}

const decode = (text = ''): string => attempt(() => decodeURIComponent(text)) ?? text;

const bad = (given: unknown): HoldfastError =>
  new HoldfastError(
    'BAD_ADDRESS',
    `${show(given)} is not an address${DEVELOPMENT ? '; accepted: http, https, ws or wss URLs, host:port, or /namespace' : ''}`,
  );
