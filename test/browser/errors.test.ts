import type { Server as HttpServer } from 'node:http';
import type { Page } from 'playwright';
import type { Server } from 'socket.io';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type NginxOptions, nginx, provideMiddleboxes } from '../faults/middleboxes.js';
import { start } from '../generations/start-server.js';
import { useBrowser } from '../support/browser.js';
import { asRow, rows, type Seen } from '../support/errors-page.js';
import { freePort, host } from '../support/ports.js';
import { startServer, type TestServer, type TestServerOptions } from '../support/server.js';

/** The errors of common mistakes, in Chromium: each is a row of docs/errors.md. */

const stops: (() => Promise<unknown>)[] = [];
const measured = new Set<string>();

beforeAll(async () => {
  expect(await provideMiddleboxes(['nginx'])).toBeUndefined();
}, 180_000);

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function server(
  options: TestServerOptions['options'] = {},
  setup: TestServerOptions['setup'] = () => {},
): Promise<TestServer> {
  const started = await startServer({ options, setup });
  stops.push(() => started.stop());
  return started;
}

async function behindNginx(servers: readonly TestServer[], options: NginxOptions): Promise<string> {
  const box = await nginx(options)(servers.map(({ port }) => port));
  stops.push(() => box.stop());
  return `http://${host}:${box.port}`;
}

/** The first `connect_error`; throws if it connects. */
function failure(page: Page, url: string, options: object = {}): Promise<Seen> {
  return page.evaluate(
    async ({ url, options }) => {
      const socket = window.io(url, { reconnection: false, ...options });
      const connected = window.next(socket, 'connect').then(() => {
        throw new Error(`It connects, over ${socket.io.transport}.`);
      });
      connected.catch(() => {});
      const [error] = await Promise.race([window.next(socket, 'connect_error'), connected]);
      socket.disconnect();
      const { code, message, help, hint, data } = error;
      // The cause cannot leave the page, and times differ.
      const attempts = (error.attempts ?? []).map(
        ({ cause, ms, ...attempt }: Record<string, unknown>) => attempt,
      );
      return { code, message, help, hint, data, attempts };
    },
    { url, options },
  );
}

/** Connects only over polling, sends this many bytes, and returns the outcome. */
function sendOverPolling(page: Page, url: string, length: number): Promise<{ sent: Seen; lost?: Seen }> {
  return page.evaluate(
    async ({ url, length }) => {
      // biome-ignore lint/suspicious/noExplicitAny: whatever a program may find at an error
      const plain = (error: any): Seen => {
        const { code, message, help, hint } = error;
        const attempts = (error.attempts ?? []).map(
          ({ cause, ms, ...attempt }: Record<string, unknown>) => attempt,
        );
        return { code, message, help, hint, attempts };
      };
      const socket = window.io(url, { reconnection: false, transports: ['polling'], upgrade: false });
      await window.next(socket, 'connect');
      let lost: Seen | undefined;
      socket.on('disconnect', (_reason, details) => {
        if (details) lost = plain(details);
      });
      const sent = await socket
        .emitWithAck('say', 'x'.repeat(length))
        .then(() => ({ code: 'answered', message: '', help: '', attempts: [] }), plain);
      socket.disconnect();
      return { sent, ...(lost && { lost }) };
    },
    { url, length },
  );
}

/** Compares the row of the table with the outcome. */
function expectRow(what: string, seen: Seen): void {
  measured.add(what);
  expect(asRow(seen), `docs/errors.md, “${what}”`).toBe(rows.get(what));
  expect(seen.help).toBe(`https://unpkg.com/holdfast/docs/errors.md#${seen.code.toLowerCase()}`);
}

const elsewhere = { cors: { origin: 'http://other.example' } };

/** What the web framework beside Socket.IO answers to everything else. */
const notFound = (io: Server): void => {
  (io.httpServer as unknown as HttpServer).on('request', (request, response) => {
    if (!request.url?.startsWith('/socket.io/')) response.writeHead(404).end();
  });
};

describe('a page on http', () => {
  const browser = useBrowser();
  const open = (): Promise<Page> => browser.open('development');

  test('connects over WebSocket although CORS does not allow it, because browsers do not check CORS there', async () => {
    const { url } = await server(elsewhere);
    const page = await open();
    const transport = await page.evaluate(async (url) => {
      const socket = window.io(url);
      await window.next(socket, 'connect');
      return socket.io.transport;
    }, url);
    expect(transport).toBe('websocket');
  });

  test('names cors.origin when CORS refuses polling', async () => {
    const { url } = await server(elsewhere);
    const seen = await failure(await open(), url, { transports: ['polling'] });
    expectRow('CORS: the server does not allow this origin, and polling is the only transport', seen);
    expect(seen.hint).toContain('`cors.origin`');
  });

  test('names cors.origin when the server refuses the origin on both transports', async () => {
    const { url } = await server({ ...elsewhere, allowRequest: (_, decide) => decide('origin', false) });
    const seen = await failure(await open(), url);
    expectRow('CORS, and `allowRequest` refuses WebSocket too', seen);
    expect(seen.hint).toContain('`cors.origin`');
  });

  test('names the path when its own origin has no Socket.IO server there', async () => {
    const seen = await failure(await open(), browser.origin);
    expectRow("wrong `path`, on the page's origin", seen);
    expect(seen.hint).toContain('`path`');
  });

  test('names the path, among others, when another origin has no Socket.IO server there', async () => {
    const { url } = await server({}, notFound);
    const seen = await failure(await open(), url, { path: '/nowhere' });
    expectRow('wrong `path`, on another origin', seen);
    expect(seen.hint).toContain('`path`');
  });

  test('names the path, among others, when nothing answers there', async () => {
    const { url } = await server();
    const seen = await failure(await open(), url, { path: '/nowhere', timeout: 2_500 });
    expectRow('wrong `path`, on an HTTP server without a request handler: it never answers', seen);
    expect(seen.hint).toContain('`path`');
  });

  test('asks whether the server is running when it is down', async () => {
    const seen = await failure(await open(), `http://${host}:${await freePort()}`);
    expectRow('the server is down, or the port is wrong', seen);
    expect(seen.hint).toContain('is it running');
  });

  test.each([
    { transports: ['websocket', 'polling'], what: 'a Socket.IO 2 server, without `legacy`' },
    { transports: ['polling'], what: 'a Socket.IO 2 server, without `legacy`, over polling' },
  ])(
    'names the entry for legacy servers when the server is of 2.x, over $transports',
    async ({ transports, what }) => {
      const old = await start('2.5.1');
      stops.push(() => old.kill());
      // The files for script tags connect to it.
      const page = await browser.open('module');
      const seen = await failure(page, `http://${host}:${old.port}`, { transports });
      expectRow(what, seen);
      expect(seen.code).toBe('LEGACY_SERVER');
    },
  );

  test("reports the refusal of a middleware in the server's words, with its data", async () => {
    const { url } = await server({}, (io) =>
      io.use((_, next) => next(Object.assign(new Error('not you'), { data: { retry: false } }))),
    );
    const seen = await failure(await open(), url);
    expectRow('a middleware refuses with `next(new Error("not you"))`', seen);
    expect(seen.data).toEqual({ retry: false });
  });

  test('connects over polling behind a proxy without WebSocket, and reports upgrades if polling is not allowed', async () => {
    const url = await behindNginx([await server()], { upgrades: false });
    const page = await open();
    const seen = await failure(page, url, { transports: ['websocket'] });
    expectRow('a proxy does not forward upgrades, and polling is not allowed', seen);
    expect(seen.hint).toMatch(/polling.*`Upgrade`/);
    await page.evaluate((url) => window.next(window.io(url), 'connect'), url);
  });

  test('reports sticky sessions when two nodes take turns', async () => {
    const url = await behindNginx([await server(), await server()], { upgrades: true });
    const seen = await failure(await open(), url, { transports: ['polling'] });
    // Which of the two requests behind the handshake comes to the wrong node is left to chance.
    const [attempt] = seen.attempts;
    expect(seen.message).toMatch(/^xhr (post|poll) error$/);
    const message = 'xhr post error';
    const settled = { ...seen, message, attempts: attempt ? [{ ...attempt, message }] : [] };
    expectRow('several server nodes without sticky sessions, over polling', settled);
    expect(seen.hint).toMatch(/sticky.*transports: \['websocket'\]/);
    expect(attempt).toMatchObject({
      phase: 'connect',
      responseText: expect.stringContaining('Session ID unknown'),
    });
  });

  test('reports both sizes when a message is larger than the server accepts, and stays connected', async () => {
    const { url } = await server({ maxHttpBufferSize: 1_000 });
    const { sent, lost } = await sendOverPolling(await open(), url, 5_000);
    expectRow('a message larger than `maxHttpBufferSize`', sent);
    expect(lost).toBeUndefined();
  });

  test('reports that a proxy may have refused a large message, if it cannot read the response', async () => {
    const url = await behindNginx([await server()], { upgrades: true, maxBodyBytes: 1_000 });
    const { sent, lost } = await sendOverPolling(await open(), url, 5_000);
    expect(sent.code).toBe('DISCONNECTED');
    if (!lost) throw new Error('It is still connected.');
    expectRow(
      "a proxy's body size limit (nginx: `client_max_body_size`), on another origin; reported by `disconnect`",
      lost,
    );
    expect(lost.hint).toContain('too large');
  });

  test("reports the proxy's limit if it can read the response", async () => {
    const url = await behindNginx([await server()], { upgrades: true, maxBodyBytes: 1_000 });
    const page = await open();
    await page.goto(`${url}/socket.io/`);
    await page.addScriptTag({ path: 'dist/holdfast.js' });
    const { sent, lost } = await sendOverPolling(page, url, 5_000);
    expect(sent.code).toBe('DISCONNECTED');
    if (!lost) throw new Error('It is still connected.');
    expectRow("a proxy's body size limit, on the page's origin; reported by `disconnect`", lost);
    expect(lost.hint).toContain('`client_max_body_size`');
  });
});

describe('a page on https', () => {
  const browser = useBrowser({ secure: true });

  test.each([
    { transports: ['websocket', 'polling'], what: 'mixed content: an https page connects to http' },
    { transports: ['websocket'], what: 'mixed content, with WebSocket only' },
    { transports: ['polling'], what: 'mixed content, with polling only' },
  ])('names https when it connects to http, over $transports', async ({ transports, what }) => {
    const { port } = await server();
    const seen = await failure(await browser.open('development'), `http://mixed.example:${port}`, {
      transports,
    });
    expectRow(what, seen);
    expect(seen.hint).toContain('https page');
  });

  test('may connect to http on its own machine', async () => {
    const { url } = await server();
    const page = await browser.open('development');
    await page.evaluate((url) => window.next(window.io(url), 'connect'), url);
  });
});

test('the tests above measure every row of docs/errors.md', () => {
  expect([...measured].sort()).toEqual([...rows.keys()].sort());
});
