import { createTestServer } from 'holdfast/testing';
import { io as officialIo } from 'socket.io-client';
import { expect, test } from 'vitest';

test('answers the official client', async () => {
  const { server } = createTestServer();
  server.on('connection', (socket) => socket.on('ping me', (done) => done('pong')));
  const socket = officialIo('http://any.address', { transports: [server.transport as never] });
  expect(await socket.emitWithAck('ping me')).toBe('pong');
  socket.disconnect();
  await server.finish();
});