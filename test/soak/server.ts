import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { host } from '../support/ports.js';
import { namespaces, patternOf } from './messages.js';

/**
 * The server of the soak, a process of its own that is killed now and then. Arguments: its port, and the file in which it
 * writes down what it has received.
 */

const [port, ledger = ''] = process.argv.slice(2);
const file = openSync(ledger, 'a');
const http = createServer();
const io = new Server(http, { pingInterval: 2_000, pingTimeout: 1_500 });

/** What the emits of a program end in: perhaps binary, perhaps a key, perhaps a function to answer with. */
function isSound(name: string, number: number, rest: readonly unknown[]): boolean {
  return rest.every((one) => {
    if (Buffer.isBuffer(one)) return one.equals(patternOf(number, one.length));
    const key = (one as { idempotencyKey?: string }).idempotencyKey;
    return key === undefined || key === `${name} ${number}`;
  });
}

function serve(socket: Socket): void {
  socket.onAny((name: string, number: number, ...rest: unknown[]) => {
    const answer = typeof rest.at(-1) === 'function' ? (rest.pop() as (number: number) => void) : undefined;
    // Written before the answer, and at once: it outlives the process.
    writeSync(file, `${socket.id} ${name} ${isSound(name, number, rest) ? number : 'corrupt'}\n`);
    // Some answers are late, so that cuts find acknowledgements under way.
    if (Math.random() < 0.2) setTimeout(() => answer?.(number), 50 * Math.random());
    else answer?.(number);
  });
  let told = 0;
  const telling = setInterval(() => {
    told += 1;
    if (told % 10 === 0) socket.emit('news', told, patternOf(told, 2_000));
    else if (told % 7 === 0) socket.timeout(5_000).emit('news', told, () => {});
    else socket.emit('news', told);
  }, 200);
  socket.on('disconnect', () => clearInterval(telling));
}

for (const nsp of namespaces) io.of(nsp).on('connection', serve);
process.on('message', async () => {
  // Asked to stop in order: says good-bye to everyone.
  setTimeout(() => process.exit(), 500);
  await io.close();
  process.exit();
});
process.on('disconnect', () => process.exit());
// While it was down, another program may have taken its port for a moment.
http.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error;
  setTimeout(() => http.listen(Number(port), host), 500);
});
http.on('listening', () => process.send?.('ready'));
http.listen(Number(port), host);
