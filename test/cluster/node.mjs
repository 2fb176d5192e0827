// One node of the cluster: a socket.io server in a process of its own, which broadcasts numbered messages all the time.
//
// Its parent gives it orders; it says `ready` when it is, and at the order `quiet` how many it has broadcast.

import { createServer } from 'node:http';
import { createClient } from '@redis/client';
import { createAdapter as createClusterAdapter } from '@socket.io/cluster-adapter';
import { Server } from 'socket.io';
import { createOrderedAdapter } from '../../demo/cluster/ordered-streams.mjs';

/** @type {import('./nodes.js').NodeSettings} */
const { name, port, redis, everyMs, targets } = JSON.parse(process.env.HOLDFAST_NODE ?? '');

const client = redis === undefined ? undefined : createClient({ url: redis, name });
// Redis outlives the nodes. Whatever goes wrong with it is seen by what does not arrive.
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

let told = 0;
/** @type {NodeJS.Timeout | undefined} */
let timer;

function broadcast() {
  const target = targets[told % targets.length];
  if (!target) return;
  const everybody = io.of(target.nsp);
  told += 1;
  (target.room === undefined ? everybody : everybody.to(target.room)).emit('count', name, told);
}

async function stop() {
  clearInterval(timer);
  // First of all: who comes now goes to another node, and not with its session to one that ends.
  http.close();
  // What was broadcast is with the others before this one is gone.
  await Promise.race([io.close(), new Promise((resolve) => setTimeout(resolve, 1_000))]);
  await client?.ping();
  process.send?.({ told }, () => process.exit(0));
}

const orders = {
  start() {
    timer ??= setInterval(broadcast, everyMs);
  },
  quiet() {
    clearInterval(timer);
    process.send?.({ told });
  },
  cut() {
    for (const connection of connections) connection.resetAndDestroy();
  },
  stop,
};
process.on('message', (/** @type {{ order?: keyof typeof orders }} */ { order }) => {
  if (order) orders[order]();
});
// Nobody is left to end it.
process.on('disconnect', () => process.exit(1));

// The adapter reads over a connection of its own. Who is let in before it does would miss what the others broadcast.
while (client && (await readers(client)) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
if (port !== undefined) await new Promise((resolve) => http.listen(port, '127.0.0.1', () => resolve(0)));
process.send?.({ ready: true });

/** How many connections of this node wait for the stream. @param {NonNullable<typeof client>} asked */
async function readers(asked) {
  const list = await asked.clientList();
  return list.filter((other) => other.name === name && other.cmd === 'xread').length;
}
