// npm run build: src → dist. Modules and declarations by tsc, then the bundles by rollup.
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { ensureInstalled } from './bootstrap.mjs';
import { writeIntegrity } from './integrity.mjs';
import { fail, root, tool } from './run.mjs';

/** @param {string} ending @returns {Promise<string[]>} The files of dist with that ending, relative to it. */
async function filesOfDist(ending) {
  const paths = await readdir(`${root}dist`, { recursive: true });
  return paths.filter((path) => path.endsWith(ending));
}

await ensureInstalled();
await rm(`${root}dist`, { recursive: true, force: true });

const compiled = await tool('typescript/bin/tsc', ['-p', 'tsconfig.build.json']);
if (compiled.code !== 0) fail('build: src does not compile.');

const bundled = await tool('rollup/dist/bin/rollup', ['--config', 'rollup.config.mjs', '--silent']);
if (bundled.code !== 0) fail('build: rollup failed.');

// CommonJS has declarations of its own: TypeScript reads from the nearest package.json what kind of module a file is.
for (const path of await filesOfDist('.d.ts')) await cp(`${root}dist/${path}`, `${root}dist/cjs/${path}`);
for (const path of await filesOfDist('.d.ts.map')) {
  const map = JSON.parse(await readFile(`${root}dist/${path}`, 'utf8'));
  // They are one folder further from src.
  map.sources = map.sources.map((/** @type {string} */ source) => `../${source}`);
  await writeFile(`${root}dist/cjs/${path}`, JSON.stringify(map));
}
await writeFile(`${root}dist/cjs/package.json`, '{ "type": "commonjs" }\n');

await writeIntegrity();

const { printSizes } = await import('./sizes.mjs');
await printSizes();
