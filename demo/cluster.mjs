// The demo as a cluster: the same pages, with three Socket.IO servers behind nginx (round robin), connected by Redis.
//
//   HOLDFAST_DEMO_PORT    port of the pages, default 8080
//   HOLDFAST_SOCKET_PORT  port of the proxy in front of nginx, default 3000
//   HOLDFAST_REDIS        address of a running Redis, such as redis://localhost:6379; otherwise one is started

import { createNodes } from './cluster/nodes.mjs';
import { findProgram, startNginx, startRedis } from './cluster/programs.mjs';
import { freePort } from './server/fault-proxy.mjs';
import { createLog } from './server/log.mjs';
import { giveUp, PATH, requireBuild, serve } from './server/serve.mjs';

const NODES = 3;

async function start() {
  requireBuild('npm run demo:cluster');
  const nginx = findProgram('nginx', 'nginx-light');
  const { HOLDFAST_REDIS } = process.env;
  const redisServer = HOLDFAST_REDIS
    ? undefined
    : findProgram(
        'redis-server',
        'redis-server',
        ', or use a running one: HOLDFAST_REDIS=redis://localhost:6379',
      );

  const log = createLog();
  const programs = [];
  process.once('exit', () => {
    // The nodes first, because they connect to the others.
    for (const program of programs.reverse()) program.end();
  });

  let redis = HOLDFAST_REDIS;
  if (redisServer) {
    const port = await freePort();
    programs.push(await startRedis(redisServer, port));
    redis = `redis://127.0.0.1:${port}`;
  }
  /** @type {number[]} */
  const ports = [];
  while (ports.length < NODES) ports.push(await freePort());

  /** @type {ReturnType<typeof createNodes>[]} */
  const started = [];
  const demo = await serve({
    log,
    async createBackend({ port, allowedOrigin }) {
      programs.push(await startNginx(nginx, port, ports));
      const nodes = createNodes({ ports, settings: { path: PATH, allowedOrigin, redis }, log });
      started.push(nodes);
      programs.push(nodes);
      return nodes;
    },
    unavailable: ({ needsPolling }) =>
      needsPolling
        ? 'Without WebSocket, a client needs sticky sessions, and this cluster has none: see docs/scaling.md'
        : undefined,
    // Its default starts with long-polling, which would need sticky sessions.
    officialOptions: { transports: ['websocket'] },
  });

  console.log(`
  holdfast demo, as a cluster

  Page        ${demo.allowedOrigin}
  Whiteboard  ${demo.allowedOrigin}/whiteboard.html
  Socket.IO   ${demo.socketUrl}  (nginx behind it, round robin, no sticky sessions)
  Nodes       ${ports.map((port) => `http://localhost:${port}`).join('  ')}
  Redis       ${redis}

  "Stop" ends the nodes one after another; to end one yourself: kill ${started.flatMap(({ pids }) => pids).join(', ')}
  Open a page in several tabs: they are on different nodes, and broadcasts reach all of them. Press Ctrl+C to stop.
`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
}

start().catch(giveUp);
