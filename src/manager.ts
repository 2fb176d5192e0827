import { Connection, type ConnectionOwner } from './connection/connection.js';
import type { Engine } from './connection/engine.js';
import { openEngineLink } from './connection/engine-link.js';
import { provided } from './connection/generation.js';
import type { Notice, Status } from './connection/lifecycle.js';
import type { LinkHandlers, Opening } from './connection/link.js';
import { TransportMemory } from './connection/transport-memory.js';
import { ManagerSettings } from './manager-settings.js';
import { drained } from './namespace/drained.js';
import { echo, isEcho } from './namespace/echo.js';
import type { Wire } from './namespace/wire.js';
import { checkSignal, type Waiting } from './platform/abort.js';
import { parseAddress } from './platform/address.js';
import { callAll, type DefaultEventsMap, type EventsMap } from './platform/emitter.js';
import { type Environment, pageLocation, systemEnvironment } from './platform/environment.js';
import { type Attempt, HoldfastError } from './platform/errors.js';
import { checked } from './platform/option-rules.js';
import {
  DEFAULT_MAX_RECEIVED_BYTES,
  type ManagerOptions,
  type Options,
  type SocketOptions,
  settings,
  type TransportName,
} from './platform/options.js';
import { show } from './platform/show.js';
import { adaptParser, type Codec, type CustomParser, createCodec } from './protocol/codec.js';
import { rulesOf } from './rules.js';
import { Socket } from './socket.js';
import { Sockets } from './sockets.js';
import { type Ends, ManagerWire } from './wiring.js';

declare module './socket.js' {
  interface SocketOwner extends Manager {}
}

/** One connection to one server, shared by the sockets of its namespaces. */
export class Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends ManagerSettings {
  /** The server's address, as it was given. */
  readonly uri: string | undefined;
  /** The engine of the present try; there is one as soon as connecting has begun. */
  engine!: Engine;

  /** The round-trip time to the server, in milliseconds, when it was last measured. */
  latencyMs: number | undefined;

  private readonly environment: Environment;
  private readonly memory: TransportMemory;
  private readonly connection: Connection;
  private readonly sockets = new Sockets<Socket<ListenEvents, EmitEvents>>();
  private readonly ends: Ends;
  /** @internal The sockets' way to the connection. */
  readonly wire: Wire;
  /** What the last `status` told. */
  private shown = 'idle undefined undefined';
  /** Who wants to know how the present try ends. */
  private openers: ((error?: Error) => void)[] = [];

  /**
   * @param uri the server's address; without one, the page's own server
   * @throws HoldfastError `BAD_OPTION`
   */
  constructor(options: Options);
  constructor(uri?: string, options?: Options);
  /** @internal */
  constructor(uri: string | undefined, options: Options | undefined, environment: Environment | undefined);
  constructor(uri?: string | Partial<ManagerOptions>, options?: Partial<ManagerOptions>);
  constructor(uri?: string | Options, options?: Options, environment?: Environment) {
    super(checked((typeof uri === 'object' ? uri : options) ?? {}));
    if (uri !== undefined && typeof uri !== 'object') parseAddress(uri, pageLocation());
    this.uri = typeof uri === 'string' ? uri : undefined;
    this.environment = environment ?? systemEnvironment(this.opts.useNativeTimers, this.opts.autoUnref);
    const { dateMs, store } = this.environment;
    const { path } = this.opts;
    this.memory = new TransportMemory(store, dateMs, `${this.server()}${path}`);
    this.connection = new Connection(this.environment, this.newCodec(), this.connectionOwner());
    const wire = new ManagerWire({
      environment: this.environment,
      connection: this.connection,
      opts: this.opts,
      memory: this.memory,
      measured: (ms) => this.measured(ms),
      registered: (nsp) => this.sockets.keep(nsp),
      released: (nsp) => this.sockets.release(nsp),
    });
    this.wire = wire;
    this.ends = wire.ends;
    provided.made?.(this);
    if (this.opts.autoConnect ?? true) this.open();
  }

  /** The state of the connection, for people. */
  get status(): Status {
    return this.connection.status;
  }

  /** The transport in use, while connected. A class of the program's own has a name of its own: compare that as a string. */
  get transport(): TransportName | undefined {
    return this.connection.link?.transport as TransportName | undefined;
  }

  /** Until the next try, in milliseconds; nothing while there is none to come. */
  get retryInMs(): number | undefined {
    return this.connection.retryInMs;
  }

  /** What waits to be sent, in the connection and in the sockets that are not connected, in bytes. */
  get bufferedAmount(): number {
    return this.sockets.bufferedAmount + this.wire.bufferedAmount;
  }

  /**
   * Resolves at once where no more than `highWaterMark` bytes wait to be sent, else as soon as it is half of that.
   *
   * @param options a `signal` ends the wait with its reason
   */
  async drained(options?: Waiting): Promise<void> {
    const signal = checkSignal(options?.signal);
    const markBytes = settings(this.opts)('highWaterMark');
    await drained(
      this.wire,
      () => (this.status === 'closed' ? undefined : this.bufferedAmount),
      markBytes,
      signal,
    );
  }

  /**
   * Opens the connection, unless it is open or on its way.
   *
   * @param callback called once, with an error where it failed. Whoever gives one decides what comes next: there is
   *   no retry.
   */
  open(callback?: (error?: Error) => void): this {
    const { status } = this;
    if (callback && status !== 'connected' && status !== 'connecting') this.openers.push(callback);
    this.connection.open(callback !== undefined);
    return this;
  }

  /** Alias of `open`. */
  connect(callback?: (error?: Error) => void): this {
    return this.open(callback);
  }

  /**
   * The socket of a namespace; the same one at each call.
   *
   * @param options used when the socket is made
   */
  socket(nsp: string, options: Partial<SocketOptions> = {}): Socket<ListenEvents, EmitEvents> {
    if (typeof nsp !== 'string' || !/^\/[^,]*$/.test(nsp)) {
      throw new HoldfastError(
        'BAD_ADDRESS',
        `namespace ${show(nsp)}; accepted: "/" or "/name", without a comma`,
      );
    }
    let socket = this.sockets.get(nsp);
    if (!socket) {
      socket = new Socket<ListenEvents, EmitEvents>(this as never, nsp, checked(options));
      this.sockets.add(nsp, socket);
      if (this.opts.autoConnect ?? true) socket.connect();
    } else if ((this.opts.autoConnect ?? true) && !socket.active) {
      socket.connect();
    }
    return socket;
  }

  /** @internal Whether a socket for `nsp` was made. */
  has(nsp: string): boolean {
    return this.sockets.get(nsp) !== undefined;
  }

  /** What tells servers apart, for the memory. */
  private server(): string {
    const { hostname, host, port } = this.opts;
    return /^\w+:\/\/[^/?#]+/.exec(this.uri ?? '')?.[0] ?? `${hostname ?? host ?? ''}:${port ?? ''}`;
  }

  private connectionOwner(): ConnectionOwner {
    const manager = this;
    return {
      openLink: (on, deaf) => this.openLink(on, deaf),
      rules: rulesOf(this.opts, this.environment),
      notice: (notice) => this.notice(notice),
      changed: () => this.changed(),
      receiver: (nsp) => this.ends.get(nsp),
      get observer() {
        return manager.observer;
      },
      packet: (packet) => {
        if (this.hasListeners('packet') && !isEcho(packet.nsp)) this.dispatch('packet', [packet]);
      },
      get expectsAnswer() {
        return [...manager.ends.values()].some(({ active }) => active);
      },
      get ask() {
        return manager.opts.verify === false
          ? undefined
          : (answered: () => void) => manager.measure(answered);
      },
      get rttMs() {
        return manager.memory.recall().rttMs;
      },
    };
  }

  private newCodec(): Codec {
    const { parser, maxAttachments = 10_000, maxReceivedBytes = DEFAULT_MAX_RECEIVED_BYTES } = this.opts;
    return parser ? adaptParser(parser as CustomParser) : createCodec(maxAttachments, maxReceivedBytes);
  }

  private openLink(on: LinkHandlers, deaf: readonly Attempt[]): Opening {
    const target = {
      uri: this.uri,
      options: checked(this.opts),
      memory: this.memory,
      newCodec: () => this.newCodec(),
      deaf,
      again: this.status === 'reconnecting',
    };
    const opening = openEngineLink(target, this.environment, {
      ...on,
      news: (news) => this.dispatch('attempt', [news]),
      ping: () => this.dispatch('ping', []),
      upgraded: () => this.changed(),
      revived: () => {
        for (const end of [...this.ends.values()]) end.linkUp();
      },
      troubled: (error) => this.fail(error),
    });
    this.engine = opening.engine;
    return opening;
  }

  /** Makes the server answer; its answer is proof of life, and tells the round-trip time. */
  private measure(done: () => void): void {
    const { clock } = this.environment;
    const askedMs = clock.now();
    echo(this.wire, (answered) => {
      if (!answered) return;
      done();
      this.latencyMs = undefined;
      this.measured(clock.now() - askedMs);
    });
  }

  /** The answer to a CONNECT may have waited for a middleware: of two figures, the smaller is nearer to the truth. */
  private measured(ms: number): void {
    if (this.latencyMs !== undefined && this.latencyMs <= ms) return;
    this.latencyMs = ms;
    this.memory.remember({ rttMs: ms });
    this.changed();
  }

  private notice(notice: Notice): void {
    const ends = [...this.ends.values()];
    switch (notice.type) {
      case 'opened':
        for (const end of ends) end.linkUp();
        this.dispatch('open', []);
        this.tellOpener();
        break;
      case 'lost': {
        // Whoever closes a try on its way does not want to know any more.
        this.openers = [];
        const joining = ends.filter(({ connected }) => !connected);
        for (const end of ends) end.linkDown(notice.reason, notice.details);
        // Those would not hear why their CONNECT stays without an answer.
        if (notice.reason === 'parse error') for (const end of joining) end.failed(notice.details as Error);
        if (this.status === 'closed') for (const end of ends) end.rest();
        this.dispatch('close', [notice.reason, notice.details]);
        break;
      }
      case 'failed':
        this.fail(notice.error);
        if (this.status === 'closed') for (const end of ends) end.rest(notice.error);
        this.tellOpener(notice.error);
        break;
      case 'retrying':
        this.dispatch('reconnect_attempt', [notice.attempt]);
        break;
      case 'retryFailed':
        this.dispatch('reconnect_error', [notice.error]);
        break;
      case 'reconnected':
        this.dispatch('reconnect', [notice.attempt]);
        break;
      case 'gaveUp':
        for (const end of ends) end.giveUp();
        this.dispatch('reconnect_failed', []);
        break;
    }
  }

  private fail(error: Error): void {
    for (const end of [...this.ends.values()]) end.failed(error);
    this.dispatch('error', [error]);
  }

  private tellOpener(error?: Error): void {
    const { openers } = this;
    this.openers = [];
    callAll(undefined, openers, error ? [error] : []);
  }

  private changed(): void {
    const { status, transport, latencyMs } = this;
    const shown = `${status} ${transport} ${latencyMs}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.dispatch('status', [status]);
  }
}
