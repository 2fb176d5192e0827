// The rollup plugins of the build, which adapt a src file to a platform and a mode.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { transform } from 'esbuild';
import { minify as terser } from 'terser';
import { root } from '../run.mjs';
import { isPeer } from './entries.mjs';
import { compilerOptions } from './names.mjs';
import { snippetText } from './snippet.mjs';

/** @typedef {import('rollup').Plugin} Plugin */
/** @typedef {import('./entries.mjs').Platform} Platform */

const src = `${root}src${sep}`;
const require = createRequire(import.meta.url);
const engine = `${dirname(require.resolve('engine.io-client/package.json'))}${sep}build${sep}esm${sep}`;

/** @param {string} id @returns {string} The path below node_modules, with slashes; empty for a file of the project. */
export const packagePath = (id) =>
  id.split(sep).join('/').split('/node_modules/').slice(1).join('/node_modules/');

/**
 * Selects src files for a build: browsers get `x.browser.ts` instead of `x.ts` if it exists, and the platform `web` gets `x.web.ts`. A
 * production build has `DEVELOPMENT` as false, so that guarded code is removed, and every build gets the text of the early snippet.
 *
 * @param {Platform} platform @param {boolean} development @param {string} [folder] Default: src.
 * @param {string} [whole] A file that keeps its full form in this build of a browser, below the folder. @returns {Plugin}
 */
export const sources = (platform, development, folder = src, whole = '') => ({
  name: 'sources',
  async resolveId(source, importer) {
    if (!importer?.startsWith(folder) || !source.startsWith('.')) return null;
    const resolved = await this.resolve(source.replace(/\.js$/, '.ts'), importer, { skipSelf: true });
    const twin = resolved?.id.replace(/\.ts$/, `.${platform}.ts`) ?? '';
    const replaced = platform !== 'node' && resolved?.id !== `${folder}${whole}`;
    return replaced && existsSync(twin) ? twin : resolved;
  },
  async load(id) {
    if (id === `${folder}platform${sep}early-text.ts`)
      return `export const EARLY_TEXT = ${JSON.stringify(await snippetText())};`;
    const replaced = !development && id === `${folder}platform${sep}build.ts`;
    return replaced ? 'export const DEVELOPMENT = false;' : null;
  },
  generateBundle(_options, bundle) {
    if (development) return;
    const left = Object.values(bundle).find(
      (file) => file.type === 'chunk' && /\bDEVELOPMENT\b/.test(file.code),
    );
    if (left) throw new Error(`${left.fileName} asks for DEVELOPMENT in a way that rollup cannot decide.`);
  },
});

/**
 * Compiles TypeScript to JavaScript, and shortens private names.
 *
 * @param {import('./names.mjs').Names['cache']} cache @param {string} [folder] Default: src. @returns {Plugin}
 */
export const compile = (cache, folder = src) => ({
  name: 'compile',
  async transform(code, id) {
    const bundled = /^(engine\.io-client|engine\.io-parser|component-emitter)\//.test(packagePath(id));
    if (!id.startsWith(folder) && !bundled) return null;
    const result = await transform(code, { ...compilerOptions(id, cache), sourcemap: 'external' });
    const unknown = Object.keys(result.mangleCache ?? {}).filter((name) => !(name in cache));
    if (unknown.length > 0) throw new Error(`${id} has private names that were not collected: ${unknown}`);
    return { code: result.code, map: result.map };
  },
});

/**
 * The exports of engine.io-client that src may use in a browser, and their files. The package's own entry includes everything, and its
 * exports allow no other.
 */
const ENGINE = `
export { Transport } from './transport.js';
export { XHR, XHR as NodeXHR } from './transports/polling-xhr.js';
export { WS as WebSocket, WS as NodeWebSocket } from './transports/websocket.js';
`;

/** One emitter is enough: engine.io-client's transports use component-emitter as well. */
const EMITTER = `
import ComponentEmitter from 'component-emitter';
export class Emitter extends ComponentEmitter {
  get emitReserved() {
    return super.emit;
  }
}
`;

/** Modules that are generated here, by their import; and a file from which their own imports are resolved. */
const written = {
  'engine.io-client': { id: '\0engine', code: ENGINE, beside: `${engine}index.js` },
  '@socket.io/component-emitter': { id: '\0emitter', code: EMITTER, beside: `${src}index.ts` },
};

/** For browsers: engine.io-client file by file, so that unused code is removed. @returns {Plugin} */
export const engineFiles = () => ({
  name: 'engine-files',
  resolveId: {
    order: 'pre',
    handler(source, importer) {
      if (source in written) return written[/** @type {keyof typeof written} */ (source)].id;
      const host = Object.values(written).find(({ id }) => id === importer);
      return host ? this.resolve(source, host.beside, { skipSelf: true }) : null;
    },
  },
  load(id) {
    const module = Object.values(written).find((one) => one.id === id);
    return module ? { code: module.code, moduleSideEffects: false } : null;
  },
  transform(code, id) {
    const path = packagePath(id);
    if (path === 'component-emitter/index.js') return { code: asExpression(code), map: null };
    if (!/^engine\.io-(client|parser)\//.test(path)) return null;
    const change = changes[/** @type {keyof typeof changes} */ (path)];
    const changed = (change ? change(code) : code).replace(TESTS, 'true');
    return { code: changed, map: null, moduleSideEffects: false };
  },
});

/**
 * component-emitter sets its methods one by one, at its top level. Inside a function without side effects, bundlers can remove it
 * if it is unused. The lines keep their numbers, for the source maps.
 *
 * @param {string} code
 */
function asExpression(code) {
  const end = /if \(typeof module !== 'undefined'\) \{\s*module\.exports = Emitter;\s*\}\s*$/;
  if (!end.test(code)) throw new Error('component-emitter exports itself in another way now.');
  return `const make = () => { ${code.replace(end, 'return Emitter; };')}\nexport default /* @__PURE__ */ make();\n`;
}

/**
 * engine.io-client searches the global object, and uses `Function("return this")()` for browsers without any of its names. Every browser
 * since 2020 has `globalThis`, and strict pages and reviewers of extensions reject such code.
 *
 * @param {string} code
 */
function withGlobalThis(code) {
  const shim = /(export const globalThisShim = )\(\(\) => \{[\s\S]*?\n\}\)\(\);/;
  if (!shim.test(code)) throw new Error('engine.io-client finds the global object in another way now.');
  return code.replace(shim, (found, start) => `${start}globalThis;${found.replace(/[^\n]/g, '')}`);
}

/**
 * engine.io-client's WebSocket transport passes a dozen Node options, for which the browser's WebSocket has no parameter.
 *
 * @param {string} code
 */
function withoutNodeOptions(code) {
  const list = /\bpick\(this\.opts,[^()]*\)/;
  if (!list.test(code))
    throw new Error('engine.io-client takes the options of Node along in another way now.');
  return code.replace(list, '{}');
}

/** Tests of engine.io-client and its parser that succeed in every supported browser: the code for other browsers becomes unreachable. */
const TESTS = /\btypeof (ArrayBuffer(\.isView)?|Promise(\.resolve)?) === "function"/g;

/** The changes to files of engine.io-client. */
const changes = {
  'engine.io-client/build/esm/globals.js': withGlobalThis,
  'engine.io-client/build/esm/transports/websocket.js': withoutNodeOptions,
};

/** Fails the build if a browser build would contain a file for Node, or a module that was not found. @returns {Plugin} */
export const browserOnly = () => ({
  name: 'browser-only',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      const foreign = Object.keys(chunk.modules)
        .map(packagePath)
        .filter((path) => /\.node\.js$|\/esm-debug\/|^(ws|xmlhttprequest-ssl|debug)\//.test(path));
      const open = [...chunk.imports, ...chunk.dynamicImports].filter(
        (file) => !(file in bundle || isPeer(file)),
      );
      if (foreign.length + open.length === 0) continue;
      throw new Error(
        `${chunk.fileName} is not self-contained or holds Node files: ${[...foreign, ...open].join(', ')}`,
      );
    }
  },
});

/** Names of the language that have a shorter form. */
const SHORTER = { '@Number.POSITIVE_INFINITY': 'Infinity' };

/**
 * For a script that a page loads directly: as short as possible.
 *
 * @param {boolean} module Whether top-level names are local. In a script they would be globals of the page.
 * @returns {Plugin}
 */
export const minified = (module) =>
  throughTerser('minified', {
    module,
    toplevel: module,
    compress: { passes: 3, pure_getters: false, global_defs: SHORTER },
  });

/**
 * For bundlers: simplified, but with its names and lines, which the program's own minifier shortens. Programs become about 1 % smaller
 * than with the original code. Functions are not inlined at their only call, which would be larger after compression.
 *
 * @returns {Plugin}
 */
export const simplified = () =>
  throughTerser('simplified', {
    module: true,
    mangle: false,
    compress: {
      passes: 3,
      pure_getters: false,
      reduce_funcs: false,
      sequences: false,
      join_vars: false,
      // Such as 'use client'.
      directives: false,
      global_defs: SHORTER,
    },
    format: { beautify: true, indent_level: 2 },
  });

/** Source maps refer to the src files in the package, and need not contain them. @returns {Plugin} */
export const slimMaps = () => ({
  name: 'slim-maps',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'asset' || !file.fileName.endsWith('.map')) continue;
      const map = JSON.parse(String(file.source));
      map.sourcesContent = map.sources.map((/** @type {string} */ source, /** @type {number} */ i) =>
        /^(\.\.\/)+src\//.test(source) ? null : map.sourcesContent[i],
      );
      file.source = JSON.stringify(map);
    }
  },
});

/** @param {string} name @param {import('terser').MinifyOptions} options @returns {Plugin} */
const throughTerser = (name, options) => ({
  name,
  async renderChunk(code) {
    const { code: result = '', map } = await terser(code, {
      ...options,
      ecma: 2020,
      // Bundlers use the annotations of calls without side effects. Non-ASCII characters would depend on a server's headers.
      format: { comments: /^!/, preserve_annotations: true, ascii_only: true, ...options.format },
      sourceMap: { asObject: true },
    });
    return { code: result, map: /** @type {import('rollup').SourceMapInput} */ (map) };
  },
});
