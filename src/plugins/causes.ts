/** Finds out why a connection does not open, from the server's responses: for the coach and the doctor. */
import type { Manager } from '../manager/manager.js';
import { serverOf } from '../manager/server-of.js';
import { parseAddress } from '../platform/address.js';
import type { Clock } from '../platform/clock.js';
import { DEFAULTS } from '../platform/defaults.js';
import { pageLocation } from '../platform/environment.js';
import type { Attempt } from '../platform/errors.js';
import type { Options } from '../platform/options.js';
import type { Blocked } from '../platform/policy.js';
import { CHECK, endPolling, type Reach, type reach, type Wanted } from '../platform/reach.js';

/** Host names that result from a variable without a value. */
export const NO_NAME: RegExp = /^(undefined|null|nan|%5bobject.*|\[object.*)$/i;

/** What nginx needs to pass a WebSocket on. */
export const UPGRADES =
  'let the proxy pass upgrades (nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; Vite: ws: true)';

/** Names of this machine. */
const LOOPBACK = /^https?:\/\/([^/:]*\.)?(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

/** The server that a connection should reach, and the page's origin. */
export interface Destination {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly path: string;
  /** The page's origin; undefined if there is no page. */
  readonly page: string | undefined;
  /** If no address was given: the call without one, such as `io()`. */
  readonly without?: string | undefined;
}

/** What is known about a connection that does not open. */
export interface Evidence {
  /** The response to a handshake over long-polling. */
  readonly seen: Reach;
  /** The same with https instead of http, or the reverse. */
  readonly swapped?: Reach | undefined;
  /** Whether a WebSocket was tried, and refused within the time of a response. */
  readonly webSocketFailed?: boolean | undefined;
  /** Whether a WebSocket was tried, and is without an answer. */
  readonly webSocketHangs?: boolean | undefined;
  /** What the page's Content Security Policy has blocked. */
  readonly blocked?: Blocked | undefined;
  /** The names of the transports that the program lists. */
  readonly transports?: readonly string[];
  readonly attempts?: readonly Attempt[] | undefined;
  /** Whether the page sends cookies along: then the server must name the page's origin, and allow them. */
  readonly credentials?: boolean | undefined;
}

/** A cause, as parts of sentences. */
export interface Cause {
  readonly happened: string;
  readonly change: string;
}

/** The cause of a failed connection, from the server's responses. Pure. */
export function causeOf(destination: Destination, evidence: Evidence): Cause {
  const { without, origin } = destination;
  const { seen } = evidence;
  const cause = whyNot(destination, evidence);
  // A proxy whose server is down was meant, and so was a Socket.IO server.
  if (!without || (seen.kind === 'answers' && (seen.status >= 500 || isEngine(seen)))) return cause;
  return {
    happened: `${without} was called without an address, so it connects to this page's own server ${origin}; if the address comes from a variable, the variable has no value. What was found there: ${cause.happened}`,
    change: `pass the server's address; if you mean the page's own server, ${cause.change}`,
  };
}

function whyNot(
  { origin, path, page }: Destination,
  {
    seen,
    swapped,
    webSocketFailed,
    webSocketHangs,
    blocked,
    transports,
    attempts = [],
    credentials,
  }: Evidence,
): Cause {
  const secure = origin.startsWith('https:');
  const at = `${origin}${path}`;
  if (page?.startsWith('https:') && !secure) {
    return {
      happened: `this page was loaded over https, and browsers do not let it connect to ${origin} over http`,
      change: `serve the server over https and write ${swappedScheme(origin)}`,
    };
  }
  const only = onlyOne(transports);
  const byPolicy = blocked && whyBlocked(origin, blocked, transports, webSocketFailed);
  if (byPolicy) return byPolicy;
  if (swapped && (swapped.kind === 'answers' || swapped.kind === 'hidden')) {
    return {
      happened: `the server at ${origin} uses ${secure ? 'http' : 'https'}, but the address says ${secure ? 'https' : 'http'}`,
      change: `write ${swappedScheme(origin)}`,
    };
  }
  if (seen.kind === 'unreachable') {
    const plain = page?.startsWith('https:')
      ? '; if it speaks http, give it a certificate, because a page that was loaded over https cannot use http'
      : '';
    const certificate = secure
      ? `; if its certificate is not trusted, open ${origin} in a tab: the browser says why${plain}`
      : swapped
        ? ''
        : `; if it uses https, write ${swappedScheme(origin)}`;
    return {
      happened: `no server answers at ${origin}`,
      change: `start the server, and compare its host and port with the address${certificate}`,
    };
  }
  if (seen.kind === 'silent') {
    return {
      happened: `a request to ${at} gets no answer`,
      change: `compare the option "path" (${path}) with the server's, because an HTTP server without a handler of its own never answers at another path; if it is right, look for a firewall or proxy in between`,
    };
  }
  const cors = corsOnServer(page, credentials);
  if (seen.kind === 'hidden') {
    const reader = `this page${page ? ` (${page})` : ''}`;
    const compare = `compare the port and the option "path" (${path}) with the server's`;
    if (only === 'websocket') {
      return {
        happened: `a server answers at ${origin}, but no WebSocket to ${path} can be opened`,
        change: `${compare}; if it is right, ${UPGRADES}, or add 'polling' to the option "transports" and, ${cors}`,
      };
    }
    return webSocketFailed && !blocked?.ws
      ? {
          happened: `a server answers at ${origin}, but probably there is no Socket.IO at ${path}: no WebSocket can be opened either, and ${reader} is not allowed to read the response`,
          change: `${compare}; if it is right, the server does not allow this page (CORS): ${cors}, and check its \`allowRequest\``,
        }
      : {
          happened: `a server answers at ${origin}, but does not let ${reader} read the response (CORS)`,
          change: `${cors}; if it is already set, ${compare}`,
        };
  }
  if (isNotFound(seen)) {
    return {
      happened: `a server answers at ${origin}, but there is no Socket.IO at ${path} (status ${seen.status})`,
      change:
        'compare the port and the option "path" on both sides, or make the proxy of your development server forward this path',
    };
  }
  if (seen.status >= 500) {
    return {
      happened: `a proxy answers at ${origin} with status ${seen.status}: the server behind it is down`,
      change: 'start the server behind the proxy, or check its log',
    };
  }
  if (only === 'websocket' && isEngine(seen)) {
    return {
      happened: `the server at ${at} answers requests, but a WebSocket ${
        webSocketHangs
          ? 'gets no answer: probably a proxy in between swallows it'
          : 'does not open: probably a proxy in between refuses it'
      }`,
      change: `${UPGRADES}, or add 'polling' to the option "transports"`,
    };
  }
  const tried = attempts.length > 0 ? `: ${countAttempts(attempts)}` : '';
  return {
    happened: `the server at ${at} answers (status ${seen.status}), but no transport opened${tried}`,
    change: "check the server's `allowRequest`, and proxies in between",
  };
}

/** What to write on the server, so that the page may read its responses. */
export const corsOnServer = (page = 'https://your.page', credentials = false): string =>
  `on the server: new Server({ cors: { origin: ${JSON.stringify(page)}${
    credentials ? ', credentials: true' : ''
  } } })${credentials ? ', because this page sends cookies (withCredentials), for which "*" is not enough' : ''}`;

/** @param transport the only one that the page's own policy forbids, or that the page uses */
export const blockedByPolicy = (origin: string, transport?: string): Cause => ({
  happened: `the Content Security Policy of this page does not allow ${
    transport === 'websocket' ? 'a WebSocket' : transport === 'polling' ? 'long-polling' : 'connections'
  } to ${origin}`,
  change: `add ${origin} and ${origin.replace(/^http/, 'ws')} to connect-src in the policy, which is an HTTP header of the page or a <meta> in it`,
});

/**
 * Why no connection opens, if that follows from the policy of the page.
 *
 * @param webSocketFailed whether a WebSocket was tried, too, and refused
 */
export function whyBlocked(
  origin: string,
  blocked: Blocked,
  transports: readonly string[] | undefined,
  webSocketFailed?: boolean,
): Cause | undefined {
  const only = onlyOne(transports);
  if (!(only === 'websocket' ? blocked.ws : blocked.http)) return undefined;
  if (only || blocked.ws || !webSocketFailed) return blockedByPolicy(origin, only);
  const { happened, change } = blockedByPolicy(origin, 'polling');
  return {
    happened: `${happened}, and no WebSocket to it can be opened`,
    change: `start the server, and compare its host, port and path with the address; if long-polling should be possible, ${change}`,
  };
}

const onlyOne = (transports: readonly string[] | undefined): string | undefined =>
  transports?.length === 1 ? transports[0] : undefined;

type Answer = Extract<Reach, { kind: 'answers' }>;

/** A page instead of Socket.IO, or none. */
const isNotFound = ({ status, text }: Answer): boolean =>
  status === 404 || (status === 200 && /^\s*</.test(text));

/** An Engine.IO server answers with a handshake, or with the code of its refusal. */
export const isEngine = ({ status, text }: Answer): boolean =>
  status === 200 ? OPENS.test(text) : status === 400 && /"code":\s*[0-5]\b/.test(text);

/** Engine.IO v3 gives each packet its length. */
const OPENS = /^(\d+:)?0\{/;

/** The failures of transports, equal ones counted: "6 × websocket error, polling: timeout". */
export function countAttempts(attempts: readonly Attempt[]): string {
  const counts = new Map<string, number>();
  for (const { transport, message, status } of attempts) {
    // The official client's messages for long-polling begin with "xhr".
    const named = message.includes(transport) || message.startsWith('xhr');
    const text = `${named ? '' : `${transport}: `}${message}${status ? ` (status ${status})` : ''}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => (count > 1 ? `${count} × ${text}` : text)).join(', ');
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

/** The call that has made this manager without an address; undefined if there was an address. */
export function callWithoutAddress(manager: Manager): string | undefined {
  const { uri, opts, _unaddressed } = manager;
  if (_unaddressed) return 'io()';
  const own = uri === undefined && serverOf(uri, opts as Options).origin === serverOf(uri, {}).origin;
  return own ? 'new Manager()' : undefined;
}

/** Engine.IO v4, "Handshake": the response to the first request of long-polling. */
export const HANDSHAKE: RegExp = /^0\{.*"sid":"([^"]+)"/;

/** What is asked of a server. */
export interface Question {
  readonly ask: typeof reach;
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly credentials?: boolean;
  readonly wanted?: Wanted;
}

/** Requests a handshake over long-polling. Closes the session that this opens at once. */
export async function askServer(
  { origin, path }: Pick<Destination, 'origin' | 'path'>,
  { ask, clock, deadlineMs, credentials, wanted }: Question,
): Promise<Reach> {
  const address = `${origin}${path}/?EIO=4&transport=polling&${CHECK}=1`;
  const seen = await ask(address, clock, deadlineMs, credentials, wanted);
  const [, sid] = seen.kind === 'answers' ? (HANDSHAKE.exec(seen.text) ?? []) : [];
  if (sid !== undefined) void endPolling(`${address}&sid=${sid}`);
  return seen;
}

/**
 * Asks a server that cannot be reached over https instead of http, or the reverse, if that can be the reason and a page may do it.
 *
 * @param always also http to this machine: such a server is usually down, and browsers write each failed request into the console
 */
export async function askSwapped(
  { origin, path, page }: Destination,
  question: Question,
  always = false,
): Promise<Reach | undefined> {
  if (page?.startsWith('https:')) return undefined;
  if (!always && origin.startsWith('http:') && LOOPBACK.test(origin)) return undefined;
  return askServer({ origin: swappedScheme(origin), path }, { ...question, wanted: 'presence only' });
}

/** The same origin with https instead of http, or the reverse. */
const swappedScheme = (origin: string): string =>
  origin.startsWith('https:') ? origin.replace('https:', 'http:') : origin.replace('http:', 'https:');
