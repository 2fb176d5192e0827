import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { freePort, host, listen } from '../support/ports.js';
import { startWebTransportServer, type WebTransportServer } from '../support/web-transport-server.js';
import type { Outcome } from './cases.js';
import { type Command, Control } from './control.js';

/** Serves the page with the test cases, executes its commands, and receives its results. */

export interface PageSite {
  readonly origin: string;
  close(): Promise<void>;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>holdfast: behaviours</title><link rel="icon" href="data:,">
<script>
  window.uncaught = [];
  addEventListener('error', ({ error, message }) => uncaught.push(message + ' ' + error?.stack));
  addEventListener('unhandledrejection', ({ reason }) => uncaught.push(reason + ' ' + reason?.stack));
</script>
<script src="/holdfast.js"></script><script>window.ioDevelopment = io</script><script src="/holdfast.min.js"></script><script src="/cases.js"></script></html>`;

export async function startPageSite(onOutcome: (outcome: Outcome) => void): Promise<PageSite> {
  const built = (file: string) => readFile(new URL(`../../dist/${file}`, import.meta.url));
  const [port, cases, production, development] = await Promise.all([
    freePort(),
    bundle(),
    built('holdfast.min.js'),
    built('holdfast.js'),
  ]);
  const control = new Control();
  let overHttp3: Promise<WebTransportServer> | undefined;
  const javascript = 'text/javascript; charset=utf-8';
  const files = new Map<string, readonly [type: string, body: string | Buffer]>([
    ['/', ['text/html; charset=utf-8', page]],
    ['/cases.js', [javascript, cases]],
    ['/holdfast.min.js', [javascript, production]],
    ['/holdfast.js', [javascript, development]],
    ['/worker.js', [javascript, await readFile(here('page/worker.js'))]],
    ['/empty', ['text/html; charset=utf-8', '<!doctype html><title>empty</title>']],
  ]);
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://page');
    if (pathname === '/outcome') {
      onOutcome(JSON.parse(await textOf(request)));
      response.end();
    } else if (pathname === '/webtransport') {
      overHttp3 ??= startWebTransportServer();
      const { url, certificate } = await overHttp3;
      response
        .setHeader('Content-Type', 'application/json')
        .end(JSON.stringify({ url, hash: certificate.hash }));
    } else if (pathname === '/control') {
      const command = JSON.parse(await textOf(request)) as Command;
      const answer = await control.execute(command).then(
        (value) => ({ value }),
        (error: Error) => ({ error: error.message }),
      );
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer));
    } else {
      const [type, body] = files.get(pathname) ?? [];
      if (type) response.setHeader('Content-Type', type).end(body);
      else response.writeHead(404).end();
    }
  });
  await listen(server, port);
  return {
    origin: `http://${host}:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await control.stop();
      await (await overHttp3)?.kill();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Bundles the behaviours for a page, with the page's library instead of the sources, and assertions without a test runner. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [here('page/main.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"test"' },
    plugins: [
      {
        name: 'page-modules',
        setup({ onResolve }) {
          onResolve({ filter: /^vitest$/ }, () => ({ path: here('page/expect.ts') }));
          onResolve({ filter: /\/src\/(plugins\/legacy\/)?index\.js$/ }, () => ({
            path: here('page/library.ts'),
          }));
        },
      },
    ],
  });
  return outputFiles[0]?.text ?? '';
}
