// npm run check: all checks of the code and the package that do not run it.
import { ensureInstalled } from './bootstrap.mjs';
import { root, run, tool } from './run.mjs';

await ensureInstalled();

/** @typedef {() => Promise<{ code: number, output: string }>} Step */

/** @param {string} file @param {string[]} args @returns {Step} */
const quietly = (file, args) => () =>
  tool(file, args, { quiet: true, env: { FORCE_COLOR: process.stdout.isTTY ? '1' : '0' } });

/** @param {string[]} args @returns {Step} */
const tsc = (...args) => quietly('typescript/bin/tsc', ['--pretty', 'false', '--noEmit', ...args]);

/** @type {[string, Step][]} */
const steps = [
  ['types: src', tsc('-p', 'tsconfig.build.json')],
  ['types: src for Node', tsc('-p', 'tsconfig.node.json')],
  ['types: tests', tsc('-p', 'tsconfig.json')],
  ['types: scripts and demo', tsc('-p', 'scripts/tsconfig.json')],
  ['format and lint', quietly('@biomejs/biome/bin/biome', ['ci', '--error-on-warnings', '--colors=off'])],
  ['floors', quietly('dependency-cruiser/bin/dependency-cruise.mjs', ['src'])],
  ['nothing unused', quietly('knip/bin/knip.js', ['--no-progress', '--treat-config-hints-as-errors'])],
  ['package.json: as the entries are', async () => (await import('./build/manifest.mjs')).checkManifest()],
  ['build', () => run(process.execPath, [`${root}scripts/build.mjs`], { quiet: true })],
  [
    'sizes',
    // Only now, because it needs the build.
    async () => (await import('./budgets.mjs')).checkSizes(),
  ],
  ['a second build, the same bytes', async () => (await import('./reproducible.mjs')).checkReproducible()],
  ['documents: as the code has it', async () => (await import('./docs.mjs')).checkDocs()],
  ['declarations', tsc('-p', 'scripts/tsconfig.declarations.json')],
  ['package: publint', async () => (await import('./publint.mjs')).checkPackage()],
  [
    'package: types for importers',
    // The shared worker is a script, whose address programs pass to the browser.
    quietly('@arethetypeswrong/cli/dist/index.js', [
      ...['--pack', '.', '--no-emoji'],
      ...['--exclude-entrypoints', './tabs-worker'],
    ]),
  ],
];

const failed = [];
for (const [name, step] of steps) {
  const started = performance.now();
  const { code, output } = await step();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name.padEnd(34)} ${seconds.padStart(5)} s`);
  if (code !== 0) {
    failed.push(name);
    console.log(`\n${output.trim()}\n`);
  }
}

console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
