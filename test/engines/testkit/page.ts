import { io as officialIo } from 'socket.io-client';
import { createTestServer } from '../../../src/testing/index.js';

/** Runs in a page: an in-memory server and its clients, without a network. The result is `outcome`. */

async function play(): Promise<unknown> {
  const { server, io, clock } = createTestServer({ clock: 'manual' });
  server.of(/^\/room-\d$/).on('connection', (socket) => socket.emit('welcome', socket.nsp.name));
  server.on('connection', (socket) => {
    socket.on('add', (a: number, b: number, done: (sum: number) => void) => done(a + b));
    socket.on('bytes', (bytes: Uint8Array, done: (bytes: Uint8Array) => void) =>
      done(bytes.slice().reverse()),
    );
    socket.on('blob', (bytes: Uint8Array, done: (size: number) => void) => done(bytes.byteLength));
  });
  const socket = io();
  await socket.ready();
  const results: unknown[] = [
    await socket.emitWithAck('add', 1, 2),
    [...new Uint8Array(await socket.emitWithAck('bytes', new Uint8Array([1, 2, 3])))],
    await socket.emitWithAck('blob', new Blob(['abcd'])),
  ];
  const room = io('/room-1');
  results.push(await new Promise((resolve) => room.once('welcome', resolve)));
  server.restart({ downMs: 5_000 });
  await clock.advance(1_000);
  results.push(socket.io.status);
  await clock.advance(20_000);
  results.push(socket.io.status);
  const official = officialIo('http://any.address', {
    transports: [server.transport as never],
    forceNew: true,
  });
  results.push(await official.emitWithAck('add', 3, 4));
  official.disconnect();
  socket.disconnect();
  room.disconnect();
  await server.finish();
  return results;
}

declare global {
  interface Window {
    outcome: unknown;
  }
}

play().then(
  (results) => {
    window.outcome = results;
  },
  (error: unknown) => {
    window.outcome = `${error}`;
  },
);
