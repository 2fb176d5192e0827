import { readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';

const root = fileURLToPath(new URL('.', import.meta.url));
const { version } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));

/** Names that begin with `_` and are seen outside the bundle: on the wire, or by the language itself. */
const visibleNames = ['_placeholder', '__proto__'];

/** Hands tsc's source maps on to rollup, so that the maps of the bundles lead back to `src`. */
const sourceMaps = {
  name: 'source-maps',
  /** @param {string} id */
  async load(id) {
    if (!id.startsWith(`${root}dist${sep}`)) return null;
    const [code, map] = await Promise.all([readFile(id, 'utf8'), readFile(`${id}.map`, 'utf8')]);
    return { code: code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), map: JSON.parse(map) };
  },
};

/**
 * engine.io-client looks for the global object, and has `Function("return this")()` for browsers that know none of its names.
 * Every browser since 2020 has `globalThis`, and strict pages and reviewers of extensions want no such code.
 */
const globalThisOnly = {
  name: 'global-this-only',
  /** @param {string} code @param {string} id */
  transform(code, id) {
    if (!id.endsWith('engine.io-client/build/esm/globals.js')) return null;
    const shim = /(export const globalThisShim = )\(\(\) => \{[\s\S]*?\n\}\)\(\);/;
    if (!shim.test(code)) throw new Error('engine.io-client finds the global object in another way now.');
    // The lines below stay where they are: the source maps know them by their numbers.
    const shorter = code.replace(shim, (found, start) => `${start}globalThis;${found.replace(/[^\n]/g, '')}`);
    return { code: shorter, map: null };
  },
};

/** Fails the build when a file meant for Node, or a module that was not found, would be part of a browser bundle. */
const browserOnly = {
  name: 'browser-only',
  /** @param {unknown} _options @param {import('rollup').OutputBundle} bundle */
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      const foreign = Object.keys(chunk.modules)
        .map((id) => relative(root, id).split(sep).join('/'))
        .filter((id) => /\.node\.js$|\/esm-debug\/|node_modules\/(ws|xmlhttprequest-ssl|debug)\//.test(id));
      const open = [...chunk.imports, ...chunk.dynamicImports].filter((file) => !(file in bundle));
      if (foreign.length + open.length > 0) {
        throw new Error(
          `${chunk.fileName} is not self-contained or holds Node files: ${[...foreign, ...open].join(', ')}`,
        );
      }
    }
  },
};

/** @param {import('rollup').RollupLog} warning */
function onwarn(warning) {
  throw new Error(warning.message);
}

/** @param {boolean} module */
function minify(module) {
  return terser({
    ecma: 2020,
    module,
    // Only in a module: at the top level of a script, short names would become globals of the page.
    toplevel: module,
    compress: { passes: 3, pure_getters: false },
    mangle: { properties: { regex: /^_/, reserved: visibleNames, keep_quoted: true } },
    format: { comments: /^!/ },
  });
}

/** @param {string} input @param {import('rollup').OutputOptions} output @returns {import('rollup').RollupOptions} */
function bundle(input, output) {
  return {
    input,
    output: {
      sourcemap: true,
      banner: `/*! holdfast ${version} | MIT */`,
      generatedCode: { preset: 'es2015', symbols: false },
      ...output,
    },
    plugins: [
      sourceMaps,
      nodeResolve({ browser: true }),
      commonjs(),
      globalThisOnly,
      minify(output.format === 'es'),
      browserOnly,
    ],
    onwarn,
  };
}

/**
 * For `require`: a function that has everything on it, as programs for the official client expect.
 *
 * @param {import('rollup').RollupOptions} options @returns {import('rollup').RollupOptions}
 */
function commonJs({ plugins, output, ...options }) {
  return {
    ...options,
    input: {
      index: 'dist/index.js',
      'legacy/index': 'dist/legacy/index.js',
      'inspector/index': 'dist/inspector/index.js',
    },
    output: {
      chunkFileNames: 'shared.js',
      format: 'cjs',
      exports: 'named',
      sourcemap: true,
      footer: ({ name }) =>
        name === 'index' ? 'module.exports = Object.assign(exports.io, exports, { __esModule: true });' : '',
      generatedCode: { preset: 'es2015', symbols: false },
      ...output,
    },
    plugins: [sourceMaps, plugins],
    onwarn,
  };
}

const commonJsForNode = commonJs({
  external: ['engine.io-client', 'component-emitter'],
  output: { dir: 'dist/cjs' },
});

/**
 * Jest with jsdom wants what is for browsers and takes CommonJS only, and it does not know the field `browser`, by which
 * engine.io-client tells its files for browsers from those for Node.
 */
const commonJsForBrowsers = commonJs({
  output: { dir: 'dist/cjs/browser' },
  plugins: [nodeResolve({ browser: true }), commonjs(), globalThisOnly, browserOnly],
});

export default [
  commonJsForNode,
  commonJsForBrowsers,
  bundle('dist/script.js', { file: 'dist/holdfast.min.js', format: 'umd', name: 'io', exports: 'default' }),
  bundle('dist/inspector/script.js', { file: 'dist/holdfast.inspector.min.js', format: 'iife' }),
  bundle('dist/index.js', { file: 'dist/holdfast.esm.min.js', format: 'es' }),
];
