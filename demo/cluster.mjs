// The demo as a cluster: the same page, and three Socket.IO servers behind nginx in round robin, joined by Redis.
//
//   HOLDFAST_DEMO_PORT    port of the page, 8080 unless set
//   HOLDFAST_SOCKET_PORT  port of nginx, 3000 unless set
//   HOLDFAST_REDIS        address of a Redis that runs already, as redis://localhost:6379; else one is started

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createNodes } from './cluster/nodes.mjs';
import { findProgram, freePort, startNginx, startRedis } from './cluster/programs.mjs';
import { createLog } from './server/log.mjs';
import { createPageApp } from './server/page.mjs';
import { listen, portFromEnv, StartError } from './server/ports.mjs';

const NODES = 3;
const dist = fileURLToPath(new URL('../dist/', import.meta.url));

async function start() {
  const pagePort = portFromEnv('HOLDFAST_DEMO_PORT', 8080);
  const socketPort = portFromEnv('HOLDFAST_SOCKET_PORT', 3000) || (await freePort());
  if (!existsSync(`${dist}holdfast.min.js`)) {
    throw new StartError(
      'dist/holdfast.min.js is missing. Build it first: npm run build (npm run demo:cluster does both)',
    );
  }
  const nginx = findProgram('nginx', 'nginx-light');
  const { HOLDFAST_REDIS } = process.env;
  const redisServer = HOLDFAST_REDIS
    ? undefined
    : findProgram(
        'redis-server',
        'redis-server',
        ', or name one that runs: HOLDFAST_REDIS=redis://localhost:6379',
      );

  const log = createLog();
  const page = createServer();
  const boundPage = await listen(page, pagePort, 'the page', 'HOLDFAST_DEMO_PORT');
  const allowedOrigin = `http://localhost:${boundPage}`;

  const programs = [];
  const end = () => {
    for (const program of programs) program.end();
  };
  process.once('exit', end);

  let redis = HOLDFAST_REDIS;
  if (redisServer) {
    const port = await freePort();
    programs.push(await startRedis(redisServer, port));
    redis = `redis://127.0.0.1:${port}`;
  }
  const ports = [];
  while (ports.length < NODES) ports.push(await freePort());
  const nodes = createNodes({ ports, settings: { path: '/websocket', allowedOrigin, redis }, log });
  programs.push(nodes);
  await nodes.start();
  programs.push(await startNginx(nginx, socketPort, ports));

  const config = () => ({
    socketPort,
    path: '/websocket',
    allowedOrigin,
    strangerOrigin: `http://127.0.0.1:${boundPage}`,
  });
  page.on('request', createPageApp({ dist, config, control: nodes, log }));

  console.log(`
  holdfast demo, as a cluster

  Page        ${allowedOrigin}
  nginx       http://localhost:${socketPort}  (round robin, no sticky sessions)
  Nodes       ${ports.map((port) => `http://localhost:${port}`).join('  ')}
  Redis       ${redis}

  "Stop the server" ends one node after the other; each can also be ended by hand: kill ${nodes.pids.join(', ')}
  Open the page in several tabs: they are on different nodes, and broadcasts reach them all. Stop with Ctrl+C.
`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
}

start().catch((error) => {
  // Someone who starts a demo needs a sentence, not a stack; anything unexpected keeps its stack.
  console.error(error instanceof StartError ? `\n  holdfast demo: ${error.message}\n` : error);
  process.exit(1);
});
