/** A socket: one namespace of a server, as programs see it. */
import type { Connection } from '../connection/connection.js';
import type { Manager } from '../manager/manager.js';
import { checkSignal, onAbort, reasonOf, type Waiting } from '../platform/abort.js';
import { DEVELOPMENT } from '../platform/build.js';
import { type Clock, nothing } from '../platform/clock.js';
import {
  ASYNC_DISPOSE,
  type AsyncDisposableLike,
  DISPOSE,
  type DisposableLike,
} from '../platform/dispose.js';
import { callAll, Emitter } from '../platform/emitter.js';
import { HoldfastError } from '../platform/errors.js';
import type {
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  Listener,
} from '../platform/event-map.js';
import type { Auth, Options, SocketOptions } from '../platform/options.js';
import { report, warnOnce } from '../platform/report.js';
import { show } from '../platform/show.js';
import { warnOfLoss } from '../protocol/lossy.js';
import {
  ACK,
  type AckPacket,
  type AnyPacket,
  EVENT,
  type EventPacket,
  type Packet,
  ProtocolError,
} from '../protocol/packet.js';
import { checkEventName } from './event-name.js';
import type { SocketDisconnectReason, SocketOwnEvents, SocketReservedEvents } from './events.js';
import { disconnected, tooLarge } from './failures.js';
import type { Flags, OutgoingEvent, SocketHooks } from './hooks.js';
import type { BufferedPacket } from './message.js';
import { Namespace } from './namespace.js';
import { Sender } from './sender.js';
import type {
  AllButLast,
  EmitArgs,
  ErrorFirstAcks,
  FirstArg,
  Last,
  SecondArg,
  WithoutKey,
} from './typing.js';

/** Which argument of an acknowledgement `emitWithAck` resolves with: the second if the first is an error. */
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

/** A socket between `timeout()` or `signal()` and the emit: callbacks get an error first, and `emitWithAck` rejects with it. */
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

/** A socket with `errorFirstAcks`: `emitWithAck` resolves with the acknowledgement's value after its error. */
export type ErrorFirstSocket<ListenEvents extends EventsMap, EmitEvents extends EventsMap> = ErrorFirst<
  ListenEvents,
  EmitEvents
> &
  Socket<ListenEvents, EmitEvents>;

/** The callbacks of `emitWithAck`, which get an error first. */
const errorFirst = /* @__PURE__ */ new WeakSet<Listener>();

/**
 * How many bytes may arrive before the server's answer to CONNECT, and how many each event counts in addition to its size. With connection
 * state recovery, servers send all missed events first; otherwise they normally answer before they send events.
 */
const MAX_EARLY_BYTES = 2 ** 24;
const EARLY_BYTES = 100;

/** The disposal methods, whose names old engines and compilers lack. */
export interface Socket<
  // biome-ignore lint/correctness/noUnusedVariables: the class of the same name uses it
  ListenEvents extends EventsMap,
  // biome-ignore lint/correctness/noUnusedVariables: the class of the same name uses it
  EmitEvents extends EventsMap,
> extends DisposableLike,
    AsyncDisposableLike {}

/**
 * One namespace of a server. Made by `io()` or `manager.socket()`.
 *
 * @typeParam ListenEvents the events that the server sends
 * @typeParam EmitEvents the events that this program sends
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see the interface above
export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends Emitter<SocketReservedEvents, ListenEvents, SocketOwnEvents<EmitEvents>> {
  /** The manager: the connection that this socket shares with those of other namespaces. */
  readonly io: Manager<ListenEvents, EmitEvents>;
  /** The namespace, such as `/` or `/news`. */
  readonly nsp: string;
  /** The server's id for this socket while it is connected. It changes with each reconnect, unless the session is recovered. */
  id: string | undefined;
  /** Whether a reconnect recovered the session, with everything that the server sent in between. */
  recovered = false;
  /** Sent with the next CONNECT. */
  auth: Auth;
  /** Events that came before the server's answer to CONNECT: each its name and its arguments. */
  // biome-ignore lint/suspicious/noExplicitAny: as in the official types
  receiveBuffer: ReadonlyArray<any>[] = [];

  /** @internal */
  readonly _namespace: Namespace;
  /** @internal */
  readonly _sender: Sender;
  /** @internal */
  _hooks: readonly SocketHooks[] = NO_HOOKS;
  /** @internal */
  readonly _options: SocketOptions;
  /** @internal Whether it connects as soon as its first component mounts. */
  declare _fresh?: boolean;
  private readonly _connection: Connection;
  private readonly _clock: Clock;
  /** Callbacks that wait until it is connected: called without an argument then, or with the reason why it will not connect. */
  private _waiters: Set<(error?: unknown) => void> | undefined;
  /** @internal The modifiers of the next emit. */
  _flags: Flags | undefined;
  private readonly _anyIncoming: Listener[] = [];
  private readonly _anyOutgoing: Listener[] = [];
  private _earlyBytes = 0;
  /** @internal When the last session ended, on the monotonic clock; undefined before there was one. */
  _endedAtMs: number | undefined;
  /** @internal Why it is not connected, unless the program has disconnected it. */
  _lastError: Error | undefined;

  /** Usually made by `io()` or `manager.socket()`. */
  constructor(io: Manager<ListenEvents, EmitEvents>, nsp: string, options: SocketOptions = {}) {
    super();
    this.io = io;
    this.nsp = nsp;
    this.id = undefined;
    this.auth = options.auth as Auth;
    this._options = options;
    this._connection = io._connection;
    this._clock = io._environment.clock;
    this._sender = new Sender(this, io._connection);
    this._namespace = new Namespace(this, io._connection);
  }

  /** Whether the server has accepted this socket, and the link is still open. */
  get connected(): boolean {
    return this._raw()._namespace.connected;
  }

  /** Assignable because programs assign it on mocks in their tests; on a socket, only the server decides. */
  set connected(_connected: boolean) {}

  /** The opposite of `connected`. */
  get disconnected(): boolean {
    return !this.connected;
  }

  /** Whether this socket is connected or will connect by itself. */
  get active(): boolean {
    return this._raw()._namespace.active;
  }

  /** Packets that wait for the socket to be connected. May be read, and emptied. */
  get sendBuffer(): AnyPacket[] {
    return this._raw()._sender._list as AnyPacket[];
  }

  set sendBuffer(packets: AnyPacket[]) {
    this._raw()._sender._list = packets as unknown as BufferedPacket[];
  }

  /** The bytes that wait here for the socket to connect. */
  get bufferedAmount(): number {
    return this._raw()._sender._bytes;
  }

  /**
   * Removes the messages that wait for the socket to connect. Their pending acknowledgements fail with the code `CLEARED`.
   *
   * @returns the removed events: each its name and its arguments
   */
  clearBuffer(): unknown[][] {
    return this._raw()._sender._clear();
  }

  /**
   * Connects, unless it is connected or connecting.
   *
   * @param options if its `signal` is aborted before the socket is connected, the socket disconnects
   * @throws HoldfastError `BAD_OPTION`
   */
  connect(options?: Waiting): this {
    const self = this._raw();
    const signal = checkSignal(options?.signal);
    if (signal?.aborted) return this;
    if (signal) {
      self._wait(signal).catch(() => {
        if (signal.aborted && !self.connected) self.disconnect();
      });
    }
    self._namespace.join();
    // It was connected already.
    if (self.connected) self._endWaits();
    return this;
  }

  /** Alias of `connect`. */
  open(options?: Waiting): this {
    return this.connect(options);
  }

  /**
   * Connects, and resolves as soon as the socket is connected. Rejects if it will not connect by itself: it was refused,
   * disconnected by the program, or the retries are used up. A failed attempt alone does not end the wait.
   *
   * @param options a `signal` ends the wait with its reason; the socket keeps connecting
   */
  async ready(options?: Waiting): Promise<this> {
    const self = this._raw();
    const ready = self._wait(checkSignal(options?.signal));
    if (!options?.signal?.aborted) self.connect();
    await ready.catch((error: unknown) => self.io._later(error));
    return this;
  }

  private _wait(signal: AbortSignal | undefined): Promise<void> {
    this._waiters ??= new Set();
    const waiters = this._waiters;
    return new Promise((resolve, reject) => {
      let ignore = nothing;
      const end = (error?: unknown): void => {
        waiters.delete(end);
        ignore();
        if (error) reject(error);
        else resolve();
      };
      waiters.add(end);
      ignore = onAbort(signal, end);
    });
  }

  private _endWaits(error?: unknown): void {
    for (const end of this._waiters ?? []) end(error);
  }

  /** Leaves the namespace. The last socket to leave closes the connection. */
  disconnect(): this {
    this._raw()._namespace.leave();
    return this;
  }

  /** Alias of `disconnect`. */
  close(): this {
    return this.disconnect();
  }

  /** Emits a `message` event. Throws as `emit` does. */
  send(...args: unknown[]): this {
    (this as unknown as Socket).emit('message', ...args);
    return this;
  }

  /**
   * Sends an event. While the socket is not connected the event is kept, and sent after connecting. A function as the
   * last argument is called with the server's acknowledgement. The event `dropped` reports an event that is not sent.
   *
   * @throws HoldfastError `RESERVED_EVENT` for the names of the socket's own events, `BAD_EVENT` for a name that is neither a string nor a
   *   number, `UNSERIALIZABLE` for an argument that is neither JSON nor binary, `TOO_LARGE` for more attachments than `maxSentAttachments`
   */
  emit<Name extends EventNames<EmitEvents>>(event: Name, ...args: EmitArgs<EmitEvents, Name>): this;
  // `Parameters` sees the last signature: that of the official client.
  emit<Name extends EventNames<EmitEvents>>(event: Name, ...args: EventParams<EmitEvents, Name>): this;
  emit(event: string | symbol, ...args: unknown[]): this {
    const self = this._raw();
    // Reset first: whatever happens to this emit, the next one starts without them.
    const flags = self._flags ?? NO_FLAGS;
    self._flags = undefined;
    const data: unknown[] = [event, ...args];
    const callback = typeof data[data.length - 1] === 'function' ? (data.pop() as Listener) : undefined;
    if (flags._key !== undefined) data.push({ idempotencyKey: flags._key });
    checkEventName(event);
    if (DEVELOPMENT) warnIfLost(self.io, show(event), data.slice(1));
    const { signal } = flags;
    if (signal?.aborted && callback) {
      callAll(self, [callback], [reasonOf(signal)]);
      return this;
    }
    const outgoing: OutgoingEvent = {
      data,
      flags,
      callback,
      awaited: errorFirst.has(callback as Listener),
    };
    if (!self._taken(outgoing, self._hooks.length)) self._sender._transmit(outgoing);
    if (!self._namespace.connected) self.io._kept.add(self);
    return this;
  }

  /**
   * @internal Passes an event to the features, the program's own first. Returns whether one of them has taken it over.
   *
   * @param count how many of the features have yet to see it
   */
  _taken(event: OutgoingEvent, count: number): boolean {
    while (count > 0) if (this._hooks[--count]?.outgoing?.(event)) return true;
    return false;
  }

  /**
   * Sends an event and resolves with the server's acknowledgement.
   *
   * Rejects when the socket is disconnected before the answer (`DISCONNECTED`), when `timeout()` or `ackTimeout` expires (`ACK_TIMEOUT`),
   * if it is not sent (`OUTBOX_FULL`, `TOO_LARGE`, …), and with the errors that `emit` throws.
   */
  emitWithAck<Name extends EventNames<EmitEvents>>(
    event: Name,
    ...args: AllButLast<EventParams<EmitEvents, Name>>
  ): Promise<FirstArg<Last<EventParams<EmitEvents, Name>>>> {
    const self = this._raw();
    return new Promise<never>((resolve, reject) => {
      this._ask([event, ...args], (error, answer) => {
        if (error) reject(error);
        else resolve(answer as never);
      });
    }).catch((error: unknown) => self.io._later(error));
  }

  /** @internal Emits an event; `done` is called once, with an error or with the answer. */
  _ask(event: readonly unknown[], done: (error: unknown, answer: unknown) => void): void {
    const { errorFirstAcks } = this._raw()._options;
    const settle = (error: unknown, first: unknown, second: unknown): void => {
      if (errorFirstAcks) done(error ?? first, second);
      else done(error, first);
    };
    errorFirst.add(settle);
    // Through `emit`, which programs wrap.
    (this as unknown as Socket).emit(...(event as [string]), settle);
  }

  /**
   * A modifier for the next emit: its acknowledgement must come within `ms` milliseconds. The callback gets an error
   * first.
   */
  timeout(ms: number): ModifiedSocket<ListenEvents, EmitEvents> {
    if (ms == null) return this as never;
    if (!(ms >= 0))
      throw new HoldfastError(
        'BAD_OPTION',
        DEVELOPMENT ? `timeout(${show(ms)}); accepted: milliseconds, 0 or more` : 'bad timeout',
      );
    this._modify().timeout = ms;
    return this as never;
  }

  /**
   * A modifier for the next emit: the wait for its acknowledgement ends when `signal` is aborted, with its reason. The callback gets an
   * error first.
   */
  signal(signal: AbortSignal): ModifiedSocket<ListenEvents, EmitEvents> {
    this._modify().signal = checkSignal(signal);
    return this as never;
  }

  /**
   * A modifier for the next emit: adds `{ idempotencyKey }` as its last argument, by which a server can distinguish a resent event (option
   * `retries`) from a new one.
   *
   * @param key identifies the event: use the same key for the same thing. Random by default
   */
  idempotent(key?: string): Socket<ListenEvents, WithoutKey<EmitEvents>> {
    this._modify()._key = key ?? this._raw()._connection._environment.randomId();
    return this as never;
  }

  /** A modifier for the next emit: whether WebSocket compression may be used. */
  compress(compress: boolean): this {
    this._modify().compress = compress;
    return this;
  }

  /** A modifier for the next emit: it is dropped if it cannot be sent at once. */
  get volatile(): this {
    this._modify().volatile = true;
    return this;
  }

  /** @internal The modifiers of the next emit. */
  _modify(): Flags {
    const self = this._raw();
    self._flags ??= {};
    return self._flags;
  }

  /** Calls `listener` with the name and arguments of every incoming event. */
  onAny(listener: Listener): this {
    this.listenersAny().push(listener);
    return this;
  }

  /** As `onAny`, before the others. */
  prependAny(listener: Listener): this {
    this.listenersAny().unshift(listener);
    return this;
  }

  /** Removes one catch-all listener, or all of them. */
  offAny(listener?: Listener): this {
    remove(this.listenersAny(), listener);
    return this;
  }

  /** The listeners of `onAny`. */
  listenersAny(): Listener[] {
    return this._raw()._anyIncoming;
  }

  /** Calls `listener` with the name and arguments of every outgoing event. */
  onAnyOutgoing(listener: Listener): this {
    this.listenersAnyOutgoing().push(listener);
    return this;
  }

  /** As `onAnyOutgoing`, before the others. */
  prependAnyOutgoing(listener: Listener): this {
    this.listenersAnyOutgoing().unshift(listener);
    return this;
  }

  /** Removes one of those listeners, or all of them. */
  offAnyOutgoing(listener?: Listener): this {
    remove(this.listenersAnyOutgoing(), listener);
    return this;
  }

  /** The listeners of `onAnyOutgoing`. */
  listenersAnyOutgoing(): Listener[] {
    return this._raw()._anyOutgoing;
  }

  /** Receives an incoming event. Programs that wrap this method to see every event can still do so. */
  onevent(packet: EventPacket): void {
    const self = this._raw();
    const { data, id } = packet;
    const event: unknown[] = data;
    if (id !== undefined) event.push(self.ack(id));
    if (self.connected) {
      self._deliver(event);
      return;
    }
    self.receiveBuffer.push(event);
    self._earlyBytes += EARLY_BYTES + self._connection._packetBytes;
    if (self._earlyBytes > MAX_EARLY_BYTES)
      throw new ProtocolError(
        DEVELOPMENT ? 'too many events before the answer to CONNECT' : 'too many early messages',
      );
  }

  /** Receives an incoming packet. For programs that feed packets to a socket themselves. */
  onpacket(packet: Packet): void {
    this._raw()._namespace.receive(packet);
  }

  /** Returns the function that acknowledges an event of the server: once, and only in the session that requested it. */
  ack(id: number): (...answer: unknown[]) => void {
    const self = this._raw();
    const { _sessionNo } = self._namespace;
    let answered = false;
    return (...answer) => {
      // A second answer, or one for an earlier session, would violate the protocol.
      const isDue = (): boolean => !answered && self._inSession(_sessionNo);
      if (!isDue()) return;
      if (DEVELOPMENT) warnIfLost(self.io, `the acknowledgement ${id}`, answer);
      const chunks = self._connection._encode({ type: ACK, nsp: self.nsp, id, data: answer });
      if (!isDue()) return;
      answered = true;
      const oversize = self._connection._send({ _chunks: chunks, _sender: self });
      if (oversize) self._dropped(tooLarge(`the acknowledgement ${id}`, oversize), answer);
    };
  }

  /** @internal Pending acknowledgements by id, for programs that read them from the official client. */
  get acks(): Record<string, Listener> {
    const { _sender } = this._raw();
    const acks: Record<string, Listener> = {};
    for (const id of _sender._pending.keys()) acks[`${id}`] = (...answer) => _sender._end(id, null, answer);
    return acks;
  }

  /** @internal Programs may have a member of this name. */
  set acks(_acks: unknown) {}

  /** Leaves the namespace, for programs that discard the socket. */
  destroy(): void {
    this.disconnect();
  }

  /** @internal */
  override _dispatchAll(event: string, args: readonly unknown[]): void {
    const { io } = this;
    io._show('event', this, event, args);
    super._dispatchAll(event, args);
  }

  private _inSession(no: number): boolean {
    return this.connected && this._namespace._sessionNo === no;
  }

  private _deliver(event: unknown[]): void {
    let shown: unknown[] | null | undefined = event;
    for (const hooks of this._hooks) if (shown && hooks.incoming) shown = hooks.incoming(shown);
    if (shown === undefined) return;
    if (shown) this._hear(shown);
    // Only now: an event counts as received after its listeners have been called.
    for (const hooks of this._hooks) hooks.delivered?.(event);
  }

  /** @internal Calls the listeners of an incoming event. */
  _hear(event: readonly unknown[]): void {
    if (this._anyIncoming.length > 0) callAll(this, this._anyIncoming, event);
    const [name, ...args] = event;
    this._dispatchAll(`${name}`, args);
  }

  /** @internal */
  _showOutgoing(data: readonly unknown[]): void {
    if (this._anyOutgoing.length > 0) callAll(this, this._anyOutgoing, data);
  }

  /** @internal Reports an event that will not be sent: never silently, and never as an uncaught exception. */
  _dropped(error: Error, data: readonly unknown[]): void {
    const heard = this.hasListeners('dropped' as never);
    this._dispatch('dropped', error, data);
    if (!heard) {
      const { code = 'DROPPED' } = error as HoldfastError;
      const hint = DEVELOPMENT ? '; listen to the event "dropped" to handle this' : '';
      warnOnce(`dropped ${code}`, `holdfast: ${error.message}${hint}`);
    }
  }

  /** @internal Discards events of a session that was never joined. */
  _starting(): void {
    this.receiveBuffer = [];
    this._earlyBytes = 0;
  }

  /** @internal The source of the data that is sent with CONNECT. */
  get _auth(): Auth | undefined {
    let { auth } = this as { auth: Auth | undefined };
    for (const hooks of this._hooks) if (typeof hooks.auth === 'function') auth = hooks.auth(auth);
    return auth;
  }

  /** @internal */
  _connecting(): object | undefined {
    let data: object | undefined;
    for (const hooks of this._hooks) data = hooks.connecting?.() ?? data;
    return data;
  }

  /** @internal */
  _received(packet: EventPacket | AckPacket): void {
    if (packet.type === EVENT) this.onevent(packet);
    else this._sender._end(packet.id, null, packet.data);
  }

  /** @internal Received events are delivered first, then kept ones are sent, and only then `connect` fires. */
  _joined(data: Readonly<Record<string, unknown>>): void {
    this.id = data.sid as string;
    this.recovered = false;
    for (const hooks of this._hooks) if (hooks.connected?.(data)) this.recovered = true;
    this._lastError = undefined;
    const { _sessionNo } = this._namespace;
    const early = this.receiveBuffer as unknown[][];
    this._starting();
    // A listener may disconnect, and even connect again.
    for (const event of early) if (this._inSession(_sessionNo)) this._deliver(event);
    this._sender._flush();
    if (!this._inSession(_sessionNo)) return;
    this._endWaits();
    this._dispatch('connect');
    if (this._endedAtMs !== undefined && !this.recovered && this._inSession(_sessionNo))
      this._dispatch('gap', { awayMs: this._clock.now() - this._endedAtMs });
  }

  /** @internal */
  _retryAfterMs(error: Error, attempt: number): number | undefined {
    // Not in the block of `try`, in which the bundler decides nothing.
    const accepted = DEVELOPMENT ? '; accepted: true, false, or milliseconds, 0 or more' : '';
    try {
      const again: unknown = this._options.reconnectOnReject?.(error, attempt) ?? false;
      // The first further attempt is immediate: a token may have been refreshed. Later ones must not become a storm.
      if (again === true) return attempt === 1 ? 0 : this.io._retryDelayMs(attempt - 2);
      if (again === false) return undefined;
      if ((again as number) >= 0) return Number(again);
      throw new HoldfastError('BAD_OPTION', `reconnectOnReject returned ${show(again)}${accepted}`);
    } catch (thrown) {
      report(thrown);
      return undefined;
    }
  }

  /** @internal */
  _connectFailed(error: Error): void {
    this._lastError = error;
    this._dispatch('connect_error', error);
  }

  /** @internal */
  _gaveUp(error: Error | undefined, byHand: boolean): void {
    const why = byHand ? undefined : error;
    this._sender._giveUpAwaited(why);
    for (const hooks of this._hooks) hooks.gaveUp?.(byHand, why);
    this._endWaits(error ?? this._lastError ?? disconnected());
    this._lastError = why;
  }

  /** @internal */
  _ended(reason: string, details: unknown): void {
    this.id = undefined;
    this._endedAtMs = this._clock.now();
    // The server has left this namespace: another event for it would close the connection for all.
    if (reason === 'io server disconnect') {
      for (const message of this._connection._takeBackFrom(this._sender)) {
        this._sender._giveBack(message as never);
      }
    }
    this._sender._recollect();
    this._dispatch('disconnect', reason, details);
    this._sender._disconnect();
  }
}

const NO_HOOKS: readonly SocketHooks[] = [];
const NO_FLAGS: Flags = {};

// Not in the class: if the engine lacks these symbols, their replacements are created when this module loads.
Object.assign(Socket.prototype, {
  [DISPOSE](this: Socket): void {
    this.disconnect();
  },
  async [ASYNC_DISPOSE](this: Socket): Promise<void> {
    const self = this._raw();
    while (self.connected && self.io._connection._unsentBytes > 0) await self.io._pause();
    self.disconnect();
  },
});

export declare namespace Socket {
  /** Why a socket was disconnected. */
  type DisconnectReason = SocketDisconnectReason;
}

function remove(listeners: Listener[], listener: Listener | undefined): void {
  if (!listener) listeners.length = 0;
  const index = listener ? listeners.indexOf(listener) : -1;
  if (index >= 0) listeners.splice(index, 1);
}

/** The program's own parser may carry values that JSON loses. */
function warnIfLost(io: { readonly opts?: Options }, of: string, args: readonly unknown[]): void {
  if (!io.opts?.parser) warnOfLoss(of, args);
}
