import type { Server, Socket as ServerSocket } from 'socket.io';
import { expect, onTestFinished, test } from 'vitest';
import { type Kept, keep, Manager, type Options, type Socket } from '../../src/index.js';
import { useFixture } from '../support/fixture.js';
import { nextEvent, within } from '../support/waiting.js';

/** Permanent subscriptions, with the real server. */

type Answer = (...answer: unknown[]) => void;

/** The pending answers of the server. */
const answers: Answer[] = [];

/** The events that the server received, in order. */
const heard: unknown[][] = [];

function setup(io: Server): void {
  io.use((socket, next) => next(socket.handshake.auth.no ? new Error('no') : undefined));
  io.on('connection', (socket: ServerSocket) => {
    socket.onAny((...event) => heard.push(event.filter((one) => typeof one !== 'function')));
    socket.on('join', (room: string, answer?: Answer) => {
      socket.join(room);
      answer?.(`in ${room}`);
      // A session can be recovered once it has an offset.
      io.to(room).emit('joined', room);
    });
    socket.on('leave', (room: string) => socket.leave(room));
    socket.on('refuse', (answer: Answer) => answer('not allowed'));
    socket.on('both', (_what: unknown, answer: Answer) => answer(null, 'second'));
    // The first time, the answer is lost.
    socket.on('retried', (answer: Answer) => {
      if (heardOf('retried').length > 1) answer();
    });
    socket.on('after', (answer: Answer) => answer());
    socket.on('kick me', () => socket.disconnect());
    // Answers on the test's command.
    socket.on('slow', (_what: unknown, answer: Answer) => answers.push(answer));
  });
}

const fixture = useFixture({ setup });

/** With recovery: the session survives a cut. */
const recovering = useFixture({ setup, options: { connectionStateRecovery: {} } });

function connect(url = fixture.proxy.url, options: Options = {}): Socket {
  heard.length = 0;
  const manager = new Manager(url, { reconnectionDelay: 10, transports: ['websocket'], ...options });
  const socket = manager.socket('/', options);
  onTestFinished(() => void socket.disconnect());
  return socket;
}

const ready = (room: Kept<unknown>): Promise<unknown> => within(room.ready, 'the first acknowledgement');

/** Cuts the connection, and waits until the socket is disconnected. Its next connect is `back`. */
async function lose(socket: Socket, proxy: typeof fixture.proxy): Promise<{ back: Promise<unknown> }> {
  const back = nextEvent(socket, 'connect');
  proxy.cut();
  await nextEvent(socket, 'disconnect');
  return { back };
}

/** Cuts the connection and waits until it is open again. */
async function cut(socket: Socket, proxy = fixture.proxy): Promise<void> {
  const back = nextEvent(socket, 'connect');
  proxy.cut();
  await back;
}

/** Resolves when the server has received everything emitted so far. */
const synchronised = (socket: Socket): Promise<unknown> =>
  within(socket.emitWithAck('both', 0), 'the server to hear everything');

const heardOf = (...names: string[]): unknown[][] => heard.filter(([name]) => names.includes(name as string));

test('a kept event is emitted at every connect, before queued events', async () => {
  const socket = connect();
  socket.emit('early', 1);
  const room = keep(socket, 'join', 'lobby');
  socket.emit('early', 2);
  expect(await ready(room)).toBe('in lobby');
  expect(heard).toEqual([
    ['join', 'lobby'],
    ['early', 1],
    ['early', 2],
  ]);
  heard.length = 0;
  const { back } = await lose(socket, fixture.proxy);
  socket.emit('late');
  await back;
  await synchronised(socket);
  expect(heard.slice(0, 2)).toEqual([['join', 'lobby'], ['late']]);
  expect(fixture.server.latest().rooms.has('lobby')).toBe(true);
});

test('it is emitted before connect listeners run, and before retries send again', async () => {
  const socket = connect(undefined, { retries: 3 });
  socket.emit('retried');
  const room = keep(socket, 'join', 'lobby');
  socket.on('connect', () => socket.emit('after'));
  await ready(room);
  await cut(socket);
  await synchronised(socket);
  expect(heard.map(([name]) => name).slice(0, 4)).toEqual(['join', 'retried', 'join', 'retried']);
});

test('it is not emitted after a recovery, because the server kept the rooms', async () => {
  const socket = connect(recovering.proxy.url);
  const room = keep(socket, 'join', 'lobby', { undo: 'leave' });
  await ready(room);
  await cut(socket, recovering.proxy);
  expect(socket.recovered).toBe(true);
  await synchronised(socket);
  expect(heardOf('join')).toHaveLength(1);
  expect(recovering.server.latest().rooms.has('lobby')).toBe(true);
});

test('released while disconnected, it is undone if the session is recovered', async () => {
  const socket = connect(recovering.proxy.url);
  const room = keep(socket, 'join', 'lobby', { undo: 'leave' });
  await ready(room);
  const { back } = await lose(socket, recovering.proxy);
  room.release();
  await back;
  await synchronised(socket);
  expect(heardOf('join', 'leave')).toEqual([
    ['join', 'lobby'],
    ['leave', 'lobby'],
  ]);
});

test.each([0, 1])(
  'released, kept and released again while disconnected, it is undone if the session is recovered: %i',
  async (kept) => {
    const socket = connect(recovering.proxy.url);
    const room = keep(socket, 'join', 'lobby', { undo: 'leave' });
    await ready(room);
    const { back } = await lose(socket, recovering.proxy);
    room.release();
    keep(socket, 'join', 'lobby').release();
    // The last one stays.
    const last = kept ? keep(socket, 'join', 'lobby') : undefined;
    await back;
    expect(socket.recovered).toBe(true);
    await synchronised(socket);
    expect(heardOf('join', 'leave')).toEqual([
      ['join', 'lobby'],
      [kept ? 'join' : 'leave', 'lobby'],
    ]);
    if (last) expect(await ready(last)).toBe('in lobby');
    expect(recovering.server.latest().rooms.has('lobby')).toBe(kept === 1);
  },
);

test('released, kept and released again while disconnected, it is forgotten if the session is lost', async () => {
  const socket = connect();
  const room = keep(socket, 'join', 'lobby', { undo: 'leave' });
  await ready(room);
  const { back } = await lose(socket, fixture.proxy);
  room.release();
  keep(socket, 'join', 'lobby').release();
  await back;
  await synchronised(socket);
  expect(heardOf('join', 'leave')).toEqual([['join', 'lobby']]);
});

test('refused by the server, then released while disconnected, it is undone if the session is recovered', async () => {
  const socket = connect(recovering.proxy.url, { errorFirstAcks: true });
  keep(socket, 'join', 'lobby');
  const refused = keep(socket, 'refuse', { undo: 'leave' });
  await expect(ready(refused)).rejects.toBe('not allowed');
  const { back } = await lose(socket, recovering.proxy);
  const other = keep(socket, 'refuse');
  refused.release();
  other.release();
  await back;
  expect(socket.recovered).toBe(true);
  await synchronised(socket);
  expect(heardOf('refuse', 'leave')).toEqual([['refuse'], ['leave']]);
});

test('released while disconnected, it is forgotten if the session is lost', async () => {
  const socket = connect();
  const room = keep(socket, 'join', 'lobby', { undo: 'leave' });
  await ready(room);
  const { back } = await lose(socket, fixture.proxy);
  room.release();
  await back;
  await synchronised(socket);
  expect(heardOf('join', 'leave')).toEqual([['join', 'lobby']]);
});

test('equal arguments share one subscription, which ends with its last user', async () => {
  const socket = connect();
  const rooms = [
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ].map((what) => keep(socket, 'both', what, { undo: 'leave' }));
  const other = keep(socket, 'both', { a: 2 });
  await Promise.all([...rooms, other].map(ready));
  expect(heardOf('both')).toHaveLength(2);
  rooms[0]?.release();
  rooms[0]?.release();
  await synchronised(socket);
  expect(heardOf('leave')).toEqual([]);
  rooms[1]?.release();
  await synchronised(socket);
  expect(heardOf('leave')).toEqual([['leave', { a: 1, b: 2 }]]);
  // Kept again, it is emitted again.
  heard.length = 0;
  await ready(keep(socket, 'both', { a: 1, b: 2 }));
  expect(heardOf('both')).toHaveLength(1);
});

test('binary arguments are compared by their bytes, and others by what a server receives', async () => {
  const socket = connect();
  const at = new Date(0);
  const whats: unknown[] = [
    new Uint8Array([1, 2]).buffer,
    new Uint8Array([1, 2]).buffer,
    new Uint8Array([1, 3]).buffer,
    { at, in: Object.assign(Object.create(null), { x: 1 }) },
    { in: { x: 1 }, at: new Date(0) },
    { in: { x: 2 }, at },
  ];
  await Promise.all(whats.map((what) => ready(keep(socket, 'both', what))));
  expect(heardOf('both')).toHaveLength(4);
});

test('a later user may set its undo event, which is emitted when all have released it', async () => {
  const socket = connect();
  const plain = keep(socket, 'join', 'lobby');
  const ending = keep(socket, 'join', 'lobby', { undo: 'leave' });
  await Promise.all([ready(plain), ready(ending)]);
  ending.release();
  plain.release();
  await synchronised(socket);
  expect(heardOf('join', 'leave')).toEqual([
    ['join', 'lobby'],
    ['leave', 'lobby'],
  ]);
});

test('an answer after the release is not used for the next subscription', async () => {
  answers.length = 0;
  const socket = connect(undefined, { errorFirstAcks: true });
  await socket.ready();
  const first = keep(socket, 'slow', 1, { undo: 'leave' });
  first.release();
  await expect(ready(first)).rejects.toMatchObject({ code: 'DISCONNECTED' });
  const second = keep(socket, 'slow', 1, { undo: 'leave' });
  await synchronised(socket);
  expect(answers).toHaveLength(2);
  answers[0]?.('too late');
  answers[1]?.(null, 'good');
  expect(await ready(second)).toBe('good');
  expect([first.error, second.error]).toEqual([expect.objectContaining({ code: 'DISCONNECTED' }), undefined]);
});

test('released while disconnected and unanswered, it is undone if the session is recovered', async () => {
  answers.length = 0;
  const socket = connect(recovering.proxy.url);
  await ready(keep(socket, 'join', 'lobby'));
  const room = keep(socket, 'slow', 1, { undo: 'leave' });
  await synchronised(socket);
  const { back } = await lose(socket, recovering.proxy);
  room.release();
  await back;
  expect(socket.recovered).toBe(true);
  await synchronised(socket);
  expect(heardOf('slow', 'leave')).toEqual([
    ['slow', 1],
    ['leave', 1],
  ]);
});

test('if it was not answered, it is emitted again although the session is recovered', async () => {
  answers.length = 0;
  const socket = connect(recovering.proxy.url);
  await ready(keep(socket, 'join', 'lobby'));
  const room = keep(socket, 'slow', 1);
  await synchronised(socket);
  await cut(socket, recovering.proxy);
  await synchronised(socket);
  expect(socket.recovered).toBe(true);
  answers.at(-1)?.('late');
  expect(await ready(room)).toBe('late');
  expect(heardOf('slow')).toHaveLength(2);
});

test('an undo event that cannot be emitted is reported by dropped', async () => {
  const socket = connect();
  const room = keep(socket, 'join', 'lobby', { undo: 'connect' });
  await ready(room);
  const dropped = nextEvent(socket, 'dropped');
  expect(() => room.release()).not.toThrow();
  expect(await dropped).toEqual([expect.objectContaining({ code: 'RESERVED_EVENT' }), ['connect', 'lobby']]);
});

test('`using` releases it', async () => {
  const socket = connect();
  {
    using room = keep(socket, 'join', 'lobby', { undo: 'leave' });
    await ready(room);
  }
  await synchronised(socket);
  expect(heardOf('leave')).toEqual([['leave', 'lobby']]);
});

test('with errorFirstAcks, an error answer becomes its error, until a later answer is none', async () => {
  const socket = connect(undefined, { errorFirstAcks: true });
  const refused = keep(socket, 'refuse');
  const both = keep(socket, 'both', 1);
  expect(await ready(both)).toBe('second');
  await expect(ready(refused)).rejects.toBe('not allowed');
  expect([refused.error, both.error]).toEqual(['not allowed', undefined]);
  await cut(socket);
  await expect(ready(refused)).rejects.toBe('not allowed');
  expect(heardOf('refuse')).toHaveLength(2);
});

test('if the server refuses the socket, ready rejects; a later connect emits again', async () => {
  const socket = connect(undefined, { auth: { no: true } });
  const room = keep(socket, 'join', 'lobby');
  await expect(ready(room)).rejects.toMatchObject({ code: 'DISCONNECTED' });
  expect(room.error).toMatchObject({ code: 'DISCONNECTED' });
  socket.auth = {};
  socket.connect();
  await nextEvent(socket, 'connect');
  expect(await ready(room)).toBe('in lobby');
  expect(room.error).toBeUndefined();
});

test('it survives a disconnect by the server and by the program', async () => {
  const socket = connect();
  const room = keep(socket, 'join', 'lobby');
  await ready(room);
  const kicked = nextEvent(socket, 'disconnect');
  socket.emit('kick me');
  await kicked;
  await socket.ready();
  expect(await ready(room)).toBe('in lobby');
  socket.disconnect();
  await socket.ready();
  expect(await ready(room)).toBe('in lobby');
  expect(heardOf('join')).toHaveLength(3);
});

test('a listener that removes all listeners does not end it', async () => {
  const socket = connect();
  await ready(keep(socket, 'join', 'lobby'));
  socket.off();
  await cut(socket);
  await synchronised(socket);
  expect(heardOf('join')).toHaveLength(2);
});

test.each(['before', 'after'])(
  'arguments that emit rejects throw at the call, %s connecting',
  async (when) => {
    const socket = connect(undefined, { autoConnect: false });
    if (when === 'after') await socket.ready();
    expect(() => keep(socket, 'connect')).toThrow(expect.objectContaining({ code: 'RESERVED_EVENT' }));
    expect(() => keep(socket, 'join', 1n)).toThrow(expect.objectContaining({ code: 'UNSERIALIZABLE' }));
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => keep(socket, 'join', circle)).toThrow(expect.objectContaining({ code: 'UNSERIALIZABLE' }));
    await socket.ready();
    await synchronised(socket);
    expect(heardOf('join')).toEqual([]);
  },
);

test('it never waits in the outbox', () => {
  const socket = connect(undefined, { autoConnect: false });
  const room = keep(socket, 'join', 'lobby');
  expect([socket.sendBuffer.length, socket.bufferedAmount]).toEqual([0, 0]);
  room.release();
});

test('ready rejects if it is released before the server has answered', async () => {
  const socket = connect(undefined, { autoConnect: false });
  const room = keep(socket, 'join', 'lobby', { undo: 'leave' });
  room.release();
  await expect(ready(room)).rejects.toMatchObject({ code: 'DISCONNECTED' });
  await socket.ready();
  await synchronised(socket);
  expect(heardOf('join', 'leave')).toEqual([]);
  expect(await ready(keep(socket, 'join', 'lobby'))).toBe('in lobby');
});
