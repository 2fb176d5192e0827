// The Socket.IO server: unmodified socket.io on an HTTP server of its own, for pages from one origin.

import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { openNamespaces } from './namespaces.mjs';
import { openProbe } from './probe.mjs';
import { RestoredOnceAdapter } from './restored-once.mjs';
import { openWhiteboard } from './whiteboard.mjs';

const MAX_MESSAGE_BYTES = 5_000_000;
/** More often than the usual 25 seconds, so that a visitor sees a heartbeat before leaving. */
const PING_EVERY_MS = 10_000;
/** For so long a page that was cut off gets its session back, and everything it missed. */
const RECOVERY_MS = 120_000;

/**
 * @typedef {object} Settings
 * @property {string} path
 * @property {() => string} allowedOrigin
 * @property {any} log
 * @property {any} store  where the whiteboards are kept
 * @property {object} [options]  for socket.io
 */

/** @param {Settings} settings */
export function createSocketServer({ path, allowedOrigin, log, store, options = {} }) {
  const httpServer = createServer((_request, response) => {
    // Only reached by requests outside `path`.
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
    // CORS lets a page of the allowed origin read our answers over long-polling. It cannot refuse anyone by
    // itself: browsers do not apply it to WebSocket at all. `allowRequest` below is what refuses, on both.
    cors: { origin: (origin, answer) => answer(null, origin === allowedOrigin()) },
    allowRequest(request, answer) {
      const { origin } = request.headers;
      // Browsers always name the origin of the page. Who sends none is no browser, and could claim any.
      const allowed = origin === undefined || origin === allowedOrigin();
      if (!allowed) log.write('server', `refused a page from ${origin}: only ${allowedOrigin()} is allowed`);
      answer(allowed ? null : 'origin not allowed', allowed);
    },
    ...options,
  });

  openProbe(io);
  openWhiteboard(io, store, log);
  return { httpServer, io, close: openNamespaces(io, log) };
}

/**
 * A server that can be stopped as a killed process is, and started anew: with no memory of its sessions, on the same port.
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
      const made = createSocketServer(settings);
      running = made;
      made.httpServer.on('connection', (connection) => {
        connections.add(connection);
        connection.once('close', () => connections.delete(connection));
      });
      await new Promise((resolve, reject) => {
        made.httpServer.once('error', reject);
        made.httpServer.listen(port, '127.0.0.1', () => resolve(undefined));
      });
    },
    async stop() {
      const made = running;
      if (made === undefined) return;
      running = undefined;
      made.close();
      for (const connection of [...connections]) connection.resetAndDestroy();
      await made.io.close();
    },
  };
}
