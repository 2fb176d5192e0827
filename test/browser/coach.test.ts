import type { Page } from 'playwright';
import { afterEach, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import type { Loading } from '../support/page-server.js';
import { freePort, host } from '../support/ports.js';
import { startServer, type TestServerOptions } from '../support/server.js';

/** The console messages of the development build in Chromium, if the program does not listen, with real servers. */

const stops: (() => Promise<unknown>)[] = [];
const browser = useBrowser();

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function server(
  options: TestServerOptions['options'] = { cors: { origin: '*' } },
  setup: TestServerOptions['setup'] = () => {},
): Promise<string> {
  const started = await startServer({ options, setup });
  stops.push(() => started.stop());
  return started.url;
}

/** Opens a page that calls `io` and listens to nothing; resolves with the first line of the coach, or with none after `patienceMs`. */
async function lineOf(
  url: string,
  options: object = {},
  { loading = 'development' as Loading, patienceMs = 30_000, emit = '' } = {},
): Promise<string | undefined> {
  const page: Page = await browser.open(loading);
  const line = new Promise<string | undefined>((resolve) => {
    const stop = setTimeout(() => resolve(undefined), patienceMs);
    page.on('console', (message) => {
      if (message.type() !== 'warning' || !message.text().startsWith('holdfast:')) return;
      clearTimeout(stop);
      resolve(message.text());
    });
  });
  await page.evaluate(
    ({ url, options, emit }) => {
      const socket = window.io(url, options);
      if (emit) socket.emit(emit, () => {});
    },
    { url, options, emit },
  );
  return line;
}

test('names the cause: no server, missing CORS, a wrong path, a wrong scheme', async () => {
  const down = `http://${host}:${await freePort()}`;
  const closed = await server({ cors: { origin: 'http://other.example' } });
  const open = await server();
  const lines = await Promise.all([
    lineOf(down),
    lineOf(closed, { transports: ['polling'] }),
    // The server of the page knows no such path.
    lineOf(browser.origin, {}),
    lineOf(open.replace('http:', 'https:')),
  ]);
  expect(lines[0]).toContain(`no server answers at ${down}`);
  expect(lines[1]).toContain(`does not let this page (${browser.origin}) read the response (CORS)`);
  expect(lines[1]).toContain(`cors: { origin: "${browser.origin}" }`);
  expect(lines[2]).toContain('there is no Socket.IO at /socket.io (status 404)');
  expect(lines[3]).toContain('uses http, but the address says https');
  for (const line of lines) expect(line).toMatch(/https:\/\/\S+\/docs\/\S+\.md#\S+$/);
});

test('warns of an unhandled refusal, a missing acknowledgement, and long-polling that would fail', async () => {
  const refusing = await server(
    undefined,
    (io) => void io.use((_socket, next) => next(new Error('not you'))),
  );
  const silent = await server(
    undefined,
    (io) => void io.on('connection', (socket) => socket.on('order', () => {})),
  );
  const closed = await server({ cors: { origin: 'http://other.example' } });
  const lines = await Promise.all([
    lineOf(refusing),
    lineOf(`${silent}/socket.io/`),
    lineOf(silent, {}, { emit: 'order' }),
    lineOf(closed),
  ]);
  expect(lines[0]).toContain('the server refuses the namespace "/": "not you"');
  expect(lines[1]).toContain('the namespace "/socket.io/", which looks like its path');
  expect(lines[2]).toContain('"order" in the namespace "/" has been waiting 10 s for its acknowledgement');
  expect(lines[3]).toContain('use long-polling (CORS)');
});

test('prints nothing if the page listens, in production, or when switched off', async () => {
  const down = `http://${host}:${await freePort()}`;
  const page = await browser.open('development');
  const lines: string[] = [];
  page.on('console', (message) => {
    if (message.text().startsWith('holdfast:')) lines.push(message.text());
  });
  const listening = page.evaluate(
    (url) =>
      new Promise<void>(
        (resolve) => void window.io(url).on('connect_error', () => setTimeout(resolve, 2_000)),
      ),
    down,
  );
  const patienceMs = 4_000;
  expect(
    await Promise.all([
      listening.then(() => lines),
      lineOf(down, {}, { loading: 'script', patienceMs }),
      lineOf(down, { coach: false }, { patienceMs }),
    ]),
  ).toEqual([[], undefined, undefined]);
});
