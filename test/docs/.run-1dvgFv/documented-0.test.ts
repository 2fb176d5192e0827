import { createTestServer } from 'holdfast/testing';
import { expect, test } from 'vitest';

test('answers', async () => {
  const { server, io } = createTestServer();
  server.on('connection', (socket) => socket.on('question', (a, b, answer) => answer(a * b)));
  const socket = io();
  expect(await socket.emitWithAck('question', 6, 7)).toBe(42);
  socket.disconnect();
  await server.finish();
});