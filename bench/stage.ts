import { readFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright';
import type { ServerOptions } from 'socket.io';
import { launchChromium } from '../test/support/browser.js';
import { type FaultProxy, startFaultProxy } from '../test/support/fault-proxy.js';
import { freePort, host, listen } from '../test/support/ports.js';
import { startServer, type TestServer } from '../test/support/server.js';

/** Where scenarios play: a browser, pages that load one of the clients, and servers behind a link that can be broken. */

export const root: URL = pathToFileURL(`${process.cwd()}/`);

export type Client = 'holdfast' | 'official';
const scripts: Readonly<Record<Client, string>> = {
  holdfast: 'dist/holdfast.min.js',
  official: 'node_modules/socket.io-client/dist/socket.io.min.js',
};

/** Milliseconds there and back, where a scenario asks for no other link. */
export const linkRttMs = 100;

export interface Line {
  readonly server: TestServer;
  readonly proxy: FaultProxy;
  readonly url: string;
}

export class Stage {
  readonly rounds: number;
  readonly quick: boolean;
  readonly #origin: string;
  readonly #pages: HttpServer;
  readonly #browser: Browser;
  readonly #lines = new Set<Line>();

  constructor(quick: boolean, origin: string, pages: HttpServer, browser: Browser) {
    this.quick = quick;
    this.rounds = quick ? 5 : 15;
    this.#origin = origin;
    this.#pages = pages;
    this.#browser = browser;
  }

  get browserVersion(): string {
    return this.#browser.version();
  }

  /** Somebody who was never here: no memory, no open connections. */
  visitor(): Promise<BrowserContext> {
    return this.#browser.newContext();
  }

  /** A visit to the page that loads this client. */
  async visit(visitor: BrowserContext, client: Client): Promise<Page> {
    const page = visitor.pages()[0] ?? (await visitor.newPage());
    await page.goto(`${this.#origin}/${client}`);
    return page;
  }

  /** A server of its own, at the end of a link of its own. */
  async line(options: Partial<ServerOptions> = {}, rttMs: number = linkRttMs): Promise<Line> {
    const server = await startServer({ options });
    const proxy = await startFaultProxy(server.port);
    proxy.delay(rttMs / 2);
    const line = { server, proxy, url: proxy.url };
    this.#lines.add(line);
    return line;
  }

  lines(count: number, options: Partial<ServerOptions> = {}): Promise<Line[]> {
    return Promise.all(Array.from({ length: count }, () => this.line(options)));
  }

  /** Ends what a scenario left behind. */
  async clear(): Promise<void> {
    for (const context of this.#browser.contexts()) await context.close();
    for (const { server, proxy } of this.#lines) {
      await proxy.close();
      await server.crash();
    }
    this.#lines.clear();
  }

  async close(): Promise<void> {
    await this.clear();
    await this.#browser.close();
    this.#pages.close();
    this.#pages.closeAllConnections();
  }
}

export async function openStage(quick: boolean): Promise<Stage> {
  const contents = new Map<string, { readonly type: string; readonly body: string | Buffer }>();
  for (const [client, file] of Object.entries(scripts)) {
    const html = `<!doctype html><html lang="en"><title>${client}</title><link rel="icon" href="data:,"><script src="/${client}.js"></script></html>`;
    contents.set(`/${client}`, { type: 'text/html; charset=utf-8', body: html });
    contents.set(`/${client}.js`, {
      type: 'text/javascript; charset=utf-8',
      body: await readFile(new URL(file, root)),
    });
  }
  const pages = createServer((request, response) => {
    const content = contents.get(request.url ?? '/');
    if (content) response.writeHead(200, { 'Content-Type': content.type }).end(content.body);
    else response.writeHead(404).end();
  });
  const port = await freePort();
  await listen(pages, port);
  return new Stage(quick, `http://${host}:${port}`, pages, await launchChromium());
}
