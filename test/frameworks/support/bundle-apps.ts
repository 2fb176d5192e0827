import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { inject } from 'vitest';
import { oneCopy } from '../../support/one-copy.js';

/** Bundles the apps of test/frameworks/fixtures with the bindings of src and the installed frameworks. */

const root = fileURLToPath(new URL('../../../', import.meta.url));
const apps = fileURLToPath(new URL('../fixtures/apps/', import.meta.url));

export interface App {
  readonly source: string;
  /** The folder of React, if it is not the newest version. */
  readonly react?: string;
  readonly platform?: 'browser' | 'node';
  /** A virtual file that the app imports. */
  readonly recipe?: string;
  /** Whether components of Svelte may wait in their scripts. */
  readonly waiting?: boolean;
}

export async function bundleApp({
  source,
  react,
  platform = 'browser',
  recipe,
  waiting = false,
}: App): Promise<string> {
  const { folder } = inject('frameworks');
  const settings: BuildOptions = {
    entryPoints: [join(apps, source)],
    bundle: true,
    write: false,
    format: platform === 'node' ? 'cjs' : 'esm',
    platform,
    target: 'es2022',
    logLevel: 'silent',
    conditions: ['development', 'module'],
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true, useDefineForClassFields: false } },
    plugins: [
      given(recipe),
      holdfast(platform),
      oneCopy(folder, react),
      await svelte(folder, {
        generate: platform === 'node' ? 'server' : 'client',
        experimental: { async: waiting },
      }),
    ],
  };
  const { outputFiles } = await build(settings);
  return outputFiles?.[0]?.text ?? '';
}

const given = (recipe = ''): Plugin => ({
  name: 'given',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\.?\/recipe\.js$/ }, () => ({ path: 'recipe', namespace: 'given' }));
    onLoad({ filter: /./, namespace: 'given' }, () => ({
      contents: recipe,
      loader: 'tsx',
      resolveDir: apps,
    }));
  },
});

/** Resolves files of src; browsers get their own versions. */
const holdfast = (platform: 'browser' | 'node'): Plugin => ({
  name: 'holdfast',
  setup({ onResolve }) {
    if (platform === 'browser') {
      onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, resolveDir }) => {
        const twin = join(resolveDir, path.replace(/\.js$/, '.browser.ts'));
        return twin.startsWith(`${root}src/`) && existsSync(twin) ? { path: twin } : undefined;
      });
    }
    onResolve({ filter: /^holdfast\// }, ({ path }) => ({
      path: `${root}src/bindings/${path.slice('holdfast/'.length)}.ts`,
    }));
  },
});

interface SvelteCompiler {
  compile(source: string, options: object): { js: { code: string } };
  compileModule(source: string, options: object): { js: { code: string } };
}

async function svelte(folder: string, options: object): Promise<Plugin> {
  const path = createRequire(join(folder, 'x')).resolve('svelte/compiler');
  const { compile, compileModule } = (await import(pathToFileURL(path).href)) as SvelteCompiler;
  return {
    name: 'svelte',
    setup({ onLoad }) {
      onLoad({ filter: /\.svelte$/ }, async ({ path: filename }) => ({
        contents: compile(await readFile(filename, 'utf8'), { ...options, filename }).js.code,
      }));
      // Modules with runes, as in Svelte libraries.
      onLoad({ filter: /\.svelte\.js$/ }, async ({ path: filename }) => ({
        contents: compileModule(await readFile(filename, 'utf8'), { ...options, filename }).js.code,
      }));
    },
  };
}
