import { backoffMs } from './connection/backoff.js';
import { Connection } from './connection/connection.js';
import type { Engine } from './connection/engine.js';
import { openEngineLink } from './connection/engine-link.js';
import type { Notice, Rules, Status } from './connection/lifecycle.js';
import type { CandidateNews } from './connection/race.js';
import type { Wire } from './namespace/wire.js';
import { type DefaultEventsMap, Emitter } from './platform/emitter.js';
import { type Environment, systemEnvironment } from './platform/environment.js';
import {
  checkOptions,
  given,
  type ManagerOptions,
  type Options,
  type SocketOptions,
} from './platform/options.js';
import { WeakCache } from './platform/weak-cache.js';
import { adaptParser, type Codec, type CustomParser, createCodec } from './protocol/codec.js';
import type { Packet } from './protocol/packet.js';
import { type DisconnectDescription, Socket } from './socket.js';
import { type Ends, wireOver } from './wiring.js';

declare module './socket.js' {
  interface SocketOwner extends Manager {}
}

export interface ManagerReservedEvents {
  open: () => void;
  error: (error: Error) => void;
  ping: () => void;
  packet: (packet: Packet) => void;
  close: (reason: string, description?: DisconnectDescription) => void;
  reconnect_attempt: (attempt: number) => void;
  reconnect: (attempt: number) => void;
  reconnect_error: (error: Error) => void;
  reconnect_failed: () => void;
  /** The state of the connection, or its transport, is another one. */
  status: (status: Status) => void;
  /** A transport is being tried, has failed, or has won. */
  attempt: (news: CandidateNews) => void;
}

/** One connection to one server, shared by the sockets of its namespaces. */
export class Manager<
  // biome-ignore lint/suspicious/noExplicitAny: an event map is any interface of functions
  ListenEvents extends { [E in keyof ListenEvents]: (...args: any[]) => void } = DefaultEventsMap,
  // biome-ignore lint/suspicious/noExplicitAny: an event map is any interface of functions
  EmitEvents extends { [E in keyof EmitEvents]: (...args: any[]) => void } = ListenEvents,
> extends Emitter<ManagerReservedEvents> {
  readonly uri: string | undefined;
  /** The options in force; a change applies to the next try. */
  readonly opts: Options;
  /** The engine of the present try; there is one as soon as connecting has begun. */
  engine!: Engine;

  private readonly environment: Environment;
  private readonly connection: Connection;
  private readonly sockets = new WeakCache<Socket<ListenEvents, EmitEvents>>();
  private readonly ends: Ends = new Map();
  private readonly wire: Wire;
  private whenOpened: ((error?: Error) => void) | undefined;

  /**
   * @param uri the server's address; without one, the page's own server
   * @throws HoldfastError `BAD_OPTION`
   */
  constructor(options?: Options);
  constructor(uri?: string, options?: Options, environment?: Environment);
  constructor(uri?: string | Options, options?: Options, environment?: Environment) {
    super();
    const chosen = (typeof uri === 'object' ? uri : options) ?? {};
    checkOptions(chosen);
    this.uri = typeof uri === 'string' ? uri : undefined;
    this.opts = { ...given(chosen), path: chosen.path || '/socket.io' };
    this.environment = environment ?? systemEnvironment(this.opts.useNativeTimers, this.opts.autoUnref);
    this.connection = new Connection(this.environment, this.codec(), {
      openLink: (on) => {
        checkOptions(this.opts);
        const opening = openEngineLink(this.uri, given(this.opts), this.environment, {
          ...on,
          news: (news) => this.dispatch('attempt', [news]),
          ping: () => this.dispatch('ping', []),
          upgraded: () => this.changed(),
          troubled: (error) => this.fail(error),
        });
        this.engine = opening.engine;
        return opening;
      },
      rules: this.rules(),
      notice: (notice) => this.notice(notice),
      changed: () => this.changed(),
      receiver: (nsp) => this.ends.get(nsp),
      packet: (packet) => this.dispatch('packet', [packet]),
    });
    this.wire = wireOver(this.connection, this.ends, this.environment, () => this.timeout());
    if (this.opts.autoConnect ?? true) this.open();
  }

  /** The state of the connection, for people. */
  get status(): Status {
    return this.connection.status;
  }

  /** The transport in use, while connected. */
  get transport(): string | undefined {
    return this.connection.link?.transport;
  }

  /** Until the next try, in milliseconds; nothing while there is none to come. */
  get retryInMs(): number | undefined {
    return this.connection.retryInMs;
  }

  /** Whether to come back after a cut; as a setter, it chains. */
  reconnection(): boolean;
  reconnection(value: boolean): this;
  reconnection(value?: boolean): boolean | this {
    return this.option('reconnection', true, value);
  }

  /** Retries in a row before giving up. */
  reconnectionAttempts(): number;
  reconnectionAttempts(value: number): this;
  reconnectionAttempts(value?: number): number | this {
    return this.option('reconnectionAttempts', Number.POSITIVE_INFINITY, value);
  }

  /** The shortest wait between retries, in milliseconds. */
  reconnectionDelay(): number;
  reconnectionDelay(value: number): this;
  reconnectionDelay(value?: number): number | this {
    return this.option('reconnectionDelay', 1_000, value);
  }

  /** The longest wait between retries, in milliseconds. */
  reconnectionDelayMax(): number;
  reconnectionDelayMax(value: number): this;
  reconnectionDelayMax(value?: number): number | this {
    return this.option('reconnectionDelayMax', 5_000, value);
  }

  /** How much of a wait is left to chance, 0 to 1. */
  randomizationFactor(): number;
  randomizationFactor(value: number): this;
  randomizationFactor(value?: number): number | this {
    return this.option('randomizationFactor', 0.5, value);
  }

  /** The time limit for connecting, in milliseconds; `false` for none. */
  timeout(): number | false;
  timeout(value: number | false): this;
  timeout(value?: number | false): number | false | this {
    return this.option('timeout', 20_000 as number | false, value);
  }

  /**
   * Opens the connection, unless it is open or on its way.
   *
   * @param callback called once, with an error where it failed. Whoever gives one decides what comes next: there is
   *   no retry.
   */
  open(callback?: (error?: Error) => void): this {
    const { status } = this;
    if (callback && status !== 'connected' && status !== 'connecting') this.whenOpened = callback;
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
    let socket = this.sockets.get(nsp);
    if (!socket) {
      socket = new Socket<ListenEvents, EmitEvents>(this as never, this.wire, nsp, options);
      this.sockets.set(nsp, socket);
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

  private codec(): Codec {
    const { parser, maxAttachments = 10_000 } = this.opts;
    return parser ? adaptParser(parser as CustomParser) : createCodec(maxAttachments);
  }

  private rules(): Rules {
    const { random } = this.environment;
    const manager = this;
    return {
      get reconnection() {
        return manager.reconnection();
      },
      get maxAttempts() {
        return manager.reconnectionAttempts();
      },
      delayMs: (failures, afterStable) =>
        backoffMs(
          {
            baseMs: manager.reconnectionDelay(),
            maxMs: manager.reconnectionDelayMax(),
            jitter: manager.randomizationFactor(),
          },
          failures,
          afterStable,
          random,
        ),
    };
  }

  private notice(notice: Notice): void {
    const ends = [...this.ends.values()];
    switch (notice.type) {
      case 'opened':
        for (const end of ends) end.linkUp();
        this.dispatch('open', []);
        this.tellOpener();
        break;
      case 'lost':
        for (const end of ends) end.linkDown(notice.reason, notice.details);
        this.dispatch('close', [notice.reason, notice.details]);
        break;
      case 'failed':
        this.fail(notice.error);
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
    const callback = this.whenOpened;
    this.whenOpened = undefined;
    if (error) callback?.(error);
    else callback?.();
  }

  private changed(): void {
    this.dispatch('status', [this.status]);
  }

  private option<Value>(name: keyof ManagerOptions, standard: Value, value: Value | undefined): Value | this {
    const options = this.opts as Record<string, unknown>;
    if (value === undefined) return (options[name] as Value | undefined) ?? standard;
    checkOptions({ [name]: value });
    options[name] = value;
    return this;
  }
}
