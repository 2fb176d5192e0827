import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { io } from '../../src/index.js';
import { durable } from '../../src/plugins/durable/index.js';
import { recipe } from '../support/durable-site.js';
import { useFixture } from '../support/fixture.js';
import { freePort } from '../support/ports.js';
import { nextEvent } from '../support/waiting.js';

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

test('the server in the document runs as it is pasted, and lets pages of other origins in', async () => {
  const results = fileURLToPath(new URL('../../test-results/', import.meta.url));
  await mkdir(results, { recursive: true });
  // Below the packages that it imports.
  const folder = await mkdtemp(`${results}durable-`);
  const port = await freePort();
  await writeFile(`${folder}/server.mjs`, (await recipe()).replace('3000', `${port}`));
  const server = spawn(process.execPath, ['server.mjs'], { cwd: folder, stdio: 'inherit' });
  onTestFinished(async () => {
    const ended = server.exitCode === null && nextEvent(server, 'exit');
    server.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  const socket = io(`http://localhost:${port}`, {
    transports: ['polling'],
    forceNew: true,
    // It is started before the server listens.
    coach: false,
    reconnectionDelay: 50,
    reconnectionDelayMax: 100,
  });
  onTestFinished(() => void socket.disconnect());
  const order = (key: string): Promise<{ changes: number }> =>
    socket.emitWithAck('order', { item: 7 }, { idempotencyKey: key });
  expect(await order('one')).toMatchObject({ changes: 1 });
  const address = `http://localhost:${port}/socket.io/?EIO=4&transport=polling`;
  const { headers } = await fetch(address, { headers: { origin: 'http://page.test' } });
  expect(headers.get('access-control-allow-origin')).toBe('*');
});
