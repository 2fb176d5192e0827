import { createServer, type Server as HttpServer } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { Server } from 'socket.io';
import { type WebSocket, WebSocketServer } from 'ws';
import { freePort, host, listen } from '../test/support/ports.js';
import { type Binary, type Kind, messageOf } from './messages.js';

/**
 * The other end of the traffic: a socket.io server and a bare WebSocket server that do the same. A process of its own, so that
 * its work is nobody's but its own. Tells its parent the two addresses.
 */

/** Any message of the scenarios, with room to spare. */
const maxBytes = 100_000_000;
/** Messages sent in one turn, so that what they need in memory stays small. */
const turnSize = 100;

async function serve(http: HttpServer): Promise<string> {
  const port = await freePort();
  await listen(http, port);
  return `//${host}:${port}`;
}

/**
 * Sends so many messages, a few in each turn. The messages of a turn leave together: how often a page is woken would otherwise
 * depend on how fast this process is, and cost the page more than the messages do.
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

// Rooms of any name, in which nothing happens.
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

/** What an application without a library would send: JSON, and each binary part as a message behind it. */
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
