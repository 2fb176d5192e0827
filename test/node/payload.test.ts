import { describe, expect, onTestFinished, test } from 'vitest';
import { io, type Socket } from '../../src/index.js';
import { startServer, type TestServer } from '../support/server.js';
import { nextEvent } from '../support/waiting.js';

/** The client counts the bytes of a polling request exactly as the server does. */

const MAX_BYTES = 10_000;

async function joined(transport: string): Promise<{ server: TestServer; socket: Socket }> {
  const server = await startServer({
    options: { maxHttpBufferSize: MAX_BYTES },
    setup(app) {
      app.on('connection', (socket) => {
        socket.on('size', (data: string | Uint8Array, answer: (size: number) => void) => answer(data.length));
      });
    },
  });
  onTestFinished(() => server.stop());
  const socket = io(server.url, { transports: [transport], upgrade: false, forceNew: true });
  onTestFinished(() => {
    socket.disconnect();
  });
  await nextEvent(socket, 'connect');
  return { server, socket };
}

describe.each(['polling', 'websocket'])(
  'over %s, concurrent messages that together exceed the server’s limit',
  (transport) => {
    test.each<[string, (bytes: number) => string | Uint8Array]>([
      ['binary', (bytes) => new Uint8Array(bytes)],
      ['Latin text', (bytes) => 'x'.repeat(bytes)],
      ['text with two bytes per letter', (bytes) => 'é'.repeat(bytes >> 1)],
      ['emoji', (bytes) => '😀'.repeat(bytes >> 2)],
    ])('arrive over one connection: %s', async (_what, make) => {
      const { server, socket } = await joined(transport);
      const ends: string[] = [];
      socket.on('disconnect', (reason) => ends.push(reason));
      // Covers every base64 remainder, and sums just below and above the server's limit.
      for (const bytes of [1, 2, 40, 148, 735, 736, 737, 1_219, 1_468, 1_469, 1_470, 2_450, 3_700]) {
        const all = Array.from({ length: Math.ceil(30_000 / (bytes + 40)) }, () => make(bytes));
        const answers = await Promise.all(all.map((data) => socket.emitWithAck('size', data)));
        expect(answers).toEqual(all.map(({ length }) => length));
      }
      expect([ends, server.serverSockets()]).toEqual([[], 1]);
    });

    test.each<[string, (bytes: number) => string | Uint8Array]>([
      ['binary', (bytes) => new Uint8Array(bytes)],
      ['emoji', (bytes) => '😀'.repeat(bytes >> 2)],
    ])('include the largest accepted message, while one byte more is refused: %s', async (_what, make) => {
      const { server, socket } = await joined(transport);
      let [accepted, refused] = [0, MAX_BYTES * 2];
      while (refused - accepted > 4) {
        const bytes = (accepted + refused) >> 1;
        const data = make(bytes);
        const outcome = await socket.emitWithAck('size', data).catch((error: { code: string }) => error.code);
        if (outcome === data.length) accepted = bytes;
        else {
          expect(outcome).toBe('TOO_LARGE');
          refused = bytes;
        }
      }
      // Base64 takes four bytes for three; an event also has a name and an acknowledgement id.
      const base64 = transport === 'polling' && typeof make(8) !== 'string';
      const limit = base64 ? (MAX_BYTES * 3) / 4 : MAX_BYTES;
      expect(limit - accepted).toBeLessThan(50);
      expect(server.serverSockets()).toBe(1);
    });
  },
);
