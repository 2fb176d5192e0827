// Serves the pages: static files, the built library, the log stream, and the fault controls.

import { fileURLToPath } from 'node:url';
import express from 'express';
import { StartError } from './ports.mjs';

const publicFiles = fileURLToPath(new URL('../public/', import.meta.url));

/** The official client, which the demo compares with. */
const officialFile = fileURLToPath(
  new URL('../../node_modules/socket.io-client/dist/socket.io.esm.min.js', import.meta.url),
);
const BUILT = ['holdfast.min.js', 'holdfast.inspector.min.js'];

export function createPageApp({ dist, config, control, log }) {
  const { socketUrl, officialUrl, allowedOrigin, otherOrigin } = config;
  const servers = [socketUrl, officialUrl].flatMap((url) => [url, url.replace('http', 'ws')]);
  const app = express();
  app.disable('x-powered-by');

  app.use((request, response, next) => {
    response.set({
      // The page loads nothing from other hosts, and connects only to this server and the Socket.IO servers.
      'Content-Security-Policy': [
        "default-src 'self'",
        "base-uri 'none'",
        // The doctor examines any server that the visitor names.
        `connect-src ${request.path === '/doctor.html' ? '* ws: wss:' : `'self' ${servers.join(' ')}`}`,
        `frame-src 'self' ${otherOrigin}`,
        `frame-ancestors 'self' ${allowedOrigin}`,
      ].join('; '),
      'X-Content-Type-Options': 'nosniff',
    });
    next();
  });

  app.get(
    BUILT.flatMap((file) => [`/${file}`, `/${file}.map`]),
    (request, response) => response.sendFile(request.path.slice(1), { root: dist }),
  );
  // Entries of the library as modules, for features that are not in the script.
  app.use('/modules', express.static(`${dist}browser/production`));
  app.get('/socket.io.esm.min.js', (_request, response) => response.sendFile(officialFile));
  app.use(express.static(publicFiles));

  app.get('/api/config', (_request, response) => {
    response.json(config);
  });
  app.get('/api/events', streamEvents(control, log));

  app.use('/api', fromThisPageOnly);
  app.post('/api/faults/:id', express.json(), async (request, response) => {
    const { id } = request.params;
    await (request.body?.on === false ? control.end(id) : control.inject(id));
    response.json(control.state());
  });
  // Blocks the calling page: answered when the fault is over.
  app.post('/api/faults/:id/through', async (request, response) => {
    await control.inject(request.params.id);
    await control.over(request.params.id);
    response.json(control.state());
  });
  app.post('/api/heal', async (_request, response) => {
    await control.heal();
    response.json(control.state());
  });

  // Express recognises an error handler by its four parameters.
  app.use((error, _request, response, _next) => {
    const status =
      error instanceof RangeError ? 400 : error instanceof StartError ? 409 : (error.status ?? 500);
    if (status >= 500) console.error(error);
    response.status(status).json({ error: error.message });
  });
  return app;
}

/** Any page on the web may send a POST to localhost; only our own page may break the server. */
function fromThisPageOnly(request, response, next) {
  const { origin, host } = request.headers;
  if (origin !== undefined && origin !== `http://${host}`) {
    response.status(403).json({ error: `not for pages from ${origin}` });
  } else {
    next();
  }
}

/**
 * Server-Sent Events: the log lines, each fault, and the active faults. A browser that lost the stream
 * reconnects by itself and sends the id of its last line, so no line is shown twice or missed.
 */
function streamEvents(control, log) {
  return (request, response) => {
    response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const send = (event, data) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    const sendLine = (line) =>
      response.write(`id: ${line.id}\nevent: log\ndata: ${JSON.stringify(line)}\n\n`);

    response.write('retry: 1000\n\n');
    send('state', control.state());
    for (const line of log.since(Number(request.headers['last-event-id'] ?? 0))) sendLine(line);
    const unfollow = [log.follow(sendLine), control.follow((event) => send(event.type, event))];
    request.on('close', () =>
      unfollow.forEach((off) => {
        off();
      }),
    );
  };
}
