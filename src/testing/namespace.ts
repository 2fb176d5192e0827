/** A namespace of a test server, and dynamic namespaces, which are created when clients join them. */
import type { Clock } from '../platform/clock.js';
import type { EventsMap } from '../platform/event-map.js';
import type { Chunk } from '../protocol/encode.js';
import { EVENT, type EventData, type Packet } from '../protocol/packet.js';
import { type BroadcastHost, BroadcastOperator } from './broadcast.js';
import type { Caller } from './events.js';
import { Everyone } from './everyone.js';
import type { Route } from './link.js';
import { Recovery } from './recovery.js';
import { type Audience, type Flags, type Room, Rooms } from './rooms.js';
import {
  type ClientPort,
  type Handshake,
  type ServerOfSocket,
  type SocketHome,
  TestSocket,
} from './socket.js';

/** The error with which a middleware refuses a client. `data` reaches the client as `error.data`. */
export interface Refusal extends Error {
  data?: unknown;
}

/** A middleware of a namespace: `next()` accepts a client, and `next(error)` refuses it. */
export type Middleware<Socket> = (socket: Socket, next: (error?: Refusal) => void) => unknown;

// biome-ignore lint/suspicious/noExplicitAny: whatever events a program has declared
export type AnySocket = TestSocket<any, any, any>;

/** The parts of the server that a namespace uses. */
export interface NamespaceHost {
  readonly clock: Clock;
  readonly recoveryMs: number | undefined;
  readonly skipMiddlewares: boolean;
  server(): unknown;
  dateMs(): number;
  newId(): string;
  caller(namespace: string): Caller;
  encode(packet: Packet): readonly Chunk[];
  /** A fault that refuses clients. */
  refusal(route: Route): Refusal | undefined;
  /** Whether an event to a client is lost. */
  drops(event: unknown, route: Route): boolean;
  emptied(namespace: AnyNamespace): void;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever events a program has declared
export type AnyNamespace = TestNamespace<any, any, any>;

/** The events of a namespace. */
export interface TestNamespaceEvents<Listen extends EventsMap, Emit extends EventsMap, Data> {
  /** A client has connected. */
  connection: (socket: TestSocket<Listen, Emit, Data>) => unknown;
  /** The same. */
  connect: (socket: TestSocket<Listen, Emit, Data>) => unknown;
  /** For `/`: a namespace was created. */
  new_namespace: (namespace: TestNamespace<Listen, Emit, Data>) => unknown;
}

export class TestNamespace<Listen extends EventsMap, Emit extends EventsMap, Data>
  extends Everyone<TestNamespaceEvents<Listen, Emit, Data>, Emit, TestSocket<Listen, Emit, Data>>
  implements SocketHome<AnySocket>, BroadcastHost<AnySocket>
{
  /** The clients of this namespace, by id. */
  readonly sockets: Map<string, TestSocket<Listen, Emit, Data>> = new Map();
  /** The rooms. */
  readonly adapter: Rooms;

  /** @internal */
  readonly _call: Caller;
  /** @internal */
  readonly _recovery: Recovery | undefined;
  /** @internal */
  _middlewares: Middleware<AnySocket>[] = [];
  private _ackIds = 0;

  constructor(
    readonly name: string,
    protected readonly _host: NamespaceHost,
  ) {
    super();
    const { clock, recoveryMs } = _host;
    this._call = _host.caller(name);
    this.adapter = new Rooms(this._call, (...given) => this._deliver(...given));
    if (recoveryMs !== undefined) this._recovery = new Recovery(clock, () => _host.dateMs(), recoveryMs);
  }

  /** The server of this namespace. */
  get server(): ServerOfSocket<Emit, TestSocket<Listen, Emit, Data>> {
    return this._host.server() as never;
  }

  /** Adds a middleware: each client passes all of them, in order, before it is accepted. */
  use(middleware: Middleware<TestSocket<Listen, Emit, Data>>): this {
    this._middlewares = [...this._middlewares, middleware as Middleware<AnySocket>];
    return this;
  }

  /** @internal */
  _all(): BroadcastOperator<Emit, TestSocket<Listen, Emit, Data>> {
    return this._operator(new Set(), new Set(), {}) as never;
  }

  /** @internal */
  _operator(
    except: ReadonlySet<Room>,
    rooms: ReadonlySet<Room>,
    flags: Flags,
  ): BroadcastOperator<EventsMap, never> {
    return new BroadcastOperator(this as BroadcastHost<AnySocket>, rooms, except, flags) as never;
  }

  /** @internal */
  _encode(packet: Packet): readonly Chunk[] {
    return this._host.encode(packet);
  }

  /** @internal */
  _nextAckId(): number {
    return this._ackIds++;
  }

  /** @internal */
  _after(delayMs: number, task: () => void): () => void {
    return this._host.clock.after(delayMs, task);
  }

  /** @internal */
  _peersIn(audience: Audience): TestSocket<Listen, Emit, Data>[] {
    return [...this.adapter._reached(audience)].flatMap((id) => this.sockets.get(id) ?? []);
  }

  /** @internal */
  _sendTo(
    audience: Audience,
    event: readonly unknown[],
    flags: Flags,
    ack?: (answer: unknown) => void,
  ): number {
    const packet = { data: [...event] };
    let asked = 0;
    const counted = (count: number): void => {
      asked = count;
    };
    if (ack) this.adapter.broadcastWithAck(packet, { ...audience, flags }, counted, ack);
    else this.adapter.broadcast(packet, { ...audience, flags });
    return asked;
  }

  private _deliver(
    audience: Audience,
    event: readonly unknown[],
    flags: Flags,
    ack?: (answer: unknown) => void,
  ): number {
    const peers = this._peersIn(audience);
    const id = ack && this._nextAckId();
    const kept =
      this._recovery && !ack && !flags.volatile
        ? this._recovery.keep(event as EventData, audience)
        : (event as EventData);
    // Encoded once for all clients, because getters and toJSON of the arguments run here.
    const chunks = this._encode({ type: EVENT, nsp: this.name, data: kept, id });
    for (const peer of peers) {
      if (this._drops(event[0], peer.conn._route) || (flags.volatile && !peer.conn._writable)) continue;
      if (id !== undefined) peer.acks.set(id, (answer: unknown) => ack?.call(peer, answer));
      peer._notifyOutgoing(event);
      peer._sendChunks(chunks);
    }
    return peers.length;
  }

  /** @internal A client wants to join. */
  _add(
    client: ClientPort,
    handshake: Handshake,
    auth: Readonly<Record<string, unknown>> | undefined,
    admitted: (socket: AnySocket) => void,
  ): void {
    const { _recovery: recovery, _host: host } = this;
    const restored = recovery?.restore(auth?.pid, auth?.offset);
    const { session } = restored ?? {};
    const socket: AnySocket = new TestSocket(this, client, {
      id: session?.id ?? host.newId(),
      pid: session?.pid ?? (recovery ? host.newId() : undefined),
      handshake,
      data: session?.data ?? {},
      recovered: restored !== undefined,
    });
    const finish = (error?: Refusal): void => {
      // It may have left meanwhile.
      if (client.conn.readyState !== 'open') {
        socket._forget();
        return;
      }
      const refused = error ?? host.refusal(client.conn._route);
      if (refused) {
        socket._refuse(refused);
        socket._forget();
        return;
      }
      this.sockets.set(socket.id, socket);
      admitted(socket);
      if (session) this.adapter._add(socket.id, session.rooms);
      socket._admit(restored?.missed ?? []);
      this._fire('connect', [socket], this._call);
      this._fire('connection', [socket], this._call);
    };
    const middlewares = restored && host.skipMiddlewares ? [] : this._middlewares;
    const step = (at: number): void => {
      const middleware = middlewares[at];
      if (!middleware) {
        host.clock.soon(finish);
        return;
      }
      let called = false;
      this._call('use', () =>
        middleware(socket, (error) => {
          if (called) return;
          called = true;
          if (error) host.clock.soon(() => finish(error));
          else step(at + 1);
        }),
      );
    };
    step(0);
  }

  /** @internal */
  _soon(task: () => void): void {
    this._host.clock.soon(task);
  }

  /** @internal */
  _drops(event: unknown, route: Route): boolean {
    return this._host.drops(event, route);
  }

  /** @internal */
  _later(task: () => unknown): void {
    this._soon(() => this._call('serverSideEmit', task));
  }

  /** @internal */
  _gone(peer: AnySocket): void {
    this.sockets.delete(peer.id);
    if (this.sockets.size === 0) this._host.emptied(this);
  }
}

/** Decides whether clients may create a namespace of this name by joining it. */
export type NamespaceMatcher = (
  name: string,
  auth: { [name: string]: unknown },
  next: (error: Error | null, allowed: boolean) => void,
) => void;

/** A dynamic namespace, whose children are created when clients join them: `server.of(/^\/room-\d+$/)`. */
export class DynamicNamespace<Listen extends EventsMap, Emit extends EventsMap, Data> extends TestNamespace<
  Listen,
  Emit,
  Data
> {
  /** The created namespaces. */
  readonly children: Set<TestNamespace<Listen, Emit, Data>> = new Set();

  /** @internal */
  _child(name: string): TestNamespace<Listen, Emit, Data> {
    const child = new TestNamespace<Listen, Emit, Data>(name, this._host);
    child._middlewares = [...this._middlewares];
    for (const event of ['connect', 'connection'] as const) {
      for (const listener of this.listeners(event)) child.on(event, listener);
    }
    this.children.add(child);
    return child;
  }

  /** @throws Error as on a real server */
  override fetchSockets(): Promise<never> {
    throw new Error('fetchSockets() is not supported on parent namespaces');
  }

  /** @internal */
  override _peersIn(audience: Audience): TestSocket<Listen, Emit, Data>[] {
    return [...this.children].flatMap((child) => child._peersIn(audience));
  }

  /** @internal */
  override _sendTo(
    audience: Audience,
    event: readonly unknown[],
    flags: Flags,
    ack?: (answer: unknown) => void,
  ): number {
    let reached = 0;
    for (const child of this.children) reached += child._sendTo(audience, event, flags, ack);
    return reached;
  }
}
