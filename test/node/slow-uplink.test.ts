import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { io } from '../../src/index.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { startServer } from '../support/server.js';

/**
 * Newer servers answer 408 to a request whose body takes over 30 seconds. Over long-polling, what waits is therefore sent in pieces that
 * a slow link carries in time. Here the server is patient for nine seconds only, so that the test need not last a minute.
 */

const BYTES_PER_SECOND = 20_000;
const PATIENCE_MS = 9_000;
/** All of it in one request would take twelve seconds. */
const MESSAGES = 24;
const SIZE = 10_000;

interface Post {
  bytes: number;
  ms: number;
}

test('data queued for a link of 20 kB/s is sent in pieces, and arrives in order over one connection', async () => {
  const heard: number[] = [];
  const server = await startServer({
    setup(app) {
      app.on('connection', (socket) => {
        socket.on('piece', (n: number) => heard.push(n));
        socket.on('all', (answer: () => void) => answer());
      });
    },
  });
  onTestFinished(() => server.crash());
  const posts: Post[] = [];
  const listen = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method !== 'POST') return;
    const post: Post = { bytes: Number(request.headers['content-length']), ms: 0 };
    posts.push(post);
    const startedMs = performance.now();
    const impatience = setTimeout(() => response.writeHead(408).end(), PATIENCE_MS);
    response.on('finish', () => {
      post.ms = performance.now() - startedMs;
      clearTimeout(impatience);
    });
  };
  server.io.httpServer.prependListener('request', listen);
  const proxy = await startFaultProxy(server.port);
  onTestFinished(() => proxy.close());
  proxy.limitRate(BYTES_PER_SECOND);

  const socket = io(proxy.url, { transports: ['polling'], upgrade: false, forceNew: true });
  onTestFinished(() => {
    socket.disconnect();
  });
  const ends: string[] = [];
  socket.on('disconnect', (reason) => ends.push(reason));
  await socket.ready();
  const text = 'x'.repeat(SIZE - 30);
  for (let n = 0; n < MESSAGES; n++) socket.emit('piece', n, text);
  await socket.emitWithAck('all');
  expect([ends, heard, server.serverSockets()]).toEqual([
    [],
    Array.from({ length: MESSAGES }, (_, n) => n),
    1,
  ]);
  const large = posts.filter(({ bytes }) => bytes > SIZE);
  expect(large.length).toBeGreaterThan(1);
  expect(Math.max(...large.map(({ bytes }) => bytes))).toBeLessThan(200_000);
}, 45_000);
