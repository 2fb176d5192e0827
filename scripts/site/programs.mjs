// Makes the examples of the documents into programs that run in a page, and bundles what they import.
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build, transform } from 'esbuild';
import { ENTRIES } from '../build/entries.mjs';
import { root } from '../run.mjs';

const here = `${root}scripts/site/client/`;
const built = `${root}dist/browser/development/`;

/** What examples import beside holdfast, and doubles of what needs a server or a test runner. */
const PACKAGES = {
  react: 'react',
  'react/jsx-runtime': 'react/jsx-runtime',
  'react-dom/client': 'react-dom/client',
  vue: 'vue/dist/vue.runtime.esm-bundler.js',
  svelte: 'svelte',
  'svelte/internal/client': 'svelte/internal/client',
  'svelte/internal/disclose-version': 'svelte/internal/disclose-version',
  zod: 'zod',
  'socket.io-client': 'socket.io-client',
  'socket.io': `${here}socket-io.ts`,
  vitest: `${here}vitest.ts`,
};

/** CommonJS packages, whose exports a bundler cannot see. */
const COMMON_JS = ['react', 'react/jsx-runtime', 'react-dom/client'];

/** Entries that a page cannot use. */
const OMITTED = ['./angular'];

/** @param {string} name */
const fileName = (name) => name.replace(/[/.]/g, '-');

/** The dist files of `holdfast` and its entries. @returns {Record<string, string>} */
function entries() {
  return Object.fromEntries(
    Object.entries(ENTRIES)
      .filter(([name]) => !OMITTED.includes(name))
      .map(([name, source]) => [
        name.replace('.', 'holdfast'),
        `${built}${source.replace(/^src\//, '').replace(/\.ts$/, '.js')}`,
      ]),
  );
}

/** Bundles what examples import into `run/lib`, and writes their frame. @param {string} folder The folder of the version. */
export async function writeLibraries(folder) {
  const run = join(folder, 'run');
  await mkdir(join(run, 'dist'), { recursive: true });
  const own = entries();
  const all = { ...own, ...PACKAGES };
  const require = createRequire(import.meta.url);
  await build({
    entryPoints: Object.fromEntries(Object.keys(all).map((name) => [fileName(name), `lib:${name}`])),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    // Errors name their classes.
    keepNames: true,
    outdir: join(run, 'lib'),
    conditions: ['browser', 'development'],
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    logLevel: 'error',
    absWorkingDir: root,
    plugins: [
      {
        name: 'libraries',
        setup(bundle) {
          bundle.onResolve({ filter: /^lib:/ }, ({ path }) => {
            const name = path.slice(4);
            if (COMMON_JS.includes(name)) return { path: name, namespace: 'names' };
            const target = all[/** @type {keyof typeof all} */ (name)];
            if (target.startsWith('/')) return { path: target };
            return bundle.resolve(target, { resolveDir: root, kind: 'import-statement' });
          });
          bundle.onLoad({ filter: /.*/, namespace: 'names' }, ({ path }) => {
            const names = Object.keys(require(path)).filter((name) => name !== 'default');
            return {
              contents: `export { default } from '${path}'; export { ${names.join(', ')} } from '${path}';`,
              resolveDir: root,
            };
          });
          bundle.onResolve({ filter: /^holdfast(\/|$)/ }, ({ path }) => ({ path: own[path] ?? '' }));
        },
      },
    ],
  });
  await build({
    entryPoints: [`${here}frame.ts`],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    outfile: join(run, 'frame.js'),
    logLevel: 'error',
  });
  await build({
    entryPoints: [`${here}given.ts`],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['holdfast'],
    outfile: join(run, 'given.js'),
    logLevel: 'error',
  });
  for (const name of await readdir(`${root}dist`)) {
    if (/^holdfast.*\.js$/.test(name)) await copyFile(`${root}dist/${name}`, join(run, 'dist', name));
  }
  const imports = Object.fromEntries(Object.keys(all).map((name) => [name, `./lib/${fileName(name)}.js`]));
  await writeFile(
    join(run, 'frame.html'),
    `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex"><title>Example</title>
<link rel="icon" href="data:,">
<style>body { font: 15px/1.5 system-ui, sans-serif; margin: 12px; background: #fff; color: #1d2733; }</style>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script src="frame.js"></script></head><body><script>document.write(frameElement.program)</script></body></html>
`,
  );
}

/** Compiles a program for browsers. @param {string} code @param {'js' | 'ts' | 'tsx'} loader */
export async function toScript(code, loader) {
  const options = /** @type {const} */ ({ format: 'esm', target: 'es2022', jsx: 'automatic' });
  return (await transform(code, { loader, ...options })).code.trim();
}

/**
 * @typedef {object} Component
 * @property {string} language
 * @property {string} code
 * @property {boolean} chat Whether it takes the props of the chats.
 * @property {string} contract The file `chat.ts` that it imports.
 */

/** Bundles a component of the documents with code that mounts it. @param {Component} component @param {string} file */
export async function writeComponent({ language, code, chat, contract }, file) {
  await mkdir(dirname(file), { recursive: true });
  const name = chat ? 'Chat' : (/export function (\w+)/.exec(code)?.[1] ?? 'Headline');
  const props = chat
    ? "{ url: 'http://localhost:3000', room: 'lobby', token: async () => 'Ada' }"
    : "{ url: 'http://localhost:3000' }";
  const mounts = {
    tsx: `import { createElement } from 'react'; import { createRoot } from 'react-dom/client'; import { ${name} } from './component';
createRoot(document.querySelector('#root')).render(createElement(${name}, ${props}));`,
    vue: `import { createApp } from 'vue'; import Component from './component'; createApp(Component, ${props}).mount('#root');`,
    svelte: `import { mount } from 'svelte'; import Component from './component'; mount(Component, { target: document.querySelector('#root'), props: ${props} });`,
  };
  await build({
    stdin: { contents: mounts[/** @type {keyof typeof mounts} */ (language)], resolveDir: root },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    outfile: file,
    logLevel: 'error',
    plugins: [
      {
        name: 'component',
        setup(bundle) {
          bundle.onResolve({ filter: /^\.\/component$/ }, () => ({
            path: `component.${language}`,
            namespace: 'block',
          }));
          bundle.onResolve({ filter: /^\.\/chat$/ }, () => ({ path: 'chat.ts', namespace: 'block' }));
          bundle.onResolve({ filter: /^[\w@]/ }, ({ path }) => ({ path, external: true }));
          bundle.onLoad({ filter: /^chat/, namespace: 'block' }, () => ({
            contents: contract,
            loader: 'ts',
          }));
          bundle.onLoad({ filter: /^component/, namespace: 'block' }, async () => ({
            contents: await compiled(language, code),
            loader: language === 'tsx' ? 'tsx' : 'ts',
          }));
        },
      },
    ],
  });
}

/** @param {string} language @param {string} code @returns {Promise<string>} */
async function compiled(language, code) {
  if (language === 'vue') {
    const { compileScript, parse } = await import('vue/compiler-sfc');
    const { descriptor } = parse(code);
    return compileScript(descriptor, { id: 'component', inlineTemplate: true }).content;
  }
  if (language === 'svelte') {
    const { compile } = await import('svelte/compiler');
    return compile(code, { filename: 'Component.svelte', generate: 'client' }).js.code;
  }
  return code;
}
