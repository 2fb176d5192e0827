/** A manager: one connection to one server, shared by the sockets of its namespaces. */
import { backoffMs } from '../connection/backoff.js';
import { Connection } from '../connection/connection.js';
import type { Observer } from '../connection/hooks.js';
import type { Notice, Rules, Status } from '../connection/lifecycle.js';
import { checkSignal, reasonOf, type Waiting } from '../platform/abort.js';
import { parseAddress } from '../platform/address.js';
import { DEVELOPMENT } from '../platform/build.js';
import type { Cancel } from '../platform/clock.js';
import { DEFAULTS, SETTINGS, type Setting } from '../platform/defaults.js';
import { callAll, Emitter } from '../platform/emitter.js';
import { type Environment, pageLocation, systemEnvironment } from '../platform/environment.js';
import { type ConnectionError, HoldfastError } from '../platform/errors.js';
import type { DefaultEventsMap, EventsMap, Listener } from '../platform/event-map.js';
import type {
  ManagerOptions,
  Options,
  SocketOptions,
  TransportConstructor,
  TransportName,
} from '../platform/options.js';
import { register } from '../platform/registry.js';
import { report, warnOnce } from '../platform/report.js';
import { show } from '../platform/show.js';
import { WeakCache } from '../platform/weak-cache.js';
import { adaptParser, type Codec, type CustomParser, createCodec } from '../protocol/codec.js';
import type { Packet } from '../protocol/packet.js';
import type { OpenPlan } from '../session/negotiate.js';
import { Session } from '../session/session.js';
import type { SessionHost } from '../session/setup.js';
import type { Transport } from '../session/transports/transport.js';
import { disconnected } from '../socket/failures.js';
import { isProbe } from '../socket/probe.js';
import { Socket } from '../socket/socket.js';
import type { ManagerOwnEvents, ManagerReservedEvents } from './manager-events.js';
import { sessionOptions, transportClasses } from './next-session.js';
import type { AnyPlugin, ManagerHooks } from './plugin.js';
import { namesOf, readerOf } from './read-options.js';
import { serverOf } from './server-of.js';

/** When the network is back, all clients reconnect, spread over this time, in milliseconds. */
const WAKE_SPREAD_MS = 250;

/** Browsers do not report when a WebSocket has sent its data, so it is polled, at this interval in milliseconds. */
const LOOK_AGAIN_MS = 5;
const LOOK_AGAIN_AWAY_MS = 250;
const NONE: readonly never[] = [];

// biome-ignore lint/suspicious/noExplicitAny: whatever events a program has declared
type AnySocket = Socket<any, any>;

export interface Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  // biome-ignore lint/correctness/noUnusedVariables: the same as those of the class
  EmitEvents extends EventsMap = ListenEvents,
> {
  /** Whether to reconnect after a cut; as a setter, it chains. */
  reconnection(): boolean;
  reconnection(value: boolean): this;
  reconnection(value?: boolean): boolean | this;
  /** Retries in a row before giving up. */
  reconnectionAttempts(): number;
  reconnectionAttempts(value: number): this;
  reconnectionAttempts(value?: number): number | this;
  /** The shortest wait between retries, in milliseconds. */
  reconnectionDelay(): number;
  reconnectionDelay(value: number): this;
  reconnectionDelay(value?: number): number | this;
  /** The longest wait between retries, in milliseconds. */
  reconnectionDelayMax(): number;
  reconnectionDelayMax(value: number): this;
  reconnectionDelayMax(value?: number): number | this;
  /** How much of each wait is random, from 0 to 1. */
  randomizationFactor(): number;
  randomizationFactor(value: number): this;
  randomizationFactor(value?: number): number | this;
  /** The time limit for connecting, in milliseconds; `false` for none. */
  timeout(): number | false;
  timeout(value: number | false): this;
  timeout(value?: number | false): number | false | this;
}

/** One connection to one server, shared by the sockets of its namespaces. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods of the interface are made in a loop, below the class
export class Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends Emitter<ManagerReservedEvents, Record<never, never>, ManagerOwnEvents> {
  /** The server's address. A new value applies from the next attempt on. */
  uri: string | undefined;
  /**
   * The options. A change applies from the next attempt or wait on; an invalid value is ignored with a warning, and the previous one stays.
   */
  opts: Partial<ManagerOptions>;
  /** The session of the current attempt; it exists as soon as connecting has begun. */
  engine!: Session;

  /** @internal */
  readonly _environment: Environment;
  /** @internal */
  _hooks: ManagerHooks[];
  /** @internal The observers of the plugins, and those added later. */
  _observers: readonly Observer[] = NONE;
  /** @internal */
  readonly _connection: Connection;
  /** @internal Whether `io()` was called without an address; only in the development build. */
  declare _unaddressed?: boolean;
  /** @internal The names of the transports that the program lists. */
  _listed: readonly string[] = [];
  /** @internal */
  readonly _sockets: WeakCache<AnySocket> = new WeakCache();
  /** @internal */
  readonly _readOptions: (options: object) => Options;
  /** @internal */
  readonly _plugins: readonly AnyPlugin[];
  /** The last accepted values of the options. */
  private readonly _good: Options;
  /** @internal Sockets that are in use or have listeners: they stay, even if the program does not hold them. */
  readonly _kept: Set<AnySocket> = new Set();
  /** The values that the last event `status` reported. */
  private _shown = 'idle,,';
  private _showing = false;
  /** Callbacks of `open` that wait for the end of the current attempt. */
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
    preset?: readonly AnyPlugin[],
  );
  constructor(uri?: string | Partial<ManagerOptions>, options?: Partial<ManagerOptions>);
  constructor(
    uri?: string | Options,
    options?: Options,
    environment?: Environment,
    preset: readonly AnyPlugin[] = [],
  ) {
    super();
    const named = typeof uri === 'object' ? undefined : uri;
    if (named !== undefined) parseAddress(named, pageLocation());
    this.uri = named;
    this._readOptions = readerOf(preset);
    const checked = this._readOptions((typeof uri === 'object' && uri) || (options ?? {}));
    this.opts = { ...checked, path: checked.path || DEFAULTS.path } as Partial<ManagerOptions>;
    this._good = { ...(this.opts as Options) };
    const { useNativeTimers, autoUnref, signals, store, plugins = [] } = checked;
    this._environment = environment ?? systemEnvironment(useNativeTimers, autoUnref, signals, store);
    this._plugins = plugins.length ? withoutTwins([...preset, ...(plugins as readonly AnyPlugin[])]) : preset;
    const hooks: ManagerHooks[] = [];
    this._hooks = hooks;
    this._connection = new Connection(this, this._codec());
    for (const plugin of this._plugins) {
      const own = plugin.manager?.(this as unknown as Manager);
      if (!own) continue;
      hooks.push(own);
      if (own.chunk || own.event) this._observe(own);
    }
    // Without the spare capacity that a growing list has.
    this._hooks = [...hooks];
    register(this);
    if (this._option('autoConnect')) this.open();
  }

  /** The state of the connection. */
  get status(): Status {
    return this._raw()._connection._status;
  }

  /** The name of the transport in use, while connected. */
  get transport(): TransportName | undefined {
    return this._raw()._connection._session?.transport.name as TransportName | undefined;
  }

  /** The time until the next attempt, in milliseconds; undefined while none is scheduled. */
  get retryInMs(): number | undefined {
    return this._raw()._connection._retryInMs;
  }

  /** The state of the connection, for programs written for the official client. */
  get _readyState(): 'opening' | 'open' | 'closed' {
    const { status, retryInMs } = this;
    if (status === 'connected') return 'open';
    return /ing$/.test(status) && retryInMs === undefined ? 'opening' : 'closed';
  }

  /** The last measured round-trip time to the server, in milliseconds. */
  get latencyMs(): number | undefined {
    return this._raw()._connection._latencyMs;
  }

  /** The bytes that wait to be sent, in the connection and in its sockets. */
  get bufferedAmount(): number {
    const self = this._raw();
    let bytes = self._connection._unsentBytes;
    for (const socket of self._kept) bytes += socket.bufferedAmount;
    return bytes;
  }

  /**
   * Resolves at once if no more than `highWaterMark` bytes wait to be sent, otherwise as soon as only half of that is left.
   *
   * @param options a `signal` ends the wait with its reason
   */
  async drained(options?: Waiting): Promise<void> {
    const self = this._raw();
    const signal = checkSignal(options?.signal);
    const markBytes = self._option('highWaterMark');
    for (let enoughBytes = markBytes; ; enoughBytes = markBytes / 2) {
      if (signal?.aborted) return self._later(reasonOf(signal));
      if (self.status === 'closed') return self._later(disconnected());
      if (self.bufferedAmount <= enoughBytes) {
        // An emit that is refused at once does not add to the waiting bytes.
        return self._connection._live ? undefined : self._turn();
      }
      await self._pause();
    }
  }

  /**
   * Opens the connection, unless it is open or opening.
   *
   * @param callback called once, with an error if it failed. holdfast does not retry then: the caller decides.
   */
  open(callback?: (error?: Error) => void): this {
    const self = this._raw();
    const { status } = self;
    if (callback && status !== 'connected' && status !== 'connecting') self._openers.push(callback);
    self._connection._beginOpening(callback !== undefined);
    return this;
  }

  /** Alias of `open`. */
  connect(callback?: (error?: Error) => void): this {
    return this.open(callback);
  }

  /** Closes the connection. For programs written for the official client. */
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
        `namespace ${show(nsp)}${DEVELOPMENT ? '; accepted: "/" or "/name", without a comma' : ''}`,
      );
    }
    let socket = self._sockets.get(nsp) as Socket<ListenEvents, EmitEvents> | undefined;
    if (!socket) {
      const made = new Socket<ListenEvents, EmitEvents>(self as this, nsp, self._readOptions(options));
      socket = made;
      self._sockets.set(nsp, made);
      self._kept.add(made);
      // A later `io()` adds only features of its socket; those of the connection were set when it opened.
      const own = ((options.plugins ?? []) as readonly AnyPlugin[]).filter(({ manager }) => !manager);
      made._hooks = [
        ...withoutTwins([...self._plugins, ...own]).flatMap(
          (plugin) => plugin.socket?.(made as unknown as Socket) ?? [],
        ),
      ];
    }
    // What `io()` was told of this socket counts, too: the connection may be that of others.
    const wanted = (options as Options).autoConnect !== false && self._option('autoConnect');
    if (wanted && !socket.active) socket.connect();
    return socket;
  }

  /** @internal The current value of an option, with its default. An invalid value is ignored: the previous one stays. */
  _option<Name extends keyof Options>(name: Name): Setting<Name> {
    const { _good } = this;
    try {
      // A getter of the program may throw.
      const value = (this.opts as Options)?.[name];
      if (value !== _good[name]) _good[name] = this._readOptions({ [name]: value })[name];
    } catch (error) {
      warnOnce(`option ${name}`, `holdfast: ${(error as Error)?.message}; the previous value stays`);
    }
    return (_good[name] ?? (DEFAULTS as Options)[name]) as Setting<Name>;
  }

  /** @internal Whether the browser believes that there is a network. */
  get _online(): boolean {
    return this._hooks.every((hooks) => hooks.online?.() ?? true);
  }

  /** @internal The settings of the lifecycle, read at each decision. */
  get _rules(): Rules {
    const online = this._online;
    return {
      reconnection: this._option('reconnection'),
      maxAttempts: this._option('reconnectionAttempts'),
      online,
      offlineDelayMs: this._option('reconnectionDelayMax'),
      wakeDelayMs: () => this._environment.random() * WAKE_SPREAD_MS,
      delayMs: ({ failures, afterStable, ...context }) => {
        // Obeys HTTP `Retry-After`.
        const { attempts = [] } = (context.error ?? {}) as Partial<ConnectionError>;
        const asked = attempts.map(({ retryAfterMs = 0 }) => retryAfterMs);
        const delayMs = Math.max(this._retryDelayMs(failures, afterStable), ...asked);
        try {
          const own = this._option('retryPolicy')?.({ ...context, online, delayMs });
          if (own === null || (own as number) >= 0) return own as number | null;
        } catch (error) {
          // The loop continues even if the program's policy throws.
          report(error);
        }
        return delayMs;
      },
    };
  }

  /** @internal The delay that the options of the retry loop give, in milliseconds. */
  _retryDelayMs(failures: number, afterStable = false): number {
    const shape = {
      baseMs: this._option('reconnectionDelay'),
      maxMs: this._option('reconnectionDelayMax'),
      jitter: this._option('randomizationFactor'),
    };
    return backoffMs(shape, failures, afterStable, this._environment.random);
  }

  /** @internal A codec for the connection, or for a feature that reads a session before the connection does. */
  _codec(): Codec {
    const { parser } = this.opts;
    return parser
      ? adaptParser(parser as CustomParser)
      : createCodec({
          maxAttachments: this._option('maxAttachments'),
          maxReceivedBytes: this._option('maxReceivedBytes'),
          maxSentAttachments: this._option('maxSentAttachments'),
        });
  }

  /** @internal */
  _openSession(host: SessionHost): Session {
    const options: Options = {};
    for (const name of namesOf(this.opts ?? {})) {
      (options as Record<string, unknown>)[name] = this._option(name as keyof Options);
    }
    const address = serverOf(this.uri, options);
    // A trailing slash makes no difference.
    const path = (options.path || DEFAULTS.path).replace(/\/$/, '');
    const classes = transportClasses(options, this._plugins);
    this._listed = Object.keys(classes);
    const plan: OpenPlan = {
      names: this._listed,
      headStartMs: Number.POSITIVE_INFINITY,
      candidateDeadlineMs: Number.POSITIVE_INFINITY,
      redialAfterMs: Number.POSITIVE_INFINITY,
      // One flat string, because it is kept: a concatenated one retains its parts.
      _serverKey: [address.origin, path].join(''),
    };
    for (const hooks of this._hooks) hooks.plan?.(plan);
    // What was measured belongs to another server.
    if (this.engine?._setup.plan._serverKey !== plan._serverKey) this._connection._latencyMs = undefined;
    const { clock } = this._environment;
    this.engine = new Session(
      {
        clock,
        timeoutMs: this._option('timeout'),
        plan,
        unresponsive: plan.unresponsive ?? [],
        create: (name, given) => {
          const create = (): Transport =>
            new (classes[name] as TransportConstructor)(given as never) as Transport;
          const made = this._hooks.reduce(
            (inner, hooks) =>
              hooks.transport
                ? () => (hooks.transport as NonNullable<typeof hooks.transport>)(name, inner)
                : inner,
            create,
          )();
          this._show('dialled', made);
          return made;
        },
        opts: {
          ...sessionOptions(options, address, path + (this._option('addTrailingSlash') ? '/' : '')),
          _clock: clock,
          _maxReceivedBytes: this._option('maxReceivedBytes'),
        } as never,
        told: (event) => this._dispatch('attempt', event),
      },
      host,
    );
    return this.engine;
  }

  /** @internal Shows an observer everything that happens. Returns a function that removes it. */
  _observe(observer: Observer): Cancel {
    const self = this._raw();
    self._observers = [...self._observers, observer];
    return () => {
      self._observers = self._observers.filter((one) => one !== observer);
    };
  }

  /** @internal Notifies the observers; of an event before its listeners are called. */
  _show(name: keyof Observer, first: unknown, second?: unknown, third?: unknown): void {
    for (const observer of this._observers) {
      try {
        (observer as Record<string, Listener | undefined>)[name]?.(first, second, third);
      } catch (error) {
        report(error);
      }
    }
  }

  /** @internal */
  override _dispatchAll(event: string, args: readonly unknown[]): void {
    this._show('event', this, event, args);
    super._dispatchAll(event, args);
  }

  /** @internal The connection reports what happens. */
  _tell([event, ...args]: Notice | readonly ['ping']): void {
    // A program that closed an attempt gets no more events of it.
    if (event === 'close') this._openers = [];
    this._dispatchAll(event, args);
    if (event === 'open' || (event === 'error' && !this._connection._session)) {
      const openers = this._openers;
      this._openers = [];
      callAll(undefined, openers, args);
    }
  }

  /** @internal */
  _packet(packet: Packet): void {
    if (this.hasListeners('packet') && !isProbe(packet.nsp)) this._dispatch('packet', packet);
  }

  /** @internal */
  _changed(): void {
    const { status, transport, latencyMs } = this;
    // One flat string: a concatenated one retains its parts.
    const shown = [status, transport, latencyMs].join();
    if (shown === this._shown) return;
    // A listener of `status` that disconnects and connects would call itself forever.
    if (this._showing) {
      this._environment.clock.soon(() => this._changed());
      return;
    }
    this._shown = shown;
    this._showing = true;
    this._dispatch('status', status);
    this._showing = false;
  }

  /** @internal The socket of a namespace is no longer in use: without listeners and waiting messages, it may be collected. */
  _idle(nsp: string): void {
    const socket = this._sockets.get(nsp);
    if (socket && !socket.hasListeners(undefined as never) && socket.bufferedAmount === 0)
      this._kept.delete(socket);
  }

  /** @internal Resolves a little later: a program that calls it again in an endless loop must not freeze its page. */
  _turn(): Promise<void> {
    return new Promise((resolve) => this._environment.clock.soon(resolve));
  }

  /** @internal The same, but rejects. */
  async _later(error: unknown): Promise<never> {
    await this._turn();
    throw error;
  }

  /** @internal Resolves when it is worth checking the waiting bytes again. */
  _pause(): Promise<void> {
    return new Promise((resolve) => {
      // In the background: the timer does not keep a process alive.
      this._environment.clock.after(
        this._connection._session ? LOOK_AGAIN_MS : LOOK_AGAIN_AWAY_MS,
        resolve,
        true,
      );
    });
  }
}

/** Of plugins with one name, the first. */
const withoutTwins = (plugins: readonly AnyPlugin[]): AnyPlugin[] =>
  plugins.filter(({ name }, at) => plugins.findIndex((one) => one.name === name) === at);

// As getters, and as setters that chain.
for (const name of SETTINGS) {
  (Manager.prototype as unknown as Record<string, Listener>)[name] = function (
    this: Manager,
    value: unknown,
  ) {
    const self = this._raw();
    if (value === undefined) return self._option(name);
    self.opts = Object.assign(self.opts ?? {}, self._readOptions({ [name]: value }));
    if (!self._option('reconnection')) self._connection._stopRetrying();
    return this;
  };
}
