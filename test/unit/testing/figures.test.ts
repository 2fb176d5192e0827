import { io as officialIo } from 'socket.io-client';
import { expect, it } from 'vitest';
import type { Socket } from '../../../src/index.js';
import { createTestServer } from '../../../src/testing/index.js';

/** What a test server costs. A machine that is busy with something else takes longer: what counts is the time of the processor. */

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

it('1,000 tests with a fresh server each take no more than 5 seconds', async () => {
  const startMs = cpuMs();
  for (let i = 0; i < 1_000; i++) {
    const { server, io } = createTestServer();
    server.on('connection', (socket) => {
      socket.on('note', (text: string, done: (answer: string) => void) => done(text));
    });
    const socket = io();
    expect(await socket.emitWithAck('note', 'a')).toBe('a');
    socket.disconnect();
    await server.finish();
  }
  const ms = cpuMs() - startMs;
  console.log(`1,000 tests with a fresh server: ${Math.round(ms)} ms`);
  expect(ms).toBeLessThan(5_000);
}, 60_000);

it.each(['holdfast', 'official'])(
  'a client connects within 2 ms: %s',
  async (client) => {
    const { server, tab } = createTestServer();
    const times: number[] = [];
    for (let i = 0; i < 200; i++) {
      const startMs = performance.now();
      const socket =
        client === 'holdfast'
          ? tab()('/')
          : officialIo('http://test.server', { transports: [server.transport as never], forceNew: true });
      await new Promise<void>((resolve) => (socket as unknown as Socket).on('connect', resolve));
      times.push(performance.now() - startMs);
      socket.disconnect();
    }
    await server.finish();
    times.sort((a, b) => a - b);
    const medianMs = times[100] as number;
    console.log(`${client} connects in ${medianMs.toFixed(2)} ms`);
    expect(Math.min(...times)).toBeLessThan(2);
    expect(medianMs).toBeLessThan(20);
  },
  60_000,
);
