/** The server's end of a client in one namespace: the socket of handlers. */
import { type Cancel, nothing } from '../platform/clock.js';
import type { EventNames, EventParams, EventsMap, Listener } from '../platform/event-map.js';
import type { Chunk } from '../protocol/encode.js';
import {
  ACK,
  CONNECT,
  CONNECT_ERROR,
  DISCONNECT,
  EVENT,
  type EventData,
  type Packet,
} from '../protocol/packet.js';
import type { AllButLast, ErrorFirstAcks, Last } from '../socket/typing.js';
import {
  type AnswerOf,
  type BroadcastHost,
  type BroadcastOperator,
  type BroadcastPeer,
  checkName,
} from './broadcast.js';
import type { TestConnection } from './engine.js';
import { type Caller, Events } from './events.js';
import type { Everyone } from './everyone.js';
import type { Route } from './link.js';
import type { Recovery } from './recovery.js';
import type { TestRequest } from './request.js';
import type { Flags, Room, Rooms } from './rooms.js';

/** The client's data from its connect. */
export interface Handshake<Auth = { [name: string]: unknown }> {
  readonly headers: Readonly<Record<string, string>>;
  /** When the socket was created, as text. */
  readonly time: string;
  /** The same in milliseconds since 1970. */
  readonly issued: number;
  readonly address: string;
  readonly xdomain: boolean;
  readonly secure: boolean;
  readonly url: string;
  readonly query: Readonly<Record<string, string>>;
  readonly auth: Auth;
}

/** Why a socket was disconnected. */
export type ServerDisconnectReason =
  | 'transport error'
  | 'transport close'
  | 'forced close'
  | 'ping timeout'
  | 'parse error'
  | 'server shutting down'
  | 'forced server close'
  | 'client namespace disconnect'
  | 'server namespace disconnect'
  | (string & {});

/** The events of the socket itself. */
export interface TestSocketOwnEvents {
  /** Before it is disconnected; it is still in its rooms. */
  disconnecting: (reason: ServerDisconnectReason, description?: unknown) => void;
  disconnect: (reason: ServerDisconnectReason, description?: unknown) => void;
  /** A middleware of this socket refused an event. */
  error: (error: Error) => void;
}

/** A middleware of one socket: it gets each event before the listeners. */
export type SocketMiddleware = (
  event: [name: string, ...args: unknown[]],
  next: (error?: Error) => void,
) => void;

/** The connection of a client: `socket.client` for handlers. */
export interface ClientPort {
  readonly conn: TestConnection;
  readonly id: string;
  readonly request: TestRequest;
  /** @internal */
  _put(chunks: readonly Chunk[]): void;
  /** @internal */
  _disconnect(): void;
  /** @internal */
  _left(nsp: string): void;
}

/** The parts of the namespace that a socket uses. */
export interface SocketHome<Peer> extends BroadcastHost<Peer> {
  readonly name: string;
  readonly adapter: Rooms;
  /** @internal */
  readonly _call: Caller;
  /** @internal */
  readonly _recovery: Recovery | undefined;
  /** @internal */
  _encode(packet: Packet): readonly Chunk[];
  /** @internal */
  _nextAckId(): number;
  /** @internal */
  _operator(
    except: ReadonlySet<Room>,
    rooms: ReadonlySet<Room>,
    flags: Flags,
  ): BroadcastOperator<EventsMap, never>;
  /** @internal */
  _gone(peer: Peer): void;
  /** @internal Whether an event to the client is lost. */
  _drops(event: unknown, route: Route): boolean;
}

/** The parts of the server that a socket exposes. */
export interface ServerOfSocket<Emit extends EventsMap, Peer extends BroadcastPeer>
  extends Everyone<EventsMap, Emit, Peer> {
  of(name: string): Everyone<EventsMap, Emit, Peer>;
}

/** The namespace of a socket. */
export interface NamespaceOfSocket<Emit extends EventsMap, Peer extends BroadcastPeer>
  extends SocketHome<AnyTestSocket>,
    Everyone<EventsMap, Emit, Peer> {
  readonly server: ServerOfSocket<Emit, Peer>;
}

export interface SocketSetup {
  readonly id: string;
  readonly pid: string | undefined;
  readonly handshake: Handshake;
  readonly data: unknown;
  readonly recovered: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever events a program has declared
type AnyTestSocket = TestSocket<any, any, any>;

/** The server's end of a client in one namespace. */
export class TestSocket<Listen extends EventsMap, Emit extends EventsMap, Data> extends Events<
  TestSocketOwnEvents,
  Listen
> {
  readonly id: string;
  /** The namespace. */
  readonly nsp: NamespaceOfSocket<Emit, TestSocket<Listen, Emit, Data>>;
  readonly handshake: Handshake;
  /** Data that handlers keep for this client. */
  data: Data;
  /** Whether this is a recovered session. */
  readonly recovered: boolean;
  connected = false;
  /** The events with a pending answer, by number. */
  readonly acks: Map<number, Listener> = new Map();

  private _gone = false;
  private readonly _pid: string | undefined;
  private _flags: Flags = {};
  private readonly _middlewares: SocketMiddleware[] = [];
  private _anyListeners: Listener[] = [];
  private _anyOutgoing: Listener[] = [];

  constructor(
    nsp: SocketHome<AnyTestSocket>,
    readonly client: ClientPort,
    setup: SocketSetup,
  ) {
    super();
    this.nsp = nsp as never;
    this.id = setup.id;
    this.handshake = setup.handshake;
    this.data = setup.data as Data;
    this.recovered = setup.recovered;
    this._pid = setup.pid;
    // As on a real server, an event that a middleware refuses is not an uncaught error.
    this.on('error', nothing);
  }

  /** The modifiers of the next emit, as wrappers of `emit` read them. */
  get flags(): Flags {
    return this._flags;
  }

  /** The Engine.IO session. */
  get conn(): TestConnection {
    return this.client.conn;
  }

  /** The request that opened the session. */
  get request(): TestRequest {
    return this.client.request;
  }

  /** The server. */
  get server(): ServerOfSocket<Emit, TestSocket<Listen, Emit, Data>> {
    return this.nsp.server;
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** The rooms of the namespace. */
  get adapter(): Rooms {
    return this.nsp.adapter;
  }

  /** The rooms of this client: its own, and those that it has joined. */
  get rooms(): Set<Room> {
    return this.nsp.adapter.sids.get(this.id) ?? new Set();
  }

  /** Sends an event to this client. A function as the last argument is called with its answer. @throws Error for a reserved name */
  emit<Name extends EventNames<Emit>>(event: Name, ...args: EventParams<Emit, Name>): boolean {
    checkName(event);
    const { _flags: flags, nsp } = this;
    this._flags = {};
    const list = args as unknown[];
    const ack = list[list.length - 1];
    const asks = typeof ack === 'function';
    let data = [event, ...(asks ? list.slice(0, -1) : list)] as EventData;
    for (const listener of this._anyOutgoing.slice()) nsp._call('onAnyOutgoing', () => listener(...data));
    if (nsp._recovery && !asks && !flags.volatile) {
      data = nsp._recovery.keep(data, { rooms: new Set([this.id]), except: new Set() });
    }
    const id = asks ? nsp._nextAckId() : undefined;
    if (id !== undefined) this._expect(id, ack as Listener, flags);
    if (!flags.volatile || this.conn._writable) this._packet({ type: EVENT, nsp: nsp.name, data, id });
    return true;
  }

  /** Sends an event, and waits for the client's answer, limited by `timeout`. */
  emitWithAck<Name extends EventNames<Emit>>(
    event: Name,
    ...args: AllButLast<EventParams<Emit, Name>>
  ): Promise<AnswerOf<Last<EventParams<Emit, Name>>>> {
    const timed = this._flags.timeout !== undefined;
    return new Promise((resolve, reject) => {
      const done = (first: unknown, second: unknown): void => {
        if (!timed) resolve(first as never);
        else if (first) reject(first);
        else resolve(second as never);
      };
      this.emit(event, ...([...(args as unknown[]), done] as EventParams<Emit, Name>));
    });
  }

  /** Sends an event `message`. */
  send(...args: unknown[]): this {
    (this as AnyTestSocket).emit('message', ...args);
    return this;
  }

  /** Alias of `send`. */
  write(...args: unknown[]): this {
    return this.send(...args);
  }

  /** @internal Sends a packet of this namespace. */
  _packet(packet: Packet): void {
    if (packet.type === EVENT && this.nsp._drops(packet.data[0], this.conn._route)) return;
    this._sendChunks(this.nsp._encode(packet));
  }

  /** @internal */
  _sendChunks(chunks: readonly Chunk[]): void {
    this.client._put(chunks);
  }

  /** @internal Calls `ack` with the answer to an event of this number. */
  _expect(id: number, ack: Listener, { timeout }: Flags): void {
    if (timeout === undefined) {
      this.acks.set(id, ack);
      return;
    }
    let stop: Cancel = nothing;
    this.acks.set(id, (...answer) => {
      stop();
      ack(null, ...answer);
    });
    stop = this.nsp._after(timeout, () => {
      this.acks.delete(id);
      this.nsp._call('ack', () => ack(new Error('operation has timed out')));
    });
  }

  /** Joins a room, or several. */
  join(rooms: Room | Room[]): void {
    // As on a real server, a disconnected socket joins nothing.
    if (this._gone) return;
    this.nsp.adapter._add(this.id, [rooms].flat());
  }

  /** Leaves a room. */
  leave(room: Room): void {
    this.nsp.adapter._remove(this.id, room);
  }

  /** Broadcasts to a room, but not to this client. */
  to(room: Room | Room[]): BroadcastOperator<Emit, this> {
    return this._broadcasting().to(room);
  }

  /** Alias of `to`. */
  in(room: Room | Room[]): BroadcastOperator<Emit, this> {
    return this.to(room);
  }

  /** Broadcasts to all but these rooms and this client. */
  except(room: Room | Room[]): BroadcastOperator<Emit, this> {
    return this._broadcasting().except(room);
  }

  /** Broadcasts to all but this client. */
  get broadcast(): BroadcastOperator<Emit, this> {
    return this._broadcasting();
  }

  /** Broadcasts to all but this client: all clients are clients of this server. */
  get local(): BroadcastOperator<Emit, this> {
    return this._broadcasting().local;
  }

  /** The next event is dropped if the client cannot take it now. */
  get volatile(): this {
    this._flags = { ...this._flags, volatile: true };
    return this;
  }

  /** Accepted; nothing is compressed in memory. */
  compress(compress: boolean): this {
    this._flags = { ...this._flags, compress };
    return this;
  }

  /** The timeout of the next event's answer, in milliseconds: its callback gets an error first. */
  timeout(timeout: number): TestSocket<Listen, ErrorFirstAcks<Emit>, Data> {
    this._flags = { ...this._flags, timeout };
    return this as unknown as TestSocket<Listen, ErrorFirstAcks<Emit>, Data>;
  }

  private _broadcasting(): BroadcastOperator<Emit, this> {
    const flags = this._flags;
    this._flags = {};
    return this.nsp._operator(new Set([this.id]), new Set(), flags) as unknown as BroadcastOperator<
      Emit,
      this
    >;
  }

  /** Adds a middleware: it gets each event of this client before the listeners. */
  use(middleware: SocketMiddleware): this {
    this._middlewares.push(middleware);
    return this;
  }

  /** Calls `listener` with each event of this client, before its listeners. */
  onAny(listener: Listener): this {
    this._anyListeners.push(listener);
    return this;
  }

  /** The same, before those that are there. */
  prependAny(listener: Listener): this {
    this._anyListeners.unshift(listener);
    return this;
  }

  /** Removes such a listener; without one, all. */
  offAny(listener?: Listener): this {
    this._anyListeners = listener ? without(this._anyListeners, listener) : [];
    return this;
  }

  listenersAny(): Listener[] {
    return this._anyListeners;
  }

  /** Calls `listener` with each event that is sent to this client. */
  onAnyOutgoing(listener: Listener): this {
    this._anyOutgoing.push(listener);
    return this;
  }

  /** The same, before those that are there. */
  prependAnyOutgoing(listener: Listener): this {
    this._anyOutgoing.unshift(listener);
    return this;
  }

  /** Removes such a listener; without one, all. */
  offAnyOutgoing(listener?: Listener): this {
    this._anyOutgoing = listener ? without(this._anyOutgoing, listener) : [];
    return this;
  }

  listenersAnyOutgoing(): Listener[] {
    return this._anyOutgoing;
  }

  /** @internal Sends a broadcast to this client. */
  _notifyOutgoing(event: readonly unknown[]): void {
    for (const listener of this._anyOutgoing.slice())
      this.nsp._call('onAnyOutgoing', () => listener(...event));
  }

  /** Disconnects this client from the namespace; with `close`, its connection, too. */
  disconnect(close = false): this {
    if (!this.connected) return this;
    if (close) this.client._disconnect();
    else {
      this._packet({ type: DISCONNECT, nsp: this.nsp.name });
      this._closed('server namespace disconnect');
    }
    return this;
  }

  /** @internal Accepts the client. */
  _admit(missed: readonly EventData[]): void {
    const { nsp, id, _pid: pid } = this;
    this.connected = true;
    this.join(id);
    // As on a real server, missed events arrive before the answer.
    for (const data of missed) this._packet({ type: EVENT, nsp: nsp.name, data });
    this._packet({ type: CONNECT, nsp: nsp.name, data: pid === undefined ? { sid: id } : { sid: id, pid } });
  }

  /** @internal Refuses the client. */
  _refuse(error: { readonly message?: unknown; readonly data?: unknown }): void {
    const { message, data } = error;
    this._packet({
      type: CONNECT_ERROR,
      nsp: this.nsp.name,
      // As a real server sends it: even if a middleware refuses by something that is no error.
      data: { ...(message !== undefined && { message }), ...(data !== undefined && { data }) } as {
        message: string;
      },
    });
  }

  /** @internal Called with each packet of this namespace. */
  _receive(packet: Packet): void {
    if (packet.type === EVENT) this._event(packet.data, packet.id);
    else if (packet.type === ACK) {
      const ack = this.acks.get(packet.id);
      this.acks.delete(packet.id);
      if (ack) this.nsp._call('ack', () => ack.apply(this, packet.data));
    } else if (packet.type === DISCONNECT) this._closed('client namespace disconnect');
  }

  private _event(data: EventData, id: number | undefined): void {
    const args: unknown[] = [...data];
    if (id !== undefined) {
      let sent = false;
      args.push((...answer: unknown[]) => {
        // Socket.IO v5: an acknowledgement answers once.
        if (sent) return;
        sent = true;
        this._packet({ type: ACK, nsp: this.nsp.name, id, data: answer });
      });
    }
    for (const listener of this._anyListeners.slice()) {
      this.nsp._call('onAny', () => listener(...args));
    }
    const step = (at: number): void => {
      const middleware = this._middlewares[at];
      if (!middleware) {
        // In its own turn, as on a real server.
        this.nsp._soon(() => {
          // A middleware may have replaced the name.
          if (this.connected) this._fire(String(args[0]), args.slice(1), this.nsp._call);
        });
        return;
      }
      let called = false;
      this.nsp._call('use', () =>
        middleware(args as [string, ...unknown[]], (error) => {
          if (called) return;
          called = true;
          if (error) this.nsp._soon(() => this._fire('error', [error], this.nsp._call));
          else step(at + 1);
        }),
      );
    };
    step(0);
  }

  /** @internal Leaves all rooms, and joins none any more. */
  _forget(): void {
    this._gone = true;
    this.nsp.adapter._removeAll(this.id);
  }

  /** @internal */
  _closed(reason: ServerDisconnectReason, description?: unknown): void {
    if (!this.connected) return;
    const { nsp, id } = this;
    const told = description === undefined ? [reason] : [reason, description];
    this._fire('disconnecting', told, nsp._call);
    if (this._pid !== undefined) {
      nsp._recovery?.lost({ id, pid: this._pid, rooms: [...this.rooms], data: this.data }, reason);
    }
    this._forget();
    this.client._left(nsp.name);
    nsp._gone(this);
    this.connected = false;
    this._fire('disconnect', told, nsp._call);
  }
}

const without = (listeners: readonly Listener[], listener: Listener): Listener[] => {
  const at = listeners.indexOf(listener);
  return listeners.filter((_, index) => index !== at);
};
