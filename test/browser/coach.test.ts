import { createServer } from 'node:http';
import type { Page } from 'playwright';
import { Server } from 'socket.io';
import { afterEach, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import type { Loading } from '../support/page-server.js';
import { freePort, host } from '../support/ports.js';
import { startServer, type TestServerOptions } from '../support/server.js';

/** The console messages of the development build in Chromium about failures, with real servers. */

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
  url: string | undefined,
  options: object = {},
  { loading = 'development' as Loading, patienceMs = 30_000, emit = '', policy = '' } = {},
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
  await obey(page, policy);
  await page.evaluate(
    ({ url, options, emit }) => {
      const socket = window.io(url, options);
      if (emit) socket.emit(emit, () => {});
    },
    { url, options, emit },
  );
  return line;
}

/** Gives a page a Content Security Policy: its `connect-src`. */
async function obey(page: Page, policy: string): Promise<void> {
  if (!policy) return;
  await page.evaluate((content) => {
    const meta = Object.assign(document.createElement('meta'), { httpEquiv: 'Content-Security-Policy' });
    document.head.append(Object.assign(meta, { content }));
  }, `connect-src ${policy}`);
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

test('names the policy of the page: of everything, and of WebSocket', async () => {
  const [all, part] = await Promise.all([server(), server()]);
  const lines = await Promise.all([
    lineOf(all, {}, { policy: "'none'" }),
    lineOf(part, {}, { policy: part }),
  ]);
  expect(lines[0]).toContain(`the Content Security Policy of this page does not allow connections to ${all}`);
  expect(lines[1]).toContain(
    `the Content Security Policy of this page does not allow a WebSocket to ${part}`,
  );
  for (const [i, url] of [all, part].entries())
    expect(lines[i]).toContain(`add ${url} and ${url.replace('http', 'ws')} to connect-src`);
});

test('says nothing of the server while the device is offline', async () => {
  const page = await browser.open('development');
  const lines: string[] = [];
  page.on('console', (message) => {
    if (message.text().startsWith('holdfast:')) lines.push(message.text());
  });
  await page.context().setOffline(true);
  const hint = await page.evaluate(
    (url) =>
      new Promise((resolve) => {
        let failures = 0;
        const socket = window.io(url, { reconnectionDelay: 10, reconnectionDelayMax: 10 });
        socket.on('connect_error', ({ hint }: { hint?: string }) => {
          if (++failures === 3) resolve(hint);
        });
      }),
    await server(),
  );
  expect(hint).toContain('the browser reports that this device is offline');
  expect(lines).toEqual([]);
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

/** A page that listens to `connect_error`: what it reads of each error, and what the console says. */
async function listens(
  url: string | undefined,
  options: object,
  reads: boolean,
  policy = '',
): Promise<{ hints: () => Promise<string[]>; lines: string[]; red: string[] }> {
  const page: Page = await browser.open('development');
  const lines: string[] = [];
  const red: string[] = [];
  page.on('console', (message) => {
    const text = message.text();
    if (text.startsWith('holdfast:')) lines.push(text);
    else if (message.type() === 'error') red.push(`${text} ${message.location().url}`);
  });
  await obey(page, policy);
  await page.evaluate(
    ({ url, options, reads }) => {
      const hints: string[] = [];
      Object.assign(window, { hints });
      window.io(url, options).on('connect_error', (error) => {
        hints.push(reads ? `${error.hint}` : error.message);
      });
    },
    { url, options, reads },
  );
  return { hints: () => page.evaluate('hints') as Promise<string[]>, lines, red };
}

const patience = { timeout: 30_000, interval: 200 };

test('gives a page that listens the cause as the hint, and logs it only if the hint is not read', async () => {
  const down = `http://${host}:${await freePort()}`;
  const fast = { reconnectionDelay: 100, reconnectionDelayMax: 200 };
  const [reading, ignoring, nowhere, off] = await Promise.all([
    listens(down, fast, true),
    listens(down, fast, false),
    listens('http://undefined:3000', fast, true),
    listens(down, { ...fast, coach: false }, true),
  ]);
  await expect
    .poll(async () => (await reading.hints()).at(-1), patience)
    .toContain(`no server answers at ${down}`);
  expect(reading.lines).toEqual([]);
  await expect.poll(() => ignoring.lines, patience).toHaveLength(1);
  expect(ignoring.lines[0]).toContain(`no server answers at ${down}`);
  await expect
    .poll(async () => (await nowhere.hints())[0], patience)
    .toContain('leads to a host called "undefined"');
  await expect.poll(async () => (await off.hints()).length, patience).toBeGreaterThan(2);
  expect((await off.hints()).join()).not.toContain('no server answers');
  expect(off.lines).toEqual([]);
});

test('names the policy of the page already in the first hint, and sends no request that it blocks', async () => {
  const url = await server();
  const down = `http://${host}:${await freePort()}`;
  const fast = { reconnectionDelay: 100, reconnectionDelayMax: 200 };
  const [nothing, noRequests] = await Promise.all([
    listens(url, fast, true, "'none'"),
    listens(down, fast, true, 'ws:'),
  ]);
  await expect.poll(async () => (await nothing.hints()).length, patience).toBeGreaterThan(2);
  const [first, ...later] = await nothing.hints();
  expect(first).toContain(`the Content Security Policy of this page does not allow a WebSocket to ${url}`);
  expect(later.at(-1)).toContain(`does not allow connections to ${url}`);
  await expect
    .poll(async () => (await noRequests.hints()).at(-1), patience)
    .toContain(`does not allow long-polling to ${down}, and no WebSocket to it can be opened`);
  for (const { red, lines } of [nothing, noRequests]) {
    expect(red.filter((line) => line.includes('holdfast-check'))).toEqual([]);
    expect(lines).toEqual([]);
  }
});

test('of a page that is connected over WebSocket, and whose policy allows nothing else, is not in the way', async () => {
  const url = await server();
  const known = await listens(url, {}, true, 'ws:');
  // What this policy allows is not obvious: one request is blocked.
  const { red, lines } = await listens(url, {}, true, `${url.replace('http', 'ws')} https://other.example`);
  await expect.poll(() => lines, patience).toHaveLength(1);
  expect(lines[0]).toContain(`does not allow long-polling to ${url}. holdfast continues over WebSocket`);
  expect(lines[0]).toContain("or pass { transports: ['websocket'] }");
  expect(red.filter((line) => line.startsWith('Connecting to'))).toHaveLength(1);
  // It was opened earlier.
  expect([known.red, known.lines]).toEqual([[], []]);
});

test('names the credentials that the server does not accept', async () => {
  const any = await server();
  const named = await server({ cors: { origin: browser.origin } });
  const options = { transports: ['polling'], withCredentials: true };
  const lines = await Promise.all([lineOf(any, options), lineOf(named, options)]);
  for (const line of lines) {
    expect(line).toContain('read the response (CORS)');
    expect(line).toContain(`cors: { origin: "${browser.origin}", credentials: true } }`);
  }
});

test('names a function auth without parentheses around its object, and a device that is offline', async () => {
  const page = await browser.open('development');
  const lines: string[] = [];
  page.on('console', (message) => {
    if (message.text().startsWith('holdfast:')) lines.push(message.text());
  });
  await page.evaluate(
    (url) => {
      // As in `() => { token }`.
      window.io(url, { auth: () => {} });
    },
    await server(),
  );
  await expect.poll(() => lines, patience).toHaveLength(1);
  expect(lines[0]).toContain('the function "auth" has returned nothing');
  expect(lines[0]).toContain('auth: () => ({ token })');

  const away = await browser.open('development');
  const offline: string[] = [];
  away.on('console', (message) => {
    if (message.text().startsWith('holdfast:')) offline.push(message.text());
  });
  await away.context().setOffline(true);
  const connected = away.evaluate(
    (url) =>
      new Promise<void>((resolve) => {
        window.io(url, { reconnectionDelay: 10, reconnectionDelayMax: 10 }).on('connect', () => resolve());
      }),
    await server(),
  );
  await expect.poll(() => offline, patience).toHaveLength(1);
  expect(offline[0]).toContain(
    'the browser reports that this device is offline. holdfast connects when it is back',
  );
  await away.context().setOffline(false);
  await connected;
  expect(offline).toEqual([expect.stringContaining('this device is offline')]);
});

test('adds one line to those of the browser for a server that is down', async () => {
  const down = `http://${host}:${await freePort()}`;
  const { hints, red } = await listens(down, { reconnectionDelay: 100, reconnectionDelayMax: 200 }, true);
  await expect.poll(async () => (await hints()).at(-1), patience).toContain('no server answers');
  expect(red.filter((line) => line.includes('holdfast-check'))).toHaveLength(1);
  expect(red.filter((line) => line.includes('https:'))).toEqual([]);
});

test('names the path of a server that answers no other path, and an address without a value', async () => {
  const http = createServer();
  const io = new Server(http, { path: '/mine', cors: { origin: '*' } });
  const port = await freePort();
  await new Promise<void>((resolve) => http.listen(port, host, resolve));
  stops.push(async () => {
    http.closeAllConnections();
    await io.close();
  });
  const lines = await Promise.all([lineOf(`http://${host}:${port}`), lineOf(undefined)]);
  expect(lines[0]).toMatch(
    /gets no answer\. holdfast keeps trying\. To fix it: compare the option "path" \(\/socket\.io\)/,
  );
  expect(lines[1]).toContain(
    `io() was called without an address, so it connects to this page's own server ${browser.origin}; if the address comes from a variable, the variable has no value.`,
  );
});

test('says what WebSocket needs behind a proxy, if the page uses nothing else', async () => {
  const { port } = await startServer({ options: { cors: { origin: '*' } }, setup: () => {} }).then(
    (started) => {
      stops.push(() => started.stop());
      return started;
    },
  );
  const proxy = await startFaultProxy(port);
  stops.push(() => proxy.close());
  proxy.refuseUpgrades({ status: 403 });
  const line = await lineOf(proxy.url, { transports: ['websocket'] });
  expect(line).toContain('probably a proxy in between refuses it');
  expect(line).toMatch(/proxy_set_header Upgrade.*or add 'polling' to the option "transports"/);
});

test('prints nothing if the page reads the hint, in production, or when switched off', async () => {
  const down = `http://${host}:${await freePort()}`;
  const page = await browser.open('development');
  const lines: string[] = [];
  page.on('console', (message) => {
    if (message.text().startsWith('holdfast:')) lines.push(message.text());
  });
  const listening = page.evaluate(
    (url) =>
      new Promise<void>(
        (resolve) =>
          void window.io(url).on('connect_error', ({ hint }) => setTimeout(resolve, hint ? 2_000 : 0)),
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
