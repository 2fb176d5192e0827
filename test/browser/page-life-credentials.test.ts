import type { Page } from 'playwright';
import type { Server, Socket } from 'socket.io';
import { beforeEach, describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { connectedAgain, disconnected } from '../support/connected-page.js';
import { useFixture } from '../support/fixture.js';
import { nextEvent, patienceMs } from '../support/waiting.js';

/** Tokens expire, servers disconnect sockets, and a page shows the state of its connection. */

const browser = useBrowser();

/** The tokens of all CONNECTs, in order. */
let shown: unknown[] = [];
let valid: (token: unknown) => boolean;
beforeEach(() => {
  shown = [];
  valid = () => true;
});
const fixture = useFixture({
  setup(app: Server) {
    app.use((socket, next) => {
      const { token } = socket.handshake.auth;
      shown.push(token);
      if (valid(token)) next();
      else next(Object.assign(new Error('expired'), { data: { token } }));
    });
    app.on('connection', (socket: Socket) => {
      socket.on('repeat', (word: unknown, answer: (word: unknown) => void) => answer(word));
    });
  },
});

declare global {
  interface Window {
    /** The arguments of the policy: the message of the error, and the number of the refusal. */
    refusals: [message: string, attempt: number][];
  }
}

interface Policy {
  /** The page's policy retries up to this refusal in a row; without a number, there is no policy. */
  readonly upTo?: number;
  readonly pauseMs?: number;
}

/** Creates a socket with a new token at each CONNECT: 1, 2, 3, … */
async function open(page: Page, { upTo, pauseMs = 0 }: Policy): Promise<void> {
  await page.evaluate(
    ({ url, upTo, pauseMs }) => {
      let token = 0;
      window.refusals = [];
      window.socket = window.io(url, {
        reconnectionDelay: 50,
        reconnectionDelayMax: 200,
        auth: async () => {
          await new Promise((resolve) => setTimeout(resolve));
          token += 1;
          return { token };
        },
        ...(upTo !== undefined && {
          reconnectOnReject: (error: Error, attempt: number) => {
            window.refusals.push([error.message, attempt]);
            return attempt <= upTo && (pauseMs || true);
          },
        }),
      });
      window.socket.on('connect_error', (error) => window.record.push(error.message));
      window.socket.on('disconnect', (reason: string) => window.record.push(reason));
    },
    { url: fixture.proxy.url, upTo, pauseMs },
  );
}

/** Resolves when the page's socket has given up and its connection is closed. */
async function given(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { io: manager } = window.socket;
    await window.until(manager, 'status', () => manager.status === 'closed');
  });
  expect(await page.evaluate(() => window.socket.active)).toBe(false);
}

describe('credentials', () => {
  test('are requested again for each CONNECT, and may arrive later', async () => {
    const page = await browser.open('script');
    await open(page, {});
    await connectedAgain(page);
    for (let round = 0; round < 2; round += 1) {
      fixture.proxy.cut();
      await disconnected(page);
      await connectedAgain(page);
    }
    expect(shown).toEqual([1, 2, 3]);
  });

  test('are not sent again after they expired, unless the page asks for it', async () => {
    valid = () => false;
    const page = await browser.open('script');
    await open(page, {});
    await given(page);
    expect(shown).toEqual([1]);
    expect(await page.evaluate(() => window.record)).toEqual(['expired']);
  });

  test('get one more attempt over the same connection after they were renewed', async () => {
    valid = (token) => token === 2;
    const page = await browser.open('script');
    await open(page, { upTo: 1 });
    const word = await page.evaluate(() => window.socket.emitWithAck('repeat', 'kept'));
    expect(word).toBe('kept');
    expect(shown).toEqual([1, 2]);
    expect(await page.evaluate(() => [window.refusals, window.record])).toEqual([
      [['expired', 1]],
      ['expired'],
    ]);
    expect(fixture.proxy.counters.connections).toBe(1);
  });

  test('get their attempt after the reconnect if they expire while the page is offline', async () => {
    const page = await browser.open('script');
    await open(page, { upTo: 1 });
    await connectedAgain(page);
    valid = (token) => token === 3;
    fixture.proxy.cut();
    await disconnected(page);
    await page.evaluate(() => window.socket.emitWithAck('repeat', 'kept'));
    expect(shown).toEqual([1, 2, 3]);
    expect(fixture.server.serverSockets()).toBe(2);
  });

  test('that remain invalid cause no endless loop', async () => {
    valid = () => false;
    const page = await browser.open('script');
    await open(page, { upTo: 2, pauseMs: 20 });
    await given(page);
    expect(shown).toEqual([1, 2, 3]);
    expect(await page.evaluate(() => window.refusals)).toEqual([
      ['expired', 1],
      ['expired', 2],
      ['expired', 3],
    ]);
  });

  test('are retried at a bounded rate, even if the policy always returns true', async () => {
    valid = () => false;
    const page = await browser.open('script');
    await open(page, { upTo: Number.POSITIVE_INFINITY });
    const ms = await page.evaluate(async () => {
      const startMs = performance.now();
      await window.collect(window.socket, 'connect_error', 20);
      return performance.now() - startMs;
    });
    // As long as 20 tries of a server that is down take with these settings, at the least.
    expect(ms, 'milliseconds for 20 refusals').toBeGreaterThan(1_000);
  });

  test('that are temporarily unavailable do not end a connection for good', async () => {
    const page = await browser.open('script');
    await page.evaluate(async (url) => {
      let asked = 0;
      window.socket = window.io(url, {
        reconnectionDelay: 50,
        reconnectOnReject: (_error, attempt) => attempt <= 3 && 50,
        auth: async () => {
          asked += 1;
          if (asked === 2) throw new TypeError('Failed to fetch');
          return { token: asked };
        },
      });
      window.socket.on('connect_error', (error) => window.record.push(error.message));
      await window.next(window.socket, 'connect');
    }, fixture.proxy.url);
    fixture.proxy.cut();
    await disconnected(page);
    await connectedAgain(page);
    expect(await page.evaluate(() => window.record)).toEqual(['Failed to fetch']);
    expect(shown).toEqual([1, 3]);
  });
});

describe('a socket that the server disconnects', () => {
  test('stays disconnected unless the page asks to reconnect', async () => {
    const page = await browser.open('script');
    await open(page, {});
    await connectedAgain(page);
    fixture.server.latest().disconnect();
    await given(page);
    expect(shown).toEqual([1]);
    expect(await page.evaluate(() => window.record)).toEqual(['io server disconnect']);
  });

  test('reconnects with other credentials if the page asks for it', async () => {
    const page = await browser.open('script');
    await open(page, { upTo: 1 });
    await connectedAgain(page);
    const again = page.evaluate(() => window.next(window.socket, 'connect'));
    await page.evaluate(() => undefined);
    fixture.server.latest().disconnect();
    await again;
    expect(shown).toEqual([1, 2]);
    expect(await page.evaluate(() => window.refusals)).toEqual([['io server disconnect', 1]]);
    expect(fixture.server.io.sockets.sockets.size).toBe(1);
  });

  test('at once, each time, causes no endless loop', async () => {
    const page = await browser.open('script');
    fixture.server.io.on('connection', (socket) => socket.disconnect());
    await open(page, { upTo: 2 });
    await given(page);
    expect(shown).toEqual([1, 2, 3]);
  });

  test('together with its connection reconnects as after any cut', async () => {
    const page = await browser.open('script');
    await open(page, { upTo: 1 });
    await connectedAgain(page);
    const left = nextEvent(fixture.server.latest(), 'disconnect');
    const again = page.evaluate(() => window.next(window.socket, 'connect'));
    await page.evaluate(() => undefined);
    fixture.server.latest().disconnect(true);
    await left;
    await again;
    expect(fixture.server.serverSockets()).toBe(2);
    expect(fixture.server.io.sockets.sockets.size).toBe(1);
  });
});

describe('a page that shows its connection', () => {
  /** The three lines, and a record of what they showed. */
  async function show(page: Page): Promise<void> {
    await page.evaluate((url) => {
      const display = document.body.appendChild(document.createElement('p'));
      // On a busy machine, long-polling could be faster.
      const transports = ['websocket'];
      window.socket = window.io(url, { transports, reconnectionDelay: 50, reconnectionDelayMax: 300 });
      const manager = window.socket.io;

      manager.on('status', (status) => {
        display.textContent = `${status} ${manager.transport ?? '-'} ${manager.latencyMs ?? '-'}`;
      });

      manager.on('status', () => window.record.push(display.textContent));
    }, fixture.proxy.url);
    await connectedAgain(page);
  }
  /** They show it, or have shown it since what was waited for last: a state may be over before anybody looks. */
  const shows = (page: Page, words: RegExp): Promise<unknown> =>
    page.waitForFunction(
      (words) => {
        const at = window.record.findIndex((line) => new RegExp(words).test(String(line)));
        window.record.splice(0, at + 1);
        return at >= 0;
      },
      words.source,
      {
        timeout: patienceMs,
      },
    );

  test('needs three lines of code, in every state', async () => {
    const page = await browser.open('script');
    await show(page);
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await shows(page, /^connected websocket [\d.]+$/);
    await page.context().setOffline(true);
    await shows(page, /^offline - /);
    await page.context().setOffline(false);
    await shows(page, /^connected websocket /);
    // The connection may be back before the browser says so; a cut would then show "offline".
    await page.waitForFunction(() => navigator.onLine);
    fixture.proxy.cut();
    await shows(page, /^reconnecting - /);
    await shows(page, /^connected websocket /);
    await page.evaluate(() => {
      window.socket.disconnect();
    });
    await shows(page, /^closed - /);
  });

  test('knows the round-trip time soon after it connects', async () => {
    const page = await browser.open('script');
    await show(page);
    await shows(page, /^connected websocket [\d.]+$/);
  });

  test('is notified when something changes, and only then', async () => {
    const page = await browser.open('script');
    await show(page);
    fixture.proxy.cut();
    await disconnected(page);
    await connectedAgain(page);
    const shown = (await page.evaluate(() => window.record)) as string[];
    expect(shown.filter((line, n) => line === shown[n - 1])).toEqual([]);
  });
});
