import type { Page } from 'playwright';
import type { Server } from 'socket.io';
import { beforeEach, describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { connect, connectedAgain, disconnected, disconnects, probed } from '../support/connected-page.js';
import { useFigures } from '../support/figures.js';
import { useFixture } from '../support/fixture.js';

/** The browser goes offline and online, changes its network, and is left with dead connections. */

const browser = useBrowser();
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

/** Makes the browser report this; its traffic continues. */
async function believe(page: Page, { offline }: { offline: boolean }): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const happened = page.evaluate((name) => window.nextSignal(window, name), offline ? 'offline' : 'online');
  await page.evaluate(() => undefined);
  await session.send('Network.overrideNetworkState', {
    offline,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
  await happened;
}

const signals = {
  'a look at the page': () => document.dispatchEvent(new Event('visibilitychange')),
  'the page thawing': () => document.dispatchEvent(new Event('resume')),
  'an online event': () => window.dispatchEvent(new Event('online')),
  'an offline event': () => window.dispatchEvent(new Event('offline')),
  'a change of network': () =>
    (navigator as unknown as { connection: EventTarget }).connection.dispatchEvent(new Event('change')),
  'a return from the back/forward cache': () =>
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })),
};
const namesOfSignals = Object.keys(signals) as (keyof typeof signals)[];

describe('while the network works, whatever the browser reports, holdfast', () => {
  const fixture = useFixture({ options: { pingInterval: 500, pingTimeout: 3_000 }, setup: application });

  test.each(['websocket', 'polling'])(
    'keeps a connection over %s although the browser reports offline',
    async (name) => {
      const page = await browser.open('script');
      await connect(page, fixture.proxy.url, { transports: [name] });
      await believe(page, { offline: true });
      // The fifth heartbeat comes long after the deadline of any question that the event may have raised.
      await page.evaluate(() => window.collect(window.socket.io, 'ping', 5));
      await page.evaluate(() => window.socket.emitWithAck('tell', 'offline'));
      expect(await page.evaluate(() => [navigator.onLine, window.socket.io.status])).toEqual([
        false,
        'connected',
      ]);
      await believe(page, { offline: false });
      await page.evaluate(() => window.socket.emitWithAck('tell', 'online'));
      expect(heard).toEqual(['offline', 'online']);
      expect(await disconnects(page)).toEqual([]);
      expect(fixture.server.serverSockets()).toBe(1);
    },
  );

  test('connects although the browser reports no network', async () => {
    const page = await browser.open('script');
    await believe(page, { offline: true });
    await connect(page, fixture.proxy.url);
    expect(await page.evaluate(() => navigator.onLine)).toBe(false);
  });

  test('reconnects after a cut although the browser reports no network', async () => {
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url, { reconnectionDelay: 50, reconnectionDelayMax: 500 });
    await believe(page, { offline: true });
    fixture.proxy.cut();
    await disconnected(page);
    await connectedAgain(page);
    expect(await page.evaluate(() => navigator.onLine)).toBe(false);
    expect(fixture.server.serverSockets()).toBe(2);
  });

  test('keeps its connection through every signal, ten times over', async () => {
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url);
    for (const name of namesOfSignals) {
      const repeated = `for (let n = 0; n < 10; n += 1) (${signals[name]})();`;
      await page.evaluate(repeated);
    }
    await page.evaluate(() => window.collect(window.socket.io, 'ping', 5));
    await page.evaluate(() => window.socket.emitWithAck('tell', 'still here'));
    expect(heard).toEqual(['still here']);
    expect(await disconnects(page)).toEqual([]);
    expect(fixture.server.serverSockets()).toBe(1);
    expect(fixture.proxy.counters).toMatchObject({ connections: 1, upgrades: 1 });
  });
});

describe('while the network is gone, holdfast', () => {
  const fixture = useFixture({ setup: application });

  test('reports that it is offline, and retries no more often than at its largest delay', async () => {
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url, { reconnectionDelay: 50, reconnectionDelayMax: 700 });
    await page.context().setOffline(true);
    await fixture.proxy.down();
    await disconnected(page);
    const seen = await page.evaluate(async () => {
      const manager = window.socket.io;
      await window.until(manager, 'status', () => manager.status === 'offline');
      const attemptsAtMs: number[] = [];
      const statuses: string[] = [];
      manager.on('reconnect_attempt', () => attemptsAtMs.push(performance.now()));
      manager.on('reconnect_error', () => statuses.push(manager.status));
      await window.collect(manager, 'reconnect_error', 4);
      return { statuses, pausesMs: attemptsAtMs.slice(1).map((at, n) => at - (attemptsAtMs[n] as number)) };
    });
    for (const pauseMs of seen.pausesMs) expect(pauseMs).toBeGreaterThan(690);
    expect(seen.statuses).toEqual(['offline', 'offline', 'offline', 'offline']);
  });

  test('makes one attempt for a burst of signals', async () => {
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url);
    await fixture.proxy.down();
    await disconnected(page);
    const tries = await page.evaluate(
      async (send) => {
        let tries = 0;
        window.socket.io.on('reconnect_attempt', () => {
          tries += 1;
        });
        const failed = window.next(window.socket.io, 'reconnect_error');
        for (let n = 0; n < 50; n += 1) {
          for (const source of send) new Function(`(${source})()`)();
        }
        await failed;
        return tries;
      },
      namesOfSignals.map((name) => String(signals[name])),
    );
    expect(tries).toBe(1);
  });

  test.each(['websocket', 'polling'])(
    'is usable over %s as soon as the network returns, and sends once what was emitted meanwhile',
    async (name) => {
      const page = await browser.open('script');
      const distant = { reconnectionDelay: 60_000, reconnectionDelayMax: 60_000 };
      await connect(page, fixture.proxy.url, { transports: [name], ...distant });
      await page.context().setOffline(true);
      await disconnected(page);
      const back = await page.evaluateHandle(() => {
        for (const word of ['a', 'b', 'c']) window.socket.emit('tell', word);
        const online = window.nextSignal(window, 'online');
        return {
          ms: (async () => {
            await online;
            const startMs = performance.now();
            await window.socket.emitWithAck('tell', 'd');
            return performance.now() - startMs;
          })(),
        };
      });
      await page.context().setOffline(false);
      const ms = await back.evaluate((handle) => handle.ms);
      figures.add(`back online over ${name}: usable after the online event`, ms, 500);
      // Its next attempt was a minute away.
      expect(ms).toBeLessThan(15_000);
      expect(heard).toEqual(['a', 'b', 'c', 'd']);
      expect(fixture.server.serverSockets()).toBe(2);
      expect(await disconnects(page)).toHaveLength(1);
    },
  );

  test('does not wait for an attempt that hangs in the old network once the new one is there', async () => {
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url);
    const restore = fixture.proxy.stall('to-client');
    fixture.proxy.cut();
    const { upgrades, polling } = fixture.proxy.counters;
    await fixture.proxy.until('a try by every transport', (counters) => {
      return counters.upgrades > upgrades && counters.polling > polling;
    });
    fixture.proxy.strand();
    restore();
    const ms = await page.evaluate(async () => {
      const startMs = performance.now();
      window.dispatchEvent(new Event('online'));
      await window.until(window.socket, 'connect', () => window.socket.connected, 8_000);
      return performance.now() - startMs;
    });
    figures.add('back online while a try hangs in the old network: usable', ms, 500);
    // The attempt that hangs ends after ten seconds.
    expect(ms).toBeLessThan(8_000);
  });
});

// The server's heartbeat comes every 25 seconds: it cannot be what finds them.
describe('a dead connection', () => {
  const fixture = useFixture({ setup: application });
  const dead = [
    ...namesOfSignals.map((signal) => ({ signal, transport: 'websocket' })),
    { signal: 'a change of network' as const, transport: 'polling' },
  ];

  test('is detected by every signal and replaced, over either transport', async () => {
    const pages = await Promise.all(
      dead.map(async ({ transport }) => {
        const page = await browser.open('script');
        await connect(page, fixture.proxy.url, { transports: [transport] });
        await probed(page);
        return page;
      }),
    );
    fixture.proxy.strand();
    await Promise.all(
      dead.map(async ({ signal, transport }, n) => {
        const page = pages[n] as Page;
        const name = `dead connection over ${transport}, ${signal}`;
        const times = await page.evaluate(
          async ({ send, word }) => {
            const startMs = performance.now();
            const sinceMs = (): number => performance.now() - startMs;
            const found = window.next(window.socket, 'disconnect', 20_000).then(sinceMs);
            const usable = window.next(window.socket, 'connect', 20_000).then(sinceMs);
            new Function(`(${send})()`)();
            const times = { foundMs: await found, usableMs: await usable };
            await window.socket.emitWithAck('tell', word);
            return times;
          },
          { send: String(signals[signal]), word: name },
        );
        figures.add(`${name}: found`, times.foundMs, 3_000);
        figures.add(`${name}: usable again`, times.usableMs, 4_000);
        expect(times.foundMs, name).toBeLessThan(20_000);
        expect(await disconnects(page), name).toEqual(['ping timeout']);
      }),
    );
    expect(heard).toHaveLength(dead.length);
    expect(new Set(heard).size).toBe(dead.length);
    expect(fixture.server.serverSockets()).toBe(2 * dead.length);
  });

  test('is detected although an earlier signal was answered just before', async () => {
    const page = await browser.open('script');
    await connect(page, fixture.proxy.url);
    await probed(page);
    fixture.proxy.strand();
    const ms = await page.evaluate(async () => {
      const startMs = performance.now();
      const found = window.next(window.socket, 'disconnect', 20_000);
      window.dispatchEvent(new Event('offline'));
      await found;
      return performance.now() - startMs;
    });
    figures.add('dead connection over websocket, right behind an answered signal: found', ms, 3_000);
    expect(ms).toBeLessThan(20_000);
  });
});
