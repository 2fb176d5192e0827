/** A manager: one connection to one server, shared by the sockets of its namespaces. */
import { backoffMs } from '../connection/backoff.js';
import { Connection, type Observer } from '../connection/connection.js';
import type { Notice, RetryContext, Rules, Status } from '../connection/lifecycle.js';
import { checkSignal, reasonOf, type Waiting } from '../platform/abort.js';
import { type Address, parseAddress } from '../platform/address.js';
import type { Cancel } from '../platform/clock.js';
import { DEFAULTS } from '../platform/defaults.js';
import { callAll, Emitter } from '../platform/emitter.js';
import { type Environment, pageLocation, systemEnvironment } from '../platform/environment.js';
import { type Attempt, ConnectionError, HoldfastError } from '../platform/errors.js';
import type { DefaultEventsMap, EventsMap } from '../platform/event-map.js';
import type {
  ManagerOptions,
  Options,
  SocketOptions,
  TransportConstructor,
  TransportName,
} from '../platform/options.js';
import { report, warnOnce } from '../platform/report.js';
import { show } from '../platform/show.js';
import { WeakCache } from '../platform/weak-cache.js';
import { adaptParser, type Codec, type CustomParser, createCodec } from '../protocol/codec.js';
import type { Packet } from '../protocol/packet.js';
import type { OpenPlan, TransportAttemptEvent } from '../session/negotiate.js';
import { Session, type SessionHost } from '../session/session.js';
import { websocket } from '../session/transports/builtin.js';
import type { Transport } from '../session/transports/transport.js';
import { disconnected } from '../socket/failures.js';
import { isProbe } from '../socket/probe.js';
import { Socket } from '../socket/socket.js';
import { checkOptions, namesOf } from './check-options.js';
import type { ManagerOwnEvents, ManagerReservedEvents } from './manager-events.js';
import type { ManagerHooks, Plugin } from './plugin.js';

/** When the network is back, all clients return: spread over this time, in milliseconds. */
const WAKE_SPREAD_MS = 250;

/** Browsers do not tell when a WebSocket has sent what it was given: it has to be looked at again, after so many milliseconds. */
const LOOK_AGAIN_MS = 5;
const LOOK_AGAIN_AWAY_MS = 250;

type Setting =
  | 'reconnection'
  | 'reconnectionAttempts'
  | 'reconnectionDelay'
  | 'reconnectionDelayMax'
  | 'randomizationFactor'
  | 'timeout'
  | 'highWaterMark';

// biome-ignore lint/suspicious/noExplicitAny: whatever events a program has declared
type AnySocket = Socket<any, any>;

/** One connection to one server, shared by the sockets of its namespaces. */
export class Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends Emitter<ManagerReservedEvents, Record<never, never>, ManagerOwnEvents> {
  /** The server's address. Another one that is assigned is used from the next attempt on. */
  uri: string | undefined;
  /**
   * The options. A change is used from the next attempt or wait on; a value that is not accepted is ignored with a warning, and the
   * last good one stays.
   */
  opts: Partial<ManagerOptions>;
  /** The session of the present attempt; there is one as soon as connecting has begun. */
  engine!: Session;

  /** @internal */
  readonly _environment: Environment;
  /** @internal */
  readonly _hooks: readonly ManagerHooks[];
  /** @internal Those of the plugins, and those that came later. */
  readonly _observers: Observer[] = [];
  /** @internal */
  readonly _connection: Connection;
  /** @internal The names of the transports that the program lists. */
  _listed: readonly string[] = [];
  private readonly _plugins: readonly Plugin[];
  /** The options as they were looked at last, and the values that were accepted. */
  private readonly _given: Record<string, unknown>;
  private readonly _good: Record<string, unknown>;
  private readonly _sockets: WeakCache<AnySocket> = new WeakCache();
  /** Those that are in use or listened to: they stay, even if the program does not hold them. */
  private readonly _kept: Set<AnySocket> = new Set();
  /** What the last event `status` told. */
  private _shown = 'idle undefined undefined';
  /** Callbacks of `open` that wait for the end of the present attempt. */
  private _openers: ((error?: Error) => void)[] = [];

  /**
   * @param uri the server's address; without one, the page's own server
   * @throws HoldfastError `BAD_OPTION`, `BAD_ADDRESS`
   */
  constructor(options: Options);
  constructor(uri?: string, options?: Options);
  /** @internal */
  constructor(
    uri: string | undefined,
    options: Options | undefined,
    environment: Environment | undefined,
    preset?: readonly Plugin[],
  );
  constructor(uri?: string | Partial<ManagerOptions>, options?: Partial<ManagerOptions>);
  constructor(
    uri?: string | Options,
    options?: Options,
    environment?: Environment,
    preset: readonly Plugin[] = [],
  ) {
    super();
    const checked = checkOptions((typeof uri === 'object' ? uri : options) ?? {});
    this.opts = { ...checked, path: checked.path || DEFAULTS.path } as Partial<ManagerOptions>;
    this._given = { ...this.opts };
    this._good = { ...this.opts };
    if (uri !== undefined && typeof uri !== 'object') parseAddress(uri, pageLocation());
    this.uri = typeof uri === 'string' ? uri : undefined;
    this._environment = environment ?? systemEnvironment(this.opts.useNativeTimers, this.opts.autoUnref);
    this._plugins = unique([...preset, ...((this.opts.plugins ?? []) as readonly Plugin[])]);
    const hooks: ManagerHooks[] = [];
    this._hooks = hooks;
    this._connection = new Connection(this, this._newCodec(), this);
    for (const plugin of this._plugins) {
      const own = plugin.manager?.(this as unknown as Manager);
      if (own) hooks.push(own);
      if (own?.chunk || own?.event) this._observers.push(own);
    }
    if (this._setting('autoConnect')) this.open();
  }

  /** The state of the connection. */
  get status(): Status {
    return this._raw()._connection._status;
  }

  /** The name of the transport in use, while connected. */
  get transport(): TransportName | undefined {
    return this._raw()._connection._session?.transport.name as TransportName | undefined;
  }

  /** Until the next attempt, in milliseconds; undefined while there is none to come. */
  get retryInMs(): number | undefined {
    return this._raw()._connection._retryInMs;
  }

  /** The round-trip time to the server, in milliseconds, when it was last measured. */
  get latencyMs(): number | undefined {
    return this._raw()._connection._latencyMs;
  }

  /** What waits to be sent, in the connection and in its sockets, in bytes. */
  get bufferedAmount(): number {
    const self = this._raw();
    let bytes = self._connection._bufferedBytes;
    for (const socket of self._kept) bytes += socket.bufferedAmount;
    return bytes;
  }

  /**
   * Resolves at once if no more than `highWaterMark` bytes wait to be sent, otherwise as soon as it is half of that.
   *
   * @param options a `signal` ends the wait with its reason
   */
  async drained(options?: Waiting): Promise<void> {
    const self = this._raw();
    const signal = checkSignal(options?.signal);
    const markBytes = self._highWaterMark;
    let enoughBytes = markBytes;
    for (;;) {
      if (signal?.aborted) throw reasonOf(signal);
      if (self.status === 'closed') throw disconnected();
      if (self.bufferedAmount <= enoughBytes) return;
      enoughBytes = markBytes / 2;
      await self._pause();
    }
  }

  /**
   * Opens the connection, unless it is open or on its way.
   *
   * @param callback called once, with an error if it failed. There is no retry then: the caller decides what comes next.
   */
  open(callback?: (error?: Error) => void): this {
    const self = this._raw();
    const { status } = self;
    if (callback && status !== 'connected' && status !== 'connecting') self._openers.push(callback);
    self._connection._open(callback !== undefined);
    return this;
  }

  /** Alias of `open`. */
  connect(callback?: (error?: Error) => void): this {
    return this.open(callback);
  }

  /** Closes the connection. For programs that know it from the official client. */
  _close(): void {
    const self = this._raw();
    for (const socket of [...self._kept]) if (socket.active) socket.disconnect();
    self._connection._close('forced close');
  }

  /**
   * The socket of a namespace; the same one at each call.
   *
   * @param options used when the socket is made
   * @throws HoldfastError `BAD_ADDRESS`, `BAD_OPTION`
   */
  socket(nsp: string, options: Partial<SocketOptions> = {}): Socket<ListenEvents, EmitEvents> {
    const self = this._raw();
    if (typeof nsp !== 'string' || !/^\/[^,]*$/.test(nsp)) {
      throw new HoldfastError(
        'BAD_ADDRESS',
        `namespace ${show(nsp)}; accepted: "/" or "/name", without a comma`,
      );
    }
    let socket = self._sockets.get(nsp) as Socket<ListenEvents, EmitEvents> | undefined;
    if (!socket) {
      const made = new Socket<ListenEvents, EmitEvents>(self as this, nsp, checkOptions(options));
      socket = made;
      self._sockets.set(nsp, made);
      self._kept.add(made);
      const hooks = self._plugins.map((plugin) => plugin.socket?.(made as unknown as Socket));
      made._hooks = hooks.filter((one) => one !== undefined);
    }
    if (self._setting('autoConnect') && !socket.active) socket.connect();
    return socket;
  }

  /** Whether to reconnect after a cut; as a setter, it chains. */
  reconnection(): boolean;
  reconnection(value: boolean): this;
  reconnection(value?: boolean): boolean | this;
  reconnection(value?: boolean): boolean | this {
    return this._option('reconnection', value);
  }

  /** Retries in a row before giving up. */
  reconnectionAttempts(): number;
  reconnectionAttempts(value: number): this;
  reconnectionAttempts(value?: number): number | this;
  reconnectionAttempts(value?: number): number | this {
    return this._option('reconnectionAttempts', value);
  }

  /** The shortest wait between retries, in milliseconds. */
  reconnectionDelay(): number;
  reconnectionDelay(value: number): this;
  reconnectionDelay(value?: number): number | this;
  reconnectionDelay(value?: number): number | this {
    return this._option('reconnectionDelay', value);
  }

  /** The longest wait between retries, in milliseconds. */
  reconnectionDelayMax(): number;
  reconnectionDelayMax(value: number): this;
  reconnectionDelayMax(value?: number): number | this;
  reconnectionDelayMax(value?: number): number | this {
    return this._option('reconnectionDelayMax', value);
  }

  /** How much of a wait is left to chance, 0 to 1. */
  randomizationFactor(): number;
  randomizationFactor(value: number): this;
  randomizationFactor(value?: number): number | this;
  randomizationFactor(value?: number): number | this {
    return this._option('randomizationFactor', value);
  }

  /** The time limit for connecting, in milliseconds; `false` for none. */
  timeout(): number | false;
  timeout(value: number | false): this;
  timeout(value?: number | false): number | false | this;
  timeout(value?: number | false): number | false | this {
    return this._option('timeout', value);
  }

  private _option<Name extends Setting>(name: Name, value: Options[Name] | undefined): never {
    const self = this._raw();
    if (value === undefined) return self._setting(name) as never;
    Object.assign(self.opts, checkOptions({ [name]: value }));
    if (name === 'reconnection' && !self._setting('reconnection')) self._connection._stopRetrying();
    return this as never;
  }

  /** An option as it is now, with its default. A value that is not accepted is ignored, and the last good one stays. */
  private _setting<Name extends keyof typeof DEFAULTS>(name: Name): NonNullable<Options[Name]> {
    return (this._read(name) ?? DEFAULTS[name]) as NonNullable<Options[Name]>;
  }

  private _read<Name extends keyof Options>(name: Name): Options[Name] {
    const { _given, _good } = this;
    const value: unknown = (this.opts as Options)?.[name];
    if (!Object.is(value, _given[name])) {
      _given[name] = value;
      try {
        _good[name] = checkOptions({ [name]: value })[name];
      } catch (error) {
        warnOnce(`option ${name}`, `holdfast: ${(error as Error).message}; the last good value stays`);
      }
    }
    return _good[name] as Options[Name];
  }

  /** All options as they are now. */
  private _readAll(): Options {
    const all: Record<string, unknown> = {};
    for (const name of namesOf(this.opts ?? {})) all[name] = this._read(name as keyof Options);
    return all;
  }

  // What the connection reads of its limits.

  /** @internal */
  get _highWaterMark(): number {
    return this._setting('highWaterMark');
  }

  /** @internal */
  get _timeoutMs(): number | false {
    return this._setting('timeout');
  }

  /** @internal */
  get _maxPayloadTransports(): readonly string[] | undefined {
    return this._read('maxPayloadTransports');
  }

  /** @internal What the lifecycle decides by, read at the moment of each decision. */
  get _rules(): Rules {
    const { _environment: environment } = this;
    const maxMs = this._setting('reconnectionDelayMax');
    return {
      reconnection: this._setting('reconnection'),
      maxAttempts: this._setting('reconnectionAttempts'),
      online: environment.signals.online,
      delayMs: (context) => this._delayMs(context),
      wakeDelayMs: () => environment.random() * WAKE_SPREAD_MS,
      offlineDelayMs: maxMs,
    };
  }

  private _delayMs({
    attempt,
    failures,
    afterStable,
    elapsedMs,
    reason,
    error,
  }: RetryContext): number | null {
    const delayMs = Math.max(this._retryDelayMs(failures, afterStable), retryAfterMs(error));
    const { retryPolicy } = this.opts;
    if (!retryPolicy) return delayMs;
    const { online } = this._environment.signals;
    try {
      const own = retryPolicy({ attempt, elapsedMs, reason, error, online, delayMs });
      return own === null || own >= 0 ? own : delayMs;
    } catch (thrown) {
      // The loop goes on, whatever the program's policy throws.
      report(thrown);
      return delayMs;
    }
  }

  /** @internal The wait by the options of the retry loop, in milliseconds. */
  _retryDelayMs(failures: number, afterStable = false): number {
    const shape = {
      baseMs: this._setting('reconnectionDelay'),
      maxMs: this._setting('reconnectionDelayMax'),
      jitter: this._setting('randomizationFactor'),
    };
    return backoffMs(shape, failures, afterStable, () => this._environment.random());
  }

  private _newCodec(): Codec {
    const { parser } = this.opts;
    return parser
      ? adaptParser(parser as CustomParser)
      : createCodec({
          maxAttachments: this._setting('maxAttachments'),
          maxReceivedBytes: this._setting('maxReceivedBytes'),
          maxSentAttachments: this._setting('maxSentAttachments'),
        });
  }

  /** @internal A codec of its own, for a feature that reads a session before the connection does. */
  _codec(): Codec {
    return this._newCodec();
  }

  /** @internal */
  _openSession(host: SessionHost, unresponsive: readonly Attempt[]): Session {
    const options = this._readAll();
    const { transportImplementations, transports, query, transportOptions } = options;
    const address = serverOf(this.uri, options);
    const listed: readonly unknown[] = transportImplementations ?? transports ?? DEFAULTS.transports;
    const classes = new Map<string, TransportConstructor>();
    for (const entry of listed) {
      const made =
        typeof entry === 'function' ? (entry as TransportConstructor) : this._builtIn(entry, options);
      if (made) classes.set(typeof entry === 'function' ? entry.prototype.name : entry, made);
    }
    if (classes.size === 0) {
      throw new HoldfastError(
        'BAD_OPTION',
        `option "transports" is ${show(listed)}; no plugin knows any of these`,
      );
    }
    this._listed = [...classes.keys()];
    const out = new Set(unresponsive.map(({ transport }) => transport));
    const plan: OpenPlan = {
      names: this._listed.filter((name) => !out.has(name)),
      headStartMs: Number.POSITIVE_INFINITY,
      candidateDeadlineMs: Number.POSITIVE_INFINITY,
      redialAfterMs: Number.POSITIVE_INFINITY,
      _server: `http${address.secure ? 's' : ''}://${address.hostname}:${address.port}${options.path || DEFAULTS.path}`,
    };
    for (const hooks of this._hooks) hooks.plan?.(plan);
    const path = `${(options.path || DEFAULTS.path).replace(/\/$/, '')}${(options.addTrailingSlash ?? true) ? '/' : ''}`;
    const session = new Session(
      {
        clock: this._environment.clock,
        timeoutMs: this._setting('timeout'),
        plan,
        unresponsive,
        create: (name, given) => this._createTransport(name, classes, given),
        opts: {
          rejectUnauthorized: DEFAULTS.rejectUnauthorized,
          perMessageDeflate: DEFAULTS.perMessageDeflate,
          timestampParam: DEFAULTS.timestampParam,
          ...options,
          hostname: address.hostname,
          port: address.port,
          secure: address.secure,
          path,
          // As with the official client, a query in the address replaces that of the options.
          query:
            address.query || typeof query === 'string'
              ? parseQuery(address.query || `${query}`)
              : { ...query },
          transportOptions: { ...transportOptions },
          _clock: this._environment.clock,
          _maxReceivedBytes: this._setting('maxReceivedBytes'),
        } as never,
        told: (event) => this._attempt(event),
      },
      host,
    );
    this.engine = session;
    return session;
  }

  private _builtIn(name: unknown, options: object): TransportConstructor | undefined {
    if (name === 'websocket') return websocket;
    for (const { transports } of this._plugins) {
      const found = transports?.[name as string];
      if (found) return found(options);
    }
    return undefined;
  }

  private _createTransport(
    name: string,
    classes: ReadonlyMap<string, TransportConstructor>,
    options: object,
  ): Transport {
    let create = (): Transport =>
      new (classes.get(name) as TransportConstructor)(options as never) as Transport;
    for (const { transport } of this._hooks) {
      if (!transport) continue;
      const inner = create;
      create = () => transport(name, inner);
    }
    const made = create();
    for (const observer of this._observers) observer.dialled?.(made);
    return made;
  }

  /** @internal Shows everything that happens to an observer. Returns what ends it. */
  _observe(observer: Observer): Cancel {
    const self = this._raw();
    self._observers.push(observer);
    return () => {
      const index = self._observers.indexOf(observer);
      if (index >= 0) self._observers.splice(index, 1);
    };
  }

  /** @internal Shows an event to the observers, before its listeners. */
  _show(source: object, event: string, args: readonly unknown[]): void {
    for (const observer of this._observers.slice()) {
      try {
        observer.event?.(source, event, args);
      } catch (error) {
        report(error);
      }
    }
  }

  /** @internal */
  override _dispatch(event: string, ...args: readonly unknown[]): void {
    if (this._observers.length > 0) this._show(this, event, args);
    super._dispatch(event, ...args);
  }

  /** @internal The connection tells what happens. */
  _tell([event, ...args]: Notice | readonly ['ping']): void {
    // A program that closes an attempt does not want to hear of it any more.
    if (event === 'close') this._openers = [];
    this._dispatch(event, ...args);
    if (event === 'open') this._tellOpeners();
    if (event === 'error' && this._connection._session === undefined) this._tellOpeners(args[0] as Error);
  }

  private _tellOpeners(error?: Error): void {
    const openers = this._openers;
    this._openers = [];
    callAll(undefined, openers, error ? [error] : []);
  }

  /** @internal */
  _attempt(event: TransportAttemptEvent): void {
    this._dispatch('attempt', event);
  }

  /** @internal */
  _packet(packet: Packet): void {
    if (this.hasListeners('packet') && !isProbe(packet.nsp)) this._dispatch('packet', packet);
  }

  /** @internal */
  _changed(): void {
    const { status, transport, latencyMs } = this;
    const shown = `${status} ${transport} ${latencyMs}`;
    if (shown === this._shown) return;
    this._shown = shown;
    this._dispatch('status', status);
  }

  /** @internal The socket of a namespace is not in use any more: if nobody listens to it and nothing waits in it, it may go. */
  _idle(nsp: string): void {
    const socket = this._sockets.get(nsp);
    if (socket && !socket.hasListeners(undefined as never) && socket.bufferedAmount === 0)
      this._kept.delete(socket);
  }

  /** @internal The socket of a namespace is in use, or something waits in it. */
  _keep(nsp: string): void {
    const socket = this._sockets.get(nsp);
    if (socket) this._kept.add(socket);
  }

  /** @internal Whether a socket for `nsp` was made. */
  _has(nsp: string): boolean {
    return this._sockets.get(nsp) !== undefined;
  }

  /** @internal Resolves when what waits is worth looking at again. */
  _pause(): Promise<void> {
    return new Promise((resolve) => {
      this._environment.clock.after(this._connection._session ? LOOK_AGAIN_MS : LOOK_AGAIN_AWAY_MS, resolve);
    });
  }
}

/** Where to connect to: by the address, or by the options `hostname`, `port` and `secure` and the page. */
function serverOf(
  uri: string | undefined,
  options: Options,
): Pick<Address, 'hostname' | 'port' | 'secure' | 'query'> {
  const page = pageLocation();
  const { host, hostname = host } = options;
  if (uri !== undefined || (!hostname && page)) {
    const address = parseAddress(uri, page);
    const { port = address.port, secure = address.secure } = uri === undefined ? options : {};
    return { ...address, port: `${port}`, secure };
  }
  const { secure = page?.protocol === 'https:', port = secure ? 443 : 80 } = options;
  const address = parseAddress(
    `${secure ? 'https' : 'http'}://${bracketed(hostname ?? 'localhost')}:${port}`,
    page,
  );
  return { ...address, secure };
}

const bracketed = (hostname: string): string =>
  /:.*:/.test(hostname) && !hostname.startsWith('[') ? `[${hostname}]` : hostname;

function unique(plugins: readonly Plugin[]): Plugin[] {
  return plugins.filter(({ name }, i) => plugins.findIndex((one) => one.name === name) === i);
}

/** What the server asked for by HTTP `Retry-After`, in milliseconds. */
function retryAfterMs(error: Error | undefined): number {
  let longestMs = 0;
  if (error instanceof ConnectionError) {
    for (const attempt of error.attempts) longestMs = Math.max(longestMs, attempt.retryAfterMs ?? 0);
  }
  return longestMs;
}

function parseQuery(text: string): Record<string, string> {
  const query: Record<string, string> = {};
  for (const part of text.replace(/^\?/, '').split('&')) {
    const [name = '', value = ''] = part.split('=').map(decode);
    if (name) query[name] = value;
  }
  return query;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
