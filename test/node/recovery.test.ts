import type { Socket as ServerSocket } from 'socket.io';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Manager, type Socket, type SocketOptions } from '../../src/index.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { useFixture } from '../support/fixture.js';
import { nextEvent } from '../support/waiting.js';

/** Connection state recovery with a real server and its in-memory adapter. */

const fixture = useFixture({ options: { connectionStateRecovery: {} } });

/** A socket with its events in order; `connect` comes with `recovered`. */
interface Client {
  readonly socket: Socket;
  readonly seen: unknown[];
}

async function connect(options: SocketOptions = {}): Promise<Client> {
  const manager = new Manager(fixture.proxy.url, {
    reconnectionDelay: 10,
    reconnectionDelayMax: 50,
    transports: ['websocket'],
  });
  const socket = manager.socket('/', options);
  onTestFinished(() => {
    socket.disconnect();
  });
  const seen: unknown[] = [];
  socket.on('connect', () => seen.push(['connect', socket.recovered]));
  socket.on('gap', ({ awayMs }) => seen.push(awayMs >= 0 ? 'gap' : awayMs));
  socket.on('news', (text: string) => seen.push(text));
  await nextEvent(socket, 'connect');
  return { socket, seen };
}

/** Sends an event and waits until the client has it, so that its offset marks where recovery starts. */
async function send(socket: Socket, text: string): Promise<void> {
  const received = nextEvent(socket, 'news');
  fixture.server.io.emit('news', text);
  await received;
}

/** The disconnect on the server. */
function serverDisconnect(onServer: ServerSocket = fixture.server.latest()): Promise<unknown> {
  return nextEvent(onServer, 'disconnect');
}

async function cutAndReconnect({ socket }: Client, meanwhile: () => unknown = () => {}): Promise<void> {
  const disconnected = serverDisconnect();
  await fixture.proxy.down();
  await disconnected;
  await meanwhile();
  const back = nextEvent(socket, 'connect');
  await fixture.proxy.up();
  await back;
}

describe('recovered and gap', () => {
  afterEach(() => void vi.useRealTimers());

  test('the first connect recovers nothing and reports no gap', async () => {
    const { seen, socket } = await connect();
    await send(socket, 'first');
    expect(seen).toEqual([['connect', false], 'first']);
  });

  test('thousands of missed events arrive once and in order', async () => {
    const client = await connect();
    const { socket, seen } = client;
    await send(socket, 'before');
    const missed = Array.from({ length: 3_000 }, (_, i) => `missed ${i}`);
    await cutAndReconnect(client, () => {
      for (const text of missed) fixture.server.io.emit('news', text);
    });
    expect(seen).toEqual([['connect', false], 'before', ...missed, ['connect', true]]);
  });

  test('a short cut keeps the session, and missed events arrive once, in order and before connect', async () => {
    const client = await connect();
    const { socket, seen } = client;
    await send(socket, 'before');
    const { id } = socket;
    await cutAndReconnect(client, () => {
      for (const text of ['missed 1', 'missed 2', 'missed 3']) fixture.server.io.emit('news', text);
    });
    await send(socket, 'after');
    expect(socket.id).toBe(id);
    expect(seen).toEqual([
      ['connect', false],
      'before',
      'missed 1',
      'missed 2',
      'missed 3',
      ['connect', true],
      'after',
    ]);
  });

  test('several cuts in a row each recover the events missed since the previous one, without duplicates', async () => {
    const client = await connect();
    await send(client.socket, 'before');
    for (const text of ['one', 'two', 'three']) {
      await cutAndReconnect(client, () => fixture.server.io.emit('news', text));
    }
    const back = ['connect', true];
    expect(client.seen).toEqual([['connect', false], 'before', 'one', back, 'two', back, 'three', back]);
  });

  test('a session is not continued while the server may still have its last link: the socket keeps its rooms', async () => {
    const client = await connect();
    const { socket, seen } = client;
    await send(socket, 'before');
    await cutAndReconnect(client);
    await send(socket, 'between');
    const stale = fixture.server.latest();
    // The path dies silently; this side notices it, as after a change of network.
    const other = await startFaultProxy(fixture.server.port);
    onTestFinished(() => other.close());
    for (const direction of ['to-server', 'to-client'] as const) fixture.proxy.stall(direction);
    socket.io.uri = other.url;
    const back = nextEvent(socket, 'connect');
    socket.io._connection._drop('ping timeout');
    await back;
    // Much later, the server notices that the old link is dead.
    const gone = serverDisconnect(stale);
    await fixture.proxy.down();
    await gone;
    await send(socket, 'after');
    expect(seen).toEqual([
      ['connect', false],
      'before',
      ['connect', true],
      'between',
      ['connect', false],
      'gap',
      'after',
    ]);
  });

  test('a long disconnection loses the session', async () => {
    const client = await connect();
    await send(client.socket, 'before');
    await cutAndReconnect(client, () => {
      fixture.server.io.emit('news', 'missed');
      // Advances the server's date beyond the two minutes for which it keeps sessions.
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 121_000 });
    });
    await send(client.socket, 'after');
    expect(client.seen).toEqual([['connect', false], 'before', ['connect', false], 'gap', 'after']);
  });

  test('a restart of the server loses the session', async () => {
    const client = await connect();
    await send(client.socket, 'before');
    const back = nextEvent(client.socket, 'connect');
    await fixture.server.crash();
    await fixture.server.start();
    await back;
    await send(client.socket, 'after');
    expect(client.seen).toEqual([['connect', false], 'before', ['connect', false], 'gap', 'after']);
  });

  test('disconnect() ends the session', async () => {
    const { socket, seen } = await connect();
    await send(socket, 'before');
    const disconnected = serverDisconnect();
    socket.disconnect();
    await disconnected;
    fixture.server.io.emit('news', 'missed');
    await socket.ready();
    await send(socket, 'after');
    expect(seen).toEqual([['connect', false], 'before', ['connect', false], 'gap', 'after']);
  });

  test('a disconnect by the server ends the session', async () => {
    const { socket, seen } = await connect();
    await send(socket, 'before');
    const disconnected = nextEvent(socket, 'disconnect');
    fixture.server.latest().disconnect();
    await disconnected;
    await socket.ready();
    await send(socket, 'after');
    expect(seen).toEqual([['connect', false], 'before', ['connect', false], 'gap', 'after']);
  });

  test('a session without any event from the server cannot be recovered', async () => {
    const client = await connect();
    await cutAndReconnect(client, () => fixture.server.io.emit('news', 'missed'));
    expect(client.seen).toEqual([['connect', false], ['connect', false], 'gap']);
  });
});

describe('hideOffset', () => {
  const argumentsSeen = async (options: SocketOptions): Promise<unknown[][]> => {
    const client = await connect(options);
    const { socket } = client;
    const seen: unknown[][] = [];
    socket.on('data', (...args) => seen.push(args));
    socket.onAny((...args) => {
      if (args[0] === 'data') seen.push(args);
    });
    await send(socket, 'before');
    const first = nextEvent(socket, 'data');
    fixture.server.io.emit('data', 1, 'text');
    await first;
    // The server does not store volatile events, so they have no offset.
    const second = nextEvent(socket, 'data');
    fixture.server.io.volatile.emit('data', 2, 'volatile');
    await second;
    await cutAndReconnect(client, () => fixture.server.io.emit('data', 3, 'missed'));
    expect(socket.recovered).toBe(true);
    return seen;
  };

  test('passes the original arguments to listeners and onAny, also for missed events', async () => {
    expect(await argumentsSeen({ hideOffset: true })).toEqual([
      ['data', 1, 'text'],
      [1, 'text'],
      ['data', 2, 'volatile'],
      [2, 'volatile'],
      ['data', 3, 'missed'],
      [3, 'missed'],
    ]);
  });

  test('is off by default, as with the official client', async () => {
    const offset = expect.stringMatching(/^[\w-]{7}/);
    expect(await argumentsSeen({})).toEqual([
      ['data', 1, 'text', offset],
      [1, 'text', offset],
      ['data', 2, 'volatile'],
      [2, 'volatile'],
      ['data', 3, 'missed', offset],
      [3, 'missed', offset],
    ]);
  });
});

/** An ObjectId of MongoDB: the seconds since 1970, and sixteen more digits. */
const objectId = (): string => `${Math.floor(Date.now() / 1_000).toString(16)}${'0123456789abcdef'}`;
/** The id of a Redis stream entry. */
const streamId = (): string => `${Date.now()}-0`;

test.for([
  ['a seven-letter word', 'holdfas'],
  ['a current ObjectId', objectId()],
  ['a current stream entry id', streamId()],
  ['an old ObjectId', '507f1f77bcf86cd799439011'],
])(
  '%s at the end of a volatile event is not mistaken for an offset, and does not break recovery',
  async ([, text]) => {
    const client = await connect({ hideOffset: true });
    const { socket, seen } = client;
    await send(socket, 'before');
    const received = nextEvent(socket, 'volatile');
    fixture.server.io.volatile.emit('volatile', 'from the program', text);
    expect(await received).toEqual(['from the program', text]);
    await cutAndReconnect(client, () => fixture.server.io.emit('news', 'missed'));
    expect(seen).toEqual([['connect', false], 'before', 'missed', ['connect', true]]);
  },
);

test('an offset-like argument of an event with an acknowledgement is not mistaken for an offset', async () => {
  const client = await connect({ hideOffset: true });
  const { socket, seen } = client;
  await send(socket, 'before');
  const asked = new Promise<unknown[]>((resolve) => {
    socket.on('ask', (...args) => {
      (args.pop() as (answer: string) => void)('answer');
      resolve(args);
    });
  });
  const id = objectId();
  const answer = fixture.server.latest().timeout(5_000).emitWithAck('ask', id);
  expect(await asked).toEqual([id]);
  expect(await answer).toBe('answer');
  await cutAndReconnect(client, () => fixture.server.io.emit('news', 'missed'));
  expect(seen).toEqual([['connect', false], 'before', 'missed', ['connect', true]]);
});
