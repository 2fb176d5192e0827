// npm run build: src → dist. Declarations by tsc, then code by rollup, from the table in scripts/build/entries.mjs.
import { copyFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { ensureInstalled } from './bootstrap.mjs';
import { fail, root, tool } from './run.mjs';

await ensureInstalled();
// Imported only now, because their packages may have been installed just before.
const [
  { builtPath, SCRIPTS },
  { writeManifest, writeStubs },
  { SNIPPET_FILE, snippetText },
  { writeIntegrity },
  { printSizes },
] = await Promise.all([
  import('./build/entries.mjs'),
  import('./build/manifest.mjs'),
  import('./build/snippet.mjs'),
  import('./integrity.mjs'),
  import('./sizes.mjs'),
]);
const dist = `${root}dist/`;

/** Copies a file with its source map, to a folder that is deeper below src by some levels. @param {string} from @param {string} to */
async function copyMapped(from, to, further = 0) {
  await copyFile(dist + from, dist + to);
  const map = JSON.parse(await readFile(`${dist}${from}.map`, 'utf8'));
  map.sources = map.sources.map((/** @type {string} */ source) => '../'.repeat(further) + source);
  await writeFile(`${dist}${to}.map`, JSON.stringify(map));
}

await writeManifest();
await rm(dist, { recursive: true, force: true });

for (const project of ['tsconfig.build.json', 'tsconfig.node.json']) {
  const compiled = await tool('typescript/bin/tsc', ['-p', project]);
  if (compiled.code !== 0) fail('build: src does not compile.');
}

const bundled = await tool('rollup/dist/bin/rollup', ['--config', 'rollup.config.mjs', '--silent']);
if (bundled.code !== 0) fail('build: rollup failed.');

for (const { file, source, format, official } of SCRIPTS) {
  const isModule = format === 'es';
  // Nothing imports the declarations of files that are only run.
  if (!isModule) {
    for (const ending of ['.d.ts', '.d.ts.map']) {
      await rm(`${dist}types/${builtPath(source, ending)}`, { force: true });
    }
  }
  for (const name of official ? [file, official] : [file]) {
    if (name !== file) await copyMapped(file, name);
    // Programs find it among the ES modules: the files beside it are for `require`.
    if (isModule) await copyMapped(file, `browser/${name}`, 1);
  }
}

// CommonJS has its own declarations: TypeScript reads the kind of a module from the nearest package.json.
await cp(`${dist}types`, `${dist}cjs/types`, { recursive: true });
for (const path of await readdir(`${dist}types`, { recursive: true })) {
  if (path.endsWith('.d.ts')) await copyMapped(`types/${path}`, `cjs/types/${path}`, 1);
}

const snippet = `${await snippetText()}()`;
await writeFile(`${dist}${SNIPPET_FILE}`, snippet);

await writeStubs();
await writeIntegrity();
await printSizes();
console.log(`\nThe snippet of holdfast/early, ${snippet.length} bytes:\n${snippet}`);
