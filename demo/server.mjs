// The demo: a page (Express) and a Socket.IO server, started together.
//
//   HOLDFAST_DEMO_PORT    port of the page, 8080 unless set
//   HOLDFAST_SOCKET_PORT  port of the Socket.IO server, 3000 unless set
//
// 0 means any free port. `npm start` builds what is missing and then runs this file.

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createControl } from './server/control.mjs';
import { createLog } from './server/log.mjs';
import { createPageApp } from './server/page.mjs';
import { listen, portFromEnv, StartError } from './server/ports.mjs';
import { createSocketServer } from './server/socket-server.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

async function start() {
  const pagePort = portFromEnv('HOLDFAST_DEMO_PORT', 8080);
  const socketPort = portFromEnv('HOLDFAST_SOCKET_PORT', 3000);
  if (!existsSync(`${dist}holdfast.min.js`)) {
    throw new StartError(
      'dist/holdfast.min.js is missing. Build it first: npm run build (npm start does both)',
    );
  }

  const log = createLog();

  // The one origin that may connect. It is known once the page's port is, and asked only when a visitor comes.
  let allowedOrigin = '';
  const sockets = createSocketServer({ path: '/websocket', allowedOrigin: () => allowedOrigin, log });
  const control = createControl(sockets, log);

  const page = createServer();
  let boundPage = 0;
  const config = () => ({
    socketPort: control.port,
    path: '/websocket',
    allowedOrigin,
    // The same page under another name of this machine: another origin to a browser, so it is refused.
    strangerOrigin: new URL(`http://127.0.0.1:${boundPage}`).origin,
  });
  page.on('request', createPageApp({ dist, config, control, log }));

  boundPage = await listen(page, pagePort, 'the page', 'HOLDFAST_DEMO_PORT');
  allowedOrigin = new URL(`http://localhost:${boundPage}`).origin;
  await control.start(socketPort);

  console.log(`
  holdfast demo

  Page        ${allowedOrigin}
  Socket.IO   http://localhost:${control.port}  (path /websocket, for pages from ${allowedOrigin})

  Open the page in two tabs to see broadcasts. Stop with Ctrl+C.
`);

  const stop = () => {
    sockets.close();
    page.close();
    page.closeAllConnections();
    control.stop({ quietly: true }).then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

start().catch((error) => {
  // Someone who starts a demo needs a sentence, not a stack; anything unexpected keeps its stack.
  console.error(error instanceof StartError ? `\n  holdfast demo: ${error.message}\n` : error);
  process.exit(1);
});
