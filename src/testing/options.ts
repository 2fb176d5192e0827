/** The options of a test server, checked. */
import { HoldfastError } from '../platform/errors.js';
import { show } from '../platform/show.js';
import type { AllowRequest } from './test-engine.js';

/** The options of a real server, and additional ones for tests. */
export interface TestServerOptions {
  /**
   * `real`, or `manual`: time stands still until the test calls `clock.advance()`, for the server and for the clients of `io`, and
   * nothing is random. @defaultValue "real"
   */
  readonly clock?: 'real' | 'manual' | undefined;
  /** Makes ids and delays the same in every run. @defaultValue 1 with a manual clock; random with the real one */
  readonly seed?: number | undefined;
  /** The interval of the server's pings, in milliseconds. @defaultValue 25000 */
  readonly pingInterval?: number | undefined;
  /** How long the server waits for the answer to a ping, in milliseconds. @defaultValue 20000 */
  readonly pingTimeout?: number | undefined;
  /** The largest message that the server accepts, in bytes. @defaultValue 1000000 */
  readonly maxHttpBufferSize?: number | undefined;
  /** Alias of `maxHttpBufferSize`: its name in the handshake. */
  readonly maxPayload?: number | undefined;
  /** How long a client may take to join a namespace, in milliseconds. @defaultValue 45000 */
  readonly connectTimeout?: number | undefined;
  /** Recovers lost sessions, with their missed events. @defaultValue off */
  readonly connectionStateRecovery?:
    | {
        /** In milliseconds. @defaultValue 120000 */
        readonly maxDisconnectionDuration?: number | undefined;
        /** @defaultValue true */
        readonly skipMiddlewares?: boolean | undefined;
      }
    | true
    | undefined;
  /** Removes a child of a dynamic namespace when its last client has left. @defaultValue false */
  readonly cleanupEmptyChildNamespaces?: boolean | undefined;
  /** The path that the server serves. @defaultValue "/socket.io" */
  readonly path?: string | undefined;
  /** The transports that clients may use; those of `io` always use WebSocket. @defaultValue ["polling", "websocket"] */
  readonly transports?: readonly string[] | undefined;
  /** Decides which clients may open a session. */
  readonly allowRequest?: AllowRequest | undefined;
  /** A parser other than the built-in one, such as socket.io-msgpack-parser. */
  readonly parser?: unknown;
  /**
   * Called with each error that a handler throws; the message names the handler. Without it, the error is uncaught in the page or the
   * process, as with a real server, and `finish()` throws it.
   */
  readonly onError?: ((error: HoldfastError) => void) | undefined;
  /** Accepted without effect, so that a test can pass the options of its real server: there is no HTTP and no compression in memory. */
  readonly cors?: unknown;
  /** Without effect. */
  readonly serveClient?: unknown;
  /** Without effect. */
  readonly cookie?: unknown;
  /** Without effect. */
  readonly perMessageDeflate?: unknown;
  /** Without effect. */
  readonly httpCompression?: unknown;
  /** Without effect. */
  readonly upgradeTimeout?: unknown;
  /** Without effect. */
  readonly addTrailingSlash?: unknown;
  /** Without effect. */
  readonly destroyUpgrade?: unknown;
  /** Without effect. */
  readonly destroyUpgradeTimeout?: unknown;
}

export interface Settings {
  readonly manual: boolean;
  readonly seed: number | undefined;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly maxPayloadBytes: number;
  readonly connectTimeoutMs: number;
  readonly recoveryMs: number | undefined;
  readonly skipMiddlewares: boolean;
  readonly cleanup: boolean;
  readonly path: string;
  readonly transports: readonly string[];
  readonly allowRequest: AllowRequest | undefined;
  readonly parser: unknown;
  readonly onError: ((error: HoldfastError) => void) | undefined;
}

type Rule = readonly [accepts: (value: unknown) => boolean, accepted: string];

const MS: Rule = [(value) => typeof value === 'number' && value > 0, 'milliseconds, more than 0'];
const FLAG: Rule = [(value) => typeof value === 'boolean', 'true or false'];
const ANY: Rule = [() => true, 'anything'];
const BYTES: Rule = [(value) => Number.isInteger(value) && (value as number) > 0, 'a whole number of bytes'];

const RULES: Readonly<Record<keyof TestServerOptions, Rule>> = {
  clock: [(value) => value === 'real' || value === 'manual', '"real" or "manual"'],
  seed: [(value) => Number.isInteger(value), 'a whole number'],
  pingInterval: MS,
  pingTimeout: MS,
  maxHttpBufferSize: BYTES,
  maxPayload: BYTES,
  connectTimeout: MS,
  connectionStateRecovery: [
    (value) => value === true || (typeof value === 'object' && value !== null),
    'true, or an object',
  ],
  cleanupEmptyChildNamespaces: FLAG,
  path: [(value) => typeof value === 'string' && value.startsWith('/'), 'a string that begins with a slash'],
  transports: [
    (value) => Array.isArray(value) && value.every((name) => name === 'polling' || name === 'websocket'),
    'a list of "polling" and "websocket"',
  ],
  allowRequest: [(value) => typeof value === 'function', 'a function (request, done)'],
  parser: [(value) => typeof value === 'object' && value !== null, 'a parser'],
  onError: [(value) => typeof value === 'function', 'a function'],
  cors: ANY,
  serveClient: ANY,
  cookie: ANY,
  perMessageDeflate: ANY,
  httpCompression: ANY,
  upgradeTimeout: ANY,
  addTrailingSlash: ANY,
  destroyUpgrade: ANY,
  destroyUpgradeTimeout: ANY,
};

/** Options that an in-memory server cannot support: the test of a program that relies on them would be wrong. */
const IMPOSSIBLE: Readonly<Record<string, string>> = {
  adapter: 'there are no other servers; test this with a real server',
  allowEIO3: 'it speaks only revision 4 of the Engine.IO protocol',
  allowUpgrades:
    'sessions of long-polling can always move to WebSocket; leave "websocket" out of "transports"',
  wsEngine: 'there are no network sockets',
};

const RECOVERY_MS = 120_000;

/** @throws HoldfastError `BAD_OPTION` */
export function settingsOf(options: TestServerOptions): Settings {
  if (typeof options !== 'object' || options === null) {
    throw new HoldfastError(
      'BAD_OPTION',
      `createTestServer(${show(options)}): accepted: an object with options`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const rule = RULES[name as keyof TestServerOptions];
    if (!rule) {
      const known = Object.keys(RULES).join(', ');
      const why = Object.hasOwn(IMPOSSIBLE, name) ? `: ${IMPOSSIBLE[name]}` : '';
      throw new HoldfastError('BAD_OPTION', `a test server has no option "${name}"${why}; it has ${known}`);
    }
    const [accepts, accepted] = rule;
    if (!accepts(value)) {
      throw new HoldfastError('BAD_OPTION', `option "${name}" is ${show(value)}; accepted: ${accepted}`);
    }
  }
  const { connectionStateRecovery: recovery } = options;
  const { maxDisconnectionDuration = RECOVERY_MS, skipMiddlewares = true } =
    typeof recovery === 'object' ? recovery : {};
  return {
    manual: options.clock === 'manual',
    seed: options.seed,
    pingIntervalMs: options.pingInterval ?? 25_000,
    pingTimeoutMs: options.pingTimeout ?? 20_000,
    maxPayloadBytes: options.maxHttpBufferSize ?? options.maxPayload ?? 1_000_000,
    connectTimeoutMs: options.connectTimeout ?? 45_000,
    recoveryMs: recovery ? maxDisconnectionDuration : undefined,
    skipMiddlewares,
    cleanup: options.cleanupEmptyChildNamespaces ?? false,
    path: (options.path ?? '/socket.io').replace(/\/$/, ''),
    transports: options.transports ?? ['polling', 'websocket'],
    allowRequest: options.allowRequest,
    parser: options.parser,
    onError: options.onError,
  };
}
