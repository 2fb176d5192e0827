import { mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { build, type Plugin } from 'esbuild';
import { Server } from 'socket.io';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { launchPages } from '../support/browser.js';
import { oneCopy } from '../support/one-copy.js';
import { freePort, host, listen } from '../support/ports.js';
import { type Block, blocks, blocksFor, root, runnerOf } from './support/blocks.js';

/**
 * The apps of the documents that a server renders. Their components are rendered by the renderer of their framework, in Node, and are
 * hydrated in a browser, against the Socket.IO server of the same document. (Next.js, Nuxt and SvelteKit themselves are too large to be
 * installed for each run.)
 */

const limitMs = 120_000;
let browser: Awaited<ReturnType<typeof launchPages>>;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  browser = await launchPages();
});
afterAll(async () => {
  for (const close of closing) await close();
  await browser?.close();
});

const pathOf = ({ code, place }: Block): string => {
  const [, path] = /^(?:\/\/|<!--) (\S+)/.exec(code) ?? [];
  if (path === undefined) throw new Error(`${place}: the first line must name the file`);
  return path;
};

/** Writes the files of a document into a folder below the frameworks. */
async function unpack(document: string): Promise<string> {
  const folder = await mkdtemp(join(inject('workshop'), 'app-'));
  for (const block of blocksFor('app').filter((one) => one.document === document)) {
    const file = join(folder, pathOf(block));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, block.code);
  }
  return folder;
}

/** The build that importers of the package get: in the browser, or in Node. */
const entries = (platform: 'browser' | 'node'): Record<string, string> =>
  Object.fromEntries(
    Object.entries(packageJson.exports)
      .flatMap(([name, entry]) =>
        typeof entry === 'object' && 'import' in entry
          ? [[name.replace('.', packageJson.name), `${root}${entry.default.replace('browser', platform)}`]]
          : [],
      )
      .reverse(),
  );

/** Svelte and Vue, for the server or for the browser. */
async function compilers(folder: string, platform: 'browser' | 'node'): Promise<Plugin> {
  const load = async <Module>(name: string): Promise<Module> =>
    (await import(pathToFileURL(createRequire(join(folder, 'x')).resolve(name)).href)) as Module;
  return {
    name: 'components',
    setup(bundle) {
      bundle.onLoad({ filter: /\.svelte$/ }, async ({ path }) => {
        const { compile } = await load<SvelteCompiler>('svelte/compiler');
        const generate = platform === 'node' ? 'server' : 'client';
        const { js } = compile(await readFile(path, 'utf8'), { filename: path, generate });
        return { contents: js.code, loader: 'ts', resolveDir: dirname(path) };
      });
      bundle.onLoad({ filter: /\.vue$/ }, async ({ path }) => {
        const { parse, compileScript } = await load<VueCompiler>('vue/compiler-sfc');
        const { descriptor } = parse(await readFile(path, 'utf8'));
        const { content } = compileScript(descriptor, { id: 'app', inlineTemplate: true });
        return { contents: content, loader: 'ts', resolveDir: dirname(path) };
      });
    },
  };
}

interface SvelteCompiler {
  compile(source: string, options: object): { js: { code: string } };
}
interface VueCompiler {
  parse(source: string): { descriptor: object };
  compileScript(descriptor: object, options: object): { content: string };
}

async function bundled(program: string, folder: string, platform: 'browser' | 'node'): Promise<string> {
  const result = await build({
    stdin: { contents: program, loader: 'tsx', resolveDir: folder, sourcefile: 'entry.tsx' },
    bundle: true,
    write: false,
    format: 'esm',
    platform,
    target: 'es2022',
    jsx: 'automatic',
    logLevel: 'silent',
    // The bindings have their own copy of the frameworks otherwise.
    plugins: [await compilers(folder, platform), oneCopy(inject('workshop'))],
    alias: entries(platform),
    ...(platform === 'node' && {
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    }),
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return result.outputFiles[0]?.text ?? '';
}

interface App {
  readonly document: string;
  /** Gives `html`. */
  readonly server: string;
  /** Hydrates `#root`. */
  readonly client: string;
}

const apps: App[] = [
  {
    document: 'docs/next.md',
    server: `import { renderToString } from 'react-dom/server'; import Page from './app/page';
      export const html = async () => renderToString(<Page />);`,
    client: `import { hydrateRoot } from 'react-dom/client'; import Page from './app/page';
      hydrateRoot(document.querySelector('#root'), <Page />, { onRecoverableError: (error) => console.error(error) });`,
  },
  {
    document: 'docs/nuxt.md',
    server: `import { renderToString } from 'vue/server-renderer'; import { createSSRApp } from 'vue'; import App from './app/app.vue';
      export const html = () => renderToString(createSSRApp(App));`,
    client: `import { createSSRApp } from 'vue'; import App from './app/app.vue'; createSSRApp(App).mount('#root');`,
  },
  {
    document: 'docs/sveltekit.md',
    server: `import { render } from 'svelte/server'; import Page from './src/routes/+page.svelte';
      export const html = async () => (await render(Page)).body;`,
    client: `import { hydrate } from 'svelte'; import Page from './src/routes/+page.svelte';
      hydrate(Page, { target: document.querySelector('#root') });`,
  },
];

/** The HTTP server of an app, with the Socket.IO server that its document shows. */
async function serverOf(
  { document }: App,
  folder: string,
  answer: RequestListener,
): Promise<{ http: HttpServer; port: number }> {
  const port = await freePort();
  const blockOf = (path: string): string => {
    const block = blocksFor('app').find((one) => one.document === document && pathOf(one) === path);
    if (!block) throw new Error(`${document} has no ${path}`);
    return block.code;
  };
  const made: { http?: HttpServer; io?: Server } = {};
  const load = async (name: string): Promise<unknown> => {
    if (name === 'next')
      return { default: () => ({ prepare: async () => {}, getRequestHandler: () => answer }) };
    if (name === 'node:http') {
      return {
        createServer: (given: RequestListener) => Object.assign(made, { http: createServer(given) }).http,
      };
    }
    if (name === 'socket.io') {
      return {
        Server: class extends Server {
          constructor(...args: ConstructorParameters<typeof Server>) {
            super(...args);
            made.io = this;
          }
        },
      };
    }
    return import(name);
  };
  const run = async (code: string, env: object): Promise<unknown> => {
    const body = code
      .replace(/^import (\{.*\}|\w+) from '(.*)';$/gm, (_, names: string, name: string) =>
        names.startsWith('{')
          ? `const ${names} = await load('${name}');`
          : `const { default: ${names} } = await load('${name}');`,
      )
      .replaceAll('export ', '');
    const program = new AsyncFunction(
      'load',
      'process',
      'result',
      `${body}\nreturn typeof attachSockets === 'function' ? attachSockets : undefined;`,
    );
    return program(load, { env }, undefined);
  };
  if (document === 'docs/next.md') {
    await run(blockOf('server.mjs'), { PORT: String(port), NODE_ENV: 'production' });
  } else if (document === 'docs/nuxt.md') {
    const socketPort = await freePort();
    Object.assign(globalThis, {
      useRuntimeConfig: () => ({ public: { socketUrl: `http://${host}:${socketPort}` } }),
    });
    await run(blockOf('socket-server.mjs'), {
      SOCKET_PORT: String(socketPort),
      PAGE_ORIGIN: `http://${host}:${port}`,
    });
    const pages = createServer(answer);
    await listen(pages, port);
    made.http = pages;
    made.io?.on('connection', () => {});
    closing.push(() => pages.close());
    sockets.set(document, socketPort);
  } else {
    const attach = (await run(blockOf('sockets.js'), {})) as (http: HttpServer) => unknown;
    const pages = createServer(answer);
    attach(pages);
    await listen(pages, port);
    made.http = pages;
  }
  closing.push(async () => {
    made.io?.disconnectSockets(true);
    await made.io?.close();
    made.http?.closeAllConnections();
    made.http?.close();
  });
  const { http } = made;
  if (!http) throw new Error(`${folder}: the document makes no HTTP server`);
  return { http, port };
}

const sockets = new Map<string, number>();

const AsyncFunction = (async () => {}).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<unknown>;

describe('the app of', () => {
  test.each(apps.map((app) => [app.document, app] as const))(
    '%s is rendered on the server without a connection, and connects in the browser',
    async (document, app) => {
      const folder = await unpack(document);
      let page = '';
      let script = '';
      const answer: RequestListener = (request, response) => {
        const isScript = request.url === '/app.js';
        const isPage = request.url === '/';
        response.writeHead(isScript || isPage ? 200 : 404, {
          'Content-Type': isScript ? 'text/javascript' : 'text/html; charset=utf-8',
        });
        response.end(isScript ? script : isPage ? page : '');
      };
      const { port } = await serverOf(app, folder, answer);
      const [server, client] = await Promise.all([
        bundled(app.server, folder, 'node'),
        bundled(app.client, folder, 'browser'),
      ]);
      await writeFile(join(folder, 'rendered.mjs'), server);
      const { html } = (await import(pathToFileURL(join(folder, 'rendered.mjs')).href)) as {
        html(): Promise<string>;
      };
      const body = await html();
      expect(body).toContain('connecting');
      script = client;
      const socketPort = sockets.get(document);
      const config = socketPort
        ? `<script>useRuntimeConfig = () => ({ public: { socketUrl: 'http://${host}:${socketPort}' } })</script>`
        : '';
      page = `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>app</title>${config}<div id="root">${body}</div><script type="module" src="/app.js"></script></html>`;
      const opened = await browser.newPage();
      const complaints: string[] = [];
      opened.on('pageerror', (error) => complaints.push(error.message));
      opened.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      await opened.goto(`http://${host}:${port}/`);
      await opened.getByText('holdfast is running').waitFor({ timeout: 20_000 });
      await opened.getByText('connected', { exact: true }).waitFor({ timeout: 20_000 });
      await opened.close();
      expect(complaints).toEqual([]);
    },
    limitMs,
  );

  test(
    'docs/angular-ssr.md compiles, with the templates of its components',
    async () => {
      const folder = await unpack('docs/angular-ssr.md');
      const modules = join(inject('workshop'), 'node_modules');
      await mkdir(modules, { recursive: true });
      await symlink(root, join(modules, 'holdfast')).catch(() => {});
      const compiler = createRequire(join(folder, 'x')).resolve('@angular/compiler-cli/package.json');
      const { compilerOptions, angularCompilerOptions } = JSON.parse(
        await readFile(join(inject('workshop'), 'tsconfig.json'), 'utf8'),
      );
      const project = {
        compilerOptions: { ...compilerOptions, rootDir: '.' },
        angularCompilerOptions,
        files: ['src/app/app.ts'],
      };
      await writeFile(join(folder, 'ngc.json'), JSON.stringify(project));
      const { run } = await import('../support/run.js');
      const ngc = join(dirname(compiler), 'bundles/src/bin/ngc.js');
      const outcome = await run(process.execPath, [ngc, '-p', 'ngc.json'], folder, limitMs);
      expect(outcome.stdout + outcome.stderr).toBe('');
      expect(outcome.code).toBe(0);
    },
    limitMs,
  );
});

test(
  'the decorator of docs/storybook.md gives a component the socket of an in-memory server',
  async () => {
    const block = blocks.find(({ language, use }) => `${language} ${use}` === 'tsx stories');
    if (!block) throw new Error('The documents have no story of React.');
    const folder = await mkdtemp(join(inject('workshop'), 'story-'));
    await writeFile(join(folder, 'headline.stories.tsx'), block.code);
    await writeFile(
      join(folder, 'headline.tsx'),
      `import { useEvent, useSocket } from 'holdfast/react'; import { useState } from 'react';
      export function Headline() {
        const [text, setText] = useState('…');
        useEvent(useSocket(), 'headline', setText);
        return <p>{text}</p>;
      }`,
    );
    const script = await bundled(
      `import { createRoot } from 'react-dom/client'; import stories from './headline.stories';
      createRoot(document.body.appendChild(document.createElement('div'))).render(stories.decorators[0](stories.component));`,
      folder,
      'browser',
    );
    const opened = await browser.newPage();
    await opened.setContent(
      `<title>story</title><script type="module">${script.replaceAll('</script', '<\\/script')}</script>`,
    );
    await opened.getByText('It works').waitFor({ timeout: 20_000 });
    await opened.close();
  },
  limitMs,
);

describe('docs/electron.md', () => {
  const codeOf = (first: string): string => {
    const block = blocks.find(({ code }) => code.split('\n')[0] === first);
    if (!block) throw new Error(`The documents have no "${first}".`);
    expect(runnerOf(block)).toBe('elsewhere');
    return block.code;
  };

  test('serves the app under its own origin, and reports that the computer woke up', async () => {
    const fetched: string[] = [];
    const loaded: string[] = [];
    const listeners = new Map<string, () => void>();
    const sent: string[] = [];
    let handler: (request: { url: string }) => unknown = () => {};
    const electron = {
      app: { whenReady: async () => {} },
      net: { fetch: (url: string) => void fetched.push(url) },
      protocol: {
        registerSchemesAsPrivileged: () => {},
        handle: (scheme: string, given: typeof handler) => {
          expect(scheme).toBe('app');
          handler = given;
        },
      },
      powerMonitor: { on: (name: string, listener: () => void) => void listeners.set(name, listener) },
      BrowserWindow: class {
        webContents = { send: (name: string) => void sent.push(name) };
        loadURL(url: string): void {
          loaded.push(url);
        }
      },
    };
    const run = (code: string, more: object = {}): Promise<unknown> => {
      const body = code
        .replace(/^import (\{.*\}) from 'electron';$/gm, 'const $1 = electron;')
        .replace(/^import .*;$/gm, '')
        .replaceAll('import.meta.dirname', "'/app'");
      const names = { electron, pathToFileURL, ...more };
      return new AsyncFunction(...Object.keys(names), body)(...Object.values(names));
    };
    await run(codeOf('// main.js'));
    await Promise.resolve();
    expect(loaded).toEqual(['app://main/index.html']);
    handler({ url: 'app://main/index.html' });
    expect(fetched).toEqual(['file:///app/dist/index.html']);

    await run(codeOf('// main.js, after the window was created'), { win: new electron.BrowserWindow() });
    listeners.get('resume')?.();
    expect(sent).toEqual(['resume']);

    const exposed: Record<string, { onResume(listener: () => void): void }> = {};
    let awake: () => void = () => {};
    const modules = {
      contextBridge: {
        exposeInMainWorld: (name: string, value: never) => Object.assign(exposed, { [name]: value }),
      },
      ipcRenderer: { on: (_: string, listener: () => void) => (awake = listener) },
    };
    vm.runInNewContext(codeOf('// preload.cjs'), { require: () => modules });
    let woken = 0;
    exposed.power?.onResume(() => woken++);
    awake();
    expect(woken).toBe(1);
  });
});
