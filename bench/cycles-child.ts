import type { io as Io } from 'socket.io-client';

/**
 * Connects and disconnects repeatedly, and regularly reports the size of the heap. Runs as a separate process with
 * `--expose-gc`. Arguments: client, address, number of cycles, cycles per report.
 */

const [client, url = '', count = '0', every = '1'] = process.argv.slice(2);
const { io } = (
  client === 'holdfast' ? await import('../src/index.js') : await import('socket.io-client')
) as { io: typeof Io };

const options = { transports: ['websocket'] };
const lasting = io(url, { ...options, forceNew: true, autoConnect: false });

/** The three ways to connect repeatedly: with a new Manager, with the shared one, and with one socket that reconnects. */
const ways = [() => io(url, { ...options, forceNew: true }), () => io(url, options), () => lasting.connect()];

async function cycle(socket: typeof lasting): Promise<void> {
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.disconnect();
}

const { gc } = globalThis;
if (!gc) throw new Error('Run this with --expose-gc.');

for (let done = 1; done <= Number(count); done += 1) {
  await cycle((ways[done % ways.length] as () => typeof lasting)());
  if (done % Number(every) !== 0) continue;
  // The last connections are still closing, and weakly held objects are freed only later.
  for (let turn = 0; turn < 4; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    gc();
  }
  process.send?.(process.memoryUsage().heapUsed);
}
process.disconnect?.();
