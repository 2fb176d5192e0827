import type { Browser, BrowserContext, Page } from 'playwright';
import type { Server, ServerOptions } from 'socket.io';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { launchChromium } from '../../support/browser.js';
import { startServer, type TestServer } from '../../support/server.js';
import { type Site, startSite } from '../../support/site.js';
import { type Outcome, run } from './run.js';

/** A home with a live server, and a browser whose pages must have nothing to complain about. */

export interface Talk {
  readonly transport: string;
  readonly sum: number;
  readonly bytes: readonly number[];
  readonly headline: string;
}

/** What fixtures/programs/conversation.js comes back with. */
export const talkOver = (transport: string): Talk => ({
  transport,
  sum: 13,
  bytes: [1, 255, 1, 255],
  headline: 'all is well',
});

export function answerTalks(io: Server): void {
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
    talk(url: string, options?: object): Promise<Talk>;
    talkLegacy(url: string, options?: object): Promise<Talk>;
  }
}

const emptyIcon = '<link rel="icon" href="data:,">';
/** A page that asks for nothing but what is in it. */
export const html = (content: string): string =>
  `<!doctype html><html lang="en"><title>home</title>${emptyIcon}${content}</html>`;

/** Runs a program of the home in a Node of its own. It must end by itself, without an error. */
export async function runNode(...args: string[]): Promise<Outcome> {
  const outcome = await run(process.execPath, args, inject('home').folder);
  expect(outcome, `node ${args.join(' ')}\n${outcome.stdout}\n${outcome.stderr}`).toMatchObject({ code: 0 });
  return outcome;
}

export interface HomeInBrowser {
  readonly server: TestServer;
  readonly site: Site;
  readonly browser: Browser;
  /** Opens an address for somebody who was never here. */
  open(url: string): Promise<Page>;
  /** Opens a page with this content. */
  show(content: string): Promise<Page>;
  /** What the test provoked: its pages said it, and it is not held against them. */
  forgiveComplaints(): string[];
}

/** To be called at the top of a test file. */
export function useHome(options: Partial<ServerOptions> = {}): HomeInBrowser {
  let server: TestServer;
  let site: Site;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    [server, site, browser] = await Promise.all([
      startServer({ setup: answerTalks, options }),
      startSite(inject('home').folder),
      launchChromium(),
    ]);
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    expect(complaints.splice(0), 'what the page complained about').toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await site?.close();
  });

  async function open(url: string): Promise<Page> {
    const context = await browser.newContext();
    contexts.push(context);
    context.on('weberror', (error) => complaints.push(String(error.error().stack ?? error.error())));
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
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
    forgiveComplaints: () => complaints.splice(0),
  };
}
