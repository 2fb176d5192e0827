// What a page has to load, beside what it would load of socket.io-client.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from './run.mjs';

const THEIRS = 'node_modules/socket.io-client/';
/** Entries that add something to `io`. Each is measured as soon as package.json exports it. */
const ADDITIONS = ['legacy', 'inspector'];

/** @typedef {{ raw: number, gzip: number, brotli: number }} Sizes In bytes. */
/** @typedef {{ name: string, ours: Sizes, theirs?: Sizes }} Load */

/** @param {string} path */
const json = async (path) => JSON.parse(await readFile(root + path, 'utf8'));

/** @param {Uint8Array} content @returns {Sizes} */
const measured = (content) => ({
  raw: content.length,
  gzip: gzipSync(content, { level: 9 }).length,
  brotli: brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
  }).length,
});

/** @param {string} path */
const ofFile = async (path) => measured(await readFile(path));

/**
 * What a bundler makes of a program for browsers, minified. It finds the packages by their names, as the `exports` of their
 * package.json tell it.
 *
 * @param {string} program
 */
async function bundled(program) {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2020',
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  });
  return measured(/** @type {import('esbuild').OutputFile} */ (outputFiles[0]).contents);
}

/** @param {string} from */
const bundleOfIo = (from) => bundled(`export { io } from '${from}';`);

/** @returns {Promise<Load>} `import { io }`, bundled. */
export async function core() {
  return {
    name: '{ io } bundled',
    ours: await bundleOfIo('holdfast'),
    theirs: await bundleOfIo('socket.io-client'),
  };
}

/** @param {string} file One of the scripts in dist. @returns {Promise<Load>} */
export async function script(file) {
  const theirs = `${root}${THEIRS}dist/${file.replace('holdfast', 'socket.io')}`;
  return {
    name: `dist/${file}`,
    ours: await ofFile(`${root}dist/${file}`),
    ...(existsSync(theirs) && { theirs: await ofFile(theirs) }),
  };
}

/** @returns {Promise<string[]>} The entries that the package has beside the one of `io`. */
export async function additions() {
  const { exports } = await json('package.json');
  return ADDITIONS.filter((entry) => `./${entry}` in exports);
}

/** @param {string} entry @returns {Promise<Load>} What it adds to a bundle that has `io`. */
export async function addition(entry) {
  const io = await bundleOfIo('holdfast');
  const both = await bundled(`export { io } from 'holdfast'; export * as more from 'holdfast/${entry}';`);
  return {
    name: `holdfast/${entry}`,
    ours: { raw: both.raw - io.raw, gzip: both.gzip - io.gzip, brotli: both.brotli - io.brotli },
  };
}

/** @returns {Promise<Load[]>} Whatever a page may load. */
export async function everyLoad() {
  const scripts = (await readdir(`${root}dist`)).filter((file) => file.endsWith('.min.js'));
  return Promise.all([...scripts.sort().map(script), core(), ...(await additions()).map(addition)]);
}

/** @param {number | undefined} bytes */
const figure = (bytes) => bytes?.toLocaleString('en-US') ?? '–';

export async function printSizes() {
  const { version } = await json(`${THEIRS}package.json`);
  const rows = [['bytes', '', 'holdfast', `socket.io-client ${version}`, 'ratio']];
  for (const { name, ours, theirs } of await everyLoad()) {
    for (const kind of /** @type {const} */ (['raw', 'gzip', 'brotli'])) {
      const ratio = theirs ? (ours[kind] / theirs[kind]).toFixed(2) : '–';
      rows.push([kind === 'raw' ? name : '', kind, figure(ours[kind]), figure(theirs?.[kind]), ratio]);
    }
  }

  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  for (const row of rows) {
    const cells = row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
    console.log(cells.join('  ').trimEnd());
  }
}
