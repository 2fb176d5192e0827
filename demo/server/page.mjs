// The page's side: static files, the built library, the log as a stream, and the switches.

import { fileURLToPath } from 'node:url';
import express from 'express';
import { StartError } from './ports.mjs';

const publicFiles = fileURLToPath(new URL('../public/', import.meta.url));

export function createPageApp({ dist, config, control, log }) {
  const app = express();
  app.disable('x-powered-by');

  app.use((_request, response, next) => {
    const { socketPort, allowedOrigin, strangerOrigin } = config();
    response.set({
      // Nothing from elsewhere: the page talks to this server and to the Socket.IO server only.
      'Content-Security-Policy': [
        "default-src 'self'",
        "base-uri 'none'",
        `connect-src 'self' http://*:${socketPort} ws://*:${socketPort}`,
        `frame-src ${strangerOrigin}`,
        `frame-ancestors 'self' ${allowedOrigin}`,
      ].join('; '),
      'X-Content-Type-Options': 'nosniff',
    });
    next();
  });

  app.get(['/holdfast.min.js', '/holdfast.min.js.map'], (request, response) => {
    response.sendFile(request.path.slice(1), { root: dist });
  });
  app.use(express.static(publicFiles));

  app.get('/api/config', (_request, response) => {
    response.json(config());
  });
  app.get('/api/events', streamEvents(control, log));

  app.use('/api', fromThisPageOnly);
  app.post('/api/websocket', express.json(), (request, response) => {
    control.setWebSocket(request.body?.mode);
    response.json(control.state());
  });
  app.post('/api/cut', (_request, response) => {
    control.cut();
    response.json(control.state());
  });
  app.post('/api/stop', async (_request, response) => {
    await control.stop();
    response.json(control.state());
  });
  app.post('/api/start', async (_request, response) => {
    await control.start();
    response.json(control.state());
  });

  // Express knows an error handler by its four parameters.
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
 * Server-Sent Events: the log line by line, and the state of the switches. A browser that lost the stream
 * comes back by itself and names the last line it has, so no line is shown twice and none is missed.
 */
function streamEvents(control, log) {
  return (request, response) => {
    response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const sendLine = (line) =>
      response.write(`id: ${line.id}\nevent: log\ndata: ${JSON.stringify(line)}\n\n`);
    const sendState = (state) => response.write(`event: state\ndata: ${JSON.stringify(state)}\n\n`);

    response.write('retry: 1000\n\n');
    sendState(control.state());
    for (const line of log.since(Number(request.headers['last-event-id'] ?? 0))) sendLine(line);
    const unfollow = [log.follow(sendLine), control.follow(sendState)];
    request.on('close', () =>
      unfollow.forEach((off) => {
        off();
      }),
    );
  };
}
