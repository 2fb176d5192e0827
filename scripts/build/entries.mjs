// What the package is built from: the one table that rollup, package.json, the checks and the sizes read.
// To add an entry, add its line to ENTRIES and run `npm run build`, which writes package.json as well.

/**
 * What programs import, and the file of src it is. `'./core': 'src/core.ts'` is `holdfast/core`.
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
  './durable': 'src/plugins/durable/index.ts',
  './doctor': 'src/plugins/doctor.ts',
  './inspector': 'src/plugins/inspector/index.ts',
};

/**
 * @typedef {object} Script A file that a page loads as it is.
 * @property {string} file Its name in dist.
 * @property {string} source
 * @property {'umd' | 'iife' | 'es'} format A `umd` has the global `io`.
 * @property {boolean} development
 * @property {string} [official] The name of the official client's file, under which pages and programs look for it.
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
    file: 'holdfast.inspector.min.js',
    source: 'src/plugins/inspector/script.ts',
    format: 'iife',
    development: false,
  },
];

/** The file of src that declares the types of event maps. */
const EVENT_TYPES = 'src/typed-events.ts';

/**
 * Paths below the official client at which programs find its types and classes. Each has what is named here of the entry `.`, or
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
 * - `web`: runtimes that have a global WebSocket and `fetch`, and are no page: Bun, Deno, workers of servers
 * - `node`: Node, with the transports of engine.io-client for it
 *
 * @typedef {'browser' | 'web' | 'node'} Platform
 */

/** @param {Platform} platform @param {boolean} development */
export const folderOf = (platform, development) =>
  `${platform}/${development ? 'development' : 'production'}`;

/** Where a file of src is in dist, below the folder of a build. @param {string} source @param {string} ending */
export const builtPath = (source, ending) => source.replace(/^src\//, '').replace(/\.ts$/, ending);
