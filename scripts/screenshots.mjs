// npm run screenshots: the inspector in the middle of a session. Arguments: the folder, test-results/visual without one; --docs also
// takes docs/inspector.png anew.
import { bootstrap } from './bootstrap.mjs';
import { findChromium } from './browsers.mjs';
import { root, run } from './run.mjs';

await bootstrap();
// Only now: on a fresh clone it is not there before.
const { build } = await import('esbuild');
const browser = await findChromium();

// Below node_modules, so that the packages are found and nothing is left in the tree.
const outfile = `${root}node_modules/.cache/holdfast-visual/main.mjs`;
await build({
  entryPoints: [`${root}test/visual/main.ts`],
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  outfile,
  logLevel: 'error',
});
const { code } = await run(process.execPath, [outfile, ...process.argv.slice(2)], {
  env: { HOLDFAST_CHROMIUM: browser },
});
process.exitCode = code;
