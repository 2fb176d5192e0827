import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright';
import type { Server } from 'socket.io';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launchPages } from './browser.js';
import { type Fixture, useFixture } from './fixture.js';
import { type Site, startSite } from './site.js';
import { patienceMs } from './waiting.js';

/** Pages with the inspector, a server behind a breakable network, and the pages' console messages. */

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** Answers, and refuses one namespace. */
function application(io: Server): void {
  io.on('connection', (socket) => {
    socket.on('ask', (...args: unknown[]) => {
      const answer = args.at(-1);
      if (typeof answer === 'function') answer('yes');
    });
  });
  io.of('/news');
  io.of('/admin').use((_socket, next) => next(new Error('only for administrators')));
}

export interface InspectedPages extends Fixture {
  readonly site: Site;
  readonly browser: Browser;
  /** Opens a page with these elements in its body. */
  show(
    body: string,
    more?: { headers?: Record<string, string>; context?: BrowserContextOptions },
  ): Promise<Page>;
  /** The page's console messages. */
  readonly said: string[];
  /** Ignores messages that the test provoked. */
  forgive(): void;
}

export const scripts = (attributes = ''): string =>
  `<script src="/holdfast.min.js"></script><script src="/holdfast.inspector.min.js" ${attributes}></script>`;

/** The functions of the package, as `window.tools`. */
export const modules = `<script type="module">import * as tools from '/browser/production/plugins/inspector/index.js'; Object.assign(window, { tools });</script>`;

/** Call it at the top of a test file. */
export function useInspectedPages(): InspectedPages {
  const fixture = useFixture({
    setup: application,
    options: {
      cors: (request, callback) =>
        callback(null, { origin: request.headers.origin ?? false, credentials: true }),
    },
  });
  let site: Site;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];
  const said: string[] = [];

  beforeAll(async () => {
    [site, browser] = await Promise.all([startSite(dist), launchPages()]);
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    said.length = 0;
    expect(complaints.splice(0), 'uncaught errors in the page').toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  return {
    get server() {
      return fixture.server;
    },
    get proxy() {
      return fixture.proxy;
    },
    get site() {
      return site;
    },
    get browser() {
      return browser;
    },
    said,
    forgive: () => complaints.splice(0),
    async show(body, { headers, context: options } = {}) {
      const context = await browser.newContext(options);
      contexts.push(context);
      context.on('weberror', (error) => complaints.push(String(error.error().stack ?? error.error())));
      context.on('console', (message) => said.push(message.text()));
      const page = await context.newPage();
      page.setDefaultTimeout(patienceMs);
      const html = `<!doctype html><html lang="en"><head><title>page</title><link rel="icon" href="data:,"></head><body><main><h1>Page</h1></main>${body}</body></html>`;
      await page.goto(site.page(html, headers));
      return page;
    },
  };
}

/** Connects a socket of the page to `/`, as `window.socket`. */
export async function connectIn(page: Page, url: string, options: object = {}): Promise<void> {
  await page.evaluate(
    async ({ url, options }) => {
      window.socket = window.io(url, { reconnectionDelay: 20, reconnectionDelayMax: 40, ...options });
      await window.socket.ready();
    },
    { url, options },
  );
}
