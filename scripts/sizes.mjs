// What a page has to load, beside what it would load of socket.io-client.
import { readFile } from 'node:fs/promises';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from './run.mjs';

const THEIRS = 'node_modules/socket.io-client/';

/** @param {string} path */
const file = (path) => readFile(root + path);

/**
 * What a bundler makes of `import { io }`: the package and its dependencies, minified, for browsers.
 *
 * @param {string} from
 */
async function bundleOfIo(from) {
  const { outputFiles } = await build({
    stdin: { contents: `export { io } from ${JSON.stringify(from)};`, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2021',
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  });
  return /** @type {import('esbuild').OutputFile} */ (outputFiles[0]).contents;
}

/** @param {Uint8Array} content */
function measure(content) {
  return [
    content.length,
    gzipSync(content, { level: 9 }).length,
    brotliCompressSync(content, {
      params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
    }).length,
  ];
}

/** @param {number} bytes */
const figure = (bytes) => bytes.toLocaleString('en-US');

export async function printSizes() {
  const { version } = JSON.parse((await file(`${THEIRS}package.json`)).toString());
  const pairs = [
    [
      'dist/holdfast.min.js',
      await file('dist/holdfast.min.js'),
      await file(`${THEIRS}dist/socket.io.min.js`),
    ],
    [
      'dist/holdfast.esm.min.js',
      await file('dist/holdfast.esm.min.js'),
      await file(`${THEIRS}dist/socket.io.esm.min.js`),
    ],
    [
      'dist/index.js, { io } bundled',
      await bundleOfIo('./dist/index.js'),
      await bundleOfIo('socket.io-client'),
    ],
  ];

  const rows = [['bytes', '', 'holdfast', `socket.io-client ${version}`, 'ratio']];
  for (const [name, ours, theirs] of /** @type {[string, Uint8Array, Uint8Array][]} */ (pairs)) {
    const theirSizes = measure(theirs);
    measure(ours).forEach((size, i) => {
      const their = theirSizes[i] ?? Number.NaN;
      const kind = ['raw', 'gzip', 'brotli'][i] ?? '';
      rows.push([i === 0 ? name : '', kind, figure(size), figure(their), (size / their).toFixed(2)]);
    });
  }

  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  for (const row of rows) {
    const cells = row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
    console.log(cells.join('  ').trimEnd());
  }
}
