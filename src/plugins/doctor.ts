/** @packageDocumentation `diagnose` of `holdfast/doctor`: finds out, step by step, why a page cannot connect to a Socket.IO server. */
import type { Manager } from '../manager/manager.js';
import { serverOf } from '../manager/server-of.js';
import { attempt } from '../platform/attempt.js';
import type { Clock } from '../platform/clock.js';
import { DEFAULTS } from '../platform/defaults.js';
import { systemEnvironment } from '../platform/environment.js';
import type { Auth, Options } from '../platform/options.js';
import { type Blocked, policyBlocks, policyReported, watchPolicy } from '../platform/policy.js';
import { type Reach, reach } from '../platform/reach.js';
import { systemSignals } from '../platform/signals.js';
import { type Trial, tryWebSocket } from '../platform/trial.js';
import { askAuth } from '../socket/namespace.js';
import type { Socket } from '../socket/socket.js';
import {
  askServer,
  askSwapped,
  blockedByPolicy,
  callWithoutAddress,
  causeOf,
  corsOnServer,
  type Destination,
  destinationFor,
  HANDSHAKE,
  isEngine,
  NO_NAME,
  UPGRADES,
} from './causes.js';

/** What was checked. */
export type Check =
  | 'address'
  | 'network'
  | 'server'
  | 'websocket'
  | 'polling'
  | 'namespace'
  | 'cookies'
  | 'clock';

export interface Finding {
  readonly check: Check;
  readonly ok: boolean;
  /** What was found, in a sentence. */
  readonly text: string;
  /** What to change, if something is wrong. */
  readonly change?: string | undefined;
}

export interface Diagnosis {
  /** Whether the page can connect. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** The findings as lines that begin with ✔ or ✘. */
  toString(): string;
}

/** A socket or a manager, whose server is examined with its own options. */
// biome-ignore lint/suspicious/noExplicitAny: whatever events a program has declared
export type DiagnoseTarget = Socket<any, any> | Manager<any, any>;

/** The defaults are those of the socket or manager, if one is given. */
export interface DiagnoseOptions {
  /** As for `io()`. @defaultValue "/socket.io" */
  readonly path?: string | undefined;
  /** As for `io()`: only these are checked. @defaultValue `['websocket', 'polling']` */
  readonly transports?: Options['transports'];
  /** The namespace to join. @defaultValue the namespace in the address */
  readonly namespace?: string | undefined;
  /** Sent with CONNECT. */
  readonly auth?: object | undefined;
  /** Whether cookies are sent to another origin. @defaultValue false */
  readonly withCredentials?: boolean | undefined;
  /** How long each step may take, in milliseconds. @defaultValue 5000 */
  readonly deadlineMs?: number | undefined;
  /** Called with each finding as soon as it is known. */
  readonly onFinding?: ((finding: Finding) => void) | undefined;
}

/** What a diagnosis needs from its environment; tests pass their own. */
export interface DoctorTools {
  readonly clock: Clock;
  readonly online: () => boolean;
  readonly dateMs: () => number;
  readonly ask: typeof reach;
  readonly open: typeof tryWebSocket;
  /** What the page's Content Security Policy has blocked of an origin. */
  readonly blocked: (origin: string) => Promise<Blocked>;
}

const systemTools = (): DoctorTools => {
  const { clock, dateMs } = systemEnvironment(true);
  watchPolicy();
  return {
    clock,
    dateMs,
    online: () => systemSignals.online !== false,
    ask: reach,
    open: tryWebSocket,
    async blocked(origin) {
      await policyReported(clock);
      return policyBlocks(origin);
    },
  };
};

/** How long each step may take by default, in milliseconds. */
const DEADLINE_MS = 5_000;

/** How long a function `auth` may take, in milliseconds. */
const AUTH_MS = 3_000;

const NOTHING: Blocked = { http: false, ws: false };

/** What follows from a cause that was reported. */
const FOLLOWS = 'this follows from the above';

/** A clock that differs by more than this, in milliseconds, is wrong: certificates and tokens depend on it. */
const SKEW_MS = 60_000;

/**
 * Checks the path to a server, and reports what works and what does not. It never throws, and leaves no connection open.
 *
 * @param target the address, as for `io()`; or a socket or a manager, whose address, path, transports, namespace and `auth` are used
 */
export async function diagnose(
  target?: string | URL | DiagnoseTarget,
  options?: DiagnoseOptions,
  tools: DoctorTools = systemTools(),
): Promise<Diagnosis> {
  const findings: Finding[] = [];
  const add = (check: Check, ok: boolean, text: string, change?: string): void => {
    const finding = { check, ok, text, ...(change !== undefined && { change }) };
    findings.push(finding);
    attempt(() => options?.onFinding?.(finding));
  };
  const done = (): Diagnosis => ({
    // One transport is enough.
    ok: findings.some(({ check, ok }) => ok && check === 'namespace'),
    findings,
    toString: () =>
      findings
        .map(({ ok, text, change }) => `${ok ? '✔' : '✘'} ${text}${change ? `\n  → ${change}` : ''}`)
        .join('\n'),
  });

  const { clock, ask } = tools;
  let patient: Asked = {};
  let destination: Destination & { readonly namespace: string };
  try {
    patient = await askedOf(target, options ?? {}, clock);
    destination = { ...destinationFor(patient.url, patient.path), without: patient.without };
  } catch (error) {
    add('address', false, `${(error as Error).message}`, 'pass an address such as https://example.com');
    return done();
  }
  const { withCredentials = false, auth } = patient;
  const { deadlineMs: limitMs = 0 } = options ?? {};
  const deadlineMs = limitMs > 0 ? limitMs : DEADLINE_MS;
  const { origin, path } = destination;
  const namespace = patient.namespace || destination.namespace;
  const { hostname } = new URL(origin);
  if (NO_NAME.test(hostname)) {
    add(
      'address',
      false,
      `the address leads to a host called "${hostname}"`,
      'check the variable in the address: it has no value',
    );
    return done();
  }
  const given = patient.without ? "no address was given: this page's own server is" : 'the address leads to';
  add('address', true, `${given} ${origin}, path ${path}, namespace ${namespace}`);
  if (namespace.replace(/\/$/, '') === path) {
    add(
      'address',
      false,
      `"${namespace}" in the address is read as a namespace, but looks like the path`,
      'remove it: the path is a separate option, by default /socket.io',
    );
  }
  const online = tools.online();
  if (!online)
    add('network', false, 'the browser reports that it is offline', 'check the network of this device');

  const transports = namesOf(patient.transports);
  const [byWebSocket, byPolling] = ['websocket', 'polling'].map((name) => transports.includes(name));
  if (!byWebSocket && !byPolling) {
    add(
      'server',
      false,
      `the doctor can test only WebSocket and long-polling, and the option "transports" lists ${transports.join(', ') || 'nothing'}`,
      'pass { transports: ["websocket", "polling"] } to diagnose() to test these two',
    );
    return done();
  }

  // The server, and proxies in front of it.
  const question = { ask, clock, deadlineMs };
  const polled = await askServer(destination, { ...question, credentials: withCredentials });
  // Without cookies, more servers let a page read the response.
  const seen = withCredentials && polled.kind === 'hidden' ? await askServer(destination, question) : polled;
  const isServer = seen.kind === 'answers' && isEngine(seen);
  const swapped = seen.kind === 'unreachable' ? await askSwapped(destination, question, true) : undefined;
  // Even if the program does not use it: CORS does not stop a WebSocket, and its server answers CONNECT.
  const webSocket = await tryServer(destination, namespace, auth, tools, deadlineMs);
  const answersSocket = webSocket.opened && HANDSHAKE.test(webSocket.messages[0] ?? '');
  const blocked = webSocket.opened && isServer ? NOTHING : await tools.blocked(origin);
  if (isServer) add('server', true, `a Socket.IO server answers at ${origin}${path} (${seen.ms} ms)`);
  else if (answersSocket) {
    add(
      'server',
      true,
      `a Socket.IO server answers at ${origin}${path}, over WebSocket (${webSocket.ms} ms)`,
    );
  } else if (!online && seen.kind === 'unreachable') {
    add('server', false, `the server cannot be reached: ${FOLLOWS}`);
  } else {
    const { happened, change } = causeOf(destination, {
      seen,
      swapped,
      webSocketFailed: !webSocket.opened,
      blocked,
      transports,
      credentials: withCredentials,
    });
    add('server', false, happened, change);
  }
  const found = !isServer && !answersSocket;

  // WebSocket.
  if (!byWebSocket) {
    // The program does not use it.
  } else if (answersSocket) add('websocket', true, `WebSocket works (${webSocket.ms} ms)`);
  else if (found) add('websocket', false, `no WebSocket can be opened: ${FOLLOWS}`);
  else {
    const { text, change } = blocked.ws ? ofPolicy(origin, 'websocket') : ofWebSocket(webSocket, deadlineMs);
    const rest = byPolling
      ? 'until then holdfast connects over long-polling'
      : "or add 'polling' to `transports`";
    add('websocket', false, text, blocked.ws || refusedByBrowser(webSocket) ? change : `${change}; ${rest}`);
  }

  // Long-polling.
  const [, sid] = polled.kind === 'answers' ? (HANDSHAKE.exec(polled.text) ?? []) : [];
  if (!byPolling) {
    // The program does not use it.
  } else if (sid !== undefined) add('polling', true, `long-polling works (${polled.ms} ms)`);
  else if (found) add('polling', false, `long-polling cannot be used: ${FOLLOWS}`);
  else {
    const { text, change } = blocked.http
      ? ofPolicy(origin, 'polling')
      : ofPolling(polled, destination, withCredentials, isServer);
    add('polling', false, text, change);
  }

  // The namespace, over the WebSocket that was opened.
  if ((byWebSocket && answersSocket) || (byPolling && sid !== undefined)) {
    if (answersSocket) {
      const answer = webSocket.messages.find((message) => /^4[0-4]/.test(message)) ?? '';
      ofNamespace(answer, namespace, deadlineMs, add);
    } else add('namespace', true, 'the server lets this page in over long-polling');
  }

  if (byPolling && withCredentials && polled.kind === 'hidden' && isServer) {
    add('cookies', false, `the server does not accept cookies from this page: ${FOLLOWS}`);
  }
  if (seen.kind === 'answers' && Number.isFinite(seen.dateMs)) {
    const skewMs = tools.dateMs() - seen.dateMs;
    const late = Math.abs(skewMs) > SKEW_MS;
    const seconds = Math.round(Math.abs(skewMs) / 1_000);
    if (late) {
      add(
        'clock',
        false,
        `this device's clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} the server's`,
        'set the clock: otherwise tokens and certificates may be refused',
      );
    } else add('clock', true, "this device's clock agrees with the server's");
  }
  return done();
}

/** What a diagnosis examines. */
interface Asked extends Omit<DiagnoseOptions, 'deadlineMs' | 'onFinding'> {
  readonly url?: string | undefined;
  readonly without?: string | undefined;
}

/** The options of a socket or manager, with those of the call ahead of them. */
async function askedOf(
  target: string | URL | DiagnoseTarget | undefined,
  options: DiagnoseOptions,
  clock: Clock,
): Promise<Asked> {
  const given = Object(target) as Partial<Socket> & Partial<Manager> & { readonly href?: string };
  const manager = (given.io ?? given) as Manager;
  if (typeof manager.opts !== 'object') {
    const url = given.href ?? (target as string | undefined);
    const without = typeof url === 'string' && url.trim() ? undefined : 'diagnose()';
    return { ...options, url, without };
  }
  const { path, transports, withCredentials, transportImplementations } = manager.opts as Options;
  return {
    path: options.path ?? path,
    transports: options.transports ?? transportImplementations ?? transports,
    withCredentials: options.withCredentials ?? withCredentials,
    namespace: options.namespace ?? given.nsp,
    auth: options.auth ?? (given.io && (await authOf(target as Socket, clock))),
    url: serverOf(manager.uri, manager.opts as Options).source,
    without: callWithoutAddress(manager),
  };
}

/** The `auth` for CONNECT. A function that answers late, or throws, gives none. */
function authOf(socket: Socket, clock: Clock): Promise<object | undefined> | object | undefined {
  const auth = socket.auth as Auth | undefined;
  if (typeof auth !== 'function') return auth;
  return new Promise((resolve) => {
    const stop = clock.after(AUTH_MS, () => resolve(undefined));
    const answer = (data?: unknown): void => {
      stop();
      resolve(data as object | undefined);
    };
    askAuth(auth, socket, answer, () => answer());
  });
}

/** The names of listed transports, as in `io`. */
const namesOf = (transports: DiagnoseOptions['transports']): string[] =>
  (Array.isArray(transports) ? transports : DEFAULTS.transports).map((entry: unknown) =>
    typeof entry === 'function' ? `${entry.prototype?.name}` : `${entry}`,
  );

/** Opens a WebSocket to the server, and joins the namespace. */
function tryServer(
  { origin, path }: Destination,
  namespace: string,
  auth: object | undefined,
  { clock, open }: DoctorTools,
  deadlineMs: number,
): Promise<Trial> {
  const nsp = namespace === '/' ? '' : `${namespace},`;
  const data = attempt(() => (auth ? JSON.stringify(auth) : '')) ?? '';
  return open(
    `${origin.replace('http', 'ws')}${path}/?EIO=4&transport=websocket`,
    clock,
    deadlineMs,
    (message, send) => {
      if (message === '2') send('3');
      // A server of Socket.IO 2 joins the root namespace by itself, without a session id.
      if (message === '40') return true;
      if (HANDSHAKE.test(message)) send(`40${nsp}${data}`);
      return (
        /^4[0-4]/.test(message) &&
        (nsp === '' ? !message.startsWith('40/') : message.slice(2).startsWith(nsp))
      );
    },
  );
}

const refusedByBrowser = ({ refused }: Trial): boolean => refused !== undefined;

/** The page's own policy allows one transport, but not this one. */
function ofPolicy(origin: string, transport: 'websocket' | 'polling'): { text: string; change: string } {
  const { happened, change } = blockedByPolicy(origin, transport);
  return { text: happened, change };
}

function ofWebSocket({ end, opened, refused }: Trial, deadlineMs: number): { text: string; change: string } {
  if (refused !== undefined) {
    return {
      text: `the browser refuses to open a WebSocket: ${refused}`,
      change: 'use wss on an https page, and allow it in connect-src',
    };
  }
  if (end === 'silent') {
    return {
      text: opened
        ? `a WebSocket opens, but nothing comes through within ${deadlineMs} ms`
        : `a WebSocket neither opens nor fails within ${deadlineMs} ms: something swallows it`,
      change: `${UPGRADES}, and look for a firewall that blocks WebSockets`,
    };
  }
  return {
    text: opened ? 'a WebSocket opens, but is closed at once' : 'a WebSocket is refused',
    change: `${UPGRADES}, and check the server's \`allowRequest\` and \`transports\``,
  };
}

/** @param readable whether the page may read the response to a request without cookies */
function ofPolling(
  polled: Reach,
  { page, path }: Destination,
  credentials: boolean,
  readable: boolean,
): { text: string; change: string } {
  switch (polled.kind) {
    case 'hidden': {
      const which = readable ? 'the response to a request with cookies' : 'the response';
      return {
        text: `the server answers long-polling requests, but does not let this page (${page}) read ${which} (CORS)`,
        change: corsOnServer(page, credentials),
      };
    }
    case 'answers':
      // Engine.IO v3 gives each packet its length.
      if (/"code":\s*5\b|^\d+:0\{/.test(polled.text)) {
        return {
          text: 'the server uses an older protocol version',
          change: 'add the plugin legacy() of holdfast/legacy',
        };
      }
      if (/"code":\s*0\b/.test(polled.text)) {
        return {
          text: 'the server does not offer long-polling',
          change: "add 'polling' to the server's option `transports`",
        };
      }
      return {
        text: `long-polling is answered with status ${polled.status}`,
        change: `check the proxy in front of ${path}, and the server's \`allowRequest\``,
      };
    case 'silent':
      return { text: 'long-polling is not answered', change: 'look for a proxy that buffers responses' };
    default:
      return { text: 'long-polling is cut off', change: 'look for a proxy or a firewall in between' };
  }
}

/** The server's answer to CONNECT. */
function ofNamespace(
  answer: string,
  namespace: string,
  deadlineMs: number,
  add: (check: Check, ok: boolean, text: string, change?: string) => void,
): void {
  if (/^40.*"sid"/.test(answer)) {
    add('namespace', true, `the server lets this page into ${namespace}`);
  } else if (answer === '40') {
    add(
      'namespace',
      false,
      'the server uses the protocol of Socket.IO 1 or 2',
      'add the plugin legacy() of holdfast/legacy: io(url, { plugins: [legacy()] })',
    );
  } else if (answer.startsWith('44')) {
    const { message } = attempt(() => JSON.parse(answer.slice(answer.indexOf('{')))) ?? {};
    const unknown = message === 'Invalid namespace';
    add(
      'namespace',
      false,
      `the server refuses ${namespace}: ${JSON.stringify(message ?? answer.slice(2))}`,
      unknown
        ? `create it on the server: io.of(${JSON.stringify(namespace)}), or remove it from the address; if it is the server's path, pass it as the option "path"`
        : 'satisfy the server\'s middleware: it reads the option "auth" as socket.handshake.auth',
    );
  } else {
    add(
      'namespace',
      false,
      `the server does not answer CONNECT to ${namespace} within ${deadlineMs} ms`,
      'look for a middleware that never calls next()',
    );
  }
}
