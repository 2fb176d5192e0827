import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { Manager } from '../../src/index.js';
import { startChild } from '../support/child.js';
import { nextEvent } from '../support/waiting.js';

const MiB = 2 ** 20;
const messageBytes = 64 * 1024;
const messages = (1024 * MiB) / messageBytes;
/** Slower than a program can emit, and fast enough for a test. */
const bytesPerSecond = 60 * MiB;
const limitMs = 90_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is held, in bytes: texts, and the buffers beside the heap. */
function held(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('whoever awaits drained() sends a gigabyte through a slow link in little memory', {
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
  const before = held();
  let most = 0;
  let mostWaiting = 0;
  for (let number = 0; number < messages; number += 1) {
    socket.emit('chunk', number, text);
    mostWaiting = Math.max(mostWaiting, manager.bufferedAmount);
    // Each message has its own text on the way out: to measure after each would take longer than to send.
    if (number % 256 === 0) most = Math.max(most, held() - before);
    await manager.drained();
  }
  expect(await socket.emitWithAck('how much')).toEqual({
    count: messages,
    bytes: messages * messageBytes,
    inOrder: true,
  });
  console.log(
    `At most ${Math.round(most / MiB)} MiB more were held, ${Math.round(mostWaiting / MiB)} MiB waited.`,
  );
  expect(most).toBeLessThan(64 * MiB);
});
