// Writes the entries into package.json, and the files for tools that do not read its `exports`.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import { root } from '../run.mjs';
import { builtPath, ENTRIES, folderOf, NODE_ENTRIES, OFFICIAL_PATHS, WORKER } from './entries.mjs';

/** @typedef {'esm' | 'cjs'} Kind The kind of modules. */
/** @typedef {{ [condition: string]: string | Conditions }} Conditions The first one that applies is used. */

/** Folders of dist. TypeScript also uses the nearest package.json, so each kind of module has its own declarations. */
const folders = {
  esm: { code: './dist/', types: './dist/types/' },
  cjs: { code: './dist/cjs/', types: './dist/cjs/types/' },
};

/** @param {string} source @param {Kind} kind */
const typesOf = (source, kind) => `${folders[kind].types}${builtPath(source, '.d.ts')}`;

/** @param {string} source @param {Kind} kind @param {import('./entries.mjs').Platform} platform */
const productionOf = (source, kind, platform) =>
  `${folders[kind].code}${folderOf(platform, false)}/${builtPath(source, '.js')}`;

/** @param {string} source @param {Kind} kind @param {import('./entries.mjs').Platform} platform @returns {Conditions} */
const modesOf = (source, kind, platform) => ({
  development: `${folders[kind].code}${folderOf(platform, true)}/${builtPath(source, '.js')}`,
  // Some tools, such as esbuild, set neither condition.
  default: productionOf(source, kind, platform),
});

/**
 * - `workerd` (Cloudflare) and `edge-light` (Vercel) come first: their bundlers also set `browser`, but they have no `FileReader`.
 * - `browser` comes next: bundlers for pages, and Jest with jsdom, set it. Those for Electron also set `node`, and mean a page.
 * - `bun`, `deno` and `worker` are for runtimes with a global WebSocket and `fetch`. The first two also set `node`, so they come before it;
 *   bundlers for page workers also set `browser`.
 * - `node` is for Node and bundlers for servers.
 * - Tools that set none of them, such as React Native, get the files for browsers, which need only web APIs.
 *
 * @param {string} source @param {Kind} kind @param {string} [types] @returns {Conditions}
 */
const conditionsOf = (source, kind, types = typesOf(source, kind)) => ({
  types,
  workerd: modesOf(source, kind, 'web'),
  'edge-light': modesOf(source, kind, 'web'),
  browser: modesOf(source, kind, 'browser'),
  bun: modesOf(source, kind, 'web'),
  deno: modesOf(source, kind, 'web'),
  worker: modesOf(source, kind, 'web'),
  node: modesOf(source, kind, 'node'),
  ...modesOf(source, kind, 'browser'),
});

/** @param {string} source @param {(kind: Kind) => string} [types] @returns {Conditions} */
const entryOf = (source, types) => ({
  import: conditionsOf(source, 'esm', types?.('esm')),
  require: conditionsOf(source, 'cjs', types?.('cjs')),
  default: productionOf(source, 'esm', 'browser'),
});

/** An entry for Node, whatever conditions a tool sets. @param {string} source @returns {Conditions} */
const nodeEntryOf = (source) => ({
  import: { types: typesOf(source, 'esm'), ...modesOf(source, 'esm', 'node') },
  require: { types: typesOf(source, 'cjs'), ...modesOf(source, 'cjs', 'node') },
  default: productionOf(source, 'esm', 'node'),
});

/** The declarations that the build writes for a path of the official client. @param {string} path @param {Kind} kind */
const officialTypes = (path, kind) => `${folders[kind].types}official/${path.replace(/^build\//, '')}.d.ts`;

const officialExports = () =>
  Object.keys(OFFICIAL_PATHS).flatMap((path) => {
    const entry = entryOf(ENTRIES['.'], (kind) => officialTypes(path, kind));
    return [
      [`./${path}`, entry],
      [`./${path}.js`, entry],
    ];
  });

/** Scripts and their source maps. ES module scripts are among the modules: the others are also for `require`. */
const SCRIPT_EXPORTS = Object.fromEntries(
  ['holdfast', 'socket.io'].flatMap((name) => [
    [`./dist/${name}.esm.*`, `./dist/browser/${name}.esm.*`],
    [`./dist/${name}.*`, `./dist/${name}.*`],
  ]),
);

/** Each entry has a folder, for tools that do not read `exports`. */
const stubs = () =>
  Object.entries({ ...ENTRIES, ...NODE_ENTRIES, './debug': ENTRIES['.'] })
    .filter(([path]) => path !== '.')
    .map(([path, source]) => ({
      folder: path.slice(2),
      source,
      /** @type {import('./entries.mjs').Platform} The platform of bundlers. */
      platform: path in NODE_ENTRIES ? 'node' : 'browser',
    }));

/** @param {Record<string, unknown>} manifest @returns {Record<string, unknown>} package.json with the current entries. */
function completed(manifest) {
  const main = ENTRIES['.'];
  return {
    ...manifest,
    exports: {
      ...Object.fromEntries(Object.entries(ENTRIES).map(([path, source]) => [path, entryOf(source)])),
      ...Object.fromEntries(
        Object.entries(NODE_ENTRIES).map(([path, source]) => [path, nodeEntryOf(source)]),
      ),
      './debug': entryOf(main),
      './tabs-worker': `./dist/${WORKER}`,
      ...Object.fromEntries(officialExports()),
      ...SCRIPT_EXPORTS,
      './package.json': './package.json',
    },
    main: productionOf(main, 'cjs', 'node'),
    module: productionOf(main, 'esm', 'browser'),
    browser: { [productionOf(main, 'cjs', 'node')]: productionOf(main, 'cjs', 'browser') },
    types: typesOf(main, 'cjs'),
    files: [
      'dist',
      'build',
      ...stubs().map(({ folder }) => folder),
      'src',
      // The targets of links in README.md and in these documents.
      'docs/*.md',
      'docs/*.svg',
      'docs/demo.png',
      'docs/inspector.png',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
    ],
  };
}

const FILE = `${root}package.json`;

/** @returns {Promise<{ kept: string, text: string }>} package.json as it is, and as it should be. */
async function compare() {
  const kept = await readFile(FILE, 'utf8');
  return { kept, text: `${JSON.stringify(completed(JSON.parse(kept)), null, 2)}\n` };
}

/** @returns {Promise<{ code: number, output: string }>} Whether package.json has the current entries. */
export async function checkManifest() {
  const { kept, text } = await compare();
  return {
    code: kept === text ? 0 : 1,
    output: 'package.json is not what scripts/build/entries.mjs says: run "npm run build", which writes it.',
  };
}

/** Writes package.json if it has changed. */
export async function writeManifest() {
  const { kept, text } = await compare();
  if (kept !== text) await writeFile(FILE, text);
}

/** @param {string} path Below the package. @param {unknown} content */
async function write(path, content) {
  await mkdir(dirname(`${root}${path}`), { recursive: true });
  await writeFile(
    `${root}${path}`,
    typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`,
  );
}

/** @param {string} from A folder of the package. @param {string} to A file of it. */
const relativePath = (from, to) => {
  const path = posix.relative(from, posix.normalize(to));
  return path.startsWith('.') ? path : `./${path}`;
};

/** Writes the files beside the built ones: folders of entries, declarations for the official client's paths, kinds of modules. */
export async function writeStubs() {
  for (const { folder, source, platform } of stubs()) {
    await write(`${folder}/package.json`, {
      main: relativePath(folder, productionOf(source, 'cjs', 'node')),
      module: relativePath(folder, productionOf(source, 'esm', platform)),
      types: relativePath(folder, typesOf(source, 'cjs')),
      sideEffects: false,
    });
  }

  await rm(`${root}build`, { recursive: true, force: true });
  /** @param {string} from */
  const defaultOf = (from) => `export { default } from '${from}';\n`;
  for (const [path, content] of Object.entries(OFFICIAL_PATHS)) {
    const isMain = 'source' in content && content.source === ENTRIES['.'];
    for (const kind of /** @type {const} */ (['esm', 'cjs'])) {
      const file = officialTypes(path, kind);
      const source = 'source' in content ? content.source : ENTRIES['.'];
      const from = relativePath(posix.dirname(file), typesOf(source, kind)).replace(/\.d\.ts$/, '.js');
      const named = 'names' in content ? `{ ${content.names.join(', ')} }` : '*';
      await write(file, `export ${named} from '${from}';\n${isMain ? defaultOf(from) : ''}`);
    }
    const folder = posix.dirname(path);
    // Like `types` of package.json: tools that find these files do not read `exports`.
    const types = relativePath(folder, officialTypes(path, 'cjs')).replace(/\.d\.ts$/, '.js');
    const code = relativePath(folder, productionOf(ENTRIES['.'], 'esm', 'browser'));
    /** @param {string} from */
    const text = (from) => `export * from '${from}';\n${isMain ? defaultOf(from) : ''}`;
    await write(`${path}.d.ts`, text(types));
    await write(`${path}.js`, text(code));
  }

  // Scripts of dist can also be required by their paths: programs and tests use them as aliases.
  await write('dist/package.json', { type: 'commonjs', sideEffects: false });
  for (const folder of ['browser', 'web', 'node', 'types']) {
    await write(`dist/${folder}/package.json`, { type: 'module', sideEffects: false });
  }
}
