// The Socket.IO server: unmodified socket.io on an HTTP server of its own, for pages from one origin.

import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { openNamespaces } from './namespaces.mjs';

const MAX_MESSAGE_BYTES = 5_000_000;
/** More often than the usual 25 seconds, so that a visitor sees a heartbeat before leaving. */
const PING_EVERY_MS = 10_000;

/** @param {{ path: string, allowedOrigin: () => string, log: object, options?: object }} settings */
export function createSocketServer({ path, allowedOrigin, log, options = {} }) {
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

  return { httpServer, io, close: openNamespaces(io, log) };
}
