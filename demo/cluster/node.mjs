// One node of the demo's cluster.

import { createClient } from '@redis/client';
import { createSocketServer } from '../server/socket-server.mjs';
import { createOrderedAdapter } from './ordered-streams.mjs';
import { createRedisStore } from './redis-store.mjs';

const { port, path, allowedOrigin, redis } = JSON.parse(process.env.HOLDFAST_NODE ?? '');
const log = { write: (area, text, kind) => process.send?.({ line: { area, text, kind } }) };

const client = createClient({ url: redis });
/** Ctrl+C may end Redis before this node. */
const tell = (error) => log.write('server', `Redis: ${error.message}`);
client.on('error', tell);
// The adapter reads with connections of its own, and an error that nobody hears would end the process.
const { duplicate } = client;
/** @type {any} */ (client).duplicate = (options) => duplicate.call(client, options).on('error', tell);
await client.connect();

const { httpServer, io, close } = createSocketServer({
  path,
  allowedOrigin: () => allowedOrigin,
  log,
  store: createRedisStore(client),
  options: { adapter: createOrderedAdapter(client) },
});

const orders = {
  async stop() {
    close();
    // Stops listening first, so that clients reconnect to other nodes.
    httpServer.close();
    // Saves the sessions in Redis, so that other nodes can resume them.
    await Promise.race([io.close(), new Promise((resolve) => setTimeout(resolve, 1_000))]);
    await client.ping().catch(tell);
    process.exit(0);
  },
};
process.on('message', ({ order }) => orders[order]?.());
process.on('SIGTERM', orders.stop);
// Ctrl+C reaches the whole process group; the parent stops the nodes.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(1));

httpServer.listen(port, '127.0.0.1', () => process.send?.({ ready: true }));
