import { io as officialIo } from 'socket.io-client';
import { expect, it } from 'vitest';
import type { Socket } from '../../../src/index.js';
import { createTestServer } from '../../../src/testing/index.js';

/**
 * What a test server costs. The figures are those of `npm run bench -- testing`; here, a multiple of the processor's time fails, so that a
 * machine that is busy with something else does not.
 */

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

it('1,000 tests with a fresh server each take seconds', async () => {
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
  expect(ms).toBeLessThan(15_000);
}, 120_000);

it.each(['holdfast', 'official'])(
  'a client connects quickly: %s',
  async (client) => {
    const { server, tab } = createTestServer();
    const startMs = cpuMs();
    for (let i = 0; i < 200; i++) {
      const socket =
        client === 'holdfast'
          ? tab()('/')
          : officialIo('http://test.server', { transports: [server.transport as never], forceNew: true });
      await new Promise<void>((resolve) => (socket as unknown as Socket).on('connect', resolve));
      socket.disconnect();
    }
    await server.finish();
    const ms = (cpuMs() - startMs) / 200;
    console.log(`${client} connects and leaves in ${ms.toFixed(2)} ms of the processor's time`);
    expect(ms).toBeLessThan(15);
  },
  60_000,
);
