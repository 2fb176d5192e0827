import { disconnected } from './namespace/acks.js';
import type { SocketDisconnectReason } from './namespace/events.js';
import type { Flags } from './namespace/flags.js';
import type { BufferedPacket } from './namespace/outbox.js';
import { Receiver } from './namespace/receiver.js';
import { afterRefusalMs } from './namespace/refusal.js';
import { Sender } from './namespace/sender.js';
import { Session } from './namespace/session.js';
import { SocketLife } from './namespace/socket-life.js';
import type { Wire } from './namespace/wire.js';
import { checkSignal } from './platform/abort.js';
import type { DefaultEventsMap, EventNames, EventParams, EventsMap, Listener } from './platform/emitter.js';
import { HoldfastError } from './platform/errors.js';
import type { Observer } from './platform/observer.js';
import type { Auth, SocketOptions } from './platform/options.js';
import { report } from './platform/report.js';
import { show } from './platform/show.js';
import { type AnyPacket, EVENT, type EventPacket } from './protocol/packet.js';
import type {
  AllButLast,
  EmitArgs,
  ErrorFirstAcks,
  FirstArg,
  Last,
  SecondArg,
  WithoutKey,
} from './socket/typing.js';

/** What `socket.io` is: the Manager, which completes this interface. */
export interface SocketOwner {
  /** @internal */
  readonly wire: Wire;
  /** @internal */
  readonly observer?: Observer | undefined;
}

/** Which argument of an acknowledgement `emitWithAck` resolves with: the second one where the first one is an error. */
type Answer<Place extends 1 | 2, Callback> = Place extends 2 ? SecondArg<Callback> : FirstArg<Callback>;

interface Answering<EmitEvents extends EventsMap, Place extends 1 | 2> {
  emitWithAck<Name extends EventNames<EmitEvents>>(
    event: Name,
    ...args: AllButLast<EventParams<EmitEvents, Name>>
  ): Promise<Answer<Place, Last<EventParams<EmitEvents, Name>>>>;
}

interface Modified<ListenEvents extends EventsMap, EmitEvents extends EventsMap, Place extends 1 | 2>
  extends Answering<EmitEvents, Place> {
  timeout(ms: number): this;
  signal(signal: AbortSignal): this;
  idempotent(key?: string): ModifiedSocket<ListenEvents, WithoutKey<EmitEvents>, Place>;
}

/** A socket between `timeout()` or `signal()` and the emit: callbacks are told an error first, and `emitWithAck` rejects with it. */
export type ModifiedSocket<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Place extends 1 | 2 = 1,
> = Modified<ListenEvents, EmitEvents, Place> & Socket<ListenEvents, ErrorFirstAcks<EmitEvents>>;

interface ErrorFirst<ListenEvents extends EventsMap, EmitEvents extends EventsMap>
  extends Answering<EmitEvents, 2> {
  timeout(ms: number): ModifiedSocket<ListenEvents, EmitEvents, 2>;
  signal(signal: AbortSignal): ModifiedSocket<ListenEvents, EmitEvents, 2>;
  idempotent(key?: string): ErrorFirstSocket<ListenEvents, WithoutKey<EmitEvents>>;
}

/** A socket with `errorFirstAcks`: `emitWithAck` resolves with what an acknowledgement tells after its error. */
export type ErrorFirstSocket<ListenEvents extends EventsMap, EmitEvents extends EventsMap> = ErrorFirst<
  ListenEvents,
  EmitEvents
> &
  Socket<ListenEvents, EmitEvents>;

/** The callbacks of `emitWithAck`, which are told an error first. */
const errorFirst = new WeakSet<Listener>();

/**
 * One namespace of a server. Made by `io()` or `manager.socket()`. `using socket = io()` disconnects at the end of the block, `await using`
 * after what was emitted while it was connected has left.
 *
 * @typeParam ListenEvents the events that the server sends
 * @typeParam EmitEvents the events that this program sends
 */
export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends SocketLife<ListenEvents, EmitEvents> {
  /** The manager: the connection that this socket shares with those of other namespaces. */
  readonly io: SocketOwner;
  /** The namespace, such as `/` or `/news`. */
  readonly nsp: string;
  /** The server's id for this socket, while it is connected. It is another one after each reconnect. */
  id: string | undefined;
  /** Whether a reconnect brought back the session, with everything that the server sent in between. */
  recovered = false;
  /** Sent with the next CONNECT. */
  auth: Auth;

  protected readonly session: Session;
  private readonly sender: Sender;
  private readonly receiver: Receiver;
  private flags: Flags = {};
  /** When the last session ended, on the monotonic clock; nothing before there was one. */
  private endedAtMs: number | undefined;
  private lastError: Error | undefined;

  /** Usually made by `io()` or `manager.socket()`. */
  constructor(io: SocketOwner, nsp: string, options: SocketOptions = {}) {
    super();
    const { wire } = io;
    this.io = io;
    this.nsp = nsp;
    this.auth = options.auth as Auth;
    const dropped = (error: Error, message: readonly unknown[]): void => {
      // Never in silence: where nobody listens, whoever watches over the page hears of it.
      const listened = this.hasListeners('dropped');
      this.dispatch('dropped', [error, message]);
      if (!listened) report(error);
    };
    this.sender = new Sender(this, wire, options, this.outgoing, dropped);
    this.session = new Session(this, wire, {
      begin: () => this.receiver.begin(),
      received: (packet) => {
        if (packet.type === EVENT) this.onevent(packet);
        else this.sender.acks.settle(packet.id, packet.data);
      },
      joined: (sid, pid) => this.onJoined(sid, pid),
      retryAfterMs: (error, attempt) =>
        afterRefusalMs(options, error, attempt, (failures) => wire.retryDelayMs(failures)),
      resumed: () => this.sender.flush(),
      failed: (error) => {
        this.lastError = error;
        this.dispatch('connect_error', [error]);
      },
      givenUp: (error) => {
        this.sender.giveUpAwaited();
        this.readiness.givenUp(error ?? this.lastError ?? disconnected(false));
        this.lastError = undefined;
      },
      ended: (reason, details) => this.onEnded(reason, details),
    });
    this.receiver = new Receiver(
      this,
      this.session,
      wire,
      options,
      this.incoming,
      ([name, ...args]) => this.dispatch(String(name), args),
      dropped,
    );
  }

  /** @internal */
  override get observer(): Observer | undefined {
    return this.io.observer;
  }

  /** Packets that wait for the socket to be connected. May be read, and emptied. */
  get sendBuffer(): AnyPacket[] {
    return this.sender.outbox.packets;
  }

  set sendBuffer(packets: AnyPacket[]) {
    this.sender.outbox.packets = packets as BufferedPacket[];
  }

  /** What waits here for the socket to be connected, in bytes. */
  get bufferedAmount(): number {
    return this.sender.bytes;
  }

  /**
   * Removes what waits for the socket to be connected. Who waits for an acknowledgement of it is told, with the code `CLEARED`.
   *
   * @returns the events that were removed: each its name and its arguments
   */
  clearBuffer(): unknown[][] {
    return this.sender.clear();
  }

  /** Events that came before the server's answer to CONNECT. */
  // biome-ignore lint/suspicious/noExplicitAny: the server's own data, typed as in the official client
  get receiveBuffer(): ReadonlyArray<any>[] {
    return this.receiver.buffer;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  set receiveBuffer(messages: ReadonlyArray<any>[]) {
    this.receiver.buffer = messages as unknown[][];
  }

  /** Emits a `message` event. Throws as `emit` does. */
  send(...args: unknown[]): this {
    (this as unknown as Socket).emit('message', ...args);
    return this;
  }

  /**
   * Sends an event. While the socket is not connected the event is kept, and sent after connecting. A function as the
   * last argument is called with the server's acknowledgement. What was not sent is told by the event `dropped`.
   *
   * @throws HoldfastError `RESERVED_EVENT` for the names of the socket's own events, `BAD_EVENT` for what is no name, `UNSERIALIZABLE` for an argument
   *   that is neither JSON nor binary
   */
  emit<Name extends EventNames<EmitEvents>>(event: Name, ...args: EmitArgs<EmitEvents, Name>): this;
  // Whoever works with `Parameters` sees the last one, which is that of the official client.
  emit<Name extends EventNames<EmitEvents>>(event: Name, ...args: EventParams<EmitEvents, Name>): this;
  emit(event: string | symbol, ...args: unknown[]): this {
    // Taken first: whatever happens to this emit, the next one starts without them.
    const { flags } = this;
    this.flags = {};
    const message: unknown[] = [event, ...args];
    const callback = typeof message.at(-1) === 'function' ? (message.pop() as Listener) : undefined;
    if (flags.key !== undefined) message.push({ idempotencyKey: flags.key });
    this.sender.emit(message, flags, callback, callback !== undefined && errorFirst.has(callback));
    if (!this.active && this.bufferedAmount > 0) this.io.wire.hold(this.nsp);
    return this;
  }

  /**
   * Sends an event and resolves with the server's acknowledgement.
   *
   * Rejects when the socket is disconnected before the answer (`DISCONNECTED`), when `timeout()` or `ackTimeout` runs out
   * (`ACK_TIMEOUT`), where it is not sent (`OUTBOX_FULL`, `TOO_LARGE`, …), and for what `emit` throws.
   */
  emitWithAck<Name extends EventNames<EmitEvents>>(
    event: Name,
    ...args: AllButLast<EventParams<EmitEvents, Name>>
  ): Promise<FirstArg<Last<EventParams<EmitEvents, Name>>>> {
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null, answer: unknown): void =>
        error ? reject(error) : resolve(answer as never);
      errorFirst.add(settle);
      // Through `emit`, which programs wrap.
      (this as unknown as Socket).emit(event as string, ...args, settle);
    });
  }

  /**
   * A modifier for the next emit: its acknowledgement must come within `ms` milliseconds. The callback gets an error
   * first.
   */
  timeout(ms: number): ModifiedSocket<ListenEvents, EmitEvents> {
    if (ms == null) return this as never;
    if (!(ms >= 0))
      throw new HoldfastError('BAD_OPTION', `timeout(${show(ms)}); accepted: milliseconds, 0 or more`);
    this.flags.timeout = ms;
    return this as never;
  }

  /**
   * A modifier for the next emit: the wait for its acknowledgement ends when `signal` is aborted, with its reason. The callback gets an
   * error first.
   */
  signal(signal: AbortSignal): ModifiedSocket<ListenEvents, EmitEvents> {
    this.flags.signal = checkSignal(signal);
    return this as never;
  }

  /**
   * A modifier for the next emit: adds `{ idempotencyKey }` as its last argument, by which a server can tell an event that was sent
   * again (option `retries`) from a new one. Where the event map declares that argument, as one that is shared with the server does, it is left
   * out here.
   *
   * @param key the same for the same thing; a random one where none is given
   */
  idempotent(key?: string): Socket<ListenEvents, WithoutKey<EmitEvents>> {
    this.flags.key = key ?? this.io.wire.uniqueId();
    return this as never;
  }

  /** A modifier for the next emit: whether WebSocket compression may be used. */
  compress(compress: boolean): this {
    this.flags.compress = compress;
    return this;
  }

  /** A modifier for the next emit: it is dropped where it cannot leave at once. */
  get volatile(): this {
    this.flags.volatile = true;
    return this;
  }

  /** Takes an event that came in. Programs that see every packet, by wrapping this method, go on seeing them. */
  onevent(packet: EventPacket): void {
    this.receiver.receive(packet);
  }

  /** What was received is handed over first, then what was kept goes out, and only then `connect` fires. */
  private onJoined(sid: string, pid: string | undefined): void {
    this.id = sid;
    this.recovered = this.receiver.joined(pid);
    this.lastError = undefined;
    const { visit } = this.session;
    this.receiver.replay();
    if (this.connected) this.sender.flush();
    // A listener may have disconnected, and even connected again.
    const stays = (): boolean => this.connected && this.session.visit === visit;
    if (stays()) this.readiness.reached();
    if (stays()) this.dispatch('connect', []);
    if (this.endedAtMs !== undefined && !this.recovered && stays()) {
      this.dispatch('gap', [{ awayMs: this.io.wire.clock.now() - this.endedAtMs }]);
    }
  }

  private onEnded(reason: string, details: unknown): void {
    this.id = undefined;
    this.endedAtMs = this.io.wire.clock.now();
    // The server has let go of this namespace: another event for it would end the connection for all.
    if (reason === 'io server disconnect') this.io.wire.takeBackFrom(this.sender);
    this.sender.recollect();
    this.dispatch('disconnect', [reason, details]);
    this.sender.acks.disconnect();
  }
}

export declare namespace Socket {
  /** Why a socket was disconnected. */
  type DisconnectReason = SocketDisconnectReason;
}
