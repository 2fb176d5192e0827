import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'socket.io';
import { expect, test } from 'vitest';
import { freePort, host, listen } from '../support/ports.js';
import { startServer, type TestServer } from '../support/server.js';
import { nextEvent, patienceMs } from '../support/waiting.js';
import type { Driver } from './drivers/driver.js';
import { engines } from './engines.js';

/**
 * Pages that a service worker controls: long-polling goes through its `fetch` handler, WebSocket does not. And holdfast inside such a worker.
 */

/** The handler's treatment of each request. */
const HANDLERS: Readonly<Record<string, string>> = {
  'passes everything on': 'event.respondWith(fetch(event.request));',
  'makes requests of its own': `event.respondWith((async () => {
    const { method, url, headers, credentials } = event.request;
    const body = method === 'GET' ? undefined : await event.request.arrayBuffer();
    return fetch(url, { method, headers, credentials, body });
  })());`,
  'reads answers and makes new ones': `event.respondWith((async () => {
    const answer = await fetch(event.request);
    return new Response(await answer.text(), { status: answer.status, headers: answer.headers });
  })());`,
  'shows a page of its own while there is no network':
    "event.respondWith(fetch(event.request).catch(() => new Response('<h1>You are offline</h1>', { headers: { 'Content-Type': 'text/html' } })));",
  'never looks at it': '',
};

/** A handler that swallows requests breaks long-polling, and must break nothing else. */
const CACHING = `event.respondWith((async () => {
  const cache = await caches.open('all');
  const kept = event.request.method === 'GET' && await cache.match(event.request, { ignoreSearch: true });
  if (kept) return kept;
  const answer = await fetch(event.request);
  if (event.request.method === 'GET') await cache.put(event.request, answer.clone());
  return answer;
})());`;

/** A worker that forwards requests and responses. */
const TALKING = `importScripts('/holdfast.min.js');
self.addEventListener('message', (event) => {
  const { url, transport } = event.data;
  event.waitUntil((async () => {
    const socket = io(url, { transports: [transport], forceNew: true });
    const answer = await socket.emitWithAck('echo', 'from inside', new Uint8Array([1, 2, 3]));
    socket.disconnect();
    event.ports[0].postMessage([transport, answer[0], new Uint8Array(answer[1]).join()]);
  })().catch((error) => event.ports[0].postMessage(String(error.stack))));
});`;

const workerWith = (handler: string): string =>
  `self.addEventListener('install', () => self.skipWaiting());
  self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));
  ${
    handler &&
    `let seen = 0;
    self.addEventListener('fetch', (event) => { seen++; ${handler} });
    self.addEventListener('message', (event) => event.ports[0].postMessage(seen));`
  }`;

const page = `<!doctype html><title>page</title><script src="/holdfast.min.js"></script><script>
  window.uncaught = [];
  addEventListener('error', ({ message }) => uncaught.push(message));
  addEventListener('unhandledrejection', ({ reason }) => uncaught.push(String(reason)));
  const ask = (worker, data) => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage(data, [port2]);
  });
  // Each step of a test ends in \`done\`: a value, or an error.
  const step = (work) => { window.done = undefined; work().then((value) => { window.done = { value }; }, (error) => { window.done = { error: String(error.stack ?? error) }; }); };
  const until = async (condition) => { while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20)); };
</script>`;

interface Site {
  readonly origin: string;
  close(): void;
}

/** A separate site for each worker, because workers belong to an origin. */
async function startSite(worker: string): Promise<Site> {
  const library = await readFile(`${process.cwd()}/dist/holdfast.min.js`);
  const port = await freePort();
  const server = createServer(({ url }, response) => {
    const [type, body] =
      url === '/' ? ['text/html', page] : ['text/javascript', url === '/worker.js' ? worker : library];
    response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
  });
  await listen(server, port);
  return {
    origin: `http://${host}:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function run(driver: Driver, work: string): Promise<unknown> {
  await driver.evaluate(`void step(async () => { ${work} })`);
  const endsAtMs = Date.now() + 4 * patienceMs;
  for (;;) {
    const done = (await driver.evaluate('window.done ?? null')) as { value?: unknown; error?: string } | null;
    if (done?.error) throw new Error(done.error);
    if (done) return done.value;
    if (Date.now() > endsAtMs) throw new Error(`This did not end: ${work}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function application(app: Server): void {
  app.on('connection', (socket) => {
    socket.on('echo', (...args: unknown[]) => {
      const answer = args.pop() as (values: unknown[]) => void;
      answer(args);
    });
  });
}

const CONTROLLED = `await navigator.serviceWorker.register('/worker.js');
  await navigator.serviceWorker.ready;
  await until(() => navigator.serviceWorker.controller);`;

const TALK = `const [text, bytes, long] = await window.socket.timeout(20000).emitWithAck('echo', 'text', new Uint8Array([1, 2, 3]), 'x'.repeat(200000));
  return [window.socket.io.transport, text, new Uint8Array(bytes).join(), long.length];`;

/** Connects, talks, loses the server and comes back, and leaves. */
async function talks(driver: Driver, server: TestServer, url: string): Promise<void> {
  await run(
    driver,
    `window.reasons = [];
    window.socket = io('${url}', { transports: ['polling'], upgrade: false, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200 });
    socket.on('disconnect', (reason) => reasons.push(reason));
    await socket.ready();`,
  );
  expect(await run(driver, TALK)).toEqual(['polling', 'text', '1,2,3', 200_000]);
  // A request that was cut off may be repeated by the browser, unseen: the server itself goes.
  await server.crash();
  await run(driver, 'await until(() => reasons.length > 0);');
  await server.start();
  await run(driver, 'await socket.ready();');
  expect(await run(driver, TALK)).toEqual(['polling', 'text', '1,2,3', 200_000]);
  const left = nextEvent(server.latest(), 'disconnect');
  await run(driver, 'socket.disconnect();');
  expect((await left)[0]).toBe('client namespace disconnect');
}

test.concurrent.each(engines)(
  'in $name, a page behind a service worker communicates, reconnects and disconnects',
  async ({ name, start }) => {
    if (!start) {
      // In CI, a missing engine is a failure.
      if (process.env.CI) throw new Error(`${name} was not found and could not be installed`);
      return;
    }
    const server = await startServer({ setup: application });
    const sites: Site[] = [];
    const driver = await start();
    const visit = async (worker: string): Promise<void> => {
      const site = await startSite(worker);
      sites.push(site);
      await driver.open(`${site.origin}/`);
    };
    try {
      for (const [what, handler] of Object.entries(HANDLERS)) {
        await visit(workerWith(handler));
        await run(driver, CONTROLLED);
        await talks(driver, server, server.url);
        if (handler)
          expect(
            await run(driver, "return await ask(navigator.serviceWorker.controller, 'seen');"),
            what,
          ).toBeGreaterThan(5);
        expect(await run(driver, 'return uncaught;'), what).toEqual([]);
      }

      // What it keeps for itself: WebSocket goes past it.
      await visit(workerWith(CACHING));
      await run(driver, CONTROLLED);
      await run(driver, `window.socket = io('${server.url}', { forceNew: true }); await socket.ready();`);
      expect(await run(driver, TALK)).toEqual(['websocket', 'text', '1,2,3', 200_000]);
      const failures = await run(
        driver,
        `let failed = 0;
        window.polling = io('${server.url}', { transports: ['polling'], forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 50 });
        polling.io.on('reconnect_attempt', () => failed++);
        await until(() => failed > 3);
        polling.disconnect();
        return failed;`,
      );
      expect(failures).toBeGreaterThan(3);
      expect(await run(driver, TALK)).toEqual(['websocket', 'text', '1,2,3', 200_000]);
      expect(await run(driver, 'return uncaught;')).toEqual([]);

      // holdfast in the worker itself.
      await visit(`${workerWith('')}${TALKING}`);
      await run(driver, CONTROLLED);
      for (const transport of ['websocket', 'polling']) {
        const asked = JSON.stringify({ url: server.url, transport });
        expect(await run(driver, `return await ask(navigator.serviceWorker.controller, ${asked});`)).toEqual([
          transport,
          'from inside',
          '1,2,3',
        ]);
      }
    } finally {
      await driver.close();
      for (const site of sites) site.close();
      await server.stop();
    }
  },
  180_000,
);
