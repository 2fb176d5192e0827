import type { BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../support/browser.js';
import { startServer, type TestServer } from '../support/server.js';
import { type Site, startSite } from '../support/site.js';

let site: Site;
let server: TestServer;
let browser: Awaited<ReturnType<typeof launchChromium>>;
let context: BrowserContext;

beforeAll(async () => {
  site = await startSite(process.cwd());
  server = await startServer({
    options: { connectionStateRecovery: {} },
    setup: (io) =>
      io.on('connection', (socket) => {
        socket.on('say', (word, answer) => answer?.(`heard ${word}`));
      }),
  });
  browser = await launchChromium();
  context = await browser.newContext();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await site?.close();
});

const html = (url: string): string => `<!doctype html><title>tab</title>
<script type="module">
  import { io } from '/dist/browser/development/index.js';
  import { tabs } from '/dist/browser/development/plugins/tabs/index.js';
  window.log = [];
  window.started = performance.now();
  window.socket = io('${url}', { plugins: [tabs()] });
  socket.on('connect', () => log.push(['connect', socket.id, performance.now() - started, socket.recovered]));
  socket.on('disconnect', (reason) => log.push(['disconnect', reason]));
  socket.on('connect_error', (e) => log.push(['connect_error', e.message]));
  socket.on('news', (n) => log.push(['news', n]));
</script>`;

async function open(): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => console.log('pageerror', error.stack));
  page.on('console', (m) => console.log('console', m.text()));
  await page.goto(site.page(html(server.url)));
  return page;
}

const connected = (page: Page) =>
  page.waitForFunction(() => (window as any).socket?.connected, undefined, { polling: 20, timeout: 8_000 });

test('two tabs share', async () => {
  const a = await open();
  await connected(a);
  const b = await open();
  await connected(b);
  console.log(await a.evaluate(() => [log, socket.io.sharing, socket.io.latencyMs]));
  console.log(await b.evaluate(() => [log, socket.io.sharing, socket.io.latencyMs]));
  console.log(await b.evaluate(() => socket.timeout(3000).emitWithAck('say', 'hi')));
  server.io.emit('news', 1);
  await a.close();
  console.log('closed', performance.now());
  console.log(await b.evaluate(() => socket.timeout(5000).emitWithAck('say', 'again')), performance.now());
  console.log(await b.evaluate(() => [log, socket.io.sharing]));
  expect(server.io.engine.clientsCount).toBe(1);
}, 60_000);
