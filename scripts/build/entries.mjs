// The entries of the package: the one table that rollup, package.json, the checks and the sizes read.
// To add an entry, add its line to ENTRIES and run `npm run build`, which writes package.json as well.

/**
 * The entries that programs import, and their files in src. `'./core': 'src/core.ts'` is `holdfast/core`.
 *
 * @type {Record<'.', string> & Record<string, string>}
 */
export const ENTRIES = {
  '.': 'src/index.ts',
  './core': 'src/core.ts',
  './plugins': 'src/plugins/index.ts',
  './legacy': 'src/plugins/legacy/index.ts',
  './early': 'src/plugins/early.ts',
  './endpoints': 'src/plugins/endpoints.ts',
  './schedule': 'src/plugins/schedule.ts',
  './tabs': 'src/plugins/tabs/index.ts',
  './doctor': 'src/plugins/doctor.ts',
  './contract': 'src/plugins/contract/index.ts',
  './contract/server': 'src/plugins/contract/server.ts',
  './react': 'src/bindings/react.ts',
  './vue': 'src/bindings/vue.ts',
  './svelte': 'src/bindings/svelte.ts',
  './angular': 'src/bindings/angular.ts',
  './durable': 'src/plugins/durable/index.ts',
  './inspector': 'src/plugins/inspector/index.ts',
  './testing': 'src/testing/index.ts',
};

/**
 * Entries for Node only: no page loads them.
 *
 * @type {Record<string, string>}
 */
export const NODE_ENTRIES = {
  './playwright': 'src/playwright/index.ts',
};

/** Optional packages of the program, which the entries of the same name import. package.json lists their versions as `peerDependencies`. */
const PEERS = ['react', 'vue', 'svelte', '@angular/core', 'socket.io', '@playwright/test'];

/** @param {string} id The import. */
export const isPeer = (id) => PEERS.some((name) => id === name || id.startsWith(`${name}/`));

/** Entries for components that run in the browser; React marks them in the file. */
export const CLIENT_ENTRIES = ['src/bindings/react.ts'];

/**
 * @typedef {object} Script A file that a page loads directly.
 * @property {string} file Its name in dist.
 * @property {string} source
 * @property {'umd' | 'iife' | 'es'} format A `umd` has the global `io`.
 * @property {boolean} development
 * @property {string} [official] The name of the official client's corresponding file, which pages and programs may use.
 */

/** @type {Script[]} */
export const SCRIPTS = [
  {
    file: 'holdfast.js',
    source: 'src/script.ts',
    format: 'umd',
    development: true,
    official: 'socket.io.js',
  },
  {
    file: 'holdfast.min.js',
    source: 'src/script.ts',
    format: 'umd',
    development: false,
    official: 'socket.io.min.js',
  },
  {
    file: 'holdfast.esm.min.js',
    source: 'src/index.ts',
    format: 'es',
    development: false,
    official: 'socket.io.esm.min.js',
  },
  {
    file: 'holdfast.msgpack.min.js',
    source: 'src/script-msgpack.ts',
    format: 'umd',
    development: false,
    official: 'socket.io.msgpack.min.js',
  },
  {
    file: 'holdfast.tabs-worker.min.js',
    source: 'src/tabs-worker.ts',
    format: 'iife',
    development: false,
  },
  {
    file: 'holdfast.inspector.min.js',
    source: 'src/plugins/inspector/script.ts',
    format: 'iife',
    development: false,
  },
];

/** The script of `holdfast/tabs-worker`: self-contained, because a worker is loaded by its address. */
export const WORKER = 'holdfast.tabs-worker.min.js';

/** The file of src that declares the types of event maps. */
const EVENT_TYPES = 'src/typed-events.ts';

/**
 * Paths below the official client at which programs find its types and classes. Each exports these names of the entry `.`, or
 * everything of a file of src.
 *
 * @type {Record<string, { names: string[] } | { source: string }>}
 */
export const OFFICIAL_PATHS = {
  'build/esm/index': { source: ENTRIES['.'] },
  'build/esm/manager': { names: ['Manager', 'type ManagerOptions', 'type ManagerReservedEvents'] },
  'build/esm/socket': {
    names: ['Socket', 'type SocketOptions', 'type DisconnectDescription', 'type SocketReservedEvents'],
  },
  'build/typed-events': { source: EVENT_TYPES },
};

/**
 * - `browser`: pages, and workers of pages
 * - `web`: runtimes with a global WebSocket and `fetch` that are not a page: Bun, Deno, server workers
 * - `node`: Node, with engine.io-client's transports for it
 *
 * @typedef {'browser' | 'web' | 'node'} Platform
 */

/** @param {Platform} platform @param {boolean} development */
export const folderOf = (platform, development) =>
  `${platform}/${development ? 'development' : 'production'}`;

/** The path of a src file in dist, below the folder of a build. @param {string} source @param {string} ending */
export const builtPath = (source, ending) => source.replace(/^src\//, '').replace(/\.ts$/, ending);
