// npm run build, after tsc has written the declarations: every file of dist that runs.
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import {
  CLIENT_ENTRIES,
  ENTRIES,
  folderOf,
  isPeer,
  NODE_ENTRIES,
  SCRIPTS,
} from './scripts/build/entries.mjs';
import { shortNames } from './scripts/build/names.mjs';
import {
  browserOnly,
  compile,
  engineFiles,
  minified,
  packagePath,
  simplified,
  slimMaps,
  sources,
} from './scripts/build/plugins.mjs';

/** @typedef {import('./scripts/build/plugins.mjs').Platform} Platform */

const root = fileURLToPath(new URL('.', import.meta.url));
const { version, dependencies } = JSON.parse(
  await readFile(new URL('package.json', import.meta.url), 'utf8'),
);
const { cache, kept } = await shortNames();
if (kept.length > 0) {
  console.log(`Not shortened, because a package beside src has members of these names: ${kept.join(', ')}`);
}

/** @param {import('rollup').RollupLog} warning */
function onwarn(warning) {
  throw new Error(warning.message);
}

/** @type {import('rollup').OutputOptions} */
const common = {
  sourcemap: true,
  generatedCode: { preset: 'es2015', symbols: false },
  // Files of packages are named the same wherever node_modules is.
  sourcemapPathTransform: (path, map) => {
    const file = packagePath(resolve(dirname(map), path));
    return file ? relative(dirname(map), `${root}node_modules/${file}`).split(sep).join('/') : path;
  },
};

/** Where a module is written, below its build's folder. @param {string} id */
function pathOf(id) {
  const file = packagePath(id);
  if (file) return `packages/${file.replace(/\/build\/esm\//, '/')}`;
  if (id.startsWith('\0')) return `packages/${id.slice(1)}.js`;
  return relative(`${root}src`, id).split(sep).join('/').replace(/\.ts$/, '.js');
}

/** @param {boolean} development @param {string} [whole] @param {Platform} [platform] */
const forBrowsers = (development, whole, platform = 'browser') => [
  sources(platform, development, undefined, whole),
  engineFiles(),
  nodeResolve({ browser: true }),
  compile(cache),
  browserOnly(),
];

/**
 * All entries, for one platform and one mode: as ES modules or for `require`.
 *
 * @param {Platform} platform @param {boolean} development @param {'es' | 'cjs'} format @returns {import('rollup').RollupOptions}
 */
function entries(platform, development, format) {
  // All but Node get the files of engine.io-client for browsers.
  const browser = platform !== 'node';
  // Test runners with jsdom, which has no `fetch`, take what is for `require`.
  const whole = format === 'cjs' ? `platform${sep}fetch.ts` : '';
  /** @type {import('rollup').OutputOptions} */
  const shape = {
    ...common,
    // A file a module lets bundlers take just what a program needs.
    ...(browser && { preserveModules: true }),
    entryFileNames: ({ facadeModuleId }) => pathOf(facadeModuleId ?? ''),
    chunkFileNames: 'shared/[name].js',
    banner: ({ facadeModuleId }) =>
      CLIENT_ENTRIES.some((source) => facadeModuleId === `${root}${source}`) ? "'use client';" : '',
  };
  return {
    input: Object.values(browser ? ENTRIES : { ...ENTRIES, ...NODE_ENTRIES }).map(
      (source) => `${root}${source}`,
    ),
    external: (id) => isPeer(id) || (!browser && (id in dependencies || id.startsWith('node:'))),
    plugins: browser
      ? forBrowsers(development, whole, platform)
      : [sources('node', development), compile(cache)],
    output:
      format === 'es'
        ? {
            ...shape,
            dir: `dist/${folderOf(platform, development)}`,
            format,
            plugins: [...(browser && !development ? [simplified()] : []), slimMaps()],
          }
        : {
            ...shape,
            preserveModules: false,
            dir: `dist/cjs/${folderOf(platform, development)}`,
            format,
            exports: 'named',
            plugins: [slimMaps()],
            // `require('holdfast')` is a function that has everything on it, as programs for the official client expect.
            footer: ({ facadeModuleId }) =>
              facadeModuleId === `${root}${ENTRIES['.']}`
                ? 'module.exports = Object.assign(exports.io, exports, { __esModule: true });'
                : '',
          },
    onwarn,
  };
}

/** @param {import('./scripts/build/entries.mjs').Script} script @returns {import('rollup').RollupOptions} */
function script({ file, source, format, development }) {
  return {
    input: `${root}${source}`,
    // socket.io-msgpack-parser is written for `require`.
    // A page may have removed `fetch`, as some tools for tests do.
    plugins: [...forBrowsers(development, format === 'es' ? '' : `platform${sep}fetch.ts`), commonjs()],
    output: {
      ...common,
      file: `dist/${file}`,
      format,
      banner: `/*! holdfast ${version} | MIT */`,
      ...(format === 'umd' && { name: 'io', exports: 'default' }),
      plugins: [...(development ? [] : [minified(format === 'es')]), slimMaps()],
    },
    onwarn,
  };
}

/** @type {Platform[]} */
const platforms = ['browser', 'web', 'node'];

export default [
  ...platforms.flatMap((platform) =>
    [false, true].flatMap((development) => [
      entries(platform, development, 'es'),
      entries(platform, development, 'cjs'),
    ]),
  ),
  ...SCRIPTS.map(script),
];
