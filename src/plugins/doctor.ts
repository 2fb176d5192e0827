/** @packageDocumentation `diagnose` of `holdfast/doctor`: finds out, step by step, why a page cannot connect to a Socket.IO server. */
import { attempt } from '../platform/attempt.js';
import type { Clock } from '../platform/clock.js';
import { systemEnvironment } from '../platform/environment.js';
import { type Reach, reach } from '../platform/reach.js';
import { systemSignals } from '../platform/signals.js';
import { type Trial, tryWebSocket } from '../platform/trial.js';
import {
  askServer,
  causeOf,
  type Destination,
  destinationFor,
  HANDSHAKE,
  NO_NAME,
  swappedScheme,
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

export interface DiagnoseOptions {
  /** As for `io()`. @defaultValue "/socket.io" */
  readonly path?: string | undefined;
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
}

const systemTools = (): DoctorTools => {
  const { clock, dateMs } = systemEnvironment(true);
  return { clock, dateMs, online: () => systemSignals.online !== false, ask: reach, open: tryWebSocket };
};

/** How long each step may take by default, in milliseconds. */
const DEADLINE_MS = 5_000;

/** A clock that differs by more than this, in milliseconds, is wrong: certificates and tokens depend on it. */
const SKEW_MS = 60_000;

/**
 * Checks the path to a server, and reports what works and what does not. It never throws, and leaves no connection open.
 *
 * @param url the address, as for `io()`
 */
export async function diagnose(
  url?: string,
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

  const {
    path: given,
    auth,
    withCredentials = false,
    deadlineMs: limitMs = 0,
    namespace: wanted,
  } = options ?? {};
  const deadlineMs = limitMs > 0 ? limitMs : DEADLINE_MS;
  const { clock, ask } = tools;
  let destination: Destination & { readonly namespace: string };
  try {
    destination = destinationFor(url, given);
  } catch (error) {
    add('address', false, `${(error as Error).message}`, 'pass an address such as https://example.com');
    return done();
  }
  const { origin, path, page } = destination;
  const namespace = wanted || destination.namespace;
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
  add('address', true, `the address leads to ${origin}, path ${path}, namespace ${namespace}`);
  if (namespace.replace(/\/$/, '') === path) {
    add(
      'address',
      false,
      `"${namespace}" in the address is read as a namespace, but looks like the path`,
      'remove it: the path is a separate option, by default /socket.io',
    );
  }
  if (!tools.online())
    add('network', false, 'the browser reports that it is offline', 'check the network of this device');

  // The server, and proxies in front of it.
  const polled = await askServer(ask, origin, path, clock, deadlineMs, withCredentials);
  // Without cookies, more servers let a page read the response.
  const seen =
    withCredentials && polled.kind === 'hidden'
      ? await askServer(ask, origin, path, clock, deadlineMs)
      : polled;
  const isServer = seen.kind === 'answers' && isEngine(seen);
  const mixed = page?.startsWith('https:') && origin.startsWith('http:');
  let swapped: Reach | undefined;
  if (seen.kind === 'unreachable' && !mixed && !page?.startsWith('https:')) {
    swapped = await askServer(ask, swappedScheme(origin), path, clock, deadlineMs);
  }
  const webSocket = await tryServer(destination, namespace, auth, tools, deadlineMs);
  const answersSocket = webSocket.opened && HANDSHAKE.test(webSocket.messages[0] ?? '');
  if (isServer) add('server', true, `a Socket.IO server answers at ${origin}${path} (${seen.ms} ms)`);
  else if (answersSocket) {
    add(
      'server',
      true,
      `a Socket.IO server answers at ${origin}${path}, over WebSocket (${webSocket.ms} ms)`,
    );
  } else {
    const { happened, change } = causeOf(destination, seen, swapped, !webSocket.opened);
    add('server', false, happened, change);
  }

  // WebSocket.
  if (answersSocket) add('websocket', true, `WebSocket works (${webSocket.ms} ms)`);
  else if (isServer || seen.kind === 'hidden') {
    const { text, change } = ofWebSocket(webSocket, deadlineMs);
    add('websocket', false, text, change);
  } else add('websocket', false, 'WebSocket does not open');

  // Long-polling.
  const [, sid] = polled.kind === 'answers' ? (HANDSHAKE.exec(polled.text) ?? []) : [];
  if (sid !== undefined) {
    add('polling', true, `long-polling works (${polled.ms} ms)`);
  } else if (isServer || answersSocket || seen.kind === 'hidden') {
    const { text, change } = ofPolling(polled, destination);
    add('polling', false, text, change);
  } else add('polling', false, 'long-polling does not open');

  // The namespace, over the WebSocket that was opened.
  if (answersSocket) {
    const answer = webSocket.messages.find((message) => /^4[0-4]/.test(message)) ?? '';
    ofNamespace(answer, namespace, deadlineMs, add);
  } else if (sid !== undefined) add('namespace', true, 'the server lets this page in over long-polling');

  if (withCredentials && polled.kind === 'hidden' && isServer) {
    add(
      'cookies',
      false,
      'the server does not accept cookies from this page',
      `on the server: new Server({ cors: { origin: ${JSON.stringify(page)}, credentials: true } }), without "*"`,
    );
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

/** An Engine.IO server answers with a handshake, or with the code of its refusal. */
const isEngine = ({ status, text }: Extract<Reach, { kind: 'answers' }>): boolean =>
  status === 200 ? OPENS.test(text) : status === 400 && /"code":\s*[0-5]\b/.test(text);

/** Engine.IO v3 gives each packet its length. */
const OPENS = /^(\d+:)?0\{/;

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
      change:
        'look for a proxy or firewall that blocks WebSockets; until then holdfast connects over long-polling. nginx: proxy_http_version 1.1 and the headers Upgrade and Connection',
    };
  }
  return {
    text: opened ? 'a WebSocket opens, but is closed at once' : 'a WebSocket is refused',
    change:
      "make the proxy forward upgrades (nginx: proxy_http_version 1.1 and the headers Upgrade and Connection), and check the server's `allowRequest` and `transports`",
  };
}

function ofPolling(polled: Reach, { page, path }: Destination): { text: string; change: string } {
  switch (polled.kind) {
    case 'hidden':
      return {
        text: `the server answers long-polling, but does not let this page (${page}) read the response (CORS)`,
        change: `on the server: new Server({ cors: { origin: ${JSON.stringify(page)} } })`,
      };
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
        ? `create it on the server: io.of(${JSON.stringify(namespace)}), or remove it from the address`
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
