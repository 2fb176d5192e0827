import { describe, expect, onTestFinished, test } from 'vitest';
import { io } from '../../src/index.js';
import { startChild } from '../support/child.js';
import { startServer } from '../support/server.js';
import { nextEvent } from '../support/waiting.js';

/** Differences between Node and browsers: transports without Blob, and a process that exits when nothing keeps it alive. */

const echoing = async () => {
  const server = await startServer({
    setup: (app) => app.on('connection', (socket) => socket.on('echo', (value, answer) => answer(value))),
  });
  onTestFinished(() => server.stop());
  return server;
};

describe.each<[string, object]>([
  ['websocket', { transports: ['websocket'] }],
  ['polling', { transports: ['polling'] }],
  ['polling over the http module of Node', { transports: ['polling'], rejectUnauthorized: false }],
])('over %s', (_what, options) => {
  test.each<[string, () => unknown, unknown]>([
    ['a Blob', () => new Blob(['ab']), Buffer.from('ab')],
    ['a File', () => new File(['ab'], 'a.txt'), Buffer.from('ab')],
    ['an empty Blob', () => new Blob(), Buffer.alloc(0)],
    [
      'Blobs beside other bytes',
      () => [new Blob(['ab']), new Uint8Array([1]), { deep: new Blob(['c']) }],
      [Buffer.from('ab'), Buffer.from([1]), { deep: Buffer.from('c') }],
    ],
  ])('%s arrives, followed by what was emitted after it', async (_kind, make, expected) => {
    const server = await echoing();
    const socket = io(server.url, { forceNew: true, ...options });
    onTestFinished(() => void socket.disconnect());
    await socket.ready();
    const order: string[] = [];
    const first = socket.timeout(5_000).emitWithAck('echo', make());
    first.then(() => order.push('first'));
    const second = socket.timeout(5_000).emitWithAck('echo', 'text');
    second.then(() => order.push('second'));
    expect(await first).toEqual(expected);
    expect(await second).toBe('text');
    expect([order, server.serverSockets()]).toEqual([['first', 'second'], 1]);
  });

  test('a Blob that cannot be read closes the connection, and the next emit arrives over a new one', async () => {
    const server = await echoing();
    const socket = io(server.url, { forceNew: true, reconnectionDelay: 10, ...options });
    onTestFinished(() => void socket.disconnect());
    await socket.ready();
    const blob = new Blob(['ab']);
    Object.defineProperty(blob, 'arrayBuffer', { value: () => Promise.reject(new Error('gone')) });
    const failed = socket.emitWithAck('echo', blob);
    await expect(failed).rejects.toMatchObject({ code: 'DISCONNECTED' });
    expect(await socket.timeout(5_000).emitWithAck('echo', 1)).toBe(1);
  });
});

test.each(['websocket', 'polling', 'away', 'drained'])(
  'a process exits by itself if it has only a connection with autoUnref, or a wait that never ends: %s',
  async (what) => {
    const server = await echoing();
    const child = await startChild(new URL('idle-process.ts', import.meta.url), server.url, what);
    const [code] = (await nextEvent(child, 'exit')) as unknown as [number | null];
    expect(code).toBe(0);
  },
);
