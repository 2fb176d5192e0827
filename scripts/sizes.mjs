// Measures how much a page has to load, compared with socket.io-client. `npm run build` prints it.
// `node scripts/sizes.mjs --why` shows the size of each src file in a program's bundle.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'esbuild';
import { ENTRIES, SCRIPTS } from './build/entries.mjs';
import { root } from './run.mjs';

const THEIRS = 'node_modules/socket.io-client/';

/** @typedef {{ raw: number, gzip: number, brotli: number }} Sizes In bytes. */
/** @typedef {{ name: string, ours: Sizes, theirs?: Sizes }} Load */

const KINDS = /** @type {const} */ (['raw', 'gzip', 'brotli']);

/** The programs whose bundles are measured. */
const io = (from = 'holdfast') => `export { io } from '${from}';`;
/** The smallest program: only WebSocket. */
const CORE = "export { createIo } from 'holdfast/core';";

/** @param {string} entry @param {string[]} [names] Default: all exports. */
const plus = (entry, names) =>
  names
    ? names.map((name) => `export { ${name} } from 'holdfast/${entry}';`).join('\n')
    : `export * from 'holdfast/${entry}';`;

/** Functions of the main entry that a program imports in addition to `io`. */
const FUNCTIONS = ['events', 'keep', 'listen', 'next', 'store'];

/** Entries that use functions of the main one, which have their own lines: only the addition is measured. */
const OVER = "export { io, listen, store } from 'holdfast';";
const BINDINGS = ['react', 'vue', 'svelte', 'angular'];

/** Entries whose functions are measured one by one; others are measured as a whole. */
const SEPARATE = ['plugins', 'early', 'endpoints'];

/** The entry of the core's own plugins, measured in addition to the core. Others are measured in addition to `io`, which most programs use. */
const FOR_CORE = 'plugins';

/**
 * What the programs import as well. The same addition weighs up to a hundred bytes more or less beside each of them: minifiers name
 * everything by how often it is used, so that one more import renames the rest of the bundle. The mean counts; for small additions, also
 * over all pairs of these.
 */
const BESIDE = [
  '',
  'early',
  'endpoints',
  'schedule',
  'legacy',
  'doctor',
  'contract',
  'contract/server',
  'durable',
  'tabs',
];

/** How many bytes of an addition, not compressed, are few: then it is measured beside two imports as well. */
const SMALL = 1_500;

/** @param {string} entry */
const has = (entry) => `./${entry}` in ENTRIES;

// Each in a thread.
const compressed = { brotli: promisify(brotliCompress), gzip: promisify(gzip) };

/** @param {Uint8Array} content @returns {Promise<number>} */
const brotli = async (content) => {
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return (await compressed.brotli(content, { params })).length;
};

/** @param {Uint8Array} content @returns {Promise<Sizes>} */
const measured = async (content) => ({
  raw: content.length,
  gzip: (await compressed.gzip(content, { level: 9 })).length,
  brotli: await brotli(content),
});

/** @param {string} path */
const ofFile = async (path) => measured(await readFile(path));

/**
 * Bundles and minifies a program for browsers. It resolves packages by name, through the `exports` of their package.json.
 *
 * @param {string} program
 * @param {boolean} [development]
 * @param {boolean} [mapped]
 * @returns {Promise<{ code: Uint8Array, map: string }>} The map is empty if it is not wanted: making it takes longer than the rest.
 */
async function bundle(program, development = false, mapped = false) {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: root },
    outfile: `${root}bundle.js`,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2020',
    legalComments: 'none',
    external: ['react', 'vue', 'svelte', '@angular/core'],
    sourcemap: mapped && 'external',
    // Not the tsconfig.json of the project, by which `holdfast` is `src`.
    tsconfigRaw: {},
    ...(development && { conditions: ['module', 'development'] }),
    write: false,
    logLevel: 'error',
  });
  // The map comes first.
  const code = /** @type {import('esbuild').OutputFile} */ (outputFiles.at(-1));
  return { code: code.contents, map: mapped ? (outputFiles[0]?.text ?? '') : '' };
}

/** @type {Map<string, Promise<Sizes>>} */
const known = new Map();

/** @param {string} program @param {boolean} [development] @returns {Promise<Sizes>} */
function bundled(program, development = false) {
  const key = `${development} ${program}`;
  const sizes = known.get(key) ?? bundle(program, development).then(({ code }) => measured(code));
  known.set(key, sizes);
  return sizes;
}

/** @returns {Promise<Load>} `import { io }`, bundled. */
export async function dropIn(development = false) {
  return {
    name: development ? '{ io } for development' : '{ io } bundled',
    ours: await bundled(io(), development),
    theirs: await bundled(io('socket.io-client')),
  };
}

/** Whether there is an entry for the core. */
export const hasCore = () => has('core');

/** @returns {Promise<Load>} The core over WebSocket, bundled. */
export async function core() {
  return { name: 'holdfast/core', ours: await bundled(CORE), theirs: await bundled(io('socket.io-client')) };
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

/** @typedef {{ name: string, what: string, to: string, program: string }} Addition An addition to a program. */

/** @returns {Promise<Addition[]>} Optional imports of a program that uses `io` or the core. */
export async function additions() {
  const found = FUNCTIONS.map((name) => ({
    name,
    what: `\`${name}\` of \`holdfast\``,
    to: io(),
    program: `export { ${name} } from 'holdfast';`,
  }));
  for (const entry of Object.keys(ENTRIES).map((path) => path.slice(2))) {
    if (entry === '' || entry === 'core') continue;
    if (!SEPARATE.includes(entry)) {
      const to = BINDINGS.includes(entry) ? OVER : io();
      found.push({ name: entry, what: `\`holdfast/${entry}\``, to, program: plus(entry) });
      continue;
    }
    const source = ENTRIES[`./${entry}`]?.replace(/^src\//, '').replace(/\.ts$/, '.js');
    const names = Object.keys(await import(`${root}dist/node/production/${source}`)).sort();
    for (const name of names)
      found.push({
        name: `${entry}: ${name}`,
        what: `\`${name}\` of \`holdfast/${entry}\``,
        to: entry === FOR_CORE ? CORE : io(),
        program: plus(entry, [name]),
      });
  }
  return found;
}

/** @param {Addition} addition @returns {Promise<Load>} What it adds to the bundle of a program: the mean over several programs. */
export async function addition({ name, to, program }) {
  /** @param {string[]} entries @returns {Promise<Sizes>} */
  const beside = async (...entries) => {
    const start = [to, ...entries.filter(Boolean).map((entry) => plus(entry))].join('\n');
    const [without, both] = await Promise.all([bundled(start), bundled(`${start}\n${program}`)]);
    return {
      raw: both.raw - without.raw,
      gzip: both.gzip - without.gzip,
      brotli: both.brotli - without.brotli,
    };
  };
  const all = await Promise.all(BESIDE.map((entry) => beside(entry)));
  if (all.every(({ raw }) => raw < SMALL)) {
    const pairs = BESIDE.flatMap((one, i) => BESIDE.slice(i + 1).map((other) => [one, other]));
    all.push(...(await Promise.all(pairs.filter(([one]) => one).map((pair) => beside(...pair)))));
  }
  // Beside an import that has some of its code already, it is smaller than alone.
  const whole = Math.max(...all.map(({ raw }) => raw));
  const counted = all.filter(({ raw }) => raw > 0.97 * whole);
  /** @param {keyof Sizes} kind */
  const mean = (kind) => Math.round(counted.reduce((sum, one) => sum + one[kind], 0) / counted.length);
  return {
    name: FUNCTIONS.includes(name) ? `{ ${name} }` : `holdfast/${name}`,
    ours: { raw: mean('raw'), gzip: mean('gzip'), brotli: mean('brotli') },
  };
}

/** @returns {Promise<Load[]>} Everything that a page may load. */
export async function everyLoad() {
  const scripts = SCRIPTS.map(({ file }) => file).filter((file) => file.endsWith('.min.js'));
  return Promise.all([
    dropIn(),
    dropIn(true),
    ...(hasCore() ? [core()] : []),
    ...scripts.map(script),
    ...(await additions()).map(addition),
  ]);
}

/** @param {number | undefined} bytes */
const figure = (bytes) => bytes?.toLocaleString('en-US') ?? '–';

/** @param {string[][]} rows The first has the titles. @param {number} texts How many columns are text. */
function printTable(rows, texts) {
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length))) ?? [];
  for (const row of rows) {
    const cells = row.map((cell, i) =>
      i < texts ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
    );
    console.log(cells.join('  ').trimEnd());
  }
}

export async function printSizes() {
  const { version } = JSON.parse(await readFile(`${root}${THEIRS}package.json`, 'utf8'));
  const rows = [['bytes', '', 'holdfast', `socket.io-client ${version}`, 'ratio']];
  for (const { name, ours, theirs } of await everyLoad()) {
    for (const kind of KINDS) {
      const ratio = theirs ? (ours[kind] / theirs[kind]).toFixed(2) : '–';
      rows.push([kind === 'raw' ? name : '', kind, figure(ours[kind]), figure(theirs?.[kind]), ratio]);
    }
  }
  printTable(rows, 2);
}

/** Prints the size of each module in a program's bundle. @param {string} program @param {boolean} development */
async function printModules(program, development) {
  const { code, map } = await bundle(program, development, true);
  const text = Buffer.from(code).toString('latin1');
  const sources = sourcesOf(text, new SourceMap(JSON.parse(map)));
  const all = await brotli(code);
  /** @type {Map<string, number>} */
  const bytes = new Map();
  for (const source of sources) bytes.set(source, (bytes.get(source) ?? 0) + 1);
  const rows = await Promise.all(
    [...bytes].map(async ([source, raw]) => {
      let rest = '';
      for (let i = 0; i < sources.length; i += 1) if (sources[i] !== source) rest += text[i];
      return { source, raw, saved: all - (await brotli(Buffer.from(rest, 'latin1'))) };
    }),
  );
  rows.sort((a, b) => b.saved - a.saved);
  printTable(
    [
      ['file', 'bytes', 'brotli: less without it'],
      ...rows.map(({ source, raw, saved }) => [source, figure(raw), figure(saved)]),
      ['all', figure(text.length), figure(all)],
    ],
    1,
  );
}

/** The source file of each character of a bundle. @param {string} text @param {SourceMap} map @returns {string[]} */
function sourcesOf(text, map) {
  const sources = [];
  let last = '(the bundler)';
  for (const [number, line] of text.split('\n').entries()) {
    for (let column = 0; column <= line.length; column += 1) {
      const entry = map.findEntry(number, column);
      // Node also finds the previous entry of an earlier line.
      if ('originalSource' in entry && entry.originalSource) {
        last = entry.originalSource.replace(/^(\.\.\/)+/, '').replace(/^dist\/.*?\/(?=packages\/)/, '');
      }
      sources.push(last);
    }
  }
  // The last line has no line break.
  return sources.slice(0, text.length);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const args = process.argv.slice(2);
  if (args.includes('--why')) {
    const program = args.includes('--core') ? CORE : io();
    await printModules(program, args.includes('--development'));
  } else {
    await printSizes();
  }
}
