import type { Page } from 'playwright';
import type { Server } from 'socket.io';
import { describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { useFigures } from '../support/figures.js';
import { useFixture } from '../support/fixture.js';
import { waysOfLoading } from '../support/page-server.js';

/** On an idle machine, for a first visit on a local link. The benchmark measures it. */
const refusedMs = 1_000;
const swallowedMs = 3_000;
/** Far less than the timeout of an attempt. */
const ampleMs = 8_000;

const fixture = useFixture({ setup: application });
const browser = useBrowser();
const figures = useFigures();

function application(app: Server): void {
  for (const namespace of ['/', '/custom-namespace']) {
    app.of(namespace).on('connection', (socket) => {
      socket.on('say', (_word: string, answer) => answer(namespace));
    });
  }
}

interface Visit {
  readonly ms: number;
  readonly transport: string;
  readonly errors: string[];
}

/** Connects both namespaces, exchanges messages over each, and returns the duration of the first connect. */
async function connect(page: Page, options: object = {}): Promise<Visit> {
  const { answers, ...visit } = await page.evaluate(
    async ({ url, options, limitMs }) => {
      const errors: string[] = [];
      const start = performance.now();
      const root = window.io(url, options);
      const custom = window.io(`${url}/custom-namespace`, options);
      root.on('connect_error', (error: Error) => errors.push(error.message));
      window.socket = root;
      await window.next(root, 'connect', limitMs);
      const ms = performance.now() - start;
      const transport = root.io.engine.transport.name;
      const answers = await Promise.all([root.emitWithAck('say', 'one'), custom.emitWithAck('say', 'two')]);
      return { ms, transport, errors, answers };
    },
    { url: fixture.proxy.url, options, limitMs: ampleMs },
  );
  expect(answers).toEqual(['/', '/custom-namespace']);
  expect([fixture.server.serverSockets(), fixture.server.serverSockets('/custom-namespace')]).toEqual([1, 1]);
  return visit;
}

describe.each(waysOfLoading)('loaded as a %s, holdfast', (loading) => {
  test.each([400, 403, 502])('falls back to polling when WebSocket is refused with %i', async (status) => {
    fixture.proxy.refuseUpgrades({ status, body: 'WebSocket is not allowed here' });
    const { ms, transport, errors } = await connect(await browser.open(loading));
    expect(transport).toBe('polling');
    figures.add(`${loading}: WebSocket refused with ${status}`, ms, refusedMs);
    expect(errors).toEqual([]);
  });

  test('falls back to polling when the upgrade is swallowed', async () => {
    fixture.proxy.swallowUpgrades();
    const { ms, transport, errors } = await connect(await browser.open(loading));
    expect(transport).toBe('polling');
    figures.add(`${loading}: upgrade swallowed`, ms, swallowedMs);
    expect(errors).toEqual([]);
  });

  test('falls back to polling when the WebSocket opens and stays silent', async () => {
    fixture.proxy.silenceUpgrades();
    const { transport, errors } = await connect(await browser.open(loading));
    expect(transport).toBe('polling');
    expect(errors).toEqual([]);
  });

  test('moves to WebSocket in the same session if WebSocket was merely slow', async () => {
    const restore = fixture.proxy.holdUpgrades(1600);
    const page = await browser.open(loading);
    const { transport } = await connect(page);
    expect(transport).toBe('polling');
    restore();
    const before = await page.evaluate(() => ({ id: window.socket.id, session: window.socket.io.engine.id }));
    const after = await page.evaluate(async () => {
      const { engine } = window.socket.io;
      if (engine.transport.name !== 'websocket') await window.next(engine, 'upgrade', 30_000);
      await window.socket.emitWithAck('say', 'after');
      return { id: window.socket.id, session: engine.id };
    });
    expect(after).toEqual(before);
    expect(fixture.server.serverSockets()).toBe(1);
  });

  test.each(['reset', 'swallow', { status: 403 }] as const)(
    'connects over WebSocket when polling is blocked by %o',
    async (how) => {
      fixture.proxy.blockPolling(how);
      const { transport, errors } = await connect(await browser.open(loading));
      expect(transport).toBe('websocket');
      expect(errors).toEqual([]);
    },
  );

  test.each(['reset', 'swallow', { status: 403 }] as const)(
    'falls back to WebSocket when polling is listed first and blocked by %o',
    async (how) => {
      fixture.proxy.blockPolling(how);
      const { transport, errors } = await connect(await browser.open(loading), {
        transports: ['polling', 'websocket'],
      });
      expect(transport).toBe('websocket');
      expect(errors).toEqual([]);
    },
  );

  test('reports a connect_error when nothing gets through, and connects when the network works again', async () => {
    fixture.proxy.refuseUpgrades({ status: 403 });
    fixture.proxy.blockPolling({ status: 403 });
    const page = await browser.open(loading);
    const attempted = await page.evaluate(async (url) => {
      window.socket = window.io(url, { reconnectionDelay: 50, reconnectionDelayMax: 200 });
      const [error] = await window.next(window.socket, 'connect_error');
      return error.attempts.map((attempt: { transport: string }) => attempt.transport);
    }, fixture.proxy.url);
    expect(attempted).toEqual(['websocket', 'polling']);
    fixture.proxy.heal();
    await page.evaluate(async () => {
      if (!window.socket.connected) await window.next(window.socket, 'connect');
    });
    expect(fixture.server.serverSockets()).toBe(1);
  });

  test('connects when the server starts, and delivers what was emitted before', async () => {
    const { server } = fixture;
    await server.stop();
    const page = await browser.open(loading);
    const answer = await page.evaluateHandle(async (url) => {
      window.socket = window.io(url, { reconnectionDelay: 50, reconnectionDelayMax: 200 });
      const answers = Promise.all(['a', 'b', 'c'].map((word) => window.socket.emitWithAck('say', word)));
      await window.collect(window.socket.io, 'reconnect_attempt', 2);
      return { answers };
    }, fixture.proxy.url);
    await server.start();
    expect(await answer.evaluate(({ answers }) => answers)).toEqual(['/', '/', '/']);
    expect(server.serverSockets()).toBe(1);
  });
});

describe('holdfast', () => {
  // Around the head start of a second, so that either may win and the other comes in behind.
  test.each([800, 900, 950, 1000, 1050, 1100])(
    'makes one socket for each namespace when WebSocket, in a race with polling, answers after %i ms',
    async (ms) => {
      fixture.proxy.holdUpgrades(ms);
      const page = await browser.open('script');
      const { errors } = await connect(page);
      expect(errors).toEqual([]);
      await page.evaluate(async () => {
        const { engine } = window.socket.io;
        if (engine.transport.name === 'polling') await window.next(engine, 'upgrade');
        await window.socket.emitWithAck('say', 'settled');
      });
      expect([fixture.server.serverSockets(), fixture.server.serverSockets('/custom-namespace')]).toEqual([
        1, 1,
      ]);
      expect(fixture.server.io.engine.clientsCount).toBe(1);
    },
  );

  test('connects and communicates over a slow, unstable line', async () => {
    fixture.proxy.delay(250, 150);
    fixture.proxy.limitRate(20_000);
    const { errors } = await connect(await browser.open('script'));
    expect(errors).toEqual([]);
  });

  test('makes one socket for each namespace when the network recovers after both transports were tried', async () => {
    const restore = fixture.proxy.stall('to-client');
    const page = await browser.open('script');
    const visit = connect(page);
    await fixture.proxy.until(
      'an attempt of each transport',
      ({ upgrades, polling }) => upgrades > 0 && polling > 0,
    );
    restore();
    expect((await visit).errors).toEqual([]);
    await page.evaluate(() => window.socket.emitWithAck('say', 'settled'));
    expect([fixture.server.serverSockets(), fixture.server.serverSockets('/custom-namespace')]).toEqual([
      1, 1,
    ]);
  });
});
