import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io } from 'holdfast';
import { Server } from 'socket.io';
import { expect, test, vi } from 'vitest';

test('a draft is saved one minute after the last key', async () => {
  const http = createServer();
  const server = new Server(http);
  server.on('connection', (peer) => peer.on('draft', (text, answer) => answer(`saved: ${text}`)));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;

  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const socket = io(`http://127.0.0.1:${port}`, { forceNew: true, useNativeTimers: true });
  const saved = new Promise((resolve) => {
    setTimeout(async () => resolve(await socket.emitWithAck('draft', 'Dear Ada')), 60_000);
  });
  await socket.ready(); // connects although the fake clock is stopped
  vi.advanceTimersByTime(60_000);
  expect(await saved).toBe('saved: Dear Ada');

  vi.useRealTimers();
  socket.disconnect();
  await server.close();
});