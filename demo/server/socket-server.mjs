// The Socket.IO server: unmodified socket.io on a separate HTTP server, for pages from one origin.

import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { openNamespaces } from './namespaces.mjs';
import { openProbe } from './probe.mjs';
import { RestoredOnceAdapter } from './restored-once.mjs';
import { openWhiteboard } from './whiteboard.mjs';

const MAX_MESSAGE_BYTES = 5_000_000;
/** Shorter than the default 25 seconds, so that visitors see a heartbeat. */
const PING_EVERY_MS = 10_000;
/** How long a disconnected page can recover its session and missed events. */
const RECOVERY_MS = 120_000;

/**
 * @typedef {object} Settings
 * @property {string} path
 * @property {() => string} allowedOrigin
 * @property {any} log
 * @property {any} store  stores the whiteboards
 * @property {object} [options]  options for socket.io
 */

/** @param {Settings} settings */
export function createSocketServer({ path, allowedOrigin, log, store, options = {} }) {
  const httpServer = createServer((_request, response) => {
    // Reached only by requests outside `path`.
    response
      .writeHead(404, { 'Content-Type': 'text/plain' })
      .end('This is a Socket.IO server. The page is on the other port.\n');
  });

  const io = new Server(httpServer, {
    path,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    pingInterval: PING_EVERY_MS,
    adapter: RestoredOnceAdapter,
    connectionStateRecovery: { maxDisconnectionDuration: RECOVERY_MS },
    // CORS lets pages of the allowed origin read responses over long-polling. It does not protect the server:
    // browsers do not apply it to WebSocket. `allowRequest` below refuses other origins on both transports.
    cors: { origin: (origin, answer) => answer(null, origin === allowedOrigin()) },
    allowRequest(request, answer) {
      const { origin } = request.headers;
      // Browsers always send the origin. A client without one is not a browser, and could claim any origin.
      const allowed = origin === undefined || origin === allowedOrigin();
      if (!allowed) log.write('server', `refused a page from ${origin}: only ${allowedOrigin()} is allowed`);
      answer(allowed ? null : 'origin not allowed', allowed);
    },
    ...options,
  });

  openProbe(io, store);
  openWhiteboard(io, store, log);
  return { httpServer, io, close: openNamespaces(io, log) };
}

/**
 * A server that can be stopped like a killed process and restarted on the same port, without its sessions.
 *
 * @param {Settings & { port: number }} settings
 */
export function createRestartable({ port, ...settings }) {
  /** @type {ReturnType<typeof createSocketServer> | undefined} */
  let running;
  /** @type {Set<import('node:net').Socket>} */
  const connections = new Set();

  return {
    get running() {
      return running !== undefined;
    },
    async start() {
      if (running !== undefined) return;
      const created = createSocketServer(settings);
      running = created;
      created.httpServer.on('connection', (connection) => {
        connections.add(connection);
        connection.once('close', () => connections.delete(connection));
      });
      await new Promise((resolve, reject) => {
        created.httpServer.once('error', reject);
        created.httpServer.listen(port, '127.0.0.1', () => resolve(undefined));
      });
    },
    async stop() {
      const stopping = running;
      if (stopping === undefined) return;
      running = undefined;
      stopping.close();
      for (const connection of [...connections]) connection.resetAndDestroy();
      await stopping.io.close();
    },
  };
}
