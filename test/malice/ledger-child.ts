import { events, io, type Socket } from '../../src/index.js';
import type { Options } from '../../src/platform/options.js';

/**
 * Reaches one documented limit after the other against a server that answers nothing, in a separate process, and reports to its
 * parent the memory that each took, in MiB, and other figures.
 */

export interface Entry {
  readonly bound: string;
  readonly grownMiB: number;
  /** Figures of the experiment. */
  readonly counts: Readonly<Record<string, number>>;
}

const url = process.argv[2] as string;
const MiB = 2 ** 20;

function usedMiB(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MiB;
}

type Fill = (socket: Socket, count: (name: string, amount?: number) => void) => unknown;

async function fill(bound: string, options: Options, act: Fill): Promise<void> {
  const counts: Record<string, number> = {};
  const count = (name: string, amount = 1): void => {
    counts[name] = (counts[name] ?? 0) + amount;
  };
  const socket = io(url, { forceNew: true, transports: ['websocket'], ...options });
  socket.on('dropped', (error) => count(error.code ?? 'no code'));
  if (options.autoConnect !== false) await socket.ready();
  const before = usedMiB();
  await act(socket, count);
  const grownMiB = usedMiB() - before;
  count('bufferedAmount', socket.bufferedAmount);
  const startedMs = performance.now();
  count('cleared', socket.clearBuffer().length);
  count('clearMs', performance.now() - startedMs);
  process.send?.({ bound, grownMiB, counts } satisfies Entry);
  socket.disconnect();
}

const away: Options = { autoConnect: false };
const nobodyHears = (): void => {};
const held: unknown[] = [];

await fill('what waits for an acknowledgement: large text', {}, async (socket, count) => {
  for (let i = 0; i < 100; i++, count('sent')) {
    socket.emit('x', `${i}`.padEnd(500_000, 'x'), nobodyHears);
    await socket.io.drained();
  }
  // The last ones are in the network now.
  while (socket.io.bufferedAmount > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

await fill('what waits for an acknowledgement: bytes', {}, async (socket, count) => {
  for (let i = 0; i < 100; i++, count('sent')) {
    socket.emit('x', new Uint8Array(500_000), nobodyHears);
    await socket.io.drained();
  }
  while (socket.io.bufferedAmount > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

await fill('volatile events that were not sent, until their time is over', away, (socket, count) => {
  for (let i = 0; i < 200; i++, count('dropped'))
    socket.volatile.timeout(1e9).emit('x', `${i}`.padEnd(500_000, 'x'), nobodyHears);
});

await fill('outbox.maxPackets', away, (socket) => {
  for (let i = 0; i < 30_000; i++) socket.emit('x', i);
});

await fill('outbox.maxBytes', away, (socket) => {
  for (let i = 0; i < 300; i++) socket.emit('x', `${i}`.padEnd(200_000, 'x'));
});

await fill(
  'outbox.maxBytes, with the oldest ones dropped',
  { ...away, outbox: { whenFull: 'drop-oldest' } },
  (socket) => {
    for (let i = 0; i < 300; i++) socket.emit('x', `${i}`.padEnd(200_000, 'x'));
  },
);

await fill('outbox.maxBytes, with retries while connected: small events', { retries: 3 }, (socket, count) => {
  let full = false;
  socket.once('dropped', () => {
    full = true;
  });
  for (; !full; count('emitted')) socket.emit('x');
});

await fill('outbox.maxBytes, with retries while connected: large events', { retries: 3 }, (socket) => {
  for (let i = 0; i < 300; i++) socket.emit('x', `${i}`.padEnd(200_000, 'x'));
});

await fill('highWaterMark, with retries and small events', { retries: 3 }, async (socket, count) => {
  const open = AbortSignal.timeout(300);
  for (; !open.aborted; count('emitted')) {
    socket.emit('x');
    await socket.io.drained({ signal: open }).catch(nobodyHears);
  }
});

await fill('maxPendingAcks', { maxPendingAcks: 20_000 }, async (socket, count) => {
  const refused = (error: Error | null): void => count(error ? 'refused' : 'answered');
  for (let i = 0; i < 21_000; i++) {
    socket.timeout(1e9).emit('x', refused);
    if (i % 1_000 === 0) await socket.io.drained();
  }
});

await fill('events(): maxBytes', { ...away, maxReceivedBytes: 2 ** 30 }, async (socket, count) => {
  // Sixteen times the limit.
  const stream = events(socket, 'flood', {
    limit: Number.POSITIVE_INFINITY,
    maxBytes: 2 ** 22,
    whenFull: 'drop-oldest',
  });
  await socket.ready();
  await socket.emitWithAck('flood', 640, 100_000);
  count('dropped', stream.dropped);
  held.push(stream);
});

process.send?.('done');
process.disconnect();
