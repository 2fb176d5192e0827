// One node of the demo's cluster.

import { createClient } from '@redis/client';
import { createSocketServer } from '../server/socket-server.mjs';
import { createOrderedAdapter } from './ordered-streams.mjs';
import { createRedisStore } from './redis-store.mjs';

const { port, path, allowedOrigin, redis } = JSON.parse(process.env.HOLDFAST_NODE ?? '');
const log = { write: (area, text, kind) => process.send?.({ line: { area, text, kind } }) };

const client = createClient({ url: redis });
client.on('error', (error) => log.write('server', `Redis: ${error.message}`));
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
    // First of all: who comes now goes to another node.
    httpServer.close();
    // The sessions of those who are here are kept in Redis, so that another node may take them over.
    await Promise.race([io.close(), new Promise((resolve) => setTimeout(resolve, 1_000))]);
    await client.ping();
    process.exit(0);
  },
};
process.on('message', ({ order }) => orders[order]?.());
process.on('SIGTERM', orders.stop);
// Ctrl+C reaches the whole group; the parent decides.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(1));

httpServer.listen(port, '127.0.0.1', () => process.send?.({ ready: true }));
