import type { Socket as ServerSocket } from 'socket.io';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Manager, type Socket, type SocketOptions } from '../../src/index.js';
import { useScene } from '../support/scene.js';
import { nextEvent } from '../support/waiting.js';

/** Connection state recovery with a real server and its in-memory adapter. */

const scene = useScene({ options: { connectionStateRecovery: {} } });

/** What a socket sees, in order; `connect` with `recovered`. */
interface Page {
  readonly socket: Socket;
  readonly seen: unknown[];
}

async function visit(options: SocketOptions = {}): Promise<Page> {
  const manager = new Manager(scene.proxy.url, {
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

/** The server says something, and the page has heard it: the server knows from where on something is missed. */
async function tell(socket: Socket, text: string): Promise<void> {
  const heard = nextEvent(socket, 'news');
  scene.server.io.emit('news', text);
  await heard;
}

/** What the server's side of the page hears of its end. */
function gone(onServer: ServerSocket = scene.server.latest()): Promise<unknown> {
  return nextEvent(onServer, 'disconnect');
}

async function cutAndBack({ socket }: Page, meanwhile: () => unknown = () => {}): Promise<void> {
  const left = gone();
  await scene.proxy.down();
  await left;
  await meanwhile();
  const back = nextEvent(socket, 'connect');
  await scene.proxy.up();
  await back;
}

describe('recovered and gap', () => {
  afterEach(() => void vi.useRealTimers());

  test('the first time: there is nothing to recover, and nothing was missed', async () => {
    const { seen, socket } = await visit();
    await tell(socket, 'first');
    expect(seen).toEqual([['connect', false], 'first']);
  });

  test('a short cut: the same session, and what was missed comes once and in order, before connect fires', async () => {
    const page = await visit();
    const { socket, seen } = page;
    await tell(socket, 'before');
    const { id } = socket;
    await cutAndBack(page, () => {
      for (const text of ['missed 1', 'missed 2', 'missed 3']) scene.server.io.emit('news', text);
    });
    await tell(socket, 'after');
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

  test('several cuts in a row: each brings what was missed since the one before, and nothing twice', async () => {
    const page = await visit();
    await tell(page.socket, 'before');
    for (const text of ['one', 'two', 'three']) {
      await cutAndBack(page, () => scene.server.io.emit('news', text));
    }
    const back = ['connect', true];
    expect(page.seen).toEqual([['connect', false], 'before', 'one', back, 'two', back, 'three', back]);
  });

  test('too long away: the server has forgotten the session', async () => {
    const page = await visit();
    await tell(page.socket, 'before');
    await cutAndBack(page, () => {
      scene.server.io.emit('news', 'missed');
      // The server's clock, which is this process's date: longer than the two minutes that it keeps sessions.
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 121_000 });
    });
    await tell(page.socket, 'after');
    expect(page.seen).toEqual([['connect', false], 'before', ['connect', false], 'gap', 'after']);
  });

  test('the server was restarted: it knows nothing of the session', async () => {
    const page = await visit();
    await tell(page.socket, 'before');
    const back = nextEvent(page.socket, 'connect');
    await scene.server.crash();
    await scene.server.start();
    await back;
    await tell(page.socket, 'after');
    expect(page.seen).toEqual([['connect', false], 'before', ['connect', false], 'gap', 'after']);
  });

  test('disconnect() by hand ends the session', async () => {
    const { socket, seen } = await visit();
    await tell(socket, 'before');
    const left = gone();
    socket.disconnect();
    await left;
    scene.server.io.emit('news', 'missed');
    await socket.ready();
    await tell(socket, 'after');
    expect(seen).toEqual([['connect', false], 'before', ['connect', false], 'gap', 'after']);
  });

  test('thrown out by the server: the session is over', async () => {
    const { socket, seen } = await visit();
    await tell(socket, 'before');
    const left = nextEvent(socket, 'disconnect');
    scene.server.latest().disconnect();
    await left;
    await socket.ready();
    await tell(socket, 'after');
    expect(seen).toEqual([['connect', false], 'before', ['connect', false], 'gap', 'after']);
  });

  test('a server that had not sent anything has nothing to go on from', async () => {
    const page = await visit();
    await cutAndBack(page, () => scene.server.io.emit('news', 'missed'));
    expect(page.seen).toEqual([['connect', false], ['connect', false], 'gap']);
  });
});

describe('hideOffset', () => {
  const argumentsSeen = async (options: SocketOptions): Promise<unknown[][]> => {
    const page = await visit(options);
    const { socket } = page;
    const seen: unknown[][] = [];
    socket.on('data', (...args) => seen.push(args));
    socket.onAny((...args) => {
      if (args[0] === 'data') seen.push(args);
    });
    await tell(socket, 'before');
    const first = nextEvent(socket, 'data');
    scene.server.io.emit('data', 1, 'text');
    await first;
    // The server keeps nothing that is volatile: it comes without an offset.
    const second = nextEvent(socket, 'data');
    scene.server.io.volatile.emit('data', 2, 'volatile');
    await second;
    await cutAndBack(page, () => scene.server.io.emit('data', 3, 'missed'));
    expect(socket.recovered).toBe(true);
    return seen;
  };

  test('listeners and onAny get the arguments as the server emitted them, also of what was missed', async () => {
    expect(await argumentsSeen({ hideOffset: true })).toEqual([
      ['data', 1, 'text'],
      [1, 'text'],
      ['data', 2, 'volatile'],
      [2, 'volatile'],
      ['data', 3, 'missed'],
      [3, 'missed'],
    ]);
  });

  test('is off unless it is asked for, as with the official client', async () => {
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

/** What MongoDB makes: the seconds since 1970, and sixteen digits more. */
const objectId = (): string => `${Math.floor(Date.now() / 1_000).toString(16)}${'0123456789abcdef'}`;
/** What Redis makes. */
const streamId = (): string => `${Date.now()}-0`;

test.for([
  ['a word of seven letters', 'holdfas'],
  ['an ObjectId of just now', objectId()],
  ['the id of an entry in a stream, of just now', streamId()],
  ['an old ObjectId', '507f1f77bcf86cd799439011'],
])(
  '%s at the end of a volatile event is the program’s own, and does not end the recovery',
  async ([, text]) => {
    const page = await visit({ hideOffset: true });
    const { socket, seen } = page;
    await tell(socket, 'before');
    const heard = nextEvent(socket, 'volatile');
    scene.server.io.volatile.emit('volatile', 'of the program', text);
    expect(await heard).toEqual(['of the program', text]);
    await cutAndBack(page, () => scene.server.io.emit('news', 'missed'));
    expect(seen).toEqual([['connect', false], 'before', 'missed', ['connect', true]]);
  },
);

test('what looks like an offset is the program’s own where it comes with an acknowledgement', async () => {
  const page = await visit({ hideOffset: true });
  const { socket, seen } = page;
  await tell(socket, 'before');
  const asked = new Promise<unknown[]>((resolve) => {
    socket.on('ask', (...args) => {
      (args.pop() as (answer: string) => void)('answer');
      resolve(args);
    });
  });
  const id = objectId();
  const answer = scene.server.latest().timeout(5_000).emitWithAck('ask', id);
  expect(await asked).toEqual([id]);
  expect(await answer).toBe('answer');
  await cutAndBack(page, () => scene.server.io.emit('news', 'missed'));
  expect(seen).toEqual([['connect', false], 'before', 'missed', ['connect', true]]);
});
