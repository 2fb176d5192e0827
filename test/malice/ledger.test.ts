import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChild } from '../support/child.js';
import { startServer, type TestServer } from '../support/server.js';
import { within } from '../support/waiting.js';
import type { Entry } from './ledger-child.js';

/** The memory ledger: for each limit of docs/delivery.md on sending, the memory of a program that reaches it. */

let server: TestServer;
beforeAll(async () => {
  // It hears everything, and answers nothing but a wish for a flood.
  server = await startServer({
    setup: (app) =>
      app.on('connection', (socket) =>
        socket.on('flood', (count: number, bytes: number, done: () => void) => {
          for (let i = 0; i < count; i++) socket.emit('flood', `${i}`.padEnd(bytes, 'x'));
          done();
        }),
      ),
  });
});
afterAll(() => server.stop());

test('what the documented limits admit fits into bounded memory', async () => {
  const child = await startChild(new URL('ledger-child.ts', import.meta.url), server.url);
  const entries = new Map<string, Entry>();
  const done = new Promise<void>((resolve, reject) => {
    child.on('message', (entry: Entry | 'done') => {
      if (entry === 'done') resolve();
      else entries.set(entry.bound, entry);
    });
    child.once('exit', (code) => reject(new Error(`The program ended with ${code}.`)));
  });
  await within(done, 'the end of the ledger', 60_000);
  const grown = Object.fromEntries([...entries].map(([bound, { grownMiB }]) => [bound, grownMiB]));
  const below = (mib: number): unknown =>
    expect.toSatisfy((value: number) => value < mib, `below ${mib} MiB`);
  expect(grown).toEqual({
    // 50 MB were sent, and none of it is needed for the answer.
    'what waits for an acknowledgement: large text': below(10),
    'what waits for an acknowledgement: bytes': below(10),
    'volatile events that were not sent, until their time is over': below(10),
    'outbox.maxPackets': below(15),
    // 16 MiB of text with one byte a letter.
    'outbox.maxBytes': below(30),
    'outbox.maxBytes, with the oldest ones dropped': below(30),
    'outbox.maxBytes, with retries while connected: small events': below(160),
    'outbox.maxBytes, with retries while connected: large events': below(30),
    'highWaterMark, with retries and small events': below(20),
    maxPendingAcks: below(40),
    'events(): maxBytes': below(12),
  });
  const counts = (bound: string): Entry['counts'] | undefined => entries.get(bound)?.counts;
  expect(counts('outbox.maxPackets')).toMatchObject({ OUTBOX_FULL: 20_000, cleared: 10_000 });
  expect(counts('outbox.maxBytes')?.bufferedAmount).toBeLessThanOrEqual(2 ** 24);
  expect(counts('maxPendingAcks')?.refused).toBe(1_000);
  expect(counts('events(): maxBytes')?.dropped).toBeGreaterThan(550);
  // Long queues are cleared in one go, not in the square of their length.
  const small = counts('outbox.maxBytes, with retries while connected: small events');
  expect(small?.cleared).toBeGreaterThan(50_000);
  expect(small?.clearMs).toBeLessThan(1_000);
}, 90_000);
