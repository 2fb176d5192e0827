import type { Server } from 'socket.io';
import { describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { useFixture } from '../support/fixture.js';
import { waysOfLoading } from '../support/page-server.js';
import { startServer } from '../support/server.js';

const fixture = useFixture({ setup: application });
const browser = useBrowser();

function application(app: Server): void {
  app.of('/guarded').use((socket, next) => {
    if (socket.handshake.auth.token === 'right') {
      next();
      return;
    }
    next(Object.assign(new Error('not you'), { data: { code: 'E_TOKEN', given: socket.handshake.auth } }));
  });
}

describe.each(waysOfLoading)('loaded as a %s, holdfast', (loading) => {
  test('gets connect_error with the data when a middleware rejects it, and keeps its other namespaces', async () => {
    const page = await browser.open(loading);
    const rejected = await page.evaluate(async (url) => {
      const root = window.io(url);
      const guarded = window.io(`${url}/guarded`, { auth: { token: 'wrong' } });
      const [[error]] = await Promise.all([
        window.next(guarded, 'connect_error'),
        window.next(root, 'connect'),
      ]);
      return {
        isError: error instanceof Error,
        message: error.message,
        data: error.data,
        active: guarded.active,
        rootConnected: root.connected,
      };
    }, fixture.proxy.url);
    expect(rejected).toEqual({
      isError: true,
      message: 'not you',
      data: { code: 'E_TOKEN', given: { token: 'wrong' } },
      active: false,
      rootConnected: true,
    });
    expect(fixture.server.serverSockets('/guarded')).toBe(0);
  });

  test('connects with the auth that was set after a rejection', async () => {
    const page = await browser.open(loading);
    await page.evaluate(async (url) => {
      const guarded = window.io(`${url}/guarded`, { auth: { token: 'wrong' } });
      await window.next(guarded, 'connect_error');
      guarded.auth = { token: 'right' };
      guarded.connect();
      await window.next(guarded, 'connect');
    }, fixture.proxy.url);
    expect(fixture.server.serverSockets('/guarded')).toBe(1);
  });

  test.each(['an object', 'a callback', 'a Promise'])('sends auth given as %s', async (form) => {
    const page = await browser.open(loading);
    await page.evaluate(
      async ({ url, form }) => {
        const token = { token: form };
        const auth =
          form === 'an object'
            ? token
            : form === 'a callback'
              ? (answer: (data: object) => void) => void setTimeout(() => answer(token), 10)
              : async () => token;
        await window.next(window.io(url, { auth }), 'connect');
      },
      { url: fixture.proxy.url, form },
    );
    expect(fixture.server.latest().handshake.auth).toEqual({ token: form });
    expect(fixture.server.serverSockets()).toBe(1);
  });

  test('reports that a namespace does not exist', async () => {
    const page = await browser.open(loading);
    const message = await page.evaluate(async (url) => {
      const [error] = await window.next(window.io(`${url}/nowhere`), 'connect_error');
      return error.message;
    }, fixture.proxy.url);
    expect(message).toBe('Invalid namespace');
  });

  test('sends the query to the server, from the options and from the URL', async () => {
    const page = await browser.open(loading);
    const options = await page.evaluate(async (url) => {
      const options = { query: { room: 'a b&c' } };
      await Promise.all([
        window.next(window.io(url, options), 'connect'),
        window.next(
          window.io(`${url}/guarded?from=url`, { forceNew: true, auth: { token: 'right' } }),
          'connect',
        ),
      ]);
      return options;
    }, fixture.proxy.url);
    expect(fixture.server.latest().handshake.query).toMatchObject({ room: 'a b&c' });
    expect(fixture.server.latest('/guarded').handshake.query).toMatchObject({ from: 'url' });
    expect(options).toEqual({ query: { room: 'a b&c' } });
  });

  test('sends extra headers and cookies over polling', async () => {
    const page = await browser.open(loading);
    const server = await startServer({
      options: {
        cors: { origin: browser.origin, credentials: true, allowedHeaders: ['x-token'] },
        cookie: true,
      },
    });
    try {
      await page.evaluate(async (url) => {
        const options = {
          transports: ['polling'],
          withCredentials: true,
          extraHeaders: { 'x-token': 'secret' },
        };
        const first = window.io(url, options);
        await window.next(first, 'connect');
        await window.next(window.io(url, { ...options, forceNew: true }), 'connect');
      }, server.url);
      const { headers } = server.latest().handshake;
      expect(headers['x-token']).toBe('secret');
      expect(headers.cookie).toMatch(/^io=/);
    } finally {
      await server.stop();
    }
  });

  test('begins with polling and moves to WebSocket if it has extra headers and no list of transports', async () => {
    const page = await browser.open(loading);
    const server = await startServer({
      options: { cors: { origin: browser.origin, allowedHeaders: ['x-token'] } },
    });
    try {
      server.io.use((socket, next) =>
        next(socket.handshake.headers['x-token'] === 'secret' ? undefined : new Error('unauthorized')),
      );
      const name = await page.evaluate(async (url) => {
        const socket = window.io(url, { extraHeaders: { 'x-token': 'secret' } });
        await window.next(socket, 'connect');
        while (socket.io.engine.transport.name !== 'websocket')
          await new Promise((resolve) => setTimeout(resolve, 50));
        return socket.io.engine.transport.name;
      }, server.url);
      expect(name).toBe('websocket');
    } finally {
      await server.stop();
    }
  });

  test('connects to a server with its own path', async () => {
    const page = await browser.open(loading);
    const server = await startServer({ options: { path: '/websocket' } });
    try {
      const url = await page.evaluate(async (url) => {
        const socket = window.io(url, { path: '/websocket' });
        await window.next(socket, 'connect');
        return socket.io.engine.transport.name;
      }, server.url);
      expect(url).toBe('websocket');
      expect(server.serverSockets()).toBe(1);
    } finally {
      await server.stop();
    }
  });

  test.each([true, false])('connects only from an allowed origin (allowed: %s)', async (allowed) => {
    const page = await browser.open(loading);
    const origin = allowed ? browser.origin : 'http://allowed.example';
    const server = await startServer({
      options: {
        cors: { origin },
        allowRequest: (request, decide) => decide(null, request.headers.origin === origin),
      },
    });
    try {
      const outcome = await page.evaluate(async (url) => {
        const socket = window.io(url);
        const connected = window.next(socket, 'connect').then(() => 'connected');
        const rejected = window
          .next(socket, 'connect_error')
          .then(([error]) => error instanceof Error && 'rejected');
        // The one that does not happen would fail after its time limit.
        for (const promise of [connected, rejected]) promise.catch(() => {});
        const outcome = await Promise.race([connected, rejected]);
        socket.disconnect();
        return outcome;
      }, server.url);
      expect(outcome).toBe(allowed ? 'connected' : 'rejected');
      expect(server.serverSockets()).toBe(allowed ? 1 : 0);
    } finally {
      await server.stop();
    }
  });
});
