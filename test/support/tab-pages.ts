import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { freePort, host, listen } from './ports.js';

/** Serves pages of one site that share a connection, and the scripts that they load. */

export interface TabPages {
  readonly origin: string;
  close(): Promise<void>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
/** For work on the library: the sources instead of dist. */
const sources = process.env.HOLDFAST_TABS_SOURCES === '1';

/** Bundles a program as an application would. */
export async function bundle(program: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    platform: 'browser',
    tsconfigRaw: {},
    ...(sources && {
      alias: {
        'holdfast/tabs': `${root}src/plugins/tabs/index.ts`,
        'holdfast/durable': `${root}src/plugins/durable/index.ts`,
        'holdfast/inspector': `${root}src/plugins/inspector/index.ts`,
        'holdfast/contract': `${root}src/plugins/contract/index.ts`,
        'holdfast/early': `${root}src/plugins/early.ts`,
        'holdfast/endpoints': `${root}src/plugins/endpoints.ts`,
        'holdfast/legacy': `${root}src/plugins/legacy/index.ts`,
        'holdfast/schedule': `${root}src/plugins/schedule.ts`,
        holdfast: `${root}src/index.ts`,
      },
      define: {},
      plugins: [
        {
          name: 'browser-files',
          setup({ onResolve }) {
            onResolve({ filter: /\/(builtin|fetch)\.js$/ }, ({ path, resolveDir: from }) => {
              const file = `${from}/${path.replace(/\.js$/, '.browser.ts')}`;
              return { path: fileURLToPath(new URL(file, 'file://')) };
            });
          },
        },
      ],
    }),
  });
  return outputFiles[0]?.text ?? '';
}

/** The self-contained script of the worker. */
export const workerFile = (): Promise<string> =>
  sources
    ? bundle(`import { serveTabs } from '${root}src/plugins/tabs/serve.ts'; serveTabs();`)
    : readFile(`${root}dist/holdfast.tabs-worker.min.js`, 'utf8');

const htmlWith = (
  script: string,
): string => `<!doctype html><html lang="en"><meta charset="utf-8"><title>tab</title><link rel="icon" href="data:,">
<script>
  window.uncaught = [];
  addEventListener('error', ({ error, message }) => uncaught.push(message + ' ' + error?.stack));
  addEventListener('unhandledrejection', ({ reason }) => uncaught.push(reason + ' ' + reason?.stack));
</script>
<script src="${script}"></script></html>`;

/** @param script of every page; @param shared of the worker; @param later of the page `/later` */
export async function startTabPages(script: string, shared = '', later = ''): Promise<TabPages> {
  const port = await freePort();
  const files = new Map<string, readonly [type: string, body: string]>([
    ['/', ['text/html; charset=utf-8', htmlWith('/program.js')]],
    ['/program.js', ['text/javascript; charset=utf-8', script]],
    ['/later', ['text/html; charset=utf-8', htmlWith('/later.js')]],
    ['/later.js', ['text/javascript; charset=utf-8', later]],
    ['/worker.js', ['text/javascript; charset=utf-8', shared]],
    ['/empty', ['text/html; charset=utf-8', '<!doctype html><title>empty</title>']],
  ]);
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://site');
    if (pathname === '/slow') {
      setTimeout(() => response.end(), Number(search.slice(1)));
      return;
    }
    const [type, body] = files.get(pathname) ?? [];
    if (type) response.writeHead(200, { 'Content-Type': type }).end(body);
    else response.writeHead(404).end();
  });
  await listen(server, port);
  return {
    origin: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
