import { createTestServer } from 'holdfast/testing';
import { expect, test } from 'vitest';

test('comes back after a restart of ten seconds', async () => {
  const { server, io, clock } = createTestServer({ clock: 'manual', seed: 1 });
  const socket = io();
  await socket.ready();

  server.restart({ downMs: 10_000 });
  await clock.advance(9_000);
  expect(socket.io.status).toBe('reconnecting');

  await clock.advance(10_000);
  expect(socket.io.status).toBe('connected');
  socket.disconnect();
  await server.finish();
});

test('notices a dead connection by its heartbeat', async () => {
  const { server, io, clock } = createTestServer({ clock: 'manual', pingInterval: 25_000, pingTimeout: 20_000 });
  const socket = io('/', { reconnection: false });
  const reasons: string[] = [];
  socket.on('disconnect', (reason) => reasons.push(reason));
  await socket.ready();

  server.silence(); // nothing arrives, and nobody is told
  await clock.advance(46_000);
  expect(reasons).toEqual(['ping timeout']);
  await server.finish();
});