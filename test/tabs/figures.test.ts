import type { BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../support/browser.js';
import { startServer, type TestServer } from '../support/server.js';
import { startTabPages, type TabPages } from '../support/tab-pages.js';

let site: TabPages;
let server: TestServer;
let browser: Awaited<ReturnType<typeof launchChromium>>;
let context: BrowserContext;

const program = `
  import { io } from 'holdfast';
  import { tabs } from 'holdfast/tabs';
  window.log = [];
  window.connect = (url) => {
    window.started = performance.now();
    window.socket = io(url, { plugins: [tabs()] });
    socket.on('connect', () => log.push(['connect', socket.id, performance.now() - started, socket.recovered]));
    socket.on('disconnect', (reason) => log.push(['disconnect', reason, performance.now() - started]));
    socket.on('connect_error', (e) => log.push(['connect_error', e.message]));
    socket.on('news', (n) => log.push(['news', n]));
  };`;

beforeAll(async () => {
  site = await startTabPages(program);
  server = await startServer({
    options: { connectionStateRecovery: {} },
    setup: (io) =>
      io.on('connection', (socket) => {
        socket.on('say', (word, answer) => answer?.(`heard ${word}`));
      }),
  });
  browser = await launchChromium();
  context = await browser.newContext();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await site?.close();
});

async function open(): Promise<Page> {
  const page = await context.newPage();
  let told = 0;
  page.on('pageerror', (error) => told++ < 5 && console.log('pageerror', error.stack));
  page.on('console', (m) => told++ < 5 && console.log('console', m.text()));
  await page.goto(site.origin);
  await page.evaluate((url) => window.connect(url), server.url);
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
