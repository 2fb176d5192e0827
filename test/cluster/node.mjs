// One node of the cluster: a socket.io server in a separate process, which constantly broadcasts numbered messages.
//
// Its parent sends it orders; the node sends `ready` when it listens, and the number of its broadcasts when it stops them.

import { createServer } from 'node:http';
import { createClient } from '@redis/client';
import { createAdapter as createClusterAdapter } from '@socket.io/cluster-adapter';
import { Server } from 'socket.io';
import { createOrderedAdapter } from '../../demo/cluster/ordered-streams.mjs';

/** @type {import('./nodes.js').NodeSettings} */
const { name, port, redis, everyMs, targets } = JSON.parse(process.env.HOLDFAST_NODE ?? '');

const client = redis === undefined ? undefined : createClient({ url: redis, name });
// Redis outlives the nodes; any error shows up as missing messages.
client?.on('error', () => {});
await client?.connect();

const http = createServer();
const io = new Server(http, {
  adapter: client ? createOrderedAdapter(client, { maxLen: 100_000 }) : createClusterAdapter(),
  ...(client && { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } }),
});
for (const nsp of new Set(targets.map((target) => target.nsp))) {
  io.of(nsp).on('connection', (socket) => {
    if (!socket.recovered) socket.join(socket.handshake.auth.rooms ?? []);
    socket.on('where', (answer) => answer(name));
  });
}

/** @type {Set<import('node:net').Socket>} */
const connections = new Set();
http.on('connection', (connection) => {
  connections.add(connection);
  connection.once('close', () => connections.delete(connection));
});

let sent = 0;
/** @type {NodeJS.Timeout | undefined} */
let timer;

function broadcast() {
  const target = targets[sent % targets.length];
  if (!target) return;
  const namespace = io.of(target.nsp);
  sent += 1;
  (target.room === undefined ? namespace : namespace.to(target.room)).emit('count', name, sent);
}

async function stop() {
  clearInterval(timer);
  // Stops listening first, so that clients resume their sessions on other nodes.
  http.close();
  // Waits until its broadcasts have reached the other nodes.
  await Promise.race([io.close(), new Promise((resolve) => setTimeout(resolve, 1_000))]);
  await client?.ping();
  process.send?.({ sent }, () => process.exit(0));
}

const orders = {
  start() {
    timer ??= setInterval(broadcast, everyMs);
  },
  'stop broadcasting'() {
    clearInterval(timer);
    process.send?.({ sent });
  },
  cut() {
    for (const connection of connections) connection.resetAndDestroy();
  },
  stop,
};
process.on('message', (/** @type {{ order?: keyof typeof orders }} */ { order }) => {
  if (order) orders[order]();
});
// The parent is gone.
process.on('disconnect', () => process.exit(1));

// The adapter reads over its own connection. A client accepted before that would miss broadcasts of other nodes.
while (client && (await readers(client)) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
if (port !== undefined) await new Promise((resolve) => http.listen(port, '127.0.0.1', () => resolve(0)));
process.send?.({ ready: true });

/** The number of this node's connections that read the stream. @param {NonNullable<typeof client>} asked */
async function readers(asked) {
  const list = await asked.clientList();
  return list.filter((other) => other.name === name && other.cmd === 'xread').length;
}
