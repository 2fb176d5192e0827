import { expect, test } from 'vitest';
import { io } from '../../src/index.js';
import { durable } from '../../src/plugins/durable/index.js';
import { useFixture } from '../support/fixture.js';

/** The durable outbox without IndexedDB: during server-side rendering, in tools, in Node scripts. */

const fixture = useFixture({
  setup(io) {
    io.on('connection', (socket) => {
      socket.on('order', (item, _key, done) => done(`${item}!`));
    });
  },
});

const codeOf = (error: unknown): unknown => (error as { code?: string }).code;

test('without IndexedDB, an emit is refused, and nothing else happens', async () => {
  const outbox = durable({ name: 'app', owner: 'ann', persist: true });
  const heard: unknown[] = [];
  outbox.onError((error) => heard.push(error.code));
  outbox.onSettled(() => {});
  outbox.onRestored(() => heard.push('restored'));
  const socket = io(fixture.proxy.url, { plugins: [outbox], forceNew: true });
  await socket.ready();
  expect(await outbox.emitWithAck(socket, 'order', 'a').catch(codeOf)).toBe('STORAGE_UNAVAILABLE');
  expect(await outbox.pending().catch(codeOf)).toBe('STORAGE_UNAVAILABLE');
  expect(await outbox.clear().catch(codeOf)).toBe('STORAGE_UNAVAILABLE');
  expect(await outbox.cancel('none').catch(codeOf)).toBe('STORAGE_UNAVAILABLE');
  expect(new Set(heard)).toEqual(new Set(['STORAGE_UNAVAILABLE']));
  expect(await socket.emitWithAck('order', 'b', {})).toBe('b!');
  socket.disconnect();
});

test('without IndexedDB, a program that asks for memory has the emit kept in memory', async () => {
  const outbox = durable({ name: 'app', owner: 'ann', fallback: 'memory' });
  outbox.onError(() => {});
  const socket = io(fixture.proxy.url, { plugins: [outbox], forceNew: true, autoConnect: false });
  const answers = ['a', 'b'].map((item) => outbox.emitWithAck(socket, 'order', item));
  await expect.poll(async () => (await outbox.pending()).length).toBe(2);
  expect(await outbox.pending()).toMatchObject([{ stored: false }, { stored: false }]);
  socket.connect();
  expect(await Promise.all(answers)).toEqual(['a!', 'b!']);
  expect(await outbox.pending()).toEqual([]);
  socket.disconnect();
});
