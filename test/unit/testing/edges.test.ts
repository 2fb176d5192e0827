import { io as officialIo } from 'socket.io-client';
import * as msgpack from 'socket.io-msgpack-parser';
import { expect, it, vi } from 'vitest';
import { io } from '../../../src/index.js';
import { createTestServer } from '../../../src/testing/index.js';
import { placeOf } from '../../../src/testing/transport.js';
import { patiently } from '../../support/waiting.js';

/** Edge cases of tests: mistakes, loops, other clients and parsers. */

// biome-ignore-start lint/suspicious/noExplicitAny: events without types
const next = (emitter: any, event: string): Promise<any[]> =>
  new Promise((resolve) => emitter.once(event, (...args: any[]) => resolve(args)));

it('settle() resolves on the real clock when everything has arrived', async () => {
  const { io, server, clock } = createTestServer();
  const socket = io();
  await clock.settle();
  expect(socket.connected).toBe(true);
  const got: unknown[] = [];
  socket.on('said', (n: number) => got.push(n));
  server.emit('said', 1);
  await clock.settle();
  expect(got).toEqual([1]);
  socket.disconnect();
  await server.finish();
});

it('settle() reports handlers that answer each other endlessly', async () => {
  const { io, server, clock } = createTestServer({ clock: 'manual' });
  let on = true;
  server.on('connection', (peer) => peer.on('ping', () => peer.emit('pong')));
  const socket = io();
  await socket.ready();
  socket.on('pong', () => on && socket.emit('ping'));
  socket.emit('ping');
  await expect(clock.settle()).rejects.toMatchObject({
    code: 'EXPECTATION_FAILED',
    message: expect.stringContaining('endlessly'),
  });
  on = false;
  socket.disconnect();
  await server.finish();
}, 60_000);

it('an expectation rejects if its condition throws, and the client is not affected', async () => {
  const { io, server } = createTestServer();
  const socket = io();
  await socket.ready();
  const where = ({ args }: { readonly args: any }): boolean => args[0].deep.deeper;
  const waiting = expect(server.expectEvent('note', { where })).rejects.toThrow(TypeError);
  socket.emit('note', 5);
  await waiting;
  expect(socket.connected).toBe(true);
  // That has come already.
  await expect(server.expectEvent('note', { where })).rejects.toThrow(TypeError);
  await expect(server.expectEvent('note', { where: () => false, timeout: 5 })).rejects.toThrow(
    'no event "note" that "where" accepts arrived within 5 ms; nothing was received instead; received earlier: "note" with [5]',
  );
  socket.disconnect();
  await server.finish();
});

it('an expectation reports that no client is connected, and what a fault has dropped', async () => {
  const { io, server } = createTestServer();
  await expect(server.expectEvent('note', { timeout: 5 })).rejects.toThrow('No client is connected');
  const socket = io();
  await socket.ready();
  server.drop('note');
  socket.emit('note');
  await expect(server.expectEvent('note', { timeout: 50 })).rejects.toThrow(
    'A fault of drop() has discarded "note" once',
  );
  socket.disconnect();
  await server.finish();
});

it('an expectation with an infinite timeout waits', async () => {
  const { io, server } = createTestServer();
  const socket = io();
  const expected = server.expectEvent('note', { timeout: Number.POSITIVE_INFINITY });
  await socket.ready();
  socket.emit('note', 1);
  expect((await expected).args).toEqual([1]);
  socket.disconnect();
  await server.finish();
});

it('received events are shown as they arrived, not as a handler has changed them', async () => {
  const { io, server } = createTestServer();
  server.on('connection', (peer) => {
    peer.on('order', (order: any, done: () => void) => {
      order.id = 5;
      order.items.push('x');
      done();
    });
  });
  const socket = io();
  await socket.emitWithAck('order', { items: [], bytes: new Uint8Array([1]) });
  const { args } = await server.expectEvent('order');
  expect(args[0]).toEqual({ items: [], bytes: Buffer.from([1]) });
  socket.disconnect();
  await server.finish();
});

it('a handler may throw anything', async () => {
  const onError = vi.fn(() => {
    throw new Error('the listener of errors fails, too');
  });
  const reported = vi.fn();
  vi.stubGlobal('reportError', reported);
  const { io, server } = createTestServer({ onError });
  const thrown: Record<string, () => unknown> = {
    nothing: () => {
      throw undefined;
    },
    text: () => {
      throw 'text';
    },
    later: () => Promise.reject(null),
    frozen: () => {
      throw Object.freeze(new Error('frozen'));
    },
  };
  server.on('connection', (peer) => {
    for (const [name, run] of Object.entries(thrown)) peer.on(name, run);
  });
  const socket = io();
  for (const name of Object.keys(thrown)) socket.emit(name);
  await vi.waitFor(() => expect(server.errors).toHaveLength(4), patiently);
  expect(reported).toHaveBeenCalledTimes(4);
  vi.unstubAllGlobals();
  expect(server.errors.map(({ message }) => /threw an error: (\S+)/.exec(message)?.[1]).sort()).toEqual([
    '"text"',
    'frozen',
    'null',
    'undefined',
  ]);
  expect(socket.connected).toBe(true);
  socket.disconnect();
  await server.finish();
});

it('other parsers work, for both clients', async () => {
  const { io, server } = createTestServer({ parser: msgpack });
  server.on('connection', (peer) =>
    peer.on('same', (value: unknown, done: (value: unknown) => void) => done(value)),
  );
  const mine = io('/', { parser: msgpack });
  const official = officialIo('http://any.address', {
    forceNew: true,
    parser: msgpack,
    transports: [server.transport as never],
  });
  for (const socket of [mine, official]) {
    const { at } = await socket.emitWithAck('same', { at: new Uint8Array([1]) });
    expect([...new Uint8Array(at)]).toEqual([1]);
    socket.disconnect();
  }
  await server.finish();
});

it('names the place that created a client of another library, also after a reconnect', async () => {
  const { server } = createTestServer();
  const socket = officialIo('http://any.address', {
    forceNew: true,
    transports: [server.transport as never],
    reconnectionDelay: 5,
    reconnectionDelayMax: 10,
  });
  await next(socket, 'connect');
  server.restart({ downMs: 40 });
  await next(socket, 'connect');
  await expect(server.finish()).rejects.toThrow(/edges\.test\.ts/);
  socket.disconnect();
});

it('refuses a client of an older protocol with a clear message', async () => {
  const onError = vi.fn();
  const { server } = createTestServer({ onError });
  class Older extends (server.transport as any) {
    constructor(options: unknown) {
      super(options);
      (this as any).query.EIO = '3';
    }
  }
  const socket = officialIo('http://any.address', {
    forceNew: true,
    reconnection: false,
    transports: [Older as never],
  });
  const [error] = await next(socket, 'connect_error');
  expect(error.description.message).toContain('the client speaks revision "3"');
  expect(onError.mock.calls[0]?.[0].message).toContain('Clients of Socket.IO 2 speak 3');
  await server.finish();
});

it('reports a client that uses another path', async () => {
  const { io, server } = createTestServer({ path: '/chat' });
  const wrong = officialIo('http://any.address', {
    forceNew: true,
    reconnection: false,
    transports: [server.transport as never],
  });
  const [error] = await next(wrong, 'connect_error');
  expect(error.description.message).toBe('the test server answers at the path "/chat", not at "/socket.io/"');
  const right = io();
  await right.ready();
  right.disconnect();
  await server.finish();
});

it('server-side events have no recipients', async () => {
  const { server } = createTestServer();
  expect(await server.serverSideEmitWithAck('hello')).toEqual([]);
  const called = vi.fn();
  expect(server.of('/').serverSideEmit('hello', 1, called)).toBe(true);
  await vi.waitFor(() => expect(called).toHaveBeenCalledWith(null, []), patiently);
  expect(() => server.serverSideEmit('connection')).toThrow('reserved');
});

it.each([
  [
    'https://app.test/src/testing/login.test.ts:3:5',
    'at test (https://app.test/src/testing/login.test.ts:3:5)',
  ],
  ['/home/ada/src/socket/chat.test.ts:3:5', 'at test (/home/ada/src/socket/chat.test.ts:3:5)'],
  ['C:\\app\\dist\\web\\chat.test.js:3:5', 'at C:\\app\\dist\\web\\chat.test.js:3:5'],
  ['http://localhost/chat.test.ts:3:5', 'test@http://localhost/chat.test.ts:3:5'],
])('finds the place %s in a stack', (place, line) => {
  const own = new URL('../../../src/manager/manager.ts', import.meta.url).pathname;
  const stack = [
    'Error',
    `at io (${own}:1:1)`,
    'at later (/app/node_modules/x/index.js:1:1)',
    'at processTimers (node:internal/timers:519:7)',
    line,
  ].join('\n    ');
  expect(placeOf(stack)).toContain(place);
  expect(placeOf(undefined)).toBeUndefined();
});

it("connects the package's own io by its transport, as framework providers use it", async () => {
  const { server } = createTestServer();
  server.on('connection', (peer) => peer.on('note', (text, done) => done(text)));
  const socket = io('http://any.address/', {
    forceNew: true,
    transports: [server.transport],
    reconnectionDelay: 5,
  });
  expect(await socket.emitWithAck('note', 'a')).toBe('a');
  server.cut();
  await next(socket, 'disconnect');
  expect(await socket.emitWithAck('note', 'b')).toBe('b');
  expect(server.connections[0]?.where).toContain('edges.test.ts');
  socket.disconnect();
  await server.finish();
});
// biome-ignore-end lint/suspicious/noExplicitAny: the same
