import { io } from '../../src/index.js';

/** The program of a test: it does one thing, and exits with code 0 as soon as nothing keeps its process alive. */

const [, , url, what = ''] = process.argv;

process.channel?.unref();
if (what === 'away') {
  const socket = io(url, { autoUnref: true, autoConnect: false, outbox: { maxAgeMs: 60_000 } });
  socket.timeout(60_000).emit('x', () => {});
} else if (what === 'drained') {
  const socket = io(url, { autoConnect: false, highWaterMark: 1 });
  socket.emit('x');
  socket.io.drained();
} else {
  const socket = io(url, { autoUnref: true, transports: [what] });
  // This wait keeps the process alive until the connection is open; afterwards, nothing does.
  const alive = setInterval(() => {}, 1_000);
  socket.on('connect', () => clearInterval(alive));
}
