/**
 * Wrappers around sockets that are generic in their event maps, typed with what `@socket.io/component-emitter` exports, as services of
 * Angular, hooks of React and the stores of games have them. They compile the same with either client.
 */
import type {
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
} from '@socket.io/component-emitter';
import {
  io,
  type Manager,
  type ManagerReservedEvents,
  type Socket,
  type SocketReservedEvents,
} from '../../../src/index.js';

/** As packages write it down, since the official client did not export it for long. */
interface OwnReservedEvents {
  connect: () => void;
  connect_error: (err: Error) => void;
  disconnect: (
    reason: Socket.DisconnectReason,
    description?: Error | { description: string; context?: unknown },
  ) => void;
}

type First<T extends unknown[]> = T extends [infer F, ...infer _L] ? F : unknown;
// biome-ignore-start lint/suspicious/noExplicitAny: as in the official types, of which these are copies
type Last<T extends any[]> = T extends [...infer _H, infer L] ? L : any;
type AllButLast<T extends any[]> = T extends [...infer H, infer _L] ? H : any[];
type FirstArg<T> = T extends (arg: infer Param) => infer _Result ? Param : any;
type PrependTimeoutError<T extends any[]> = {
  [K in keyof T]: T[K] extends (...args: infer Params) => infer Result
    ? (err: Error, ...args: Params) => Result
    : T[K];
};
type DecorateAcknowledgements<E> = {
  [K in keyof E]: E[K] extends (...args: infer Params) => infer Result
    ? (...args: PrependTimeoutError<Params>) => Result
    : E[K];
};
// biome-ignore-end lint/suspicious/noExplicitAny: as in the official types, of which these are copies

/** Every method of a socket, passed on with its generic type. */
export class Service<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> {
  readonly socket: Socket<ListenEvents, EmitEvents>;

  constructor(socket: Socket<ListenEvents, EmitEvents>) {
    this.socket = socket;
  }

  on<Ev extends ReservedOrUserEventNames<OwnReservedEvents, ListenEvents>>(
    event: Ev,
    listener: ReservedOrUserListener<OwnReservedEvents, ListenEvents, Ev>,
  ): this {
    this.socket.on<Ev>(event, listener);
    return this;
  }

  once<Ev extends ReservedOrUserEventNames<OwnReservedEvents, ListenEvents>>(
    event: Ev,
    listener: ReservedOrUserListener<OwnReservedEvents, ListenEvents, Ev>,
  ): this {
    this.socket.once<Ev>(event, listener);
    return this;
  }

  off<Ev extends ReservedOrUserEventNames<OwnReservedEvents, ListenEvents>>(
    event?: Ev,
    listener?: ReservedOrUserListener<OwnReservedEvents, ListenEvents, Ev>,
  ): this {
    this.socket.off<Ev>(event, listener);
    return this;
  }

  removeListener<Ev extends ReservedOrUserEventNames<OwnReservedEvents, ListenEvents>>(
    event?: Ev,
    listener?: ReservedOrUserListener<OwnReservedEvents, ListenEvents, Ev>,
  ): this {
    this.socket.removeListener<Ev>(event, listener);
    return this;
  }

  removeAllListeners<Ev extends ReservedOrUserEventNames<OwnReservedEvents, ListenEvents>>(event?: Ev): this {
    this.socket.removeAllListeners<Ev>(event);
    return this;
  }

  listeners<Ev extends ReservedOrUserEventNames<OwnReservedEvents, ListenEvents>>(
    event: Ev,
  ): ReservedOrUserListener<OwnReservedEvents, ListenEvents, Ev>[] {
    return this.socket.listeners(event);
  }

  hasListeners<Ev extends ReservedOrUserEventNames<OwnReservedEvents, ListenEvents>>(event: Ev): boolean {
    return this.socket.hasListeners(event);
  }

  emit<Ev extends EventNames<EmitEvents>>(event: Ev, ...args: EventParams<EmitEvents, Ev>): this {
    this.socket.emit(event, ...args);
    this.socket.volatile.emit(event, ...args);
    this.socket.compress(true).emit<Ev>(event, ...args);
    return this;
  }

  emitAs<
    Args extends EventParams<EmitEvents, Ev>,
    Ev extends EventNames<EmitEvents> = EventNames<EmitEvents>,
  >(event: Ev, ...args: Args): this {
    this.socket.emit(event, ...args);
    return this;
  }

  emitWithAck<Ev extends EventNames<EmitEvents>>(
    event: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstArg<Last<EventParams<EmitEvents, Ev>>>> {
    return this.socket.emitWithAck(event, ...args);
  }

  emitWithAckAs<
    Args extends EventParams<EmitEvents, Ev>,
    Ev extends EventNames<EmitEvents> = EventNames<EmitEvents>,
  >(event: Ev, ...args: AllButLast<Args>): Promise<FirstArg<Last<Args>>> {
    return this.socket.emitWithAck(event, ...args);
  }

  timeout(ms: number): Service<ListenEvents, DecorateAcknowledgements<EmitEvents>> {
    const timed: Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>> = this.socket.timeout(ms);
    return new Service(timed);
  }

  fromEvent<Ev extends EventNames<ListenEvents>>(
    event: Ev,
  ): { subscribe(next: (value: First<EventParams<ListenEvents, Ev>>) => void): void } {
    return {
      subscribe: (next) => {
        const listener = ((value: First<EventParams<ListenEvents, Ev>>) =>
          next(value)) as ReservedOrUserListener<OwnReservedEvents, ListenEvents, Ev>;
        this.socket.on<Ev>(event, listener);
      },
    };
  }

  get volatile(): this {
    return this.socket.volatile === this.socket ? this : this;
  }
  get auth(): Socket['auth'] {
    return this.socket.auth;
  }
  set auth(value: Socket['auth']) {
    this.socket.auth = value;
  }
  get id(): Socket['id'] {
    return this.socket.id;
  }
  get io(): Socket['io'] {
    return this.socket.io;
  }
}

/** The same with the map that the client exports. */
export class Exported<ListenEvents extends EventsMap, EmitEvents extends EventsMap> {
  readonly #socket: Socket<ListenEvents, EmitEvents>;

  constructor(socket: Socket<ListenEvents, EmitEvents>) {
    this.#socket = socket;
  }

  on<Ev extends ReservedOrUserEventNames<SocketReservedEvents, ListenEvents>>(
    event: Ev,
    listener: ReservedOrUserListener<SocketReservedEvents, ListenEvents, Ev>,
  ): () => void {
    this.#socket.on<Ev>(event, listener);
    return () => this.#socket.off<Ev>(event, listener);
  }

  connected(): boolean {
    return this.#socket.connect().connected || this.#socket.active;
  }

  reserved(): void {
    this.#socket.on('connect', () => {});
    this.#socket.on('connect_error', (error) => error.message.trim());
    this.#socket.on('disconnect', (reason) => reason.trim());
    this.#socket.off('connect').once('disconnect', () => {});
  }
}

/** A hook: what it adds, it removes. */
export function useListener<
  Listen extends EventsMap,
  Emit extends EventsMap,
  Ev extends ReservedOrUserEventNames<SocketReservedEvents, Listen>,
>(
  socket: Socket<Listen, Emit>,
  event: Ev,
  listener: ReservedOrUserListener<SocketReservedEvents, Listen, Ev>,
): () => void {
  socket.on<Ev>(event, listener);
  return () => {
    socket.off<Ev>(event, listener);
  };
}

/** The connection's events through a wrapper. */
export function onManager<Ev extends keyof ManagerReservedEvents>(
  manager: Manager,
  event: Ev,
  // biome-ignore lint/complexity/noBannedTypes: what the official manager has for the events of a program
  listener: ReservedOrUserListener<ManagerReservedEvents, {}, Ev>,
): void {
  manager.on<Ev>(event, listener);
  manager.once<Ev>(event, listener);
  manager.off<Ev>(event, listener);
}

/** Names and arguments as tuples, from the methods themselves. */
export class Recorder<Listen extends EventsMap, Emit extends EventsMap> {
  readonly calls: Parameters<Socket<Listen, Emit>['emit']>[] = [];
  readonly #socket: Socket<Listen, Emit>;

  constructor(socket: Socket<Listen, Emit>) {
    this.#socket = socket;
  }

  emit(...args: Parameters<Socket<Listen, Emit>['emit']>): ReturnType<Socket<Listen, Emit>['emit']> {
    this.calls.push(args);
    return this.#socket.emit(...args);
  }
}

// --- The wrappers in use ---

interface Heard {
  news: (headline: string, at: number) => void;
}
interface Said {
  save: (text: string, saved: (id: number) => void) => void;
  hello: () => void;
}

export async function inUse(): Promise<void> {
  const socket: Socket<Heard, Said> = io();
  const service = new Service(socket);
  service
    .on('news', (headline, at) => [headline.trim(), at.toFixed()])
    .on('connect', () => {})
    .once('connect_error', (error) => error.message.trim())
    .off('news')
    .emit('save', 'text', (id) => id.toFixed())
    .emit('hello');
  const id: number = await service.emitWithAck('save', 'text');
  service.timeout(5).emit('save', `${id}`, (error, saved) => [error.message, saved.toFixed()]);
  service.fromEvent('news').subscribe((headline) => headline.trim());
  useListener(socket, 'news', (headline) => headline.trim());
  useListener(socket, 'disconnect', (reason) => reason.trim());
  onManager(socket.io, 'reconnect', (attempt) => attempt.toFixed());
  new Recorder(socket).emit('hello');
  new Service(io()).on('anything', (value) => value.goes).emit('anything', 1);
  // @ts-expect-error: no such event
  service.on('nothing', () => {});
  // @ts-expect-error: the headline is a string
  service.on('news', (headline: number) => headline.toFixed());
  // @ts-expect-error: the text is a string
  service.emit('save', 1, () => {});
  // @ts-expect-error: no such event of the connection
  onManager(socket.io, 'nothing', () => {});
}
