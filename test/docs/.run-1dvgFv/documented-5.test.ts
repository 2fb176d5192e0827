import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io, type Socket } from 'holdfast';
import { Server } from 'socket.io';
import { afterEach, beforeEach, expect, test } from 'vitest';

let server: Server;
let socket: Socket;
let notes: string[];

beforeEach(async () => {
  const http = createServer();
  server = new Server(http);
  notes = [];
  server.on('connection', (peer) => {
    peer.on('note', (text, answer) => {
      notes.push(text);
      answer?.('noted');
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  // A separate connection with a short retry delay, so that tests do not wait for a second.
  socket = io(`http://127.0.0.1:${port}`, { forceNew: true, reconnectionDelay: 10 });
  await socket.ready();
});

afterEach(async () => {
  socket.disconnect();
  await server.close();
});

const next = (event: string) => new Promise((resolve) => socket.once(event, resolve));

test('delivers notes written while disconnected after the reconnect', async () => {
  const disconnected = next('disconnect');
  socket.io.engine.close(); // closes the connection without leaving the namespaces
  await disconnected;

  socket.emit('note', 'written while disconnected');
  await socket.emitWithAck('note', 'and this one'); // waits for the reconnect, and for the answer

  expect(notes).toEqual(['written while disconnected', 'and this one']);
});

test('reports a lost answer', async () => {
  server.on('connection', (peer) => peer.on('slow', () => peer.conn.close())); // closes, and never answers
  await Promise.all([next('connect'), socket.disconnect().connect()]);

  const error = await socket.emitWithAck('slow').catch((reason) => reason);
  expect(error).toMatchObject({ code: 'DISCONNECTED', maybeDelivered: true });
});

test('does not reconnect after the server disconnects it', async () => {
  const disconnected = next('disconnect');
  server.disconnectSockets();
  expect(await disconnected).toBe('io server disconnect');
  expect(socket.active).toBe(false);
});