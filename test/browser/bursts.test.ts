import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright';
import type { Server } from 'socket.io';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plugin } from '../../src/manager/plugin.js';
import type { schedule } from '../../src/plugins/schedule.js';
import type { tabs } from '../../src/plugins/tabs/index.js';
import { useBrowser } from '../support/browser.js';
import { useFixture } from '../support/fixture.js';
import { type Site, startSite } from '../support/site.js';

/** A page that gets more messages than it can handle in a frame, from a real server. */

const COUNT = 50_000;

interface Burst {
  /** The received messages, in order. */
  readonly heard: number[];
  /** How many frames there were since the first message. */
  frames: number;
  /** The most messages handled between two frames. */
  mostBetweenFrames: number;
  /** How many had been handled at each click into the page. */
  readonly clickedAt: number[];
  /** The longest queue. */
  mostPending: number;
  /** What the listener works on. */
  sum: number;
}

declare global {
  interface Window {
    schedule: typeof schedule;
    shareTabs: typeof tabs;
    burst: Burst;
  }
}

const fixture = useFixture({
  setup(app: Server) {
    app.on('connection', (socket) => {
      socket.on('burst', (count: number) => {
        for (let i = 0; i < count; i += 1) socket.emit('n', i);
      });
      socket.on('last burst', (count: number) => {
        for (let i = 0; i < count; i += 1) socket.emit('n', i);
        socket.disconnect(true);
      });
    });
  },
});
const browser = useBrowser({ lifelike: true });

let site: Site;
let address: string;
beforeAll(async () => {
  site = await startSite(fileURLToPath(new URL('../../', import.meta.url)).replace(/.$/, ''));
  const built = '/dist/browser/production';
  address = site.page(`<!doctype html><html lang="en"><title>bursts</title><link rel="icon" href="data:,">
    <script type="module">
      import { io } from '${built}/index.js';
      import { schedule } from '${built}/plugins/schedule.js';
      import { tabs } from '${built}/plugins/tabs/index.js';
      Object.assign(window, { io, schedule, shareTabs: tabs });
    </script></html>`);
});
afterAll(() => site?.close());

async function open(): Promise<Page> {
  const page = await browser.open('module');
  await page.goto(address);
  await page.waitForFunction(() => window.schedule !== undefined);
  return page;
}

/**
 * Connects; the listener of `n` takes about 20 µs.
 *
 * @param slower how many times longer it takes until the page was clicked
 */
async function connect(page: Page, transport = 'websocket', slower = 1): Promise<void> {
  await page.evaluate(
    async ({ url, transport, slower }) => {
      const burst = {
        heard: [] as number[],
        frames: 0,
        mostBetweenFrames: 0,
        clickedAt: [] as number[],
        mostPending: 0,
        sum: 0,
      };
      window.burst = burst;
      const work = (rounds: number): void => {
        for (let i = 0; i < rounds; i += 1) burst.sum += Math.sqrt(i);
      };
      // The clock of a page is too coarse for 20 µs: the work is measured by the thousand.
      let rounds = 1_000;
      for (let i = 0; i < 5; i += 1) {
        const startedMs = performance.now();
        for (let times = 0; times < 1_000; times += 1) work(rounds);
        rounds = Math.max(1, Math.round((rounds * 20) / (performance.now() - startedMs)));
      }
      const plugins: Plugin[] = [window.schedule()];
      const inWorker = transport === 'a worker';
      if (inWorker)
        plugins.push(
          window.shareTabs({ key: crypto.randomUUID(), worker: '/dist/holdfast.tabs-worker.min.js' }),
        );
      const transports = [inWorker ? 'websocket' : transport];
      window.socket = window.io(url, { plugins, transports, upgrade: false, forceNew: true });
      window.socket.on('disconnect', (reason: string) => window.record.push(reason));
      let sinceFrame = 0;
      window.socket.on('n', (n: number) => {
        // While the first one is handled, the others arrive: from then on the page has them faster than it can handle them.
        const untilMs = n === 0 ? performance.now() + 1_000 : 0;
        while (performance.now() < untilMs) work(rounds);
        work(burst.clickedAt.some((heard) => heard > 1) ? rounds : slower * rounds);
        window.burst.heard.push(n);
        sinceFrame += 1;
        window.burst.mostBetweenFrames = Math.max(window.burst.mostBetweenFrames, sinceFrame);
        window.burst.mostPending = Math.max(window.burst.mostPending, window.socket.io.pendingIncoming ?? 0);
      });
      const frame = (): void => {
        if (window.burst.heard.length > 0) window.burst.frames += 1;
        sinceFrame = 0;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
      addEventListener('mousedown', () => {
        burst.clickedAt.push(burst.heard.length);
      });
      await window.next(window.socket, 'connect');
    },
    { url: fixture.server.url, transport, slower },
  );
}

/** Resolves when all have been heard. */
async function finished(page: Page): Promise<void> {
  await page.waitForFunction((count) => window.burst.heard.length >= count, COUNT, {
    polling: 100,
    timeout: 50_000,
  });
  const inOrder = await page.evaluate(
    () => window.burst.heard.every((n, i) => n === i) && window.burst.heard.length,
  );
  expect(inOrder).toBe(COUNT);
  expect(await page.evaluate(() => window.record)).toEqual([]);
}

describe.each(['polling', 'websocket', 'a worker'])('while 50,000 messages come in over %s', (transport) => {
  test('the page keeps painting and taking input, and receives every message in order', async () => {
    const page = await open();
    // A click takes several turns of this process, which a busy machine may keep waiting: the burst must last until then.
    await connect(page, transport, 10);
    await page.evaluate((count) => window.socket.emit('burst', count), COUNT);
    let done = false;
    const clicks = (async () => {
      while (!done) await page.mouse.click(10, 10);
    })();
    await finished(page).finally(() => {
      done = true;
    });
    await clicks;
    const { frames, mostBetweenFrames, clickedAt, mostPending } = await page.evaluate(() => window.burst);
    expect(frames).toBeGreaterThan(20);
    // Without slices, all of a polling batch are heard between two frames. A busy machine paints seldom.
    expect(mostBetweenFrames).toBeLessThan(COUNT / 2);
    expect(clickedAt.filter((heard) => heard > 1 && heard < COUNT).length).toBeGreaterThan(0);
    expect(mostPending).toBeGreaterThan(1_000);
  });
});

test('all messages before the end of a connection in a worker are delivered, and then its reason', async () => {
  const page = await open();
  await connect(page, 'a worker');
  await page.evaluate(async () => {
    window.socket.emit('last burst', 5_000);
    await window.next(window.socket, 'disconnect');
  });
  const { heard, record } = await page.evaluate(() => ({ heard: window.burst.heard, record: window.record }));
  expect(heard).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
  expect(record).toEqual(['io server disconnect']);
});

test('a hidden page receives a burst, although it has no frames and slow timers', async () => {
  const page = await open();
  await connect(page);
  const other = await page.context().newPage();
  await other.bringToFront();
  await page.waitForFunction(() => document.visibilityState === 'hidden', undefined, { polling: 100 });
  const frames = await page.evaluate(() => window.burst.frames);
  await page.evaluate((count) => window.socket.emit('burst', count), COUNT);
  await finished(page);
  expect(await page.evaluate(() => window.burst.frames)).toBeLessThanOrEqual(frames + 1);
});
