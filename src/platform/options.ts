import type { ConnectError } from './errors.js';

/** A transport class, as engine.io-client exports them: `Fetch`, `WebSocket`, … */
export type TransportConstructor = new (options: never) => object;

/** The built-in transports by name; `tabs` is the way to the tab or worker that has the connection (`holdfast/tabs`). */
export type TransportName = 'websocket' | 'polling' | 'webtransport' | 'tabs';

/** What engine.io-client takes. */
export interface EngineOptions {
  /** The server's host, if no address is given. */
  host?: string | undefined;
  /** The same as `host`, without a port. */
  hostname?: string | undefined;
  /** The server's port, if no address is given. */
  port?: string | number | undefined;
  /** Whether to use `https:` and `wss:`, if no address is given. */
  secure?: boolean | undefined;
  /** Sent in the address of every request, and readable on the server as `socket.handshake.query`. Secrets belong in `auth`. */
  // biome-ignore lint/suspicious/noExplicitAny: the program's own data, typed as in the official client
  query?: { [key: string]: any } | undefined;
  /** Whether a long-polling session upgrades to WebSocket. @defaultValue true */
  upgrade?: boolean | undefined;
  /** Start with WebSocket if it worked before, regardless of the order. @defaultValue false */
  rememberUpgrade?: boolean | undefined;
  /** Send attachments as base64. @defaultValue false */
  forceBase64?: boolean | undefined;
  /** Name of the query parameter that prevents caching. @defaultValue "t" */
  timestampParam?: string | undefined;
  /** Whether to add that parameter to each request; polling always does unless `false`. */
  timestampRequests?: boolean | undefined;
  /**
   * The transports to try, in this order: names or classes. The next one starts when the previous one fails or stays silent.
   * @defaultValue ["websocket", "polling"]
   */
  transports?: (TransportName | (string & {}))[] | TransportConstructor[] | undefined;
  /** Transport classes to use in place of `transports`. */
  transportImplementations?: TransportConstructor[] | undefined;
  /** Every transport is always tried; accepted so that programs for the official client run unchanged. */
  tryAllTransports?: boolean | undefined;
  /** Time limit of one long-polling request, in milliseconds; 0 for none. @defaultValue 0 */
  requestTimeout?: number | undefined;
  /** Options for one transport by its name, on top of the others. */
  transportOptions?: object | undefined;
  /** Request headers. Browsers send them only over long-polling: with these and no list of `transports`, a page begins with it. */
  extraHeaders?: Record<string, string> | undefined;
  /** Whether to send cookies to another origin. @defaultValue false */
  withCredentials?: boolean | undefined;
  /** Close the connection on `beforeunload`. @defaultValue false */
  closeOnBeforeunload?: boolean | undefined;
  /** Use the timers that the page had when holdfast loaded, even if they were replaced since. @defaultValue false */
  useNativeTimers?: boolean | undefined;
  /** In Node: do not keep the process alive for this connection. @defaultValue false */
  autoUnref?: boolean | undefined;
  /** Whether `path` ends in a slash on the wire. @defaultValue true */
  addTrailingSlash?: boolean | undefined;
  /** WebSocket sub-protocols. */
  protocols?: string | string[] | undefined;
  /** Node only, as in Node's `https.request`. */
  agent?: unknown | undefined;
  /** Node only, as `agent`. */
  pfx?: unknown | undefined;
  /** Node only, as `agent`. */
  key?: unknown | undefined;
  /** Node only, as `agent`. */
  passphrase?: string | undefined;
  /** Node only, as `agent`. */
  cert?: unknown | undefined;
  /** Node only, as `agent`. */
  ca?: unknown | undefined;
  /** Node only, as `agent`. */
  ciphers?: string | undefined;
  /** Node only, as `agent`. @defaultValue true */
  rejectUnauthorized?: boolean | undefined;
  /** Node only: the WebSocket compression of `ws`. */
  perMessageDeflate?: { threshold: number } | boolean | undefined;
}

/** How a connection is opened, kept open and reopened. Sockets of one connection share these options; those of the first `io()` apply. */
export interface ManagerOptions extends EngineOptions {
  /** Make a new Manager even if one for this server exists. @defaultValue false */
  forceNew: boolean;
  /** Whether namespaces of one server share a connection; `false` is `forceNew`. @defaultValue true */
  multiplex: boolean;
  /** The path at which the server listens. @defaultValue "/socket.io" */
  path: string;
  /** Reconnect after the connection is lost, and retry after a failed first attempt. @defaultValue true */
  reconnection: boolean;
  /** Retries in a row before `reconnect_failed`. @defaultValue Infinity */
  reconnectionAttempts: number;
  /** The shortest wait between retries, in milliseconds. @defaultValue 1000 */
  reconnectionDelay: number;
  /** The longest wait between retries, in milliseconds. @defaultValue 5000 */
  reconnectionDelayMax: number;
  /** How much of each wait is random, from 0 to 1. @defaultValue 0.5 */
  randomizationFactor: number;
  /** Time limit for opening a connection, and for a namespace to answer, in milliseconds; `Options` has `false` for no limit. @defaultValue 20000 */
  timeout: number;
  /** Connect immediately. @defaultValue true */
  autoConnect: boolean;
  /** A parser other than the built-in one, such as socket.io-msgpack-parser. */
  // biome-ignore lint/suspicious/noExplicitAny: every parser has its own packets; what it makes of them is checked
  parser: any;
  /** Decides each wait before a retry, in place of `reconnectionDelay`, `reconnectionDelayMax` and `randomizationFactor`. */
  retryPolicy?: RetryPolicy | undefined;
  /**
   * When in doubt whether the connection still works (after sleep, a network change, `offline`), probe the server: with a CONNECT to a
   * namespace that does not exist, which most servers answer at once. @defaultValue true
   */
  verify?: boolean | undefined;
  /** Attachments in one received packet; a packet with more ends the connection with `parse error`. @defaultValue 10000 */
  maxAttachments?: number | undefined;
  /**
   * The largest message that is accepted from the server, with its attachments, in bytes (for text, in UTF-16 units); a larger one ends the
   * connection with `parse error`. @defaultValue 104857600 (100 MiB)
   */
  maxReceivedBytes?: number | undefined;
  /**
   * Above this many bytes that wait to be sent, volatile events are dropped, and `drained()` waits. @defaultValue 1048576 (1 MiB)
   */
  highWaterMark?: number | undefined;
  /**
   * Attachments in one sent event: newer servers accept no more by default and close the connection, so an emit with more throws
   * `TOO_LARGE`. @defaultValue 10
   */
  maxSentAttachments?: number | undefined;
  /**
   * The transports to which the server's announced limit (`maxPayload`) applies. If your server means long-polling only, set `["polling"]`.
   * @defaultValue all of them
   */
  maxPayloadTransports?: readonly string[] | undefined;
  /** Events of the app and its network, for platforms without those of a browser. */
  signals?: PlatformSignals | undefined;
  /**
   * Storage for which transport worked for a server, and how fast, under keys that begin with `holdfast:`. @defaultValue localStorage if
   * available, otherwise the memory of this page
   */
  store?: PlatformStore | undefined;
  /**
   * In the development build: whether the coach logs, once per cause, failures that the program does not handle, and what to change.
   * @defaultValue true
   */
  coach?: boolean | undefined;
  /** Optional features, such as those of `holdfast/legacy` and `holdfast/inspector`, or the program's own. */
  plugins?: readonly PluginOption[] | undefined;
}

/**
 * - `online`: there is a network, or it has changed. A lost connection is reopened; an open one is checked
 * - `offline`: there is no network. While disconnected, holdfast waits for `online` and retries occasionally
 * - `visible`: the app is in the foreground again; `resumed`: the device has slept. A lost connection is reopened; an open one is checked
 * - `hidden`: the app is in the background
 */
export type PlatformSignal = 'online' | 'offline' | 'visible' | 'resumed' | 'hidden';

/** Events of a platform other than a browser: React Native, Electron's main process, your own device. */
export interface PlatformSignals {
  /** Whether there is a network, if known. @defaultValue true */
  readonly online?: boolean | undefined;
  /** Called before a connection opens: calls `tell` with each signal, until the function that it returns is called. */
  watch(tell: (signal: PlatformSignal) => void): () => void;
}

/** Storage for short strings that survives a restart. Errors of these methods are ignored, and so is a rejected promise of `set`. */
export interface PlatformStore {
  get(key: string): string | null | undefined;
  set(key: string, value: string): unknown;
}

/** A plugin in the options; `Plugin` is its full type. */
export interface PluginOption {
  readonly name: string;
  readonly identity?: unknown;
  readonly transports?: object;
  manager?(manager: never): object | undefined;
  socket?(socket: never): object | undefined;
}

/** The events that a plugin declares: those that a socket receives, and those that it emits. Types only. */
export interface PluginEvents<ListenEvents, EmitEvents, ErrorFirstEvents = unknown> {
  readonly listen: ListenEvents;
  readonly emit: EmitEvents;
  /** Those that it emits, where acknowledgements tell an error first (`errorFirstAcks`). */
  readonly emitErrorFirst?: ErrorFirstEvents | undefined;
}

/** A plugin that provides types of events to `io`, such as a contract. */
export interface TypedPlugin<ListenEvents, EmitEvents, ErrorFirstEvents = unknown> extends PluginOption {
  /** Never set: it carries types. */
  readonly events?: PluginEvents<ListenEvents, EmitEvents, ErrorFirstEvents> | undefined;
}

/** The argument of a `retryPolicy`. */
export interface RetryPolicyContext {
  /** The number of the coming try, from 1. */
  readonly attempt: number;
  /** The time since the connection was lost or first requested, in milliseconds. */
  readonly elapsedMs: number;
  /** Why the connection was lost, or the message of the last failure. */
  readonly reason: string;
  /** The last failure; `undefined` after a connection was lost. */
  readonly error: Error | undefined;
  /** Whether the browser believes that there is a network. */
  readonly online: boolean;
  /** The delay that holdfast would use, in milliseconds. */
  readonly delayMs: number;
}

/** Returns the delay in milliseconds, or `null` to give up. */
export type RetryPolicy = (context: RetryPolicyContext) => number | null;

/** Sent with CONNECT, and readable on the server as `socket.handshake.auth`. A function is called for each CONNECT. */
// biome-ignore lint/suspicious/noExplicitAny: the program's own data, typed as in the official client
export type Auth = { [key: string]: any } | AuthFunction;
export type AuthFunction = (callback: (data: object) => void) => unknown;

/** The limits on messages that wait while a socket is not connected. */
export interface OutboxOptions {
  /** How many packets. @defaultValue 10000 */
  maxPackets?: number | undefined;
  /** How many bytes; text counts one per UTF-16 unit. @defaultValue 16777216 (16 MiB) */
  maxBytes?: number | undefined;
  /** How long each message may wait, in milliseconds. @defaultValue none */
  maxAgeMs?: number | undefined;
  /**
   * What happens to the next message: it is refused, or it replaces the oldest or the newest ones. A message that is not sent is reported
   * to the caller that waits for its acknowledgement, or else by the event `dropped`. @defaultValue "refuse"
   */
  whenFull?: 'refuse' | 'drop-oldest' | 'drop-newest' | undefined;
}

/** How one socket handles its messages. Read when the socket is created. */
export interface SocketOptions {
  /** Sent with CONNECT, and readable on the server as `socket.handshake.auth`; a function is called for each CONNECT. */
  auth?: Auth | undefined;
  /** Send each packet again, up to this many times, until it is acknowledged. @defaultValue 0 */
  retries?: number | undefined;
  /** With `retries`: how many packets may wait for their acknowledgement at the same time. @defaultValue 1 */
  retryWindow?: number | undefined;
  /**
   * Called when the server has refused CONNECT or disconnected the socket: return `true` or a number of milliseconds to try again, with a
   * new call of `auth`, or `false` to stay disconnected. `attempt` counts refusals in a row. @defaultValue never again
   */
  reconnectOnReject?: ((error: ConnectError, attempt: number) => boolean | number) | undefined;
  /** How long acknowledgements may take if the emit has no `timeout()`, in milliseconds. @defaultValue none */
  ackTimeout?: number | undefined;
  /** The limits on messages that wait while the socket is not connected. */
  outbox?: OutboxOptions | undefined;
  /** How many acknowledgements may be pending; an emit that requests one more fails. @defaultValue 100000 */
  maxPendingAcks?: number | undefined;
  /**
   * With connection state recovery, the server adds an offset to the arguments of its events: whether to remove it before listeners are
   * called. @defaultValue false, as with the official client
   */
  hideOffset?: boolean | undefined;
  /**
   * The first value of the server's acknowledgements is an error or null: `emitWithAck` rejects with the error, or resolves with the next
   * value.
   * @defaultValue false
   */
  errorFirstAcks?: boolean | undefined;
  /** Optional features. Those that affect the connection are used only if it is opened with them. */
  plugins?: readonly PluginOption[] | undefined;
}

type OptionalOrUndefined<Given> = { [Name in keyof Given]?: Given[Name] | undefined };

/** The options of `io()`: those of a manager and those of a socket. All are optional, and may be `undefined`. */
export interface Options
  extends OptionalOrUndefined<Omit<ManagerOptions, 'query' | 'timeout'>>,
    OptionalOrUndefined<SocketOptions> {
  /** As in `ManagerOptions`, or a query string. */
  // biome-ignore lint/suspicious/noExplicitAny: the program's own data, typed as in the official client
  query?: { [key: string]: any } | string | undefined;
  /** As in `ManagerOptions`, or `false` for no limit. */
  timeout?: number | false | undefined;
}

/** The options of `io()` if the server's acknowledgements begin with an error (`errorFirstAcks`). */
export interface ErrorFirstOptionsFor<ListenEvents, EmitEvents> extends Options {
  errorFirstAcks: true;
  /** As in `ManagerOptions`. */
  // biome-ignore lint/suspicious/noExplicitAny: the events without an error are of no interest here
  plugins?: readonly TypedPlugin<ListenEvents, any, EmitEvents>[] | undefined;
}

/** The options of `io()`, with the types of the events that a plugin declares. */
export interface OptionsFor<ListenEvents, EmitEvents> extends Options {
  /** As in `ManagerOptions`. */
  plugins?: readonly TypedPlugin<ListenEvents, EmitEvents>[] | undefined;
}
