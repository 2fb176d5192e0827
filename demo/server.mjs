// The demo: two pages (Express) and a Socket.IO server behind a proxy that breaks the network on demand.
//
//   HOLDFAST_DEMO_PORT    port of the pages, default 8080
//   HOLDFAST_SOCKET_PORT  port of the Socket.IO server, default 3000
//   HOLDFAST_DEMO_HOST    address on which the pages are served, default 127.0.0.1: this machine alone
//
// 0 picks a free port. `npm start` builds whatever is missing and then runs this file.

import { createLog } from './server/log.mjs';
import { giveUp, PATH, requireBuild, serve } from './server/serve.mjs';
import { createRestartable } from './server/socket-server.mjs';
import { createMemoryStore } from './server/whiteboard-store.mjs';

async function start() {
  requireBuild('npm start');
  const log = createLog();
  const store = createMemoryStore();
  const demo = await serve({
    log,
    createBackend: async ({ port, allowedOrigin }) =>
      createRestartable({ port, path: PATH, allowedOrigin: () => allowedOrigin, log, store }),
  });

  console.log(`
  holdfast demo

  Page        ${demo.allowedOrigin}
  Whiteboard  ${demo.allowedOrigin}/whiteboard.html
  Socket.IO   ${demo.socketUrl}  (path ${PATH}, for pages from ${demo.allowedOrigin})

  Break the connection with the buttons; open a page in two tabs to see broadcasts. Press Ctrl+C to stop.
`);

  const stop = () => void demo.close().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

start().catch(giveUp);
