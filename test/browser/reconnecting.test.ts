import type { Page } from 'playwright';
import type { Server } from 'socket.io';
import { beforeEach, describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { useFixture } from '../support/fixture.js';
import { waysOfLoading } from '../support/page-server.js';

let heard: unknown[] = [];
beforeEach(() => {
  heard = [];
});

const fixture = useFixture({
  options: { pingInterval: 500, pingTimeout: 1000 },
  setup: application,
});
const browser = useBrowser();
const quickRetries = { reconnectionDelay: 50, reconnectionDelayMax: 200 };

function application(app: Server): void {
  app.of('/custom-namespace');
  app.on('connection', (socket) => {
    socket.on('tell', (word: unknown, answer?: () => void) => {
      heard.push(word);
      answer?.();
    });
    socket.on('repeat', (n: number) => socket.emit('repeated', n));
  });
}

/** Connects the page's socket, and records its later disconnect reasons. */
async function connect(page: Page, options: object = {}): Promise<void> {
  await page.evaluate(
    async ({ url, options }) => {
      window.socket = window.io(url, options);
      window.socket.on('disconnect', (reason: string) => window.record.push(reason));
      await window.next(window.socket, 'connect');
    },
    { url: fixture.proxy.url, options: { ...quickRetries, ...options } },
  );
}

async function disconnected(page: Page): Promise<void> {
  await page.evaluate(async () => {
    if (window.socket.connected) await window.next(window.socket, 'disconnect');
  });
}

async function connectedAgain(page: Page): Promise<void> {
  await page.evaluate(async () => {
    if (!window.socket.connected) await window.next(window.socket, 'connect');
  });
}

describe.each(waysOfLoading)('loaded as a %s, holdfast', (loading) => {
  describe.each(['websocket', 'polling'])('over %s', (transport) => {
    const options = { transports: [transport], upgrade: false };

    test('delivers once and in order what was emitted while the connection was cut', async () => {
      const page = await browser.open(loading);
      await connect(page, options);
      await fixture.proxy.down();
      await disconnected(page);
      const told = await page.evaluateHandle(() => {
        const words = ['a', 'b', 'c', 'd', 'e'];
        return { answers: Promise.all(words.map((word) => window.socket.emitWithAck('tell', word))) };
      });
      await fixture.proxy.up();
      await told.evaluate(({ answers }) => answers);
      expect(heard).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(fixture.server.serverSockets()).toBe(2);
      const reasons = await page.evaluate(() => window.record);
      expect(reasons).toHaveLength(1);
      expect(['transport close', 'transport error']).toContain(reasons[0]);
    });

    test('never delivers twice or out of order when it is cut while sending and receiving', async () => {
      const page = await browser.open(loading);
      await connect(page, options);
      const talk = await page.evaluateHandle(async () => {
        let n = 0;
        const timer = setInterval(() => {
          for (let burst = 0; burst < 5; burst += 1) window.socket.emit('tell', n++);
        }, 1);
        for (let round = 0; round < 3; round += 1) await window.socket.emitWithAck('tell', n++);
        return { stop: () => clearInterval(timer), last: () => n };
      });
      await fixture.proxy.down();
      await disconnected(page);
      await fixture.proxy.up();
      await connectedAgain(page);
      const last = await talk.evaluate(async ({ stop, last }) => {
        stop();
        await window.socket.emitWithAck('tell', last());
        return last();
      });
      const numbers = heard as number[];
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      expect(numbers.at(-1)).toBe(last);
      expect(fixture.server.serverSockets()).toBe(2);
    });
  });

  test('reconnects every namespace over one WebSocket after a server restart', async () => {
    const page = await browser.open(loading);
    await connect(page);
    await page.evaluate(async (url) => {
      await window.next(window.io(`${url}/custom-namespace`), 'connect');
    }, fixture.proxy.url);
    const again = page.evaluate(async () => {
      const custom = window.socket.io.socket('/custom-namespace');
      await Promise.all([window.socket, custom].map((socket) => window.next(socket, 'connect')));
      return window.socket.io.engine.transport.name;
    });
    await page.evaluate(() => undefined);
    await fixture.server.restart();
    expect(await again).toBe('websocket');
    expect([fixture.server.serverSockets(), fixture.server.serverSockets('/custom-namespace')]).toEqual([
      2, 2,
    ]);
    expect(fixture.proxy.counters.open).toBe(1);
  });

  test('reconnects after a crashed server has restarted', async () => {
    const page = await browser.open(loading);
    await connect(page);
    await fixture.server.crash();
    await page.evaluate(() => window.collect(window.socket.io, 'reconnect_attempt', 2));
    await fixture.server.start();
    await connectedAgain(page);
    expect(fixture.server.serverSockets()).toBe(2);
  });

  test('detects that nothing arrives any more, and reconnects when the network works again', async () => {
    const page = await browser.open(loading);
    await connect(page);
    const restore = fixture.proxy.stall('to-client');
    await disconnected(page);
    restore();
    await connectedAgain(page);
    await page.evaluate(() => window.socket.emitWithAck('tell', 'back'));
    expect(heard).toEqual(['back']);
    expect((await page.evaluate(() => window.record))[0]).toBe('ping timeout');
  });

  test('upgrades a polling session to WebSocket with the same ids and loses no message', async () => {
    const restore = fixture.proxy.holdUpgrades(500);
    const page = await browser.open(loading);
    await connect(page, { transports: ['polling', 'websocket'] });
    const before = await page.evaluate(() => ({
      id: window.socket.id,
      session: window.socket.io.engine.id,
      transport: window.socket.io.engine.transport.name,
    }));
    expect(before.transport).toBe('polling');
    const result = await page.evaluate(async () => {
      const { socket } = window;
      const { engine } = socket.io;
      const repeated: number[] = [];
      let sent = 0;
      let upgraded = engine.transport.name === 'websocket';
      engine.on('upgrade', () => {
        upgraded = true;
      });
      while (!upgraded) {
        socket.emit('repeat', sent++);
        repeated.push((await window.next(socket, 'repeated'))[0]);
        socket.emit('tell', sent);
      }
      await socket.emitWithAck('tell', 'end');
      return { id: socket.id, session: engine.id, transport: engine.transport.name, sent, repeated };
    });
    restore();
    const { sent, repeated, ...after } = result;
    expect(after).toEqual({ ...before, transport: 'websocket' });
    expect(repeated).toEqual(Array.from({ length: sent }, (_, n) => n));
    expect(heard).toEqual([...Array.from({ length: sent }, (_, n) => n + 1), 'end']);
    expect(fixture.server.serverSockets()).toBe(1);
  });

  test('loses nothing that the server streams during an upgrade', async () => {
    const restore = fixture.proxy.holdUpgrades(300);
    const page = await browser.open(loading);
    await page.evaluate((url) => {
      window.socket = window.io(url, { transports: ['polling', 'websocket'] });
      window.socket.on('streamed', (n: number) => window.record.push(n));
      return window.next(window.socket, 'connect');
    }, fixture.proxy.url);
    const socket = fixture.server.latest();
    let n = 0;
    const stream = setInterval(() => socket.emit('streamed', n++), 2);
    await page.evaluate(async () => {
      const { engine } = window.socket.io;
      if (engine.transport.name !== 'websocket') await window.next(engine, 'upgrade');
    });
    clearInterval(stream);
    restore();
    const received = await page.evaluate(async (last) => {
      while (!window.record.includes(last)) await window.next(window.socket, 'streamed');
      return window.record;
    }, n - 1);
    expect(received).toEqual(Array.from({ length: n }, (_, index) => index));
  });
});

// A probe that hangs takes ten seconds: not once for each way of loading.
describe('holdfast', () => {
  test.each(['refused', 'swallowed', 'silenced'])(
    'stays on polling, with the same socket, when its upgrade is %s',
    async (how) => {
      if (how === 'refused') fixture.proxy.refuseUpgrades({ status: 403 });
      else if (how === 'swallowed') fixture.proxy.swallowUpgrades();
      else fixture.proxy.silenceUpgrades();
      const page = await browser.open('script');
      const outcome = await page.evaluate(async (url) => {
        const socket = window.io(url, { transports: ['polling', 'websocket'] });
        socket.on('disconnect', (reason: string) => window.record.push(reason));
        const failed = window.next(socket.io.engine, 'upgradeError', 20_000);
        await window.next(socket, 'connect');
        const { id } = socket;
        await socket.emitWithAck('tell', 'before');
        await failed;
        await socket.emitWithAck('tell', 'behind');
        return {
          transport: socket.io.engine.transport.name,
          same: socket.id === id,
          disconnects: window.record,
        };
      }, fixture.proxy.url);
      expect(outcome).toEqual({ transport: 'polling', same: true, disconnects: [] });
      expect(heard).toEqual(['before', 'behind']);
      expect(fixture.server.serverSockets()).toBe(1);
    },
  );

  // Its first attempt hangs for ten seconds, and Chromium holds a second WebSocket to the same address back until then.
  test('reconnects soon after a network that delivered nothing delivers again', async () => {
    const page = await browser.open('script');
    await connect(page);
    const heal = [fixture.proxy.swallowUpgrades(), fixture.proxy.blockPolling('swallow')];
    fixture.proxy.cut();
    await disconnected(page);
    const acknowledged = page.evaluate(() =>
      window.socket.emitWithAck('tell', 'kept').then(() => performance.now()),
    );
    await fixture.proxy.until('both transports to hang', ({ polling }) => polling > 0);
    // The silence itself: what begins in it is never answered.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 2_500)));
    for (const dispose of heal) dispose();
    const returnedMs = await page.evaluate(() => performance.now());
    const ms = (await acknowledged) - returnedMs;
    expect(ms).toBeLessThan(7_000);
    expect(heard).toEqual(['kept']);
  });
});
