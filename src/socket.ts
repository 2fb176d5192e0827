import type { SocketDisconnectReason, SocketReservedEvents } from './namespace/events.js';
import { Receiver } from './namespace/receiver.js';
import { afterRefusalMs } from './namespace/refusal.js';
import { type BufferedPacket, type Flags, Sender } from './namespace/sender.js';
import { Session } from './namespace/session.js';
import type { AckValue, AllButLast, EmitArgs, ErrorFirstAcks, Last } from './namespace/typing.js';
import type { Wire } from './namespace/wire.js';
import {
  type DefaultEventsMap,
  Emitter,
  type EventNames,
  type EventParams,
  type EventsMap,
  type Listener,
} from './platform/emitter.js';
import { HoldfastError } from './platform/errors.js';
import type { Auth, SocketOptions } from './platform/options.js';
import { report } from './platform/report.js';
import { show } from './platform/show.js';
import { EVENT, type EventPacket } from './protocol/packet.js';

/** What `socket.io` is: the Manager, which completes this interface. */
export interface SocketOwner {
  /** @internal */
  readonly wire: Wire;
}

/** The callbacks of `emitWithAck`, which are told an error first. */
const errorFirst = new WeakSet<Listener>();

/**
 * One namespace of a server. Made by `io()` or `manager.socket()`.
 *
 * @typeParam ListenEvents the events that the server sends
 * @typeParam EmitEvents the events that this program sends
 */
export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends Emitter<SocketReservedEvents, ListenEvents> {
  readonly io: SocketOwner;
  readonly nsp: string;
  /** The server's id for this socket, while it is connected. It is another one after each reconnect. */
  id: string | undefined;
  /** Whether a reconnect brought back the session, with everything that the server sent in between. */
  recovered = false;
  /** Sent with the next CONNECT. */
  auth: Auth | undefined;

  private readonly session: Session;
  private readonly sender: Sender;
  private readonly receiver: Receiver;
  private flags: Flags = {};

  /** Usually made by `io()` or `manager.socket()`. */
  constructor(io: SocketOwner, nsp: string, options: SocketOptions = {}) {
    super();
    const { wire } = io;
    this.io = io;
    this.nsp = nsp;
    this.auth = options.auth;
    const dropped = (error: Error, message: readonly unknown[]): void => {
      // Never in silence: where nobody listens, whoever watches over the page hears of it.
      if (this.hasListeners('dropped')) this.dispatch('dropped', [error, message]);
      else report(error);
    };
    this.sender = new Sender(this, wire, options, dropped);
    this.session = new Session(this, wire, {
      begin: () => this.receiver.begin(),
      received: (packet) => {
        if (packet.type === EVENT) this.onevent(packet);
        else this.sender.acks.settle(packet.id, packet.data);
      },
      joined: (sid, pid) => this.onJoined(sid, pid),
      retryAfterMs: (error, attempt) => afterRefusalMs(options, error, attempt, wire.retryDelayMs),
      resumed: () => this.sender.flush(),
      failed: (error) => this.dispatch('connect_error', [error]),
      ended: (reason, details) => this.onEnded(reason, details),
    });
    this.receiver = new Receiver(
      this,
      this.session,
      wire,
      ([name, ...args]) => this.dispatch(String(name), args),
      dropped,
    );
  }

  /** Whether the server has let this socket in, and the link still stands. */
  get connected(): boolean {
    return this.session.connected;
  }

  /** Assignable because programs assign it on stand-ins in their tests; on a socket, only the server decides. */
  set connected(_connected: boolean) {}

  get disconnected(): boolean {
    return !this.connected;
  }

  /** Whether this socket is connected or will try to be by itself. */
  get active(): boolean {
    return this.session.active;
  }

  /** Packets that wait for the socket to be connected. May be read, and emptied. */
  get sendBuffer(): BufferedPacket[] {
    return this.sender.buffer;
  }

  set sendBuffer(packets: BufferedPacket[]) {
    this.sender.buffer = packets;
  }

  /** Events that came before the server's answer to CONNECT. */
  get receiveBuffer(): unknown[][] {
    return this.receiver.buffer;
  }

  set receiveBuffer(messages: unknown[][]) {
    this.receiver.buffer = messages;
  }

  /** Connects, unless it is connected or on its way. */
  connect(): this {
    this.session.join();
    return this;
  }

  /** Alias of `connect`. */
  open(): this {
    return this.connect();
  }

  /** Leaves the namespace. The last socket to leave closes the connection. */
  disconnect(): this {
    this.session.leave();
    return this;
  }

  /** Alias of `disconnect`. */
  close(): this {
    return this.disconnect();
  }

  /** Emits a `message` event. */
  send(...args: unknown[]): this {
    (this as unknown as Socket).emit('message', ...args);
    return this;
  }

  /**
   * Sends an event. While the socket is not connected the event is kept, and sent after connecting. A function as the
   * last argument is called with the server's acknowledgement.
   *
   * @throws HoldfastError `RESERVED_EVENT` for the names of the socket's own events, `UNSERIALIZABLE` for an argument
   *   that is neither JSON nor binary
   */
  emit<Name extends EventNames<EmitEvents>>(event: Name, ...args: EmitArgs<EmitEvents, Name>): this {
    // Taken first: whatever happens to this emit, the next one starts without them.
    const { flags } = this;
    this.flags = {};
    const message: unknown[] = [event, ...args];
    const callback = typeof message.at(-1) === 'function' ? (message.pop() as Listener) : undefined;
    this.sender.emit(message, flags, callback, callback !== undefined && errorFirst.has(callback));
    return this;
  }

  /**
   * Sends an event and resolves with the server's acknowledgement.
   *
   * Rejects when the socket is disconnected before the answer, when `timeout()` or `ackTimeout` runs out, and for what
   * `emit` throws.
   */
  emitWithAck<Name extends EventNames<EmitEvents>>(
    event: Name,
    ...args: AllButLast<EventParams<EmitEvents, Name>>
  ): Promise<AckValue<Last<EventParams<EmitEvents, Name>>>> {
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
  timeout(ms: number): Socket<ListenEvents, ErrorFirstAcks<EmitEvents>> {
    if (ms == null) return this as never;
    if (!(ms >= 0))
      throw new HoldfastError('BAD_OPTION', `timeout(${show(ms)}); accepted: milliseconds, 0 or more`);
    this.flags.timeout = ms;
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

  /** Calls `listener` with the name and arguments of every event that comes in. */
  onAny(listener: Listener): this {
    this.receiver.catchAll.add(listener);
    return this;
  }

  prependAny(listener: Listener): this {
    this.receiver.catchAll.prepend(listener);
    return this;
  }

  /** Removes one catch-all listener, or all of them. */
  offAny(listener?: Listener): this {
    this.receiver.catchAll.remove(listener);
    return this;
  }

  listenersAny(): Listener[] {
    return this.receiver.catchAll.listeners;
  }

  /** Calls `listener` with the name and arguments of every event that goes out. */
  onAnyOutgoing(listener: Listener): this {
    this.sender.catchAll.add(listener);
    return this;
  }

  prependAnyOutgoing(listener: Listener): this {
    this.sender.catchAll.prepend(listener);
    return this;
  }

  offAnyOutgoing(listener?: Listener): this {
    this.sender.catchAll.remove(listener);
    return this;
  }

  listenersAnyOutgoing(): Listener[] {
    return this.sender.catchAll.listeners;
  }

  /** Takes an event that came in. Programs that see every packet, by wrapping this method, go on seeing them. */
  onevent(packet: EventPacket): void {
    this.receiver.receive(packet);
  }

  /** What was received is handed over first, then what was kept goes out, and only then `connect` fires. */
  private onJoined(sid: string, pid: string | undefined): void {
    this.id = sid;
    this.recovered = this.receiver.joined(pid);
    const { visit } = this.session;
    this.receiver.replay();
    if (this.connected) this.sender.flush();
    // A listener may have disconnected, and even connected again.
    if (this.connected && this.session.visit === visit) this.dispatch('connect', []);
  }

  private onEnded(reason: string, details: unknown): void {
    this.id = undefined;
    this.dispatch('disconnect', [reason, details]);
    this.sender.acks.disconnect();
  }
}

export declare namespace Socket {
  /** Why a socket was disconnected. */
  type DisconnectReason = SocketDisconnectReason;
}
