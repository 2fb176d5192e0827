// npm run screenshots: the inspector during a session. Arguments: the folder, by default test-results/visual; --docs also updates
// docs/inspector.png.
import { bootstrap } from './bootstrap.mjs';
import { findChromium } from './browsers.mjs';
import { root, run } from './run.mjs';

await bootstrap();
// Imported only now: on a fresh clone it does not exist before.
const { build } = await import('esbuild');
const browser = await findChromium();

// Below node_modules, so that packages are found and nothing is left in the tree.
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
