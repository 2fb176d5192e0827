import { createTestServer } from 'holdfast/testing';
import type { Server } from 'socket.io';
import { expect, test } from 'vitest';

/** Of the app's server. */
function attachRooms(server: Server): void {
  server.use((socket, next) => next(socket.handshake.auth.user ? undefined : new Error('who are you?')));
  server.on('connection', (socket) => {
    socket.on('join', (room, done) => {
      socket.join(room);
      server.to(room).emit('joined', socket.handshake.auth.user);
      done(socket.rooms.size);
    });
  });
}

test('members of a room hear of each other', async () => {
  const { server, io, tab } = createTestServer();
  attachRooms(server as unknown as Server);
  const ada = io('/', { auth: { user: 'ada' } });
  const bob = tab()('/', { auth: { user: 'bob' } });
  await ada.emitWithAck('join', 'tea');
  const heard = new Promise((resolve) => ada.once('joined', resolve));
  await bob.emitWithAck('join', 'tea');
  expect(await heard).toBe('bob');
  ada.disconnect();
  bob.disconnect();
  await server.finish();
});