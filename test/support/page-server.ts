import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { generate } from 'selfsigned';
import { installPageTools } from './page-tools.js';
import { freePort, host, listen } from './ports.js';
import { serveWorkerTools } from './worker-tools.js';

/** Serves one page and one worker for each way of loading the library, and the built files themselves. */

/** `development`: the script file with the hints and long messages. */
export type Loading = 'script' | 'module' | 'development';
export const waysOfLoading: readonly Loading[] = ['script', 'module'];
const served: readonly Loading[] = [...waysOfLoading, 'development'];

export interface PageServer {
  readonly origin: string;
  close(): Promise<void>;
}

const dist = new URL('../../dist/', import.meta.url);
const builds: Readonly<Record<Loading, string>> = {
  script: 'holdfast.min.js',
  module: 'holdfast.esm.min.js',
  development: 'holdfast.js',
};
const loaders: Readonly<Record<Loading, string>> = {
  script: `<script src="/${builds.script}"></script>`,
  development: `<script src="/${builds.development}"></script>`,
  module: `<script type="module">import { io } from "/${builds.module}"; window.io = io;</script>`,
};
const workerLoaders: Readonly<Record<Loading, string>> = {
  script: `importScripts("/${builds.script}");`,
  development: `importScripts("/${builds.development}");`,
  module: `import { io, Fetch } from "/${builds.module}"; Object.assign(self, { io, Fetch });`,
};

/** The address of the worker that loads the library in this way. */
export const workerPath = (loading: Loading): string => `/worker-${loading}.js`;

/** @param secure over https, with a self-signed certificate */
export async function startPageServer(secure = false): Promise<PageServer> {
  const port = await freePort();
  const contents = await readContents();
  const answer: RequestListener = (request, response) => {
    const content = contents.get(request.url ?? '/');
    if (content === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'Content-Type': content.type }).end(content.body);
  };
  const server = secure ? createSecureServer(await ownCertificate(), answer) : createServer(answer);
  await listen(server, port);
  return {
    origin: `${secure ? 'https' : 'http'}://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function ownCertificate(): Promise<{ readonly key: string; readonly cert: string }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: host }]);
  return { key, cert };
}

const javascript = 'text/javascript; charset=utf-8';

interface Content {
  readonly type: string;
  readonly body: string | Buffer;
}

/** Read once, so that all tests of a file use the same build, even if another build is made meanwhile. */
async function readContents(): Promise<Map<string, Content>> {
  const contents = new Map<string, Content>();
  for (const loading of served) {
    const build = builds[loading];
    const body = await readFile(new URL(build, dist)).catch((cause: unknown) => {
      throw new Error(`dist/${build} is missing: run "npm run build" first.`, { cause });
    });
    contents.set(`/${build}`, { type: javascript, body });
    contents.set(workerPath(loading), { type: javascript, body: workerOf(loading) });
    contents.set(`/${loading}`, { type: 'text/html; charset=utf-8', body: pageOf(loading) });
  }
  return contents;
}

function pageOf(loading: Loading): string {
  return `<!doctype html><html lang="en"><title>${loading}</title><link rel="icon" href="data:,">${loaders[loading]}</html>`;
}

function workerOf(loading: Loading): string {
  return `${workerLoaders[loading]}\n(${installPageTools})();\n(${serveWorkerTools})();`;
}
