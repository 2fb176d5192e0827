import { createTestServer } from 'holdfast/testing';
import { expect, test } from 'vitest';

test('shows what the server says when it refuses', async () => {
  const { server, io } = createTestServer();
  const end = server.refuse({ message: 'full', data: { retryInMinutes: 5 } });
  const socket = io();
  const error = await new Promise<Error & { data?: unknown }>((resolve) => socket.once('connect_error', resolve));
  expect([error.message, error.data]).toEqual(['full', { retryInMinutes: 5 }]);
  end();
  socket.disconnect();
  await server.finish();
});

test('gives up on an answer that is lost', async () => {
  const { server, io } = createTestServer();
  server.drop('order', { times: 1 });
  const socket = io();
  await expect(socket.timeout(50).emitWithAck('order')).rejects.toThrow('timed out');
  socket.disconnect();
  await server.finish();
});