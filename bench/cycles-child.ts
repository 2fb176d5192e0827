import type { io as Io } from 'socket.io-client';

/**
 * Connects and disconnects, and says after every so many times how large the heap is. A process of its own, run with
 * `--expose-gc`: client, address, how many times, and how often to say.
 */

const [client, url = '', count = '0', every = '1'] = process.argv.slice(2);
const { io } = (
  client === 'holdfast' ? await import('../src/index.js') : await import('socket.io-client')
) as { io: typeof Io };

const options = { transports: ['websocket'] };
const lasting = io(url, { ...options, forceNew: true, autoConnect: false });

/** The three ways of a page that comes and goes: a Manager of its own, the shared one, and one socket used again. */
const ways = [() => io(url, { ...options, forceNew: true }), () => io(url, options), () => lasting.connect()];

async function cycle(socket: typeof lasting): Promise<void> {
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.disconnect();
}

const { gc } = globalThis;
if (!gc) throw new Error('Run it with --expose-gc.');

for (let done = 1; done <= Number(count); done += 1) {
  await cycle((ways[done % ways.length] as () => typeof lasting)());
  if (done % Number(every) !== 0) continue;
  // The last connections are still being closed, and what is weakly held goes with a later turn.
  for (let turn = 0; turn < 4; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    gc();
  }
  process.send?.(process.memoryUsage().heapUsed);
}
process.disconnect?.();
