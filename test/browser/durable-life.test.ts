import type { Page, Worker as PlaywrightWorker } from 'playwright';
import type { Server } from 'socket.io';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchLifelike, type Running } from '../support/browser.js';
import { type Site, startDurableSite, startInPage } from '../support/durable-site.js';
import { startServer, type TestServer } from '../support/server.js';

/** A durable outbox in a page that goes into the back/forward cache and comes back, and in a worker. */

const patienceMs = 15_000;

let running: Running;
let site: Site;
let server: TestServer;
/** What has arrived, in order. */
const arrivals: { item: string; key: string }[] = [];
let answers = true;

function setup(io: Server): void {
  io.on('connection', (socket) => {
    socket.on('order', ({ item }, { idempotencyKey: key }, answer: (item: string) => void) => {
      arrivals.push({ item, key });
      if (answers) answer(item);
    });
  });
}

beforeAll(async () => {
  [running, site, server] = await Promise.all([launchLifelike(), startDurableSite(), startServer({ setup })]);
});
afterAll(async () => {
  await running?.close();
  await site?.close();
  await server?.stop();
});

const keysOf = (item: string): string[] => arrivals.filter((one) => one.item === item).map(({ key }) => key);

async function open(): Promise<Page> {
  const page = await running.context?.newPage();
  if (!page) throw new Error('The browser has no profile.');
  await page.goto(`${site.origin}/`);
  return page;
}

/** Resolves when nothing waits in the outbox of this cell. */
const emptied = (page: Page, cell: string): Promise<unknown> =>
  page.waitForFunction(async (cell) => !(await window.tabs?.[cell]?.outbox.pending())?.length, cell, {
    timeout: patienceMs,
    polling: 50,
  });

/** Resolves when this document, which may come out of the cache, is the page's again. */
const arrived = (page: Page, path: string): Promise<unknown> =>
  page.waitForFunction((path) => location.pathname === path && document.readyState === 'complete', path, {
    timeout: patienceMs,
  });

declare global {
  interface Window {
    outcomes: unknown[];
    cameBack: boolean;
    worker: Worker;
  }
}

test('a page that returns from the back/forward cache sends its stored events, and its emits resolve', async () => {
  const cell = 'stored-';
  const page = await open();
  await page.evaluate(startInPage, { url: server.url, cell });
  const boot = await page.evaluate(() => window.boot);
  answers = false;
  await page.evaluate((cell) => {
    window.outcomes = [];
    window.cameBack = false;
    const emit = (item: string): void => {
      for (const one of window.tabs[cell]?.emit([item]) ?? [])
        one.then(
          (answer) => window.outcomes.push(answer),
          (error) => window.outcomes.push(error.code),
        );
    };
    emit('sent before');
    window.addEventListener('pagehide', () => emit('while it goes'));
    window.addEventListener('pageshow', ({ persisted }) => {
      window.cameBack = persisted;
    });
  }, cell);
  await expect.poll(() => keysOf('sent before'), { timeout: patienceMs }).toHaveLength(1);
  await page.evaluate(() => void setTimeout(() => (location.href = '/empty')));
  await arrived(page, '/empty');
  answers = true;
  await page.evaluate(() => void setTimeout(() => history.back()));
  await arrived(page, '/');
  expect(await page.evaluate(() => [window.boot, window.cameBack])).toEqual([boot, true]);
  await emptied(page, cell);
  await expect
    .poll(() => page.evaluate(() => window.outcomes), { timeout: patienceMs })
    .toEqual(['sent before', 'while it goes']);
  const keys = keysOf('sent before');
  expect(keys.length).toBeGreaterThan(1);
  expect(new Set(keys).size).toBe(1);
  expect(await page.evaluate((cell) => window.tabs[cell]?.errors, cell)).toEqual([]);
  await page.close();
});

test('while a page is in the back/forward cache, another tab sends its stored events', async () => {
  const cell = 'other-';
  const page = await open();
  await page.evaluate(startInPage, { url: server.url, cell });
  answers = false;
  await page.evaluate((cell) => {
    window.outcomes = [];
    for (const one of window.tabs[cell]?.emit(['left behind']) ?? [])
      one.then((answer) => window.outcomes.push(answer));
  }, cell);
  await expect.poll(() => keysOf('left behind'), { timeout: patienceMs }).toHaveLength(1);
  await page.evaluate(() => void setTimeout(() => (location.href = '/empty')));
  await arrived(page, '/empty');
  answers = true;
  const other = await open();
  await other.evaluate(startInPage, { url: server.url, cell });
  await expect.poll(() => keysOf('left behind').length, { timeout: patienceMs }).toBeGreaterThan(1);
  await emptied(other, cell);
  await page.evaluate(() => void setTimeout(() => history.back()));
  await arrived(page, '/');
  // Where the other tab's messages have put it out of the cache, it is loaded anew.
  await emptied(page, cell);
  expect(new Set(keysOf('left behind')).size).toBe(1);
  await other.close();
  await page.close();
});

test('in a dedicated worker, events survive the worker and are sent by the next one', async () => {
  answers = false;
  const page = await open();
  /** Starts a worker with the outbox. */
  const start = async (): Promise<PlaywrightWorker> => {
    const made = page.waitForEvent('worker');
    await page.evaluate(() => {
      window.worker = new Worker('/bundle.js');
    });
    return made;
  };
  /** Connects, and emits. */
  const use = (worker: PlaywrightWorker, items: readonly string[]): Promise<void> =>
    worker.evaluate(
      async ({ url, items }) => {
        // biome-ignore lint/suspicious/noExplicitAny: put there by the bundle
        const all = self as any;
        const outbox = all.durable({ name: 'worker', owner: 'user' });
        const socket = all.io(url, { plugins: [outbox] });
        await socket.ready();
        all.outbox = outbox;
        all.answered = Promise.all(
          items.map((item: string) => outbox.emitWithAck(socket, 'order', { item })),
        );
      },
      { url: server.url, items },
    );
  await use(await start(), ['of the first worker']);
  await expect.poll(() => keysOf('of the first worker'), { timeout: patienceMs }).toHaveLength(1);
  await page.evaluate(() => window.worker.terminate());
  answers = true;
  const second = await start();
  await use(second, ['of the second worker']);
  // biome-ignore lint/suspicious/noExplicitAny: put there by the first call
  expect(await second.evaluate(() => (self as any).answered)).toEqual(['of the second worker']);
  const waiting = (): Promise<unknown[]> =>
    // biome-ignore lint/suspicious/noExplicitAny: put there by the first call
    second.evaluate(() => (self as any).outbox.pending());
  await expect.poll(waiting, { timeout: patienceMs }).toEqual([]);
  const keys = keysOf('of the first worker');
  expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
  expect(keysOf('of the second worker')).toHaveLength(1);
  await page.close();
});
