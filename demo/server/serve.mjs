// Shared by both demos: the proxies in front of the Socket.IO server, the pages, and their addresses.

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createControl } from './control.mjs';
import { FaultProxy, freePort } from './fault-proxy.mjs';
import { createPageApp } from './page.mjs';
import { explain, listen, portFromEnv, StartError } from './ports.mjs';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
export const PATH = '/websocket';

/** Throws an error that says what to do if the library is not built. */
export function requireBuild(command) {
  if (existsSync(`${dist}holdfast.min.js`)) return;
  throw new StartError(
    `dist/holdfast.min.js is missing. Build it first: npm run build (${command} does both)`,
  );
}

/**
 * Listens on the two configured ports and serves the pages; `createBackend` creates the server behind the proxies.
 *
 * @param {object} settings
 * @param {ReturnType<import('./log.mjs').createLog>} settings.log
 * @param {(target: { port: number, allowedOrigin: string }) => Promise<import('./control.mjs').Settings['server']>} settings.createBackend
 * @param {import('./control.mjs').Settings['unavailable']} [settings.unavailable]
 * @param {object} [settings.officialOptions]  for the official client, if its defaults cannot work
 */
export async function serve({ log, createBackend, unavailable, officialOptions = {} }) {
  const pagePort = portFromEnv('HOLDFAST_DEMO_PORT', 8080);
  const wantedPort = portFromEnv('HOLDFAST_SOCKET_PORT', 3000);

  const page = createServer();
  const boundPage = await listen(page, pagePort, 'the page', 'HOLDFAST_DEMO_PORT');
  // The only origin that may connect; URL omits port 80.
  const allowedOrigin = new URL(`http://localhost:${boundPage}`).origin;

  const target = await freePort();
  const main = new FaultProxy(target, wantedPort || (await freePort()));
  await up(main);
  // The official client has its own proxy, so that a cut in the middle of a message affects each client.
  const official = new FaultProxy(target, await freePort());
  await official.up();

  const backend = await createBackend({ port: target, allowedOrigin });
  await backend.start();
  const control = createControl({ server: backend, proxies: [main, official], log, unavailable });

  page.on(
    'request',
    createPageApp({
      dist,
      control,
      log,
      config: {
        socketUrl: main.url,
        officialUrl: official.url,
        officialOptions,
        path: PATH,
        allowedOrigin,
        // The same page under another host name is another origin, so the server refuses it.
        otherOrigin: new URL(`http://127.0.0.1:${boundPage}`).origin,
        faults: control.list,
      },
    }),
  );

  return {
    allowedOrigin,
    socketUrl: main.url.replace('127.0.0.1', 'localhost'),
    async close() {
      page.close();
      page.closeAllConnections();
      await control.close();
    },
  };
}

async function up(proxy) {
  try {
    await proxy.up();
  } catch (error) {
    throw explain(error, proxy.port, 'the Socket.IO server', 'HOLDFAST_SOCKET_PORT');
  }
}

/** Prints expected errors as a sentence, and unexpected ones with their stack. */
export function giveUp(error) {
  console.error(error instanceof StartError ? `\n  holdfast demo: ${error.message}\n` : error);
  process.exit(1);
}
