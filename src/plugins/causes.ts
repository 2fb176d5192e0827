/** Finds out why a connection does not open, from the server's responses: for the coach and the doctor. */
import { parseAddress } from '../platform/address.js';
import type { Clock } from '../platform/clock.js';
import { DEFAULTS } from '../platform/defaults.js';
import { pageLocation } from '../platform/environment.js';
import { CHECK, endPolling, type Reach, type reach } from '../platform/reach.js';

/** Host names that result from a variable without a value. */
export const NO_NAME: RegExp = /^(undefined|null|nan|%5bobject.*|\[object.*)$/i;

/** The server that a connection should reach, and the page's origin. */
export interface Destination {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly path: string;
  /** The page's origin; undefined if there is no page. */
  readonly page: string | undefined;
}

/** The cause of a failed connection, from the server's responses. Pure. */
export function causeOf(
  { origin, path, page }: Destination,
  seen: Reach,
  swapped?: Reach,
  webSocketFailed?: boolean,
): { readonly happened: string; readonly change: string; readonly about: string } {
  const secure = origin.startsWith('https:');
  const about = 'negotiation_failed';
  const at = `${origin}${path}`;
  if (page?.startsWith('https:') && !secure) {
    return {
      happened: `this page was loaded over https, and browsers do not let it connect to ${origin} over http`,
      change: `serve the server over https and write ${origin.replace('http:', 'https:')}`,
      about,
    };
  }
  if (swapped && (swapped.kind === 'answers' || swapped.kind === 'hidden')) {
    return {
      happened: `the server at ${origin} uses ${secure ? 'http' : 'https'}, but the address says ${secure ? 'https' : 'http'}`,
      change: `write ${secure ? origin.replace('https:', 'http:') : origin.replace('http:', 'https:')}`,
      about,
    };
  }
  if (seen.kind === 'unreachable') {
    return {
      happened: `no server answers at ${origin}`,
      change: `start the server, and compare its host and port with the address${
        secure ? `; if its certificate is not trusted, open ${origin} in a tab and look` : ''
      }`,
      about,
    };
  }
  if (seen.kind === 'silent') {
    return {
      happened: `${at} accepts the request but never answers`,
      change: `compare the option "path" (${path}) with the server's, and look for a firewall or proxy in between`,
      about,
    };
  }
  if (seen.kind === 'hidden') {
    const reader = `this page${page ? ` (${page})` : ''}`;
    const cors = `on the server: new Server({ cors: { origin: ${JSON.stringify(page ?? 'https://your.page')} } })`;
    return webSocketFailed
      ? {
          happened: `a server answers at ${origin}, but WebSocket does not open, and ${reader} may not read the response (CORS)`,
          change: `compare the option "path" (${path}) with the server's, because CORS does not stop a WebSocket; if it is right, ${cors}`,
          about,
        }
      : {
          happened: `a server answers at ${origin}, but does not let ${reader} read the response (CORS)`,
          change: `${cors}; if it is already set, compare the option "path" (${path})`,
          about,
        };
  }
  if (seen.status === 404 || (seen.status === 200 && /^\s*</.test(seen.text))) {
    return {
      happened: `a server answers at ${origin}, but there is no Socket.IO at ${path} (status ${seen.status})`,
      change:
        'compare the option "path" on both sides, or make the proxy of your development server forward this path',
      about,
    };
  }
  if (seen.status >= 500) {
    return {
      happened: `a proxy answers at ${origin} with status ${seen.status}: the server behind it is down`,
      change: 'start the server behind the proxy, or check its log',
      about,
    };
  }
  return {
    happened: `the server at ${at} answers (status ${seen.status}), but no transport opened`,
    change: "check error.attempts, the server's `allowRequest`, and proxies in between",
    about,
  };
}

/** @throws HoldfastError `BAD_ADDRESS` */
export function destinationFor(
  address: string | undefined,
  path: string | undefined,
): Destination & { readonly namespace: string } {
  const page = pageLocation();
  const { origin, namespace } = parseAddress(address, page);
  return {
    origin,
    path: (path || DEFAULTS.path).replace(/\/$/, ''),
    page: page && `${page.protocol}//${page.host}`,
    namespace,
  };
}

/** Engine.IO v4, "Handshake": the response to the first request of long-polling. */
export const HANDSHAKE: RegExp = /^0\{.*"sid":"([^"]+)"/;

/** Requests a handshake over long-polling. Closes the session that this opens at once. */
export async function askServer(
  ask: typeof reach,
  origin: string,
  path: string,
  clock: Clock,
  deadlineMs: number,
  credentials?: boolean,
): Promise<Reach> {
  const address = `${origin}${path}/?EIO=4&transport=polling&${CHECK}=1`;
  const seen = await ask(address, clock, deadlineMs, credentials);
  const [, sid] = seen.kind === 'answers' ? (HANDSHAKE.exec(seen.text) ?? []) : [];
  if (sid !== undefined) void endPolling(`${address}&sid=${sid}`);
  return seen;
}

/** The same origin with https instead of http, or the reverse. */
export const swappedScheme = (origin: string): string =>
  origin.startsWith('https:') ? origin.replace('https:', 'http:') : origin.replace('http:', 'https:');
