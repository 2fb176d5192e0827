import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { Manager } from '../../src/index.js';
import { startChild } from '../support/child.js';
import { nextEvent } from '../support/waiting.js';

const MiB = 2 ** 20;
const messageBytes = 64 * 1024;
const messages = (1024 * MiB) / messageBytes;
/** Slower than a program can emit, but fast enough for a test. */
const bytesPerSecond = 60 * MiB;
const limitMs = 90_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The memory in use, in bytes: the heap, and buffers outside it. */
function memoryInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('a program that awaits drained() sends a gigabyte over a slow link with little memory', {
  timeout: limitMs,
}, async () => {
  const child = await startChild(new URL('slow-link.ts', import.meta.url), String(bytesPerSecond));
  const [url] = await nextEvent<[string]>(child, 'message');
  const manager = new Manager(url, { transports: ['websocket'] });
  const socket = manager.socket('/');
  onTestFinished(() => {
    socket.disconnect();
  });
  await socket.ready();

  const text = 'x'.repeat(messageBytes);
  const before = memoryInUse();
  let peak = 0;
  let peakBuffered = 0;
  for (let number = 0; number < messages; number += 1) {
    socket.emit('chunk', number, text);
    peakBuffered = Math.max(peakBuffered, manager.bufferedAmount);
    // Measuring after each message would take longer than sending.
    if (number % 256 === 0) peak = Math.max(peak, memoryInUse() - before);
    await manager.drained();
  }
  expect(await socket.emitWithAck('how much')).toEqual({
    count: messages,
    bytes: messages * messageBytes,
    inOrder: true,
  });
  console.log(
    `Memory grew by at most ${Math.round(peak / MiB)} MiB, ${Math.round(peakBuffered / MiB)} MiB were buffered.`,
  );
  expect(peak).toBeLessThan(64 * MiB);
});
