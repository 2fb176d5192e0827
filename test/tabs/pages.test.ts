import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchChromium, launchLifelike, launchPages, type Running } from '../support/browser.js';
import { startServer, type TestServer } from '../support/server.js';
import { bundle, startTabPages, type TabPages } from '../support/tab-pages.js';

/** Tests that need a real page: its lifecycle, its origin, and large messages. In Chromium, with pages that behave as for a user. */

const MiB = 2 ** 20;

let pages: TabPages;
let server: TestServer;
let running: Running;
const opened: Page[] = [];

beforeAll(async () => {
  const script = await bundle(await readFile(new URL('page.ts', import.meta.url), 'utf8'));
  [pages, server, running] = await Promise.all([
    startTabPages(script),
    startServer({
      options: { connectionStateRecovery: {}, maxHttpBufferSize: 64 * MiB },
      setup: (io) =>
        io.on('connection', (socket) => {
          socket.on('size', (data: Buffer, answer: (bytes: number) => void) => answer(data.byteLength));
          socket.on('give', (bytes: number) => socket.emit('given', Buffer.alloc(bytes)));
        }),
    }),
    launchLifelike(),
  ]);
});
afterEach(async () => {
  for (const page of opened.splice(0)) await page.close();
});
afterAll(async () => {
  await running?.close();
  await server?.stop();
  await pages?.close();
});

/** A tab of a group that no other test uses. */
async function open(group: string, origin = pages.origin, context = running.context): Promise<Page> {
  const page = await (context as NonNullable<typeof context>).newPage();
  opened.push(page);
  await page.goto(`${origin}/`);
  await start(page, group);
  return page;
}

const start = (page: Page, group: string): Promise<unknown> =>
  page.evaluate(`program.start('tab', [{ group: '${group}', url: '${server.url}' }])`);

const role = (page: Page, group: string): Promise<unknown> =>
  page.evaluate(`program.socket('${group}').io.sharing.role`);

async function until(page: Page, expression: string): Promise<void> {
  await page.waitForFunction(expression, undefined, { polling: 50, timeout: 30_000 });
}

const connected = (page: Page, group: string): Promise<void> =>
  until(page, `program.socket('${group}').connected`);

test('messages of 16 MiB pass in both directions', async () => {
  const [a, b] = [await open('large'), await open('large')];
  await Promise.all([a, b].map((page) => connected(page, 'large')));
  const hearing = [a, b].map((page) =>
    page.evaluate(
      `new Promise((resolve) => program.socket('large').on('given', (data) => resolve(data.byteLength)))`,
    ),
  );
  const size = `program.socket('large').timeout(30000).emitWithAck('size', new Uint8Array(${16 * MiB}))`;
  expect(await b.evaluate(size)).toBe(16 * MiB);
  await b.evaluate(`void program.socket('large').emit('give', ${16 * MiB})`);
  expect(await Promise.all(hearing)).toEqual([16 * MiB, 16 * MiB]);
});

test('a leader whose page is left enters the back/forward cache, and rejoins when the page returns', async () => {
  const tabs = [await open('cache'), await open('cache')];
  for (const page of tabs) await connected(page, 'cache');
  // Something to bring back.
  server.io.emit('news', 1);
  for (const page of tabs) await until(page, `program.record().cache.heard.includes(1)`);
  const [a, b] = ((await role(tabs[0] as Page, 'cache')) === 'leader' ? tabs : tabs.reverse()) as [
    Page,
    Page,
  ];
  await a.evaluate(
    `void addEventListener('pageshow', ({ persisted }) => { globalThis.persisted = persisted; })`,
  );
  await a.goto(`${pages.origin}/empty`);
  await until(b, `program.socket('cache').io.sharing.role === 'leader'`);
  await connected(b, 'cache');
  // Not with `goBack`: a page that comes out of the cache does not load.
  await a.evaluate('void setTimeout(() => history.back())');
  await until(a, 'globalThis.persisted === true');
  await connected(a, 'cache');
  expect(await b.evaluate(`program.record().cache.heard.includes('gap')`)).toBe(false);
});

test('a follower and a leader that leave and return at once are connected at once, and the lead stays', async () => {
  // All its pages count as visible, so that none hands over.
  const browser = await launchPages();
  try {
    const context = await browser.newContext();
    const [leader, follower] = [
      await open('return', pages.origin, context),
      await open('return', pages.origin, context),
    ];
    for (const page of [leader, follower]) await connected(page, 'return');
    const roles = (): Promise<unknown> => Promise.all([leader, follower].map((page) => role(page, 'return')));
    expect(await roles()).toEqual(['leader', 'follower']);
    for (const page of [follower, leader])
      for (const pause of ['', 'await undefined', 'await new Promise((resolve) => setTimeout(resolve))']) {
        await page.evaluate(`(async () => {
          const socket = program.socket('return');
          socket.disconnect();
          ${pause};
          socket.connect();
          return socket.ready().then(() => true);
        })()`);
        expect(await roles()).toEqual(['leader', 'follower']);
      }
    opened.length = 0;
  } finally {
    await browser.close();
  }
});

test('a hidden leader hands over to the visible tab', async () => {
  const a = await open('hidden');
  await connected(a, 'hidden');
  const b = await open('hidden');
  await connected(b, 'hidden');
  await b.bringToFront();
  await until(b, `program.socket('hidden').io.sharing.role === 'leader'`);
  await connected(b, 'hidden');
  await a.bringToFront();
  await until(a, `program.socket('hidden').io.sharing.role === 'leader'`);
  await connected(a, 'hidden');
});

test('an insecure page uses its own connection, and says why', async () => {
  const browser = await launchChromium('--host-resolver-rules=MAP * 127.0.0.1');
  try {
    const context = await browser.newContext();
    const origin = pages.origin.replace('127.0.0.1', 'not-secure.test');
    const page = await open('insecure', origin, context);
    await connected(page, 'insecure');
    expect(await page.evaluate(`program.socket('insecure').io.sharing`)).toEqual({
      role: 'off',
      reason: 'no Web Locks: the page is not secure',
    });
    opened.length = 0;
  } finally {
    await browser.close();
  }
});
