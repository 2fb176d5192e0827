/** The application that every server runs in these tests; `servers/application.py` is the same in Python. It keeps a record of each client. */

/** The API that all versions of the server have in common. */
export interface AnyApp {
  /** Up to 2.x. */
  origins(allowed: string): unknown;
  use(middleware: Middleware): unknown;
  of(nsp: string): AnyNamespace;
  readonly engine: { close(): unknown };
}
interface AnyNamespace {
  use(middleware: Middleware): unknown;
  on(event: 'connection', listener: (socket: AnySocket) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  to(room: string): Pick<AnyNamespace, 'emit'>;
}
export interface AnySocket {
  readonly id: string;
  readonly nsp: { readonly name: string };
  readonly conn: { close(): unknown };
  readonly handshake: {
    readonly query: Readonly<Record<string, string>>;
    readonly headers: Readonly<Record<string, string>>;
    readonly auth?: Readonly<Record<string, unknown>>;
  };
  readonly broadcast: Pick<AnySocket, 'emit' | 'to'>;
  readonly volatile: Pick<AnySocket, 'emit'>;
  // biome-ignore lint/suspicious/noExplicitAny: every event has its own arguments
  on(event: string, listener: (...args: any[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  send(...args: unknown[]): unknown;
  join(room: string, done?: () => void): unknown;
  leave(room: string, done?: () => void): unknown;
  to(room: string): Pick<AnySocket, 'emit'>;
  disconnect(close?: boolean): unknown;
}
type Middleware = (socket: AnySocket, next: (error?: Error) => void) => void;
type Answer = (...args: unknown[]) => void;

/** What the server knows about one client. */
export interface ClientRecord {
  /** The ids of all sockets created so far, by namespace. */
  readonly created: Record<string, string[]>;
  /** The number of connected sockets, by namespace. */
  readonly connected: Record<string, number>;
  /** The arguments of the `number` events, in the order of arrival. */
  readonly numbers: number[];
  /** The reasons of disconnected sockets, by namespace. */
  readonly disconnectReasons: Record<string, string[]>;
}

/** These namespaces accept everyone; `/guarded` requires the token "right". */
const OPEN = ['/', '/second', '/hall', '/odd.name-1/a:b(c)', '/with space & ümlaut'];
const GUARDED = '/guarded';

/** Connections that have a socket in the root namespace, or wait for one. */
const seen = new WeakSet<object>();

/**
 * Refuses or delays the root namespace if the query asks for it. A second socket of one connection waits so long that even a client
 * on a busy machine ends the connection before: 1.3 forgets the first of two sockets, and counts it for ever.
 */
const admit: Middleware = ({ conn, handshake: { query } }, next) => {
  if (query.admission === 'refused') next(new Error('no admission'));
  else if (query.admission === 'slow') setTimeout(next, seen.has(conn) ? 5_000 : 60);
  else next();
  seen.add(conn);
};

const guard: Middleware = ({ handshake: { auth, query } }, next) => {
  const token = auth?.token ?? query.token;
  if (token === 'right') setTimeout(next, 30);
  else if (token === 'with data') next(Object.assign(new Error('not you'), { data: { code: 'E_TOKEN' } }));
  else next(new Error('not you'));
};

/** @param joinsByCallback whether joining a room is confirmed by a callback (before Socket.IO 3) */
export function setUp(app: AnyApp, joinsByCallback: boolean): void {
  const records = new Map<string, ClientRecord>();
  app.use(admit);
  app.of(GUARDED).use(guard);
  for (const name of [...OPEN, GUARDED]) {
    const nsp = app.of(name);
    nsp.on('connection', (socket) => {
      const { client = '' } = socket.handshake.query;
      const record = records.get(client) ?? {
        created: {},
        connected: {},
        numbers: [],
        disconnectReasons: {},
      };
      records.set(client, record);
      recordSocket(socket, name, record);
      answerEvents(socket);
      handleRooms(socket, nsp, joinsByCallback);
    });
  }
}

function recordSocket(socket: AnySocket, name: string, record: ClientRecord): void {
  const { created, connected, numbers, disconnectReasons } = record;
  created[name] = [...(created[name] ?? []), socket.id];
  connected[name] = (connected[name] ?? 0) + 1;
  socket.emit('hello', socket.id, name);
  socket.on('disconnect', (reason: string) => {
    connected[name] = (connected[name] ?? 0) - 1;
    disconnectReasons[name] = [...(disconnectReasons[name] ?? []), reason];
  });
  socket.on('number', (number: number, answer?: Answer) => {
    numbers.push(number);
    answer?.(number);
  });
  socket.on('record', (answer: Answer) => answer(record));
}

function answerEvents(socket: AnySocket): void {
  let asked = 0;
  socket.on('message', (...words) => socket.send(...words));
  socket.on('say', (...words) => socket.emit('said', ...words));
  socket.on('say volatile', (...words) => socket.volatile.emit('said', ...words));
  socket.on('echo', (...args) => args.pop()(...args));
  socket.on('kinds', (...args) => {
    const answer = args.pop();
    answer(...args.map(kindOf));
  });
  socket.on('count to', (end: number) => {
    for (let n = 0; n < end; n++) socket.emit('number', n);
  });
  socket.on('ask me', (...args) => {
    const answer = args.pop();
    const [event, ...rest] = args;
    socket.emit(event, ...rest, (...words: unknown[]) => answer(...words));
  });
  socket.on('never answered', () => {});
  socket.on('third time lucky', (answer: Answer) => {
    asked += 1;
    if (asked >= 3) answer(asked);
  });
  socket.on('describe', (answer: Answer) => {
    const { id, handshake } = socket;
    const { query, headers, auth } = handshake;
    // Copied, because 1.3 cannot send an object without a prototype.
    answer({ id, query: { ...query }, headers, auth: auth ?? {} });
  });
  socket.on('disconnect me', () => socket.disconnect());
  socket.on('disconnect me entirely', () => socket.disconnect(true));
  socket.on('close my connection', () => socket.conn.close());
}

function handleRooms(socket: AnySocket, nsp: AnyNamespace, joinsByCallback: boolean): void {
  for (const change of ['join', 'leave'] as const) {
    socket.on(change, (room: string, answer: Answer) => {
      if (joinsByCallback) socket[change](room, () => answer());
      else Promise.resolve(socket[change](room)).then(() => answer());
    });
  }
  socket.on('tell everyone', (...words) => nsp.emit('told', ...words));
  socket.on('tell the others', (...words) => socket.broadcast.emit('told', ...words));
  socket.on('tell the room', (room: string, ...words) => nsp.to(room).emit('told', ...words));
  socket.on('tell the others in the room', (room: string, ...words) =>
    socket.to(room).emit('told', ...words),
  );
}

/** Describes a value as the server received it: binary data by its bytes. */
function kindOf(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return `binary ${value.toString('hex')}`;
  if (Array.isArray(value)) return value.map(kindOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, kindOf(one)]));
}
