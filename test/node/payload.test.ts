import { describe, expect, onTestFinished, test } from 'vitest';
import { io, type Socket } from '../../src/index.js';
import { startServer, type TestServer } from '../support/server.js';
import { nextEvent } from '../support/waiting.js';

/** What a server takes in one request of long-polling is counted as the server counts it. */

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
  'over %s, messages at once that are together larger than the server takes',
  (transport) => {
    test.each<[string, (bytes: number) => string | Uint8Array]>([
      ['binary', (bytes) => new Uint8Array(bytes)],
      ['Latin text', (bytes) => 'x'.repeat(bytes)],
      ['text of two bytes a letter', (bytes) => 'é'.repeat(bytes >> 1)],
      ['emoji', (bytes) => '😀'.repeat(bytes >> 2)],
    ])('all arrive over one connection: %s', async (_what, make) => {
      const { server, socket } = await joined(transport);
      const ends: string[] = [];
      socket.on('disconnect', (reason) => ends.push(reason));
      // Every size of what is left of base64, and a sum of each size around what is taken at once.
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
    ])('the largest that the server takes is sent, and one byte more is refused: %s', async (_what, make) => {
      const { server, socket } = await joined(transport);
      let [taken, refused] = [0, MAX_BYTES * 2];
      while (refused - taken > 4) {
        const bytes = (taken + refused) >> 1;
        const data = make(bytes);
        const outcome = await socket.emitWithAck('size', data).catch((error: { code: string }) => error.code);
        if (outcome === data.length) taken = bytes;
        else {
          expect(outcome).toBe('TOO_LARGE');
          refused = bytes;
        }
      }
      // Base64 is four for three; an event has its name and the number of its acknowledgement.
      const base64 = transport === 'polling' && typeof make(8) !== 'string';
      const most = base64 ? (MAX_BYTES * 3) / 4 : MAX_BYTES;
      expect(most - taken).toBeLessThan(50);
      expect(server.serverSockets()).toBe(1);
    });
  },
);
