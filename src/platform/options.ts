import { HoldfastError } from './errors.js';
import { show } from './show.js';

/** A transport class, as engine.io-client exports them: `Fetch`, `WebSocket`, … */
export type TransportConstructor = new (options: never) => object;

/** The built-in transports by name. */
export type TransportName = 'websocket' | 'polling' | 'webtransport';

/** What engine.io-client takes. */
export interface EngineOptions {
  /** The server's host, where no address is given. */
  host: string;
  hostname: string;
  port: string | number;
  secure: boolean;
  /** Sent with the first request, and readable on the server as `socket.handshake.query`. */
  query: Record<string, unknown> | string;
  /** Whether a long-polling session moves on to WebSocket. @defaultValue true */
  upgrade: boolean;
  /** Start with WebSocket where it worked before, whatever the order. @defaultValue false */
  rememberUpgrade: boolean;
  /** Send attachments as base64. @defaultValue false */
  forceBase64: boolean;
  /** Name of the query parameter that keeps caches away. @defaultValue "t" */
  timestampParam: string;
  /** Whether to add it; polling always does unless `false`. */
  timestampRequests: boolean;
  /**
   * What to try, in this order: names or classes. Each is tried, the next one when the one before fails or keeps silent.
   * @defaultValue ["websocket", "polling"]
   */
  transports: (TransportName | (string & {}))[] | TransportConstructor[];
  /** Transport classes to use in place of `transports`. */
  transportImplementations: TransportConstructor[];
  /** Every transport is always tried; accepted so that programs for the official client run unchanged. */
  tryAllTransports: boolean;
  /** Time limit of one long-polling request, in milliseconds; 0 for none. @defaultValue 0 */
  requestTimeout: number;
  /** Options for one transport by its name, on top of the others. */
  transportOptions: Record<string, unknown>;
  /** Request headers. Browsers cannot send them with a WebSocket. */
  extraHeaders: Record<string, string>;
  /** Send cookies to another origin, too. @defaultValue false */
  withCredentials: boolean;
  /** Close the connection when the page is about to be left. @defaultValue false */
  closeOnBeforeunload: boolean;
  /** Use the timers that the page had when holdfast loaded, even if they were replaced since. @defaultValue false */
  useNativeTimers: boolean;
  /** In Node: do not keep the process alive for this connection. @defaultValue false */
  autoUnref: boolean;
  /** Where the server listens. @defaultValue "/socket.io" */
  path: string;
  /** Whether `path` ends in a slash on the wire. @defaultValue true */
  addTrailingSlash: boolean;
  /** WebSocket sub-protocols. */
  protocols: string | string[];
  /** Node only, as in Node's `https.request`. */
  agent: unknown;
  pfx: unknown;
  key: unknown;
  passphrase: string;
  cert: unknown;
  ca: unknown;
  ciphers: string;
  rejectUnauthorized: boolean;
  /** Node only: the WebSocket compression of `ws`. */
  perMessageDeflate: { threshold: number } | boolean;
}

export interface ManagerOptions extends EngineOptions {
  /** Make a new Manager even if one for this server exists. @defaultValue false */
  forceNew: boolean;
  /** Whether namespaces of one server share a connection; `false` is `forceNew`. @defaultValue true */
  multiplex: boolean;
  /** Come back after a cut, and try again after a failed first connect. @defaultValue true */
  reconnection: boolean;
  /** Retries in a row before `reconnect_failed`. @defaultValue Infinity */
  reconnectionAttempts: number;
  /** The shortest wait between retries, in milliseconds. @defaultValue 1000 */
  reconnectionDelay: number;
  /** The longest wait between retries, in milliseconds. @defaultValue 5000 */
  reconnectionDelayMax: number;
  /** How much of a wait is left to chance, 0 to 1. @defaultValue 0.5 */
  randomizationFactor: number;
  /** For opening a connection, and for a namespace to answer, in milliseconds; `false` for no limit. @defaultValue 20000 */
  timeout: number | false;
  /** Connect at once. @defaultValue true */
  autoConnect: boolean;
  /** Another codec, such as socket.io-msgpack-parser. */
  // biome-ignore lint/suspicious/noExplicitAny: every parser has its own packets; what it makes of them is checked
  parser: any;
  /** Decides each wait before a retry, in place of the three options above. */
  retryPolicy: RetryPolicy;
  /**
   * When in doubt whether the connection still stands (after sleep, a change of network, `offline`), ask the server: with a
   * CONNECT to a namespace that does not exist, which every server answers at once. @defaultValue true
   */
  verify: boolean;
  /** Attachments in one received packet; a packet with more ends the connection with `parse error`. @defaultValue 10000 */
  maxAttachments: number;
  /**
   * The largest message that is accepted from the server, with its attachments, in bytes (in UTF-16 units where it is text); a
   * larger one ends the connection with `parse error`. @defaultValue 104857600 (100 MiB)
   */
  maxReceivedBytes: number;
  /**
   * Above this many bytes that wait to be sent, volatile events are dropped, and `drained()` waits. @defaultValue 1048576 (1 MiB)
   */
  highWaterMark: number;
  /** Speaks to servers of Socket.IO 1 and 2, too: what `import { legacy } from 'holdfast/legacy'` brings. */
  legacy: LegacyOption;
}

/** What `holdfast/legacy` exports. */
export interface LegacyOption {
  readonly adopt: (transport: never) => void;
}

/** What a `retryPolicy` decides from. */
export interface RetryPolicyContext {
  /** The number of the coming try, from 1. */
  readonly attempt: number;
  /** Since the connection was lost or first asked for, in milliseconds. */
  readonly elapsedMs: number;
  /** Why the connection was lost, or the message of the last failure. */
  readonly reason: string;
  readonly error: Error | undefined;
  /** Whether the browser believes that there is a network. */
  readonly online: boolean;
  /** What holdfast would wait, in milliseconds. */
  readonly delayMs: number;
}

/** Returns the wait in milliseconds, or `null` to give up. */
export type RetryPolicy = (context: RetryPolicyContext) => number | null;

/** Sent with CONNECT, and readable on the server as `socket.handshake.auth`. A function is asked anew each time. */
// biome-ignore lint/suspicious/noExplicitAny: the program's own data, typed as in the official client
export type Auth = { [key: string]: any } | AuthFunction;
export type AuthFunction = (callback: (data: object) => void) => unknown;

/** What may wait while a socket is not connected. */
export interface OutboxOptions {
  /** How many packets. @defaultValue 10000 */
  maxPackets?: number;
  /** How many bytes; a text counts one for each UTF-16 unit. @defaultValue 16777216 (16 MiB) */
  maxBytes?: number;
  /** How long each of them, in milliseconds. @defaultValue without limit */
  maxAgeMs?: number;
  /**
   * What happens to one more: it is refused, or it takes the place of the oldest or of the newest ones. What is not sent is told to
   * whoever waits for its acknowledgement, or else by the event `dropped`. @defaultValue "refuse"
   */
  whenFull?: 'refuse' | 'drop-oldest' | 'drop-newest';
}

export interface SocketOptions {
  auth?: Auth;
  /** Send each packet again, up to this many times, until it is acknowledged. */
  retries?: number;
  /** How many of them may wait for their acknowledgement at the same time. @defaultValue 1 */
  retryWindow?: number;
  /**
   * Called when the server has refused CONNECT or disconnected the socket: `true` or a number of milliseconds to try
   * again, with `auth` asked anew; `false` to leave it. `attempt` counts refusals in a row. @defaultValue never again
   */
  reconnectOnReject?: (error: Error, attempt: number) => boolean | number;
  /** How long acknowledgements may take where no `timeout()` says otherwise, in milliseconds. */
  ackTimeout?: number;
  /** The bounds of what waits while the socket is not connected. */
  outbox?: OutboxOptions;
  /** How many acknowledgements may be waited for; an emit that asks for one more fails. @defaultValue 100000 */
  maxPendingAcks?: number;
  /**
   * Where the server keeps sessions (connection state recovery), it adds an offset to the arguments of its events: whether to take it
   * away before listeners are called. @defaultValue false, as with the official client
   */
  hideOffset?: boolean;
}

export type Options = Partial<ManagerOptions & SocketOptions>;

interface Rule {
  readonly accepted: string;
  readonly accepts: (value: unknown) => boolean;
  /** Turns what means the same, as configuration files write it, into what is accepted. */
  readonly coerce?: (value: unknown) => unknown;
  /** What an object may consist of. */
  readonly parts?: Readonly<Record<string, Rule>>;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);
const isString = (value: unknown): boolean => typeof value === 'string';
const isFunction = (value: unknown): boolean => typeof value === 'function';
const isPlain = (value: unknown): boolean => typeof value === 'object' && !Array.isArray(value);

const isNumeric = (value: unknown): boolean => typeof value === 'string' && /^\d+(\.\d+)?$/.test(value);
const coerce = (value: unknown): unknown =>
  isNumeric(value) || value === 'Infinity' ? Number(value) : value;
const SWITCHES = new Map<unknown, boolean>([
  [0, false],
  [1, true],
  ['false', false],
  ['true', true],
]);

const flag: Rule = {
  accepted: 'true or false',
  accepts: (value) => typeof value === 'boolean',
  coerce: (value) => SWITCHES.get(value) ?? value,
};
const text: Rule = { accepted: 'a string', accepts: isString };
const count: Rule = { accepted: 'a number, 0 or more', accepts: (v) => isNumber(v) && v >= 0, coerce };
const ms: Rule = { ...count, accepted: 'a number of milliseconds, 0 or more' };
const callback: Rule = { accepted: 'a function', accepts: isFunction };
const object: Rule = { accepted: 'an object', accepts: isPlain };
const transport: Rule = {
  accepted: 'a list of "websocket", "polling", "webtransport" or transport classes',
  accepts: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => isFunction(item) || /^(websocket|polling|webtransport)$/.test(item)),
};

const rules: Readonly<Record<string, Rule>> = {
  ackTimeout: ms,
  addTrailingSlash: flag,
  auth: { accepted: 'an object or a function', accepts: (value) => isPlain(value) || isFunction(value) },
  autoConnect: flag,
  autoUnref: flag,
  closeOnBeforeunload: flag,
  extraHeaders: object,
  forceBase64: flag,
  forceNew: flag,
  hideOffset: flag,
  highWaterMark: count,
  host: text,
  hostname: text,
  legacy: {
    accepted: 'what "holdfast/legacy" exports as `legacy`',
    accepts: (value) => isFunction((value as { adopt?: unknown }).adopt),
  },
  maxAttachments: count,
  maxPendingAcks: count,
  maxReceivedBytes: count,
  multiplex: flag,
  outbox: {
    ...object,
    parts: {
      maxPackets: count,
      maxBytes: count,
      maxAgeMs: ms,
      whenFull: {
        accepted: '"refuse", "drop-oldest" or "drop-newest"',
        accepts: (value) => ['refuse', 'drop-oldest', 'drop-newest'].includes(value as string),
      },
    },
  },
  parser: {
    accepted: 'an object with Encoder and Decoder classes',
    accepts(value) {
      const { Encoder, Decoder } = value as Record<string, unknown>;
      return isFunction(Encoder) && isFunction(Decoder);
    },
  },
  path: {
    accepted: 'a string that begins with a slash',
    accepts: (v) => typeof v === 'string' && /^(\/|$)/.test(v),
  },
  port: { accepted: 'a number or a string', accepts: (value) => isString(value) || isNumber(value) },
  query: { accepted: 'an object or a query string', accepts: (value) => isPlain(value) || isString(value) },
  randomizationFactor: {
    accepted: 'a number from 0 to 1',
    accepts: (v) => isNumber(v) && v >= 0 && v <= 1,
    coerce,
  },
  reconnection: flag,
  reconnectionAttempts: count,
  reconnectionDelay: ms,
  reconnectionDelayMax: ms,
  rememberUpgrade: flag,
  requestTimeout: ms,
  reconnectOnReject: callback,
  retries: count,
  retryWindow: {
    accepted: 'a number, 1 or more',
    accepts: (v) => isNumber(v) && v >= 1,
    coerce,
  },
  retryPolicy: callback,
  secure: flag,
  timeout: { accepted: `${ms.accepted}, or false`, accepts: (v) => v === false || ms.accepts(v), coerce },
  transportImplementations: transport,
  transportOptions: object,
  transports: transport,
  timestampRequests: flag,
  tryAllTransports: flag,
  upgrade: flag,
  useNativeTimers: flag,
  verify: flag,
  withCredentials: flag,
};

/**
 * A checked copy of the options that were given: `undefined`, `null`, and an `auth` of `false` count as not given, `"20"` as
 * 20, 0, 1, `"false"` and `"true"` as false and true. Names that are not known here are let through to the engine.
 *
 * @throws HoldfastError `BAD_OPTION`, naming the option and what it accepts
 */
export function checked(options: Options): Options {
  if (typeof options !== 'object' || Array.isArray(options)) {
    throw new HoldfastError('BAD_OPTION', `options are ${show(options)}; accepted: an object`);
  }
  return checkedParts(options, rules, '');
}

function checkedParts(
  options: object,
  known: Readonly<Record<string, Rule>>,
  prefix: string,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value == null || (name === 'auth' && (value as unknown) === false)) continue;
    const rule = Object.hasOwn(known, name) ? known[name] : undefined;
    const meant = rule?.coerce?.(value) ?? value;
    if (rule ? !rule.accepts(meant) : prefix) {
      const accepted = rule?.accepted ?? `only ${Object.keys(known).join(', ')}`;
      throw new HoldfastError(
        'BAD_OPTION',
        `option "${prefix}${name}" is ${show(value)}; accepted: ${accepted}`,
      );
    }
    copy[name] = rule?.parts ? checkedParts(meant as object, rule.parts, `${prefix}${name}.`) : meant;
  }
  return copy;
}

/** The options that may be changed while a connection lives. */
export type Setting =
  | 'reconnection'
  | 'reconnectionAttempts'
  | 'reconnectionDelay'
  | 'reconnectionDelayMax'
  | 'randomizationFactor'
  | 'timeout'
  | 'highWaterMark';
export type SettingValue<Name extends Setting> = ManagerOptions[Name];

const DEFAULTS: Readonly<Pick<ManagerOptions, Setting>> = {
  reconnection: true,
  reconnectionAttempts: Number.POSITIVE_INFINITY,
  reconnectionDelay: 1_000,
  reconnectionDelayMax: 5_000,
  randomizationFactor: 0.5,
  timeout: 20_000,
  highWaterMark: 2 ** 20,
};

/** Reads the options as they are at each call, with their defaults. */
export function settings(options: Options): <Name extends Setting>(name: Name) => SettingValue<Name> {
  return <Name extends Setting>(name: Name) => (options[name] ?? DEFAULTS[name]) as SettingValue<Name>;
}
