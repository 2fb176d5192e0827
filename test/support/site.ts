import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { freePort, host, listen } from './ports.js';

/** Serves the files of a folder, and pages of the test. */

export interface Site {
  readonly origin: string;
  /** Adds a page and returns its address. */
  page(html: string | Buffer, headers?: Readonly<Record<string, string>>): string;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.map': 'application/json',
  '.html': 'text/html; charset=utf-8',
};

interface Page {
  readonly html: string | Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export async function startSite(folder: string): Promise<Site> {
  const port = await freePort();
  const pages = new Map<string, Page>();
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://site').pathname;
    const page = pages.get(path);
    if (page) {
      response.writeHead(200, { 'Content-Type': types['.html'], ...page.headers }).end(page.html);
      return;
    }
    const file = normalize(join(folder, path));
    const content = file.startsWith(`${folder}${sep}`)
      ? await readFile(file).catch(() => undefined)
      : undefined;
    if (content === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'text/plain' }).end(content);
  });
  await listen(server, port);
  const origin = `http://${host}:${port}`;
  return {
    origin,
    page(html, headers = {}) {
      const path = `/page-${pages.size + 1}`;
      pages.set(path, { html, headers });
      return `${origin}${path}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
