import type { BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect } from 'vitest';
import { launchChromium, launchLifelike, type Running } from '../support/browser.js';
import { type PageServer, startPageServer } from '../support/page-server.js';
import { installPageTools } from '../support/page-tools.js';
import type { WebTransportServer } from '../support/web-transport-server.js';

/** Pages of one Chromium for parallel tests: each has its own empty profile. */

declare global {
  interface Window {
    /** The tried transports and their outcomes: `webtransport start`, … */
    attempts: string[];
    /** The time of each, in milliseconds since the page was loaded. */
    attemptsAtMs: number[];
    /** The messages of failed attempts to connect. */
    failures: string[];
    /** The events of the server, with their arguments. */
    received: unknown[][];
  }
}

export interface Pages {
  open(test: Cleaning): Promise<Page>;
  /** A page in the profile of another one. */
  again(page: Page): Promise<Page>;
  readonly origin: string;
}

/** The required part of Vitest's test context: parallel tests must use their own. */
interface Cleaning {
  onTestFinished(cleanUp: () => Promise<void>): void;
}

/** @param lifelike pages that are left enter the back/forward cache; all share one profile */
export function usePages({ lifelike = false }: { readonly lifelike?: boolean } = {}): Pages {
  let running: Running;
  let pages: PageServer;
  beforeAll(async () => {
    [running, pages] = await Promise.all([
      lifelike
        ? launchLifelike()
        : launchChromium().then((browser) => ({ browser, close: () => browser.close() })),
      startPageServer(),
    ]);
    await running.context?.addInitScript(installPageTools);
  });
  afterAll(async () => {
    await running?.close();
    await pages?.close();
  });

  async function load(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${pages.origin}/development`);
    return page;
  }

  return {
    async open({ onTestFinished }) {
      const context = running.context ?? (await running.browser.newContext());
      const uncaught: string[] = [];
      // This includes unhandled rejections.
      context.on('weberror', (error) => uncaught.push(String(error.error().stack ?? error.error())));
      if (!running.context) await context.addInitScript(installPageTools);
      onTestFinished(async () => {
        for (const page of context.pages()) {
          // A new error arrives before the answer to an evaluation.
          await page.evaluate(() => undefined);
          await page.close();
        }
        if (!running.context) await context.close();
        expect(uncaught, 'uncaught errors in the page').toEqual([]);
      });
      return load(context);
    },
    again: (page) => load(page.context()),
    get origin() {
      return pages.origin;
    },
  };
}

/** For tests without a working WebTransport. On a busy machine, another transport may be ahead of it. */
export const all: object = { transports: ['webtransport', 'websocket', 'polling'] };

/** How long anything may take: the machine may be busy with other tests. */
export const patienceMs = 30_000;

/** Makes the page's socket, by default with only WebTransport, and records the attempts and the ends of its connection. */
export async function dial(
  page: Page,
  { certificate, url }: Pick<WebTransportServer, 'certificate' | 'url'>,
  options: object = {},
): Promise<void> {
  await page.evaluate(
    ({ hash, url, options }) => {
      const value = Uint8Array.from(atob(hash), (character) => character.charCodeAt(0));
      const serverCertificateHashes = [{ algorithm: 'sha-256', value }];
      window.attempts = [];
      window.attemptsAtMs = [];
      window.failures = [];
      window.received = [];
      window.socket = window.io(url, {
        transports: ['webtransport'],
        transportOptions: { webtransport: { serverCertificateHashes } },
        reconnectionDelay: 100,
        reconnectionDelayMax: 500,
        ...options,
      });
      window.socket.on('disconnect', (reason) => window.record.push(reason));
      window.socket.onAny((...event) => {
        if (window.received.length < 100) window.received.push(event);
      });
      window.socket.on('connect_error', ({ message }) => window.failures.push(message));
      window.socket.io.on('attempt', ({ transport, phase }) => {
        window.attempts.push(`${transport} ${phase}`);
        window.attemptsAtMs.push(performance.now());
      });
    },
    { hash: certificate.hash, url, options },
  );
}

/** The same, until it is connected. Resolves to its id. */
export async function connect(...given: Parameters<typeof dial>): Promise<string> {
  const [page] = given;
  await dial(...given);
  return connected(page);
}

export const connected = (page: Page): Promise<string> =>
  page.evaluate(async (limitMs) => {
    await window.until(window.socket, 'connect', () => window.socket.connected, limitMs);
    return window.socket.id ?? '';
  }, patienceMs);

export const disconnected = (page: Page): Promise<void> =>
  page.evaluate(
    (limitMs) => window.until(window.socket, 'disconnect', () => window.record.length > 0, limitMs),
    patienceMs,
  );

export const transportOf = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => window.socket.io.transport);

export const attemptsOf = (page: Page): Promise<string[]> => page.evaluate(() => window.attempts);

export const endsOf = (page: Page): Promise<unknown[]> => page.evaluate(() => window.record);
