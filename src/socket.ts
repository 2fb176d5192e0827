import { Acks } from './namespace/acks.js';
import { CatchAll } from './namespace/catch-all.js';
import { RetryQueue } from './namespace/retries.js';
import { Session } from './namespace/session.js';
import type { AckValue, AllButLast, EmitArgs, ErrorFirstAcks, Last } from './namespace/typing.js';
import type { Wire, WireEnd } from './namespace/wire.js';
import {
  type DefaultEventsMap,
  Emitter,
  type EventNames,
  type EventParams,
  type Listener,
} from './platform/emitter.js';
import { HoldfastError } from './platform/errors.js';
import type { Auth, SocketOptions } from './platform/options.js';
import { report } from './platform/report.js';
import { ACK, EVENT, type EventData, type EventPacket, type Packet, RESERVED_EVENTS } from './protocol/packet.js';

/** What `socket.io` is: the Manager, which completes this interface. */
export interface SocketOwner {}

/** Why a connection ended, as far as the transport told. */
export type DisconnectDescription = Error | { description: string; context?: unknown };

export interface SocketReservedEvents {
  connect: () => void;
  connect_error: (error: ConnectError) => void;
  disconnect: (reason: DisconnectReason, description?: DisconnectDescription) => void;
}

/** What `connect_error` brings: `data` is what the server's middleware attached. */
export interface ConnectError extends Error {
  // biome-ignore lint/suspicious/noExplicitAny: the server's own data, typed as in the official client
  data?: any;
}

export type DisconnectReason =
  | 'io server disconnect'
  | 'io client disconnect'
  | 'ping timeout'
  | 'transport close'
  | 'transport error'
  | 'parse error'
  | 'forced close';

/** A packet that waits for the socket to be connected. Its arguments are the program's own objects. */
export interface BufferedPacket extends EventPacket {
  readonly options: { readonly compress: boolean };
}

interface Flags {
  compress?: boolean;
  volatile?: boolean;
  timeout?: number;
}

/** How one emit is to be acknowledged. */
interface AckPlan {
  readonly callback: Listener;
  readonly errorFirst: boolean;
  readonly timeoutMs: number | undefined;
}

/**
 * One namespace of a server. Made by `io()` or `manager.socket()`.
 *
 * @typeParam ListenEvents the events that the server sends
 * @typeParam EmitEvents the events that this program sends
 */
export class Socket<
  // biome-ignore lint/suspicious/noExplicitAny: an event map is any interface of functions
  ListenEvents extends { [E in keyof ListenEvents]: (...args: any[]) => void } = DefaultEventsMap,
  // biome-ignore lint/suspicious/noExplicitAny: an event map is any interface of functions
  EmitEvents extends { [E in keyof EmitEvents]: (...args: any[]) => void } = ListenEvents,
> extends Emitter<SocketReservedEvents, ListenEvents> {
  readonly io: SocketOwner;
  readonly nsp: string;
  /** The server's id for this socket, while it is connected. It is another one after each reconnect. */
  id: string | undefined;
  /** Whether a reconnect brought back the session, with everything that the server sent in between. */
  recovered = false;
  /** Sent with the next CONNECT. */
  auth: Auth | undefined;
  /** Packets that wait for the socket to be connected. May be read, and emptied. */
  sendBuffer: BufferedPacket[] = [];
  /** Events that came before the server's answer to CONNECT. */
  receiveBuffer: unknown[][] = [];

  private readonly wire: Wire;
  private readonly options: Partial<SocketOptions>;
  private readonly session: Session;
  private readonly acks: Acks;
  private readonly retries: RetryQueue<{ args: unknown[]; flags: Flags }> | undefined;
  private readonly incoming = new CatchAll();
  private readonly outgoing = new CatchAll();
  private flags: Flags = {};
  /** Connection state recovery: the session's private id, and the last offset that the server sent. */
  private pid: string | undefined;
  private offset: string | undefined;

  /** @internal */
  constructor(io: SocketOwner, wire: Wire, nsp: string, options: Partial<SocketOptions>) {
    super();
    this.io = io;
    this.wire = wire;
    this.nsp = nsp;
    this.options = options;
    this.auth = options.auth;
    this.acks = new Acks(wire.clock);
    this.session = new Session(this, wire, {
      recovery: () => this.recovery(),
      joined: (sid, pid) => this.onJoined(sid, pid),
      failed: (error) => this.dispatch('connect_error', [error]),
      ended: (reason, details) => this.onEnded(reason, details),
    });
    if (options.retries) {
      this.retries = new RetryQueue(
        options.retries,
        () => this.connected,
        ({ args, flags }, done) => this.transmit(args, flags, done, true),
      );
    }
    wire.attach(this.end());
  }

  /** Whether the server has let this socket in, and the link still stands. */
  get connected(): boolean {
    return this.session.joined;
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** Whether this socket is connected or will try to be by itself. */
  get active(): boolean {
    return this.session.active;
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
    const message: unknown[] = [event, ...args];
    const callback = typeof message.at(-1) === 'function' ? (message.pop() as Listener) : undefined;
    this.request(message, callback, false);
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
      this.request([event, ...args], settle, true);
    });
  }

  /**
   * A modifier for the next emit: its acknowledgement must come within `ms` milliseconds. The callback gets an error
   * first.
   */
  timeout(ms: number): Socket<ListenEvents, ErrorFirstAcks<EmitEvents>> {
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
    this.incoming.add(listener);
    return this;
  }

  prependAny(listener: Listener): this {
    this.incoming.prepend(listener);
    return this;
  }

  /** Removes one catch-all listener, or all of them. */
  offAny(listener?: Listener): this {
    this.incoming.remove(listener);
    return this;
  }

  listenersAny(): Listener[] {
    return this.incoming.listeners;
  }

  /** Calls `listener` with the name and arguments of every event that goes out. */
  onAnyOutgoing(listener: Listener): this {
    this.outgoing.add(listener);
    return this;
  }

  prependAnyOutgoing(listener: Listener): this {
    this.outgoing.prepend(listener);
    return this;
  }

  offAnyOutgoing(listener?: Listener): this {
    this.outgoing.remove(listener);
    return this;
  }

  listenersAnyOutgoing(): Listener[] {
    return this.outgoing.listeners;
  }

  /** The connection's end of this socket. */
  private end(): WireEnd {
    const { session } = this;
    const socket = this;
    return {
      get active() {
        return session.active;
      },
      get connected() {
        return session.joined;
      },
      receive: (packet) => this.receive(packet),
      linkUp: () => session.linkUp(),
      linkDown: (reason, details) => session.linkDown(reason, details),
      failed(error) {
        if (session.active && !session.joined) socket.dispatch('connect_error', [error]);
      },
      giveUp: () => session.giveUp(),
    };
  }

  /** One emit, with the modifiers that were set for it. */
  private request(message: unknown[], callback: Listener | undefined, errorFirst: boolean): void {
    // Taken first: whatever happens to this emit, the next one starts without them.
    const { flags } = this;
    this.flags = {};
    const [event] = message;
    if (RESERVED_EVENTS.has(event)) {
      throw new HoldfastError('RESERVED_EVENT', `"${String(event)}" is a reserved event name`);
    }
    if (this.retries && !flags.volatile) {
      this.encode(this.packetOf(message));
      this.retries.add({ args: message, flags }, callback);
    } else {
      this.transmit(message, flags, callback, errorFirst);
    }
  }

  private packetOf(args: unknown[], id?: number): EventPacket {
    return { type: EVENT, nsp: this.nsp, data: args as EventData, id };
  }

  /** Sends one event, or keeps it, or drops it where it is volatile. */
  private transmit(args: unknown[], flags: Flags, callback: Listener | undefined, errorFirst: boolean): void {
    const live = this.connected && this.wire.live;
    const dropped = flags.volatile && !(live && this.wire.writable);
    const plan = callback && this.planAck(callback, flags, errorFirst);
    const packet = this.packetOf(args, plan && this.acks.upcoming);
    // Before anything is remembered: what cannot be serialised must leave no trace. This holds for what is kept, too.
    const chunks = this.encode(packet);
    // Without a time-out nobody would ever hear of a dropped packet's acknowledgement.
    if (plan && !(dropped && plan.timeoutMs === undefined && !plan.errorFirst)) {
      this.acks.add(plan.callback, plan.errorFirst, plan.timeoutMs, (id) => this.forget(id));
    }
    if (dropped) return;
    const compress = flags.compress ?? true;
    if (!live) {
      this.sendBuffer.push({ ...packet, options: { compress } });
      return;
    }
    this.outgoing.call(this, args);
    this.acks.sent(packet.id);
    this.wire.write(chunks, compress);
  }

  private planAck(callback: Listener, flags: Flags, errorFirst: boolean): AckPlan {
    const timeoutMs = flags.timeout ?? this.options.ackTimeout;
    return {
      callback,
      timeoutMs,
      errorFirst: errorFirst || timeoutMs !== undefined,
    };
  }

  /** A packet whose acknowledgement has timed out is not sent any more. */
  private forget(id: number): void {
    const index = this.sendBuffer.findIndex((packet) => packet.id === id);
    if (index >= 0) this.sendBuffer.splice(index, 1);
  }

  private encode(packet: EventPacket): ReturnType<Wire['encode']> {
    try {
      return this.wire.encode(packet);
    } catch (cause) {
      throw new HoldfastError('UNSERIALIZABLE', this.complaint(packet.data, cause), cause);
    }
  }

  private complaint([name, ...args]: EventData, cause: unknown): string {
    const index = args.findIndex((arg) => {
      try {
        this.wire.encode({ type: EVENT, nsp: '/', data: ['', arg] });
        return false;
      } catch {
        return true;
      }
    });
    const what = `argument ${index + 1} of "${name}" cannot be sent: ${(cause as Error).message}`;
    return `${what}; accepted: JSON values, ArrayBuffer, views, Blob and File`;
  }

  private receive(packet: Packet): void {
    switch (packet.type) {
      case EVENT:
        if (this.connected) this.deliver(packet);
        else if (this.session.joining) this.receiveBuffer.push(this.withAck(packet));
        break;
      case ACK:
        this.acks.settle(packet.id, packet.data);
        break;
      default:
        this.session.receive(packet);
    }
  }

  private deliver(packet: EventPacket): void {
    this.call(this.withAck(packet));
  }

  /** The event's arguments, with a function at their end where the server waits for an acknowledgement. */
  private withAck({ data, id }: EventPacket): unknown[] {
    if (id === undefined) return data;
    const ticket = this.session.joined ? this.session.ticket : undefined;
    let answered = false;
    const ack = (...answer: unknown[]): void => {
      // Once, and only in the session that asked: to the server, a late answer is a violation of the protocol.
      if (answered || !this.connected || (ticket && ticket !== this.session.ticket)) return;
      answered = true;
      this.wire.write(this.encode({ type: ACK, nsp: this.nsp, id, data: answer } as never));
    };
    return [...data, ack];
  }

  private call(args: unknown[]): void {
    this.incoming.call(this, args);
    this.dispatch(String(args[0]), args.slice(1));
    const last = args.at(-1);
    if (this.pid && typeof last === 'string') this.offset = last;
  }

  private recovery(): object | undefined {
    return this.pid ? { pid: this.pid, offset: this.offset } : undefined;
  }

  private onJoined(sid: string, pid: string | undefined): void {
    this.id = sid;
    this.recovered = pid !== undefined && pid === this.pid;
    this.pid = pid;
    const received = this.receiveBuffer;
    this.receiveBuffer = [];
    for (const args of received) this.call(args);
    const kept = this.sendBuffer;
    this.sendBuffer = [];
    for (const packet of kept) this.flush(packet);
    this.retries?.drain();
    this.dispatch('connect', []);
  }

  /** Sends a packet that was kept. It could be serialised when it was emitted, but its arguments may have changed. */
  private flush(packet: BufferedPacket): void {
    try {
      const chunks = this.encode(packet);
      this.outgoing.call(this, packet.data);
      this.acks.sent(packet.id);
      this.wire.write(chunks, packet.options.compress);
    } catch (error) {
      if (packet.id !== undefined) this.acks.fail(packet.id, error as Error);
      report(error);
    }
  }

  private onEnded(reason: string, details: unknown): void {
    this.id = undefined;
    this.dispatch('disconnect', [reason, details]);
    this.acks.disconnect();
  }
}
