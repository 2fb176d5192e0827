/**
 * What programs ask of the types themselves, as the type tests of packages do: whether one type is exactly another, which parameters a
 * method has, whether a stand-in may take the place of the real one. They compile the same with either client.
 */
// biome-ignore-all lint/suspicious/noExplicitAny: what is asked is whether a type is any
import type {
  DefaultEventsMap,
  EventNames,
  EventParams,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
} from '@socket.io/component-emitter';
import {
  type connect,
  type DisconnectDescription,
  type ExtendedError,
  io,
  Manager,
  type ManagerOptions,
  type ManagerReservedEvents,
  Socket,
  type SocketOptions,
  type SocketReservedEvents,
} from '../../../src/index.js';

/** Whether two types are the same, as compilers see it. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Whether a value of one type may be used as another. */
type Fits<A, B> = [A] extends [B] ? true : false;
const yes = <_Holds extends true>(): void => {};
const use = (..._values: unknown[]): void => {};

interface Heard {
  none: () => void;
  news: (headline: string, at: number) => void;
  ask: (question: string, answer: (yes: boolean) => void) => void;
}
interface Said {
  none: () => void;
  save: (text: string, saved: (id: number) => void) => void;
  load: (id: number, loaded: (text: string | null, cached: boolean) => void) => void;
}

// --- The default maps ---

export function withoutMaps(): void {
  const socket = io();
  yes<Same<typeof socket, Socket<DefaultEventsMap, DefaultEventsMap>>>();
  yes<Same<Socket, Socket<DefaultEventsMap, DefaultEventsMap>>>();
  yes<Same<ReturnType<typeof io>, Socket>>();
  yes<Same<ReturnType<typeof connect>, Socket>>();
  yes<Fits<Parameters<typeof io>[0], string | undefined>>();
  socket.on('random', (a, b, c) => {
    yes<Same<[typeof a, typeof b, typeof c], [any, any, any]>>();
  });
  enum Events {
    Test = 'test',
  }
  socket.on(Events.Test, (a) => use(a.anything));
  socket.emit(Events.Test, 1, '2', [3]);
  // Names of events that only holdfast has are names like any other to programs that do not know of it.
  socket.on('dropped', (item, by) => use(item.id, by.name));
  socket.on('gap', (width: number) => use(width));
  socket.once('dropped', ({ id }) => use(id));
  socket.off('dropped').hasListeners('gap');
  use(socket.listeners('dropped').map((listener) => listener(1, 2, 3)));
  // @ts-expect-error: connect brings nothing
  socket.on('connect', (_value) => {});
}

export function ownNamesInAMap(
  socket: Socket<{ dropped: (item: { id: number }) => void; gap: () => void }>,
): void {
  socket.on('dropped', ({ id }) => use(id.toFixed()));
  socket.once('gap', () => {});
  const listener = ({ id }: { id: number }): void => use(id);
  socket.on('dropped', listener).off('dropped', listener);
  socket.emit('dropped', { id: 1 });
  // @ts-expect-error: the id is a number
  socket.on('dropped', ({ id }) => use(id.trim()));
}

// --- Events ---

export function reserved(socket: Socket<Heard, Said>): void {
  socket.on('connect_error', (err) => {
    yes<Fits<typeof err, Error>>();
    yes<Same<typeof err, ExtendedError>>();
    const error: Error = err;
    const extended: ExtendedError = err;
    use(error, extended, err.data.code);
  });
  socket.on('connect_error', (err: Error) => use(err));
  socket.on('connect_error', (err: ExtendedError) => use(err));
  socket.on('connect_error', (err: Error & { data?: { code: number } }) => use(err.data?.code));
  socket.on('disconnect', (reason, description) => {
    yes<Same<typeof reason, Socket.DisconnectReason>>();
    yes<Same<typeof description, DisconnectDescription | undefined>>();
  });
  yes<Same<keyof SocketReservedEvents, 'connect' | 'connect_error' | 'disconnect'>>();
  yes<Same<Parameters<SocketReservedEvents['disconnect']>[0], Socket.DisconnectReason>>();
  yes<
    Same<
      keyof ManagerReservedEvents,
      | 'open'
      | 'error'
      | 'ping'
      | 'packet'
      | 'close'
      | 'reconnect_failed'
      | 'reconnect_attempt'
      | 'reconnect_error'
      | 'reconnect'
    >
  >();
  // A text for each reason, and a branch for each.
  const texts: Record<Socket.DisconnectReason, string> = {
    'io server disconnect': 'a',
    'io client disconnect': 'b',
    'ping timeout': 'c',
    'transport close': 'd',
    'transport error': 'e',
    'parse error': 'f',
  };
  socket.on('disconnect', (reason) => {
    use(texts[reason]);
    switch (reason) {
      case 'io server disconnect':
      case 'io client disconnect':
      case 'ping timeout':
      case 'transport close':
      case 'transport error':
      case 'parse error':
        return;
      default:
        yes<Same<typeof reason, never>>();
    }
  });
  // Listeners that are kept with their types.
  const handlers: Partial<SocketReservedEvents> = { connect_error: (err) => use(err.message) };
  if (handlers.connect_error) socket.on('connect_error', handlers.connect_error);
  const forManager: Partial<ManagerReservedEvents> = { reconnect: (attempt) => use(attempt) };
  if (forManager.reconnect) socket.io.on('reconnect', forManager.reconnect);
}

export function listening(socket: Socket<Heard, Said>): void {
  type Names = 'connect' | 'connect_error' | 'disconnect' | 'none' | 'news' | 'ask';
  yes<Same<Parameters<typeof socket.on>[0], Names>>();
  yes<Same<Parameters<(typeof socket)['once']>[0], Names>>();
  yes<Same<Parameters<(typeof socket)['off']>[0], Names | undefined>>();
  yes<Same<Parameters<(typeof socket)['hasListeners']>[0], Names>>();
  yes<Same<Parameters<(typeof socket)['listeners']>[0], Names>>();
  yes<Fits<() => void, Parameters<typeof socket.on>[1]>>();
  yes<Same<ReturnType<typeof socket.on>, typeof socket>>();
  yes<Same<Parameters<Socket['on']>, [ev: string, listener: (...args: any[]) => void]>>();
  socket.on('news', (...args) => {
    yes<Same<typeof args, [headline: string, at: number]>>();
  });
  const listeners = socket.listeners('news');
  yes<Same<typeof listeners, ((headline: string, at: number) => void)[]>>();
  // Pairs of names and listeners, as effects add and remove them.
  const pairs = [
    ['connect', () => {}],
    ['none', () => {}],
  ] as const;
  for (const [event, listener] of pairs) socket.on(event, listener);
  const args: Parameters<typeof socket.on> = ['connect', () => {}];
  socket.on(...args);
  // Asynchronous listeners, and those of another `this`.
  socket.on('news', async (headline) => use(headline));
  socket.on('none', function (this: unknown) {
    use(this);
  });
  // @ts-expect-error: the second argument is a number
  socket.on('news', (_headline: string, at: string) => use(at));
  // @ts-expect-error: no such event
  socket.off('nothing');
  // @ts-expect-error: no such event
  socket.hasListeners('nothing');
}

// --- Emitting ---

export async function emitting(socket: Socket<Heard, Said>): Promise<void> {
  yes<Same<Parameters<typeof socket.emit>[0], 'none' | 'save' | 'load'>>();
  yes<Same<ReturnType<typeof socket.emit>, typeof socket>>();
  type Names = 'none' | 'save' | 'load';
  yes<
    Same<
      Parameters<typeof socket.emit>,
      | [event: Names]
      | [event: Names, text: string, saved: (id: number) => void]
      | [event: Names, id: number, loaded: (text: string | null, cached: boolean) => void]
    >
  >();
  const saved = await socket.emitWithAck('save', 'text');
  yes<Same<typeof saved, number>>();
  const loaded: string | null = await socket.emitWithAck('load', 1);
  const inTime: number = await socket.timeout(1).emitWithAck('save', 'text');
  use(loaded, inTime);
  const untyped = await io().emitWithAck('anything', 1);
  yes<Same<typeof untyped, any>>();
  const values = await Promise.all([socket.emitWithAck('save', 'a'), socket.emitWithAck('save', 'b')]);
  yes<Same<typeof values, [number, number]>>();
  socket.emit('save', 'text', (id) => {
    yes<Same<typeof id, number>>();
  });
  socket.timeout(1).emit('load', 1, (err, text, cached) => {
    yes<Same<[typeof err, typeof text, typeof cached], [Error, string | null, boolean]>>();
  });
  const timed = socket.timeout(1);
  yes<Same<Parameters<typeof timed.emit>[0], 'none' | 'save' | 'load'>>();
  const again: Socket<Heard, Said> = socket.volatile.compress(false);
  use(again);
  // @ts-expect-error: an argument too many
  socket.emit('none', 1);
  // @ts-expect-error: the text is missing
  socket.emit('save');
  // @ts-expect-error: the text is a string
  socket.emit('save', 1, (id: number) => use(id));
  // @ts-expect-error: the text is missing
  await socket.emitWithAck('save');
  // @ts-expect-error: the text is a string
  await socket.emitWithAck('save', 1);
}

// --- Which socket may take the place of which ---

export function assignments(typed: Socket<Heard, Said>, untyped: Socket): void {
  // The pattern of the official documentation.
  const annotated: Socket<Heard, Said> = io('https://example.org');
  const fromManager: Socket<Heard, Said> = new Manager('https://example.org').socket('/');
  const asTyped: Socket<Heard, Said> = untyped;
  const asAny: Socket<any, any> = typed;
  const fewer: Socket<Pick<Heard, 'news'>, Said> = io();
  yes<Fits<Socket, Socket<Heard, Said>>>();
  yes<Fits<Socket<Heard, Said>, Socket<any, any>>>();
  yes<Fits<Socket<Heard, Said>, Socket>>();
  const managed: Manager = typed.io;
  const typedManager: Manager<Heard, Said> = typed.io;
  yes<Fits<Manager<Heard, Said>, Manager>>();
  use(annotated, fromManager, asTyped, asAny, fewer, managed, typedManager);
  const holder: { socket: Socket | null; typed?: Socket<Heard, Said> } = {
    socket: untyped,
    typed: annotated,
  };
  holder.socket?.emit('anything');
  use(new Map<string, Socket<Heard, Said>>([['a', annotated]]), holder);
}

/** Stand-ins in the tests of a program. */
export function standIns(): void {
  const part: Pick<Socket, 'on' | 'emit' | 'id'> = {
    on: () => io(),
    emit: () => io(),
    id: undefined,
  };
  const answers: Pick<Socket, 'emitWithAck'> = { emitWithAck: async () => 1 };
  const fake = { on: () => fake, off: () => fake, emit: () => fake } as unknown as Socket<Heard, Said>;
  const methods: (keyof Socket)[] = ['on', 'once', 'off', 'emit', 'connect', 'disconnect', 'io', 'id'];
  const partial: Partial<Socket> = { connected: true, id: 'an id', disconnect: () => io() };
  use(part, answers, fake, methods, partial);
}

export class Emitting implements Pick<Socket<Heard, Said>, 'emit' | 'emitWithAck'> {
  readonly sent: unknown[] = [];
  emit(...args: unknown[]): Socket<Heard, Said> {
    this.sent.push(args);
    return io();
  }
  async emitWithAck(...args: unknown[]): Promise<any> {
    this.sent.push(args);
  }
}

/** Subclasses: not documented, and done all the same. */
export class Logged extends Socket<Heard, Said> {
  override connect(): this {
    return super.connect();
  }
  override disconnect(): this {
    return super.disconnect();
  }
  override on<Ev extends ReservedOrUserEventNames<SocketReservedEvents, Heard>>(
    event: Ev,
    listener: ReservedOrUserListener<SocketReservedEvents, Heard, Ev>,
  ): this {
    return super.on<Ev>(event, listener);
  }
  override emit<Ev extends EventNames<Said>>(event: Ev, ...args: EventParams<Said, Ev>): this {
    return super.emit(event, ...args);
  }
}
export class Named extends Manager {
  readonly name: string = 'named';
}

// --- Properties ---

export function properties(socket: Socket<Heard, Said>): void {
  yes<Same<Socket['id'], string | undefined>>();
  yes<Same<Socket['connected'], boolean>>();
  yes<Same<Socket['disconnected'], boolean>>();
  yes<Same<Socket['recovered'], boolean>>();
  yes<Same<Socket['active'], boolean>>();
  socket.auth = { ...socket.auth, token: 'new' };
  use(Object.keys(socket.auth), Object.assign(socket.auth, { token: 1 }));
  if (typeof socket.auth !== 'function') use(socket.auth.token);
  socket.auth = (cb) => cb({ token: 'abc' });
  socket.auth = async (cb) => cb({ token: 'abc' });
  const { auth } = socket;
  if (typeof auth === 'function') auth((data) => use(data));
  // Packets that wait: read, filtered, and put back.
  socket.sendBuffer = socket.sendBuffer.filter(({ data }) => data[0] !== 'save' && data[1].id > 0);
  socket.sendBuffer.splice(0, 1);
  socket.receiveBuffer.push(['news', 'headline', 1]);
  for (const [name, value] of socket.receiveBuffer) use(name.length, value.anything);
}

// --- The connection ---

export function connection(socket: Socket): void {
  const { io: manager } = socket;
  yes<Fits<typeof manager, Manager>>();
  manager.on('packet', (packet) => {
    if (packet.type === 2) use(packet.data[0], packet.data[1].anything);
    use(packet.id?.toFixed(), packet.attachments?.toFixed(), packet.nsp.length);
  });
  manager.on('packet', ({ type, data }) => use(type.toFixed(), data));
  manager.on('error', (err) => yes<Same<typeof err, Error>>());
  manager.on('reconnect_error', (err) => yes<Same<typeof err, Error>>());
  manager.on('close', (reason, description) => {
    yes<Same<typeof reason, string>>();
    yes<Same<typeof description, DisconnectDescription | undefined>>();
  });
  yes<Same<Parameters<typeof manager.on>[0], keyof ManagerReservedEvents>>();
  const text = (err?: Error): string => err?.message ?? '';
  manager.open(text).connect(text);
  manager.opts.query = { ...manager.opts.query, token: 'new' };
  manager.opts.query.token = 'newer';
  if (manager.opts.query) manager.opts.query.token = 'newest';
  if (manager.opts.extraHeaders) manager.opts.extraHeaders.authorization = 'bearer';
  const wait: number = (manager.opts.timeout ?? 20_000) + (manager.opts.reconnectionDelay ?? 1_000);
  const opts: Partial<ManagerOptions> = manager.opts;
  const copied = new Manager('https://example.org', manager.opts);
  const chosen: boolean | undefined = opts.reconnection;
  const attempts: number | undefined = opts.reconnectionAttempts;
  manager.reconnection(chosen);
  manager.reconnectionAttempts(attempts);
  manager.timeout(opts.timeout);
  use(wait, copied);
  for (const namespace of ['/', '/admin']) manager.socket(namespace, { auth: { a: 1 } }).connect();
  yes<Fits<ConstructorParameters<typeof Manager>[0], string | Partial<ManagerOptions> | undefined>>();
  use(new Manager(...(['https://example.org', {}] as ConstructorParameters<typeof Manager>)));
  // @ts-expect-error: no such event
  manager.on('status_changed', () => {});
}

// --- Options ---

export function options(): void {
  // Complete options need name those only that the official client asks for.
  const complete: ManagerOptions = {
    forceNew: false,
    multiplex: true,
    path: '/socket.io',
    reconnection: true,
    reconnectionAttempts: 3,
    reconnectionDelay: 1,
    reconnectionDelayMax: 2,
    randomizationFactor: 0.5,
    timeout: 3,
    autoConnect: true,
    parser: undefined,
  };
  const all: ManagerOptions & SocketOptions = { ...complete, auth: { token: 1 }, retries: 3 };
  const some: Partial<ManagerOptions & SocketOptions> = { ...all, query: { a: 1, b: ['c'] } };
  const time: ManagerOptions['timeout'] = 5_000;
  setTimeout(() => {}, complete.timeout + time);
  interface ForTransport {
    polling: { withCredentials: boolean };
  }
  const forTransport: ForTransport = { polling: { withCredentials: true } };
  const perTransport: Partial<ManagerOptions> = { transportOptions: forTransport };
  use(some.query?.a, io(some), io('https://example.org', all), io(perTransport), io(complete));
  const settings: Parameters<typeof io>[1] = { transports: ['websocket'] };
  io('https://example.org', settings);
  type Both = NonNullable<Parameters<typeof io>[1]>;
  const mine: Pick<Both, 'auth' | 'transports'> = { auth: (cb) => cb({}), transports: ['polling'] };
  use(mine);
  const own: SocketOptions['auth'] = { token: 1 };
  const asFunction: SocketOptions['auth'] = (cb) => cb({ token: 1 });
  use(own, asFunction);
  class Wrapped {
    readonly socket: Socket;
    constructor(uri: string, opts?: Partial<ManagerOptions & SocketOptions>) {
      this.socket = opts ? io(uri, opts) : io(uri);
    }
  }
  use(new Wrapped('https://example.org', { autoConnect: false }));
  // @ts-expect-error: misspelt
  io({ reconnectionAttempt: 3 });
  // @ts-expect-error: misspelt
  io('https://example.org', { transport: ['websocket'] });
  // @ts-expect-error: the name of another library
  new Manager('https://example.org', { reconnect: false });
  // @ts-expect-error: no text
  io({ query: 1 });
  // @ts-expect-error: a list
  io({ transports: 'websocket' });
}
