import type { Browser, BrowserContext, Page } from 'playwright';
import type { Server, ServerOptions } from 'socket.io';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { launchPages } from '../../support/browser.js';
import { type Outcome, run } from '../../support/run.js';
import { startServer, type TestServer } from '../../support/server.js';
import { type Site, startSite } from '../../support/site.js';

/** The installed project with a server, and a browser whose pages must not log errors or warnings. */

export interface Exchange {
  readonly transport: string;
  readonly sum: number;
  readonly bytes: readonly number[];
  readonly headline: string;
}

/** The result of fixtures/programs/exchange.js. */
export const expectedExchange = (transport: string): Exchange => ({
  transport,
  sum: 13,
  bytes: [1, 255, 1, 255],
  headline: 'all is well',
});

export function answerExchange(io: Server): void {
  io.on('connection', (socket) => {
    socket.on('sum', (a: number, b: number, answer: (sum: number) => void) => answer(a + b));
    socket.on('double', (bytes: Buffer, answer: (twice: Buffer) => void) =>
      answer(Buffer.concat([bytes, bytes])),
    );
  });
  io.of('/news').on('connection', (socket) => {
    socket.on('headline', (answer: (headline: string) => void) => answer('all is well'));
  });
}

declare global {
  interface Window {
    exchange(url: string, options?: object): Promise<Exchange>;
    exchangeLegacy(url: string, options?: object): Promise<Exchange>;
  }
}

const noIcon = '<link rel="icon" href="data:,">';
/** A page that loads nothing else, not even an icon. */
export const html = (content: string): string =>
  `<!doctype html><html lang="en"><title>test</title>${noIcon}${content}</html>`;

/** Runs a program of the project in a separate Node process. It must exit by itself without an error. */
export async function runNode(...args: string[]): Promise<Outcome> {
  const outcome = await run(process.execPath, args, inject('project').folder);
  expect(outcome, `node ${args.join(' ')}\n${outcome.stdout}\n${outcome.stderr}`).toMatchObject({ code: 0 });
  return outcome;
}

export interface ProjectFixture {
  readonly server: TestServer;
  readonly site: Site;
  readonly browser: Browser;
  /** Opens an address in a new browser context. */
  open(url: string): Promise<Page>;
  /** Opens a page with this content. */
  show(content: string): Promise<Page>;
  /** Returns and removes the errors that the test expects. */
  takeErrors(): string[];
}

/** Starts the server and the browser for a test file. */
export function useProject(options: Partial<ServerOptions> = {}): ProjectFixture {
  let server: TestServer;
  let site: Site;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const errors: string[] = [];

  beforeAll(async () => {
    [server, site, browser] = await Promise.all([
      startServer({ setup: answerExchange, options }),
      startSite(inject('project').folder),
      launchPages(),
    ]);
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    expect(errors.splice(0), 'errors and warnings of the page').toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await site?.close();
  });

  async function open(url: string): Promise<Page> {
    const context = await browser.newContext();
    contexts.push(context);
    context.on('weberror', (error) => errors.push(String(error.error().stack ?? error.error())));
    context.on('console', (message) => {
      const text = message.text();
      // A busy machine: long-polling was faster, and Chromium reports that the WebSocket was given up.
      if (/^WebSocket connection to .* closed before the connection is established/.test(text)) return;
      if (['error', 'warning'].includes(message.type())) errors.push(text);
    });
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  return {
    get server() {
      return server;
    },
    get site() {
      return site;
    },
    get browser() {
      return browser;
    },
    open,
    show: (content) => open(site.page(html(content))),
    takeErrors: () => errors.splice(0),
  };
}
