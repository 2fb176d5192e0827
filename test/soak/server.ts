import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { host } from '../support/ports.js';
import { namespaces, patternOf } from './messages.js';

/**
 * The server of the soak test: a separate process that is killed now and then. Arguments: its port, and the file in which it
 * logs the received messages.
 */

const [port, logFile = ''] = process.argv.slice(2);
const file = openSync(logFile, 'a');
const http = createServer();
const io = new Server(http, { pingInterval: 2_000, pingTimeout: 1_500 });

/** Checks the arguments after the number: optional binary data and an optional key. */
function isIntact(name: string, number: number, rest: readonly unknown[]): boolean {
  return rest.every((one) => {
    if (Buffer.isBuffer(one)) return one.equals(patternOf(number, one.length));
    const key = (one as { idempotencyKey?: string }).idempotencyKey;
    return key === undefined || key === `${name} ${number}`;
  });
}

function serve(socket: Socket): void {
  socket.onAny((name: string, number: number, ...rest: unknown[]) => {
    const answer = typeof rest.at(-1) === 'function' ? (rest.pop() as (number: number) => void) : undefined;
    // Written synchronously before the answer, so that it survives a kill.
    writeSync(file, `${socket.id} ${name} ${isIntact(name, number, rest) ? number : 'corrupt'}\n`);
    // Delays some answers, so that cuts happen while acknowledgements are pending.
    if (Math.random() < 0.2) setTimeout(() => answer?.(number), 50 * Math.random());
    else answer?.(number);
  });
  let sent = 0;
  const timer = setInterval(() => {
    sent += 1;
    if (sent % 10 === 0) socket.emit('news', sent, patternOf(sent, 2_000));
    else if (sent % 7 === 0) socket.timeout(5_000).emit('news', sent, () => {});
    else socket.emit('news', sent);
  }, 200);
  socket.on('disconnect', () => clearInterval(timer));
}

for (const nsp of namespaces) io.of(nsp).on('connection', serve);
process.on('message', async () => {
  // Asked to stop gracefully: closes every connection.
  setTimeout(() => process.exit(), 500);
  await io.close();
  process.exit();
});
process.on('disconnect', () => process.exit());
// Another program may have taken the port briefly while this server was down.
http.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error;
  setTimeout(() => http.listen(Number(port), host), 500);
});
http.on('listening', () => process.send?.('ready'));
http.listen(Number(port), host);
