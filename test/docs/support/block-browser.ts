import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright';
import { launchPages } from '../../support/browser.js';
import { freePort, host, listen } from '../../support/ports.js';
import { within } from '../../support/waiting.js';
import { root } from './blocks.js';

/** Opens blocks in a browser, from a host with their pages and the files of dist. */

const head =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>block</title><link rel="icon" href="data:,">';

export class BlockBrowser {
  readonly #browser: Browser;
  readonly #http: Server;
  readonly origin: string;
  readonly #files = new Map<string, string>();

  private constructor(browser: Browser, http: Server, port: number) {
    this.#browser = browser;
    this.#http = http;
    this.origin = `http://${host}:${port}`;
    http.on('request', async (request, response) => {
      const asked = new URL(request.url ?? '/', this.origin).pathname;
      // Bundlers find the worker's file by this name.
      const path = asked === '/holdfast/tabs-worker' ? '/holdfast.tabs-worker.min.js' : asked;
      const type = /\.m?js$/.test(path) ? 'text/javascript' : 'text/html';
      // Scripts of a page come from dist, whatever their address; so do those of the installed package.
      const name =
        /^\/node_modules\/holdfast\/dist\/([\w/.-]+\.js)$/.exec(path)?.[1] ??
        /holdfast[\w.-]*\.js$/.exec(path)?.[0];
      const body = name ? await readFile(`${root}dist/${name}`) : this.#files.get(path);
      if (body === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` }).end(body);
    });
  }

  static async open(): Promise<BlockBrowser> {
    const port = await freePort();
    const http = createServer();
    await listen(http, port);
    return new BlockBrowser(await launchPages(), http, port);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#http.closeAllConnections();
    this.#http.close();
  }

  /** Runs a program as a module until it ends. */
  async run(program: string, body = ''): Promise<BlockPage> {
    this.#files.set('/block.js', `${program}\ndocument.title = 'done';`);
    const opened = await this.show(`${body}<script type="module" src="/block.js"></script>`);
    await opened.finished();
    return opened;
  }

  /** Opens a page with this content. */
  async show(html: string): Promise<BlockPage> {
    this.#files.set('/', /<!doctype/i.test(html) ? html : head + html);
    const context = await this.#browser.newContext();
    const opened = new BlockPage(context, await context.newPage());
    await context.route('https://cdn.jsdelivr.net/npm/holdfast@*/dist/*', async (route) => {
      const name = new URL(route.request().url()).pathname.split('/').at(-1);
      const body = await readFile(`${root}dist/${name}`, 'utf8');
      await route.fulfill({
        body,
        contentType: 'text/javascript',
        headers: { 'Access-Control-Allow-Origin': '*' },
      });
    });
    await opened.page.goto(this.origin);
    return opened;
  }
}

/** A page with its console output. */
export class BlockPage {
  readonly page: Page;
  readonly complaints: string[] = [];
  readonly printed: string[] = [];
  readonly #context: BrowserContext;

  constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(String(error.stack ?? error)));
    page.on('console', (message) => {
      const text = message.text();
      // The documents' server has no HTTP/3; Chromium prints an error itself, and the next transport follows.
      const isOfWebTransport = /^Failed to establish a connection to .*QUIC/.test(text);
      (message.type() === 'error' && !isOfWebTransport ? this.complaints : this.printed).push(text);
    });
  }

  async finished(): Promise<void> {
    const done = this.page.waitForFunction(() => document.title === 'done');
    const failed = this.page.waitForEvent('pageerror').then((error) => {
      throw error;
    });
    failed.catch(() => {});
    await within(Promise.race([done, failed]), 'the block to come to its end');
  }

  async close(): Promise<void> {
    await this.#context.close();
  }
}
