import type { Page } from 'playwright';
import type { Server } from 'socket.io';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { connect, connectedAgain, disconnected, disconnects, probed } from '../support/connected-page.js';
import { useFigures } from '../support/figures.js';
import { useFixture } from '../support/fixture.js';
import { startServer, type TestServer } from '../support/server.js';
import { nextEvent } from '../support/waiting.js';

/** The page is hidden, frozen, and put to sleep with the whole computer, and the date changes. */

const browser = useBrowser({ lifelike: true });
const figures = useFigures();

let heard: unknown[] = [];
beforeEach(() => {
  heard = [];
});

function application(app: Server): void {
  app.on('connection', (socket) => {
    socket.on('tell', (word: unknown, answer?: () => void) => {
      heard.push(word);
      answer?.();
    });
  });
}

declare global {
  interface Window {
    /** A second socket of the page, with its own connection. */
    other: Window['socket'];
  }
}

async function connectBeside(page: Page, url: string, options: object): Promise<void> {
  await page.evaluate(
    async ({ url, options }) => {
      window.other = window.io(url, options);
      window.other.on('disconnect', (reason: string) => window.record.push(`other: ${reason}`));
      await window.next(window.other, 'connect');
    },
    { url, options },
  );
}

/** Puts another tab in front. Resolves when the page knows that it is hidden and its timers are slow. */
async function hide(page: Page): Promise<void> {
  const other = await page.context().newPage();
  await other.bringToFront();
  await page.waitForFunction(() => document.visibilityState === 'hidden', undefined, { polling: 100 });
  const slowMs = await page.evaluate(async () => {
    let slowMs = 0;
    while (slowMs < 500) {
      const startMs = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 10));
      slowMs = performance.now() - startMs;
    }
    return slowMs;
  });
  expect(slowMs).toBeGreaterThan(500);
}

async function setFrozen(page: Page, frozen: boolean): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setWebLifecycleState', { state: frozen ? 'frozen' : 'active' });
  await session.detach();
}

/** Stops every process of the browser, as a computer's sleep does, for as long as the work takes. */
async function asleep(work: () => Promise<unknown>): Promise<void> {
  const processes = await browser.processes();
  for (const id of processes) process.kill(id, 'SIGSTOP');
  try {
    await work();
  } finally {
    for (const id of processes) process.kill(id, 'SIGCONT');
  }
}

describe('a hidden tab', () => {
  const fixture = useFixture({ options: { pingInterval: 500, pingTimeout: 3_000 }, setup: application });

  test('stays connected through its heartbeats, over either transport', async () => {
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url, { transports: ['websocket'] });
    await connectBeside(page, fixture.proxy.url, { transports: ['polling'], forceNew: true });
    await hide(page);
    await page.evaluate(() =>
      Promise.all([window.socket, window.other].map((socket) => window.collect(socket.io, 'ping', 6))),
    );
    await page.evaluate(() =>
      Promise.all([window.socket, window.other].map((socket) => socket.emitWithAck('tell', 'hidden'))),
    );
    expect(heard).toEqual(['hidden', 'hidden']);
    expect(await disconnects(page)).toEqual([]);
    expect(fixture.server.serverSockets()).toBe(2);
  });

  test('reconnects after a cut while hidden', async () => {
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url);
    await hide(page);
    fixture.proxy.cut();
    await disconnected(page);
    await connectedAgain(page);
    expect(await page.evaluate(() => document.visibilityState)).toBe('hidden');
    expect(fixture.server.serverSockets()).toBe(2);
  });

  test('reconnects as soon as it is shown, if it was cut off', async () => {
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url, { reconnectionDelay: 60_000, reconnectionDelayMax: 60_000 });
    await hide(page);
    fixture.proxy.cut();
    await disconnected(page);
    await page.evaluate(() => {
      window.socket.emit('tell', 'while away');
      document.addEventListener('visibilitychange', () => window.record.push(performance.now()));
    });
    const connected = page.evaluate(async () => {
      await window.next(window.socket, 'connect', 15_000);
      return performance.now() - (window.record[1] as number);
    });
    await page.bringToFront();
    const ms = await connected;
    figures.add('hidden tab that was cut off: usable after it is looked at', ms, 500);
    // Its next attempt was a minute away.
    expect(ms).toBeLessThan(15_000);
    await page.evaluate(() => window.socket.emitWithAck('tell', 'back'));
    expect(heard).toEqual(['while away', 'back']);
  });
});

describe('a frozen page', () => {
  const fixture = useFixture({ options: { pingInterval: 500, pingTimeout: 1_500 }, setup: application });

  test.each(['websocket', 'polling'])(
    'that the server considered gone is usable over %s soon after it resumes',
    async (transport) => {
      const page = await browser.open('script');
      await connect(page, fixture.proxy.url, { transports: [transport] });
      await hide(page);
      const left = nextEvent(fixture.server.latest(), 'disconnect');
      await setFrozen(page, true);
      await left;
      const usable = page.evaluate(async () => {
        await window.nextSignal(document, 'resume');
        const startMs = performance.now();
        await window.until(window.socket, 'disconnect', () => !window.socket.connected);
        await window.until(window.socket, 'connect', () => window.socket.connected);
        return performance.now() - startMs;
      });
      await page.evaluate(() => undefined);
      await setFrozen(page, false);
      const ms = await usable;
      figures.add(`frozen over ${transport}, gone for the server: usable after resume`, ms, 3_500);
      expect(ms).toBeLessThan(15_000);
      await page.evaluate(() => window.socket.emitWithAck('tell', 'thawed'));
      expect(heard).toEqual(['thawed']);
      expect(fixture.server.serverSockets()).toBe(2);
      expect(fixture.server.io.sockets.sockets.size).toBe(1);
    },
  );
});

describe('a page that was frozen for ten minutes', () => {
  const fixture = useFixture({ options: { pingInterval: 500, pingTimeout: 1_500 }, setup: application });

  test.each(['websocket', 'polling'])(
    'reconnects over %s with one connection, and loses and repeats nothing that was queued',
    async (transport) => {
      const page = await browser.open('script');
      // The freeze really takes some seconds; the clocks say that it took ten minutes.
      await page.evaluate(() => {
        let aheadMs = 0;
        for (const clock of [performance, Date]) {
          const now = clock.now.bind(clock);
          clock.now = () => now() + aheadMs;
        }
        const late = (): void => {
          aheadMs = 600_000;
        };
        document.addEventListener('resume', late, { capture: true, once: true });
      });
      await connect(page, fixture.proxy.url, { transports: [transport], retries: 3, ackTimeout: 60_000 });
      await page.evaluate(() => {
        window.socket.on('gap', ({ awayMs }: { awayMs: number }) => window.record.push(awayMs));
      });
      await hide(page);
      const left = nextEvent(fixture.server.latest(), 'disconnect');
      await setFrozen(page, true);
      await left;
      const usable = page.evaluate(async () => {
        await window.nextSignal(document, 'resume');
        for (let i = 1; i <= 3; i++) window.socket.emit('tell', i);
        await window.until(window.socket, 'disconnect', () => !window.socket.connected);
        await window.until(window.socket, 'connect', () => window.socket.connected);
        await window.socket.emitWithAck('tell', 4);
        return window.record;
      });
      await page.evaluate(() => undefined);
      await setFrozen(page, false);
      const [reason, awayMs] = await usable;
      expect(reason).toMatch(/^(ping timeout|transport close|transport error)$/);
      // Since it was notified of the lost connection.
      expect(awayMs).toBeLessThan(60_000);
      expect(heard).toEqual([1, 2, 3, 4]);
      expect(fixture.server.serverSockets()).toBe(2);
      expect(fixture.server.io.sockets.sockets.size).toBe(1);
    },
  );
});

// The server's heartbeat comes every 25 seconds: it cannot be what finds a link that leads nowhere.
describe('a sleep', () => {
  const fixture = useFixture({ setup: application });
  let second: TestServer;

  afterEach(() => second.stop());

  test('of the whole computer leaves connections usable soon after', async () => {
    // Asleep for so long that a timer of five seconds comes clearly late.
    second = await startServer({ options: { pingInterval: 4_000, pingTimeout: 4_000 } });
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url);
    await connectBeside(page, second.url, {});
    await probed(page);
    const usable = await page.evaluateHandle(() => {
      const usable = async (socket: Window['socket']): Promise<number> => {
        await window.next(socket, 'disconnect', 60_000);
        await window.next(socket, 'connect', 60_000);
        return Date.now();
      };
      return { dead: usable(window.socket), told: usable(window.other) };
    });
    await asleep(async () => {
      fixture.proxy.strand();
      await nextEvent(second.latest(), 'disconnect', 30_000);
    });
    const wokenMs = Date.now();
    const ms = {
      dead: (await usable.evaluate(({ dead }) => dead)) - wokenMs,
      told: (await usable.evaluate(({ told }) => told)) - wokenMs,
    };
    figures.add('slept, the server has closed the connection: usable after waking', ms.told, 3_500);
    figures.add('slept, the connection leads nowhere: usable after waking', ms.dead, 3_500);
    expect(ms.told).toBeLessThan(20_000);
    expect(ms.dead).toBeLessThan(20_000);
    expect(await disconnects(page)).toHaveLength(2);
    await page.evaluate(() => window.socket.emitWithAck('tell', 'woken'));
    expect(heard).toEqual(['woken']);
  });

  // Like systems whose monotonic clock, and therefore every timer, stops during sleep.
  test('that only the date reveals ends a dead connection, and no working one', async () => {
    second = await startServer({ options: { pingInterval: 500, pingTimeout: 3_000 }, setup: application });
    const page = await openWithShiftableDate();
    await connect(page, fixture.proxy.url);
    await connectBeside(page, second.url, {});
    await probed(page);
    await shiftDate(page, -3_600_000);
    await page.evaluate(() => window.collect(window.other.io, 'ping', 2));
    fixture.proxy.strand();
    const found = page.evaluate(async () => {
      const startMs = performance.now();
      await window.next(window.socket, 'disconnect', 20_000);
      return performance.now() - startMs;
    });
    await shiftDate(page, 7_200_000);
    const ms = await found;
    figures.add('slept while every timer stood still: dead connection found', ms, 3_000);
    expect(ms).toBeLessThan(20_000);
    await connectedAgain(page);
    // The working one was asked as well, and has had the time to be found dead.
    await page.evaluate(() => window.collect(window.other.io, 'ping', 3));
    await page.evaluate(() => window.other.emitWithAck('tell', 'still here'));
    expect(heard).toEqual(['still here']);
    expect(await disconnects(page)).toEqual(['ping timeout']);
    expect(second.serverSockets()).toBe(1);
  });
});

/** Lets a page's date be shifted, from before the library loads. */
async function openWithShiftableDate(): Promise<Page> {
  const page = await browser.open('script');
  await page.addInitScript(() => {
    const { now } = Date;
    let shiftMs = 0;
    Date.now = () => now() + shiftMs;
    window.addEventListener('shift', (event) => {
      shiftMs += (event as CustomEvent<number>).detail;
    });
  });
  await page.reload();
  return page;
}

async function shiftDate(page: Page, ms: number): Promise<void> {
  await page.evaluate((detail) => window.dispatchEvent(new CustomEvent('shift', { detail })), ms);
}
