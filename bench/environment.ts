import { readFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright';
import { launchChromium } from '../test/support/browser.js';
import { freePort, host, listen } from '../test/support/ports.js';

/** What all scenarios share: a browser, and a page for each of the clients. */

export const root: URL = pathToFileURL(`${process.cwd()}/`);

export type Client = 'holdfast' | 'official';
const scripts: Readonly<Record<Client, string>> = {
  holdfast: 'dist/holdfast.min.js',
  official: 'node_modules/socket.io-client/dist/socket.io.min.js',
};

export class Theatre {
  readonly origin: string;
  readonly browser: Browser;
  readonly #pages: HttpServer;

  constructor(origin: string, browser: Browser, pages: HttpServer) {
    this.origin = origin;
    this.browser = browser;
    this.#pages = pages;
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.#pages.close();
    this.#pages.closeAllConnections();
  }
}

export async function openTheatre(): Promise<Theatre> {
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
  return new Theatre(`http://${host}:${port}`, await launchChromium(), pages);
}
