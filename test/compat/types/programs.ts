/**
 * Programs as they are written for socket.io-client, with what must not compile. They compile the same with either
 * client: `types.test.ts` puts socket.io-client in the place of this library.
 */
import * as everything from '../../../src/index.js';
import connectByDefault, {
  connect,
  type DisconnectDescription,
  Fetch,
  io,
  Manager,
  type ManagerOptions,
  NodeWebSocket,
  NodeXHR,
  protocol,
  Socket,
  type SocketOptions,
  WebSocket,
  WebTransport,
  XHR,
} from '../../../src/index.js';

interface User {
  id: number;
  name: string;
}

/** Interfaces have no index signature: event maps must not ask for one. */
interface ServerToClient {
  noArgs: () => void;
  basic: (count: number, text: string, bytes: ArrayBuffer) => void;
  optional: (text?: string) => void;
  rest: (...names: string[]) => void;
  ask: (question: string, answer: (yes: boolean) => void) => void;
}

interface ClientToServer {
  hello: () => void;
  save: (user: User, saved: (id: number) => void) => void;
  load: (id: number, loaded: (user: User | null, cached: boolean) => void) => void;
  flush: (done: () => void) => void;
  log: (level: 'info' | 'error', ...parts: unknown[]) => void;
}

type AsType = {
  ping2: (sent: number) => void;
};

const use = (..._values: unknown[]): void => {};

// --- io() ---

export function untyped(): void {
  const sockets: Socket[] = [
    io(),
    io('https://example.org'),
    io({ path: '/other' }),
    io('/admin', { auth: { token: 'abc' } }),
    connect('https://example.org/admin'),
    connectByDefault('https://example.org'),
    everything.io(),
    everything.default(),
  ];
  // A page's own server in production, a different one during development.
  const address: string | undefined = process.env.ADDRESS;
  sockets.push(
    io(address),
    io(undefined, { path: '/p' }),
    new Manager(undefined, { path: '/p' }).socket('/'),
  );
  const [socket] = sockets;
  if (socket === undefined) return;
  socket.on('anything', (value, other: string) => use(value.deep.er, other));
  socket.on('anything', async () => {});
  socket.emit('anything', 1, 'two', { three: [3] }, (answer: number) => use(answer));
  socket.send('a', 1);
  socket.emitWithAck('anything', 1).then((answer) => use(answer.whatever));
  socket.timeout(5_000).emit('anything', (error: Error | null, answer: string) => use(error, answer));
  socket
    .once('anything', () => {})
    .off('anything')
    .on('other', () => {});
  // @ts-expect-error: an address is a string
  io(1);
  // @ts-expect-error: no such value of an option
  io({ reconnectionDelay: 'soon' });
  // @ts-expect-error: an event has a name
  socket.emit();
  // @ts-expect-error: a listener is a function
  socket.on('anything', 'listener');
}

// --- The library's own events ---

export function ownEvents(socket: Socket): void {
  socket.on('connect', () => use(socket.id));
  socket.on('connect_error', (error) => {
    const message: string = error.message;
    const known: Error = error;
    use(message, known);
  });
  socket.on('disconnect', (reason, description) => {
    const text: string = reason;
    if (reason === 'io server disconnect') socket.connect();
    if (description instanceof Error) use(description.message);
    else use(description?.description, description?.context);
    use(text);
  });
  const handler = (reason: Socket.DisconnectReason, description?: DisconnectDescription): void =>
    use(reason, description);
  socket.on('disconnect', handler);
  socket.off('disconnect', handler);
  const reasons: Record<Exclude<Socket.DisconnectReason, 'forced close'>, boolean> = {
    'io server disconnect': false,
    'io client disconnect': false,
    'ping timeout': true,
    'transport close': true,
    'transport error': true,
    'parse error': true,
  };
  use(reasons);
  // @ts-expect-error: connect brings nothing
  socket.on('connect', (value: string) => use(value));
  // @ts-expect-error: the reason is text
  socket.on('disconnect', (reason: number) => use(reason));
}

// --- Typed events ---

export function typed(): void {
  const socket: Socket<ServerToClient, ClientToServer> = io('https://example.org');
  socket.on('noArgs', () => {});
  socket.on('basic', (count, text, bytes) => use(count.toFixed(), text.trim(), bytes.byteLength));
  socket.on('basic', (count) => use(count.toFixed()));
  socket.on('optional', (text) => use(text?.trim()));
  socket.on('rest', (...names) => use(names.map((name) => name.trim())));
  socket.on('ask', (question, answer) => answer(question === 'yes?'));
  socket.once('basic', async (count: number) => use(count));
  const listener = (count: number): void => use(count);
  socket.on('basic', listener).off('basic', listener).off('basic').off();
  socket.removeListener('basic', listener).removeAllListeners('basic').removeAllListeners();
  use(socket.listeners('basic').map((each) => each(1, 'a', new ArrayBuffer(1))));
  use(socket.hasListeners('basic') === true);

  socket.emit('hello');
  socket.emit('save', { id: 1, name: 'n' }, (id) => use(id.toFixed()));
  socket.emit('load', 1, (user, cached) => use(user?.name.trim(), cached === true));
  socket.emit('flush', () => {});
  socket.emit('log', 'info', 1, 'two');
  socket.volatile.emit('hello');
  socket.compress(false).emit('hello');
  socket.volatile.compress(true).emit('log', 'error');
  socket.emit('hello').emit('hello').disconnect().connect();

  // @ts-expect-error: no such event
  socket.on('nothing', () => {});
  // @ts-expect-error: the server's events are not this program's
  socket.emit('noArgs');
  // @ts-expect-error: the first argument is a number
  socket.on('basic', (count: string) => use(count));
  // @ts-expect-error: there are three arguments
  socket.on('basic', (_a: number, _b: string, _c: ArrayBuffer, _d: number) => {});
  // @ts-expect-error: an argument too many
  socket.emit('hello', 1);
  // @ts-expect-error: no user without a name
  socket.emit('save', { id: 1 }, () => {});
  // @ts-expect-error: the answer is a number
  socket.emit('save', { id: 1, name: 'n' }, (id: string) => use(id));
  // @ts-expect-error: no such level
  socket.emit('log', 'debug');
  // @ts-expect-error: the answer is yes or no
  socket.on('ask', (_question, answer) => answer('yes'));
  // @ts-expect-error: the events of this program do not come from the server
  socket.on('hello', () => {});
}

export function oneMapForBoth(): void {
  const socket: Socket<AsType> = io();
  socket.on('ping2', (sent) => use(sent.toFixed()));
  socket.emit('ping2', 1);
  // @ts-expect-error: the argument is a number
  socket.emit('ping2', '1');
}

// --- Acknowledgements ---

export async function acknowledgements(socket: Socket<ServerToClient, ClientToServer>): Promise<void> {
  const id: number = await socket.emitWithAck('save', { id: 1, name: 'n' });
  const user: User | null = await socket.emitWithAck('load', 1);
  await socket.emitWithAck('flush');
  use(id.toFixed(), user?.name);
  socket
    .timeout(1_000)
    .emit('save', { id: 1, name: 'n' }, (error, saved) => use(error?.message, saved.toFixed()));
  socket
    .timeout(1_000)
    .emit('load', 1, (error, loaded, cached) => use(error.message, loaded?.id, cached === true));
  socket.timeout(1_000).emit('flush', (error) => use(error.message));
  socket.timeout(1_000).emit('hello');
  socket.timeout(1_000).volatile.emit('hello');
  await socket.timeout(1_000).emitWithAck('save', { id: 1, name: 'n' });

  // @ts-expect-error: the answer is a number
  const text: string = await socket.emitWithAck('save', { id: 1, name: 'n' });
  // @ts-expect-error: an argument is missing
  await socket.emitWithAck('load');
  // @ts-expect-error: no such event
  await socket.emitWithAck('nothing');
  // @ts-expect-error: the callback has an error first
  socket.timeout(1_000).emit('save', { id: 1, name: 'n' }, (saved: number) => use(saved));
  // @ts-expect-error: a number of milliseconds
  socket.timeout('1s');
  use(text);
}

// --- Properties ---

export function properties(socket: Socket): void {
  const id: string | undefined = socket.id;
  const flags: boolean[] = [socket.connected, socket.disconnected, socket.active, socket.recovered];
  socket.auth = { token: 'abc' };
  socket.auth = (answer) => answer({ token: 'abc' });
  // Stand-ins in the tests of a program.
  socket.id = 'an id';
  socket.connected = true;
  socket.recovered = false;
  socket.sendBuffer = [];
  socket.sendBuffer.length = 0;
  socket.receiveBuffer = [];
  for (const packet of socket.sendBuffer) use(packet.type, packet.data, packet.id);
  const manager: Manager = socket.io;
  use(id, flags, manager, socket.io.engine.transport.name, socket.io.opts.query);
  // @ts-expect-error: auth is an object or a function
  socket.auth = 'token';
}

export function catchAll(socket: Socket<ServerToClient, ClientToServer>): void {
  const listener = (event: string, ...args: unknown[]): void => use(event, args);
  socket.onAny(listener).prependAny(listener).offAny(listener).offAny();
  socket.onAnyOutgoing(listener).prependAnyOutgoing(listener).offAnyOutgoing(listener).offAnyOutgoing();
  socket.listenersAny().push(listener);
  socket.listenersAnyOutgoing().length = 0;
  // @ts-expect-error: a listener is a function
  socket.onAny('event');
}

// --- Manager ---

export function managers(): void {
  const manager = new Manager('https://example.org', { reconnection: false });
  const others = [new Manager(), new Manager({ path: '/p' }), new Manager('https://example.org')];
  const socket: Socket = manager.socket('/admin', { auth: { token: 1 } });
  manager.on('open', () => {});
  manager.on('error', (error) => use(error.message));
  manager.on('ping', () => {});
  manager.on('packet', (packet) => use(packet.type, packet.nsp));
  manager.on('close', (reason, description) => use(reason.trim(), description));
  manager.on('reconnect_attempt', (attempt) => use(attempt.toFixed()));
  manager.on('reconnect', (attempt) => use(attempt.toFixed()));
  manager.once('reconnect_error', (error) => use(error.message));
  manager.off('reconnect_failed');
  manager.open((error) => use(error?.message)).connect();
  manager.reconnection(true).reconnectionAttempts(1).reconnectionDelay(1).reconnectionDelayMax(2);
  manager.randomizationFactor(0.5).timeout(1_000);
  const settings: [boolean, number, number, number, number] = [
    manager.reconnection(),
    manager.reconnectionAttempts(),
    manager.reconnectionDelay(),
    manager.reconnectionDelayMax(),
    manager.randomizationFactor(),
  ];
  manager.opts.query = { token: 'new' };
  manager.opts.extraHeaders = { authorization: 'bearer' };
  manager.opts.transports = ['polling'];
  use(others, socket, settings, manager.timeout());
  // @ts-expect-error: no such event
  manager.on('reconnecting', () => {});
  // @ts-expect-error: true or false
  manager.reconnection('yes');
  // @ts-expect-error: a namespace has a name
  manager.socket();
}

export function engine(socket: Socket): void {
  const { engine } = socket.io;
  engine.once('upgrade', (transport) => use(transport.name));
  engine.on('packet', ({ type, data }) => use(type, data));
  engine.on('packetCreate', ({ type, data }) => use(type, data));
  engine.on('drain', () => {});
  engine.on('close', (reason) => use(reason.trim()));
  engine.binaryType = 'arraybuffer';
  engine.close();
}

// --- Options ---

export function options(): void {
  const common: Partial<ManagerOptions & SocketOptions> = {
    forceNew: true,
    multiplex: false,
    path: '/p',
    reconnection: true,
    reconnectionAttempts: Number.POSITIVE_INFINITY,
    reconnectionDelay: 1,
    reconnectionDelayMax: 2,
    randomizationFactor: 0.5,
    timeout: 1,
    autoConnect: false,
    parser: {},
    auth: { token: 'abc' },
    retries: 3,
    ackTimeout: 1_000,
    transports: ['websocket', 'polling', 'webtransport'],
    upgrade: true,
    rememberUpgrade: true,
    query: { token: 'abc', n: 1 },
    extraHeaders: { a: 'b' },
    withCredentials: true,
    forceBase64: true,
    timestampRequests: true,
    timestampParam: 't',
    closeOnBeforeunload: true,
    transportOptions: { polling: { extraHeaders: { a: 'b' } } },
    protocols: ['a'],
    requestTimeout: 1,
    addTrailingSlash: false,
    tryAllTransports: true,
    useNativeTimers: true,
    autoUnref: true,
    hostname: 'example.org',
    host: 'example.org',
    port: '443',
    secure: true,
    agent: false,
    rejectUnauthorized: false,
  };
  const forManager: Partial<ManagerOptions> = { transports: [Fetch, XHR, NodeXHR, WebSocket] };
  const forSocket: SocketOptions = { auth: (answer) => answer({ token: 'abc' }) };
  const nothing: SocketOptions = {};
  const some: Partial<SocketOptions> = { retries: 1 };
  use(common, io({ transports: [NodeWebSocket, WebTransport] }), forManager, forSocket, nothing, some);
  // @ts-expect-error: no such option
  use({ reconnect: true } satisfies Partial<ManagerOptions>);
  // @ts-expect-error: a number
  use({ retries: 'three' } satisfies Partial<SocketOptions>);
  const five: number = protocol;
  use(five);
}

// --- A program's own helpers ---

export class Store {
  private readonly socket: Socket<ServerToClient, ClientToServer>;

  constructor(socket: Socket<ServerToClient, ClientToServer>) {
    this.socket = socket;
  }

  async save(user: User): Promise<number> {
    return this.socket.timeout(1_000).emitWithAck('save', user);
  }
}

export const isSocket = (value: unknown): value is Socket => value instanceof Socket;

export function generic<Listen extends Record<string, (...args: never[]) => void>>(
  socket: Socket<Listen & ServerToClient, ClientToServer>,
): void {
  socket.emit('hello');
}

export function nextOf(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('value', resolve));
}

export function takesAny(socket: Socket): void {
  use(socket);
}

export function narrowing(): void {
  // A typed socket where any socket is taken, as hooks and stores do.
  takesAny(io() as unknown as Socket);
  const stored: { current: Socket | null } = { current: null };
  stored.current = io();
  stored.current.disconnect();
  const later: ReturnType<typeof io> = io();
  use(later);
}
