import { createServer, type Server as HttpServer } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { Server } from 'socket.io';
import { type WebSocket, WebSocketServer } from 'ws';
import { freePort, host, listen } from '../test/support/ports.js';
import { type Binary, type Kind, messageOf } from './messages.js';

/**
 * The servers of the traffic scenarios: a socket.io server and a bare WebSocket server that do the same. Runs as a separate process, so
 * that its work is not measured. Sends its parent the two addresses.
 */

/** Larger than any message of the scenarios. */
const maxBytes = 100_000_000;
/** Messages sent per turn; bounds the memory they need. */
const turnSize = 100;

async function serve(http: HttpServer): Promise<string> {
  const port = await freePort();
  await listen(http, port);
  return `//${host}:${port}`;
}

/**
 * Sends `count` messages, a few per turn. The messages of a turn leave together: otherwise the number of times a page is woken
 * would depend on the speed of this process, and cost the page more than the messages do.
 */
function flood(connection: NetSocket, count: number, send: (id: number) => void): void {
  let sent = 0;
  const turn = (): void => {
    connection.cork();
    const until = Math.min(count, sent + turnSize);
    while (sent < until) send(sent++);
    setImmediate(() => {
      connection.uncork();
      if (sent < count) turn();
    });
  };
  turn();
}

const http = createServer();
const io = new Server(http, {
  cors: { origin: '*' },
  maxHttpBufferSize: maxBytes,
  serveClient: false,
});
io.on('connection', (socket) => {
  socket.on('flood', (kind: Kind, count: number) => {
    const of = messageOf(kind);
    flood(socket.request.socket, count, (id) => socket.emit('message', of(id)));
  });
  socket.on('question', (question: unknown, answer: (same: unknown) => void) => answer(question));
});

// Accepts namespaces of any name, which do nothing.
io.of(/./);

const bareHttp = createServer();
const bare = new WebSocketServer({ server: bareHttp, maxPayload: maxBytes });
bare.on('connection', (socket, { socket: connection }) => {
  socket.on('message', (data, binary) => {
    if (binary) return;
    const [name, ...args] = JSON.parse(data.toString());
    if (name === 'flood') floodBare(socket, connection, args[0], args[1]);
    else if (name === 'question') socket.send(JSON.stringify(['answer', args[0]]));
  });
});

/** Sends what an application without a library would send: JSON, followed by each binary part as its own message. */
function floodBare(socket: WebSocket, connection: NetSocket, kind: Kind, count: number): void {
  const of = messageOf(kind);
  flood(connection, count, (id) => {
    const message = of(id);
    const { name, parts } = message as Partial<Binary>;
    if (parts === undefined) {
      socket.send(JSON.stringify(['message', message]));
      return;
    }
    socket.send(JSON.stringify(['message', { name, parts: parts.length }]));
    for (const part of parts) socket.send(part);
  });
}

process.send?.({ library: `http:${await serve(http)}`, bare: `ws:${await serve(bareHttp)}` });
process.on('disconnect', () => process.exit());
