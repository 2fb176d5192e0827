/** Methods that reach all clients of a namespace, or of a server's main namespace. */
import type { EventNames, EventParams, EventsMap } from '../platform/event-map.js';
import type { ErrorFirstAcks } from '../socket/typing.js';
import { type BroadcastOperator, type BroadcastPeer, checkName } from './broadcast.js';
import { Events } from './events.js';
import type { Room } from './rooms.js';

/**
 * @typeParam Own the events of the object itself
 * @typeParam Emit the events that it sends
 */
export abstract class Everyone<
  Own extends EventsMap,
  Emit extends EventsMap,
  Peer extends BroadcastPeer,
> extends Events<Own> {
  /** @internal A broadcast to every client. */
  abstract _all(): BroadcastOperator<Emit, Peer>;

  /** Sends an event to every client. */
  emit<Name extends EventNames<Emit>>(event: Name, ...args: EventParams<Emit, Name>): boolean {
    return this._all().emit(event, ...args);
  }

  /** Sends an event `message` to every client. */
  send(...args: unknown[]): this {
    (this._all() as BroadcastOperator<EventsMap, never>).emit('message', ...args);
    return this;
  }

  /** Alias of `send`. */
  write(...args: unknown[]): this {
    return this.send(...args);
  }

  /** Broadcasts to a room. */
  to(room: Room | Room[]): BroadcastOperator<Emit, Peer> {
    return this._all().to(room);
  }

  /** Alias of `to`. */
  in(room: Room | Room[]): BroadcastOperator<Emit, Peer> {
    return this.to(room);
  }

  /** Broadcasts to all but these rooms. */
  except(room: Room | Room[]): BroadcastOperator<Emit, Peer> {
    return this._all().except(room);
  }

  /** The event is dropped for a client that cannot take it now. */
  get volatile(): BroadcastOperator<Emit, Peer> {
    return this._all().volatile;
  }

  /** Accepted: all clients are clients of this server. */
  get local(): BroadcastOperator<Emit, Peer> {
    return this._all().local;
  }

  /** Accepted; nothing is compressed in memory. */
  compress(compress: boolean): BroadcastOperator<Emit, Peer> {
    return this._all().compress(compress);
  }

  /** The timeout of answers, in milliseconds. */
  timeout(timeout: number): BroadcastOperator<ErrorFirstAcks<Emit>, Peer> {
    return this._all().timeout(timeout) as never;
  }

  /** The clients. */
  fetchSockets(): Promise<Peer[]> {
    return this._all().fetchSockets();
  }

  /** The ids of the clients. */
  allSockets(): Promise<Set<string>> {
    return this._all().allSockets();
  }

  /** Lets every client join. */
  socketsJoin(room: Room | Room[]): void {
    this._all().socketsJoin(room);
  }

  /** Lets every client leave. */
  socketsLeave(room: Room | Room[]): void {
    this._all().socketsLeave(room);
  }

  /** Disconnects every client; with `close`, the connections, too. */
  disconnectSockets(close = false): void {
    this._all().disconnectSockets(close);
  }

  /**
   * Sends an event to the other servers of a cluster. There are none; a function as the last argument is called without answers.
   *
   * @throws Error for a reserved name
   */
  serverSideEmit(event: string, ...args: unknown[]): boolean {
    checkName(event, 'connect', 'connection', 'new_namespace');
    const last = args[args.length - 1];
    if (typeof last === 'function') this._later(() => last(null, []));
    return true;
  }

  /** The same, with a Promise of the answers, which is empty. @throws Error for a reserved name */
  async serverSideEmitWithAck(event: string, ...args: unknown[]): Promise<unknown[]> {
    this.serverSideEmit(event, ...args);
    return [];
  }

  /** @internal Calls code of the program after the running code. */
  abstract _later(task: () => unknown): void;
}
