import type { Page } from 'playwright';
import type { Server } from 'socket.io';
import { beforeEach, describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { connect, connectedAgain, disconnects } from '../support/connected-page.js';
import { useFigures } from '../support/figures.js';
import { useFixture } from '../support/fixture.js';
import { nextEvent } from '../support/waiting.js';

/** The page is left and returns from the back/forward cache, is reloaded, and is closed. */

const browser = useBrowser({ lifelike: true });
const figures = useFigures();
const transports = ['websocket', 'polling'];

let heard: unknown[] = [];
beforeEach(() => {
  heard = [];
});
const fixture = useFixture({
  setup(app: Server) {
    app.on('connection', (socket) => {
      socket.on('tell', (word: unknown, answer?: () => void) => {
        heard.push(word);
        answer?.();
      });
    });
  },
});

declare global {
  interface Window {
    /** When the socket was connected, since the page returned from the back/forward cache. */
    usableAfterMs: Promise<number> | undefined;
  }
}

/** How many sockets the server's application has now. */
const present = (): number => fixture.server.io.sockets.sockets.size;

/** Makes the page navigate by itself, like a click; resolves when the page's socket has left the server. */
async function leave(page: Page, go: () => void): Promise<number> {
  const startMs = performance.now();
  const left = nextEvent(fixture.server.latest(), 'disconnect');
  await page.evaluate(`setTimeout(${go})`);
  await left;
  return performance.now() - startMs;
}

/** Resolves when this document, possibly from the cache, is in the page again. */
async function arrived(page: Page, path: string): Promise<void> {
  await page.waitForFunction(
    (path) => location.pathname === path && document.readyState === 'complete',
    path,
  );
}

describe('the back/forward cache', () => {
  /** Records the page's return, and emits when it is stored: after holdfast's listeners, which exist since the connect. */
  async function prepare(page: Page): Promise<void> {
    await page.evaluate(() => {
      window.addEventListener('pagehide', () => window.socket.emit('tell', `stored ${location.pathname}`));
      window.addEventListener('pageshow', ({ persisted }) => {
        if (!persisted) return;
        const startMs = performance.now();
        window.socket.emit('tell', `restored ${location.pathname}`);
        window.usableAfterMs = window.next(window.socket, 'connect').then(() => performance.now() - startMs);
      });
    });
  }

  async function restored(page: Page, transport: string): Promise<void> {
    const { ms, notRestored } = await page.evaluate(async () => {
      await window.until(window.socket, 'connect', () => window.socket.connected);
      const [navigation] = performance.getEntriesByType('navigation');
      const { notRestoredReasons } = navigation as PerformanceNavigationTiming & {
        notRestoredReasons: unknown;
      };
      return { ms: await window.usableAfterMs, notRestored: notRestoredReasons };
    });
    expect(notRestored).toBeNull();
    if (ms === undefined) throw new Error('The page did not come out of the cache.');
    figures.add(`back/forward cache over ${transport}: usable after pageshow`, ms, 500);
    // The server's heartbeat comes every 25 seconds.
    expect(ms).toBeLessThan(15_000);
    expect(present()).toBe(1);
  }

  test.each(transports)(
    'stores a page that is connected over %s, and restores it connected, in both directions',
    async (transport) => {
      const options = { transports: [transport] };
      const page = await browser.open('script');
      await connect(page, fixture.proxy.url, options);
      await prepare(page);

      await leave(page, () => {
        location.href = '/module';
      });
      await arrived(page, '/module');
      expect(present()).toBe(0);
      await connect(page, fixture.proxy.url, options);
      await prepare(page);

      await leave(page, () => history.back());
      await arrived(page, '/script');
      await restored(page, transport);
      await page.evaluate(() => window.socket.emitWithAck('tell', 'back'));

      await leave(page, () => history.forward());
      await arrived(page, '/module');
      await restored(page, transport);
      await page.evaluate(() => window.socket.emitWithAck('tell', 'forth'));

      expect(heard.filter((word) => !String(word).startsWith('stored'))).toEqual([
        'restored /script',
        'back',
        'restored /module',
        'forth',
      ]);
      // Each was sent by a page that was being left, over a connection of its own.
      expect(heard.filter((word) => String(word).startsWith('stored')).sort()).toEqual([
        'stored /module',
        'stored /script',
        'stored /script',
      ]);
      expect(await disconnects(page)).toEqual(['transport close']);
      expect(fixture.server.serverSockets()).toBe(4);
      expect(fixture.proxy.counters.open).toBeLessThanOrEqual(transport === 'websocket' ? 1 : 6);
    },
  );

  test.each(transports)(
    'tells the server of a disconnect in a pagehide listener, over %s',
    async (transport) => {
      const page = await browser.open('script');
      await connect(page, fixture.proxy.url, { transports: [transport] });
      await page.evaluate(() => {
        window.addEventListener('pagehide', () => window.socket.disconnect());
      });
      const reason = nextEvent(fixture.server.latest(), 'disconnect');
      await leave(page, () => {
        location.href = '/module';
      });
      await arrived(page, '/module');
      expect((await reason)[0]).toBe('client namespace disconnect');
    },
  );

  // The answer to the last emit is still under way when the page is frozen.
  test.each(transports)('loses nothing that was emitted over %s while leaving', async (transport) => {
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url, { transports: [transport] });
    fixture.proxy.delay(150);
    const ms = await leave(page, () => {
      window.socket.emit('tell', 'last words');
      location.href = '/module';
    });
    figures.add(`page over ${transport} left with last words: the server sees it`, ms, 1_000);
    expect(heard).toEqual(['last words']);
  });

  test('stores and restores a page that is still connecting', async () => {
    const page = await browser.open('script');
    const release = fixture.proxy.stall('to-client');
    await page.evaluate((url) => {
      window.socket = window.io(url);
      window.socket.emit('tell', 'from the start');
    }, fixture.proxy.url);
    await prepare(page);
    await fixture.proxy.until('a try', ({ connections }) => connections > 0);
    await page.evaluate(() => {
      setTimeout(() => {
        location.href = '/module';
      });
    });
    await arrived(page, '/module');
    release();
    await page.evaluate(() => {
      setTimeout(() => history.back());
    });
    await arrived(page, '/script');
    await restored(page, 'a try that was under way');
    expect(heard).toEqual(['from the start', 'stored /script', 'restored /script']);
    expect(fixture.server.serverSockets()).toBe(1);
  });

  test('restores a closed socket as closed', async () => {
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url);
    await leave(page, () => {
      window.socket.disconnect();
    });
    await page.evaluate(() => {
      setTimeout(() => {
        location.href = '/module';
      });
    });
    await arrived(page, '/module');
    await page.evaluate(() => {
      setTimeout(() => history.back());
    });
    await arrived(page, '/script');
    expect(await page.evaluate(() => [window.socket.io.status, window.socket.active])).toEqual([
      'closed',
      false,
    ]);
    // A page that has just reconnected is the newest one on the server.
    await page.evaluate(() => window.socket.connect());
    await connectedAgain(page);
    expect(fixture.server.serverSockets()).toBe(2);
  });
});

describe.each(transports)('over %s, the server sees immediately', (transport) => {
  const options = { transports: [transport] };

  test('that a page was closed', async () => {
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url, options);
    const left = nextEvent(fixture.server.latest(), 'disconnect');
    const startMs = performance.now();
    await page.close();
    await left;
    figures.add(`page over ${transport} closed: the server sees it`, performance.now() - startMs, 500);
  });

  test('that a page was reloaded', async () => {
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url, options);
    const ms = await leave(page, () => location.reload());
    figures.add(`page over ${transport} loaded again: the server sees it`, ms, 500);
    await arrived(page, '/script');
    await connect(page, fixture.proxy.url, options);
    expect(present()).toBe(1);
    expect(fixture.server.serverSockets()).toBe(2);
  });
});
