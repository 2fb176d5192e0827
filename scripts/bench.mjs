// npm run bench: holdfast beside socket.io-client. Arguments: names of scenarios, or their beginnings; --quick; with it,
// --budget fails when a recorded ratio is missed, and --record records them.
import { bootstrap } from './bootstrap.mjs';
import { findChromium } from './browsers.mjs';
import { root, run } from './run.mjs';

await bootstrap();
// Imported only now: on a fresh clone it does not exist before.
const { build } = await import('esbuild');
const browser = await findChromium();

// Below node_modules, so that packages are found and nothing is left in the tree.
const outdir = `${root}node_modules/.cache/holdfast-bench/`;
await build({
  entryPoints: ['main', 'cycles-child', 'traffic-server'].map((name) => `${root}bench/${name}.ts`),
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  outExtension: { '.js': '.mjs' },
  outdir,
  logLevel: 'error',
});

const { code } = await run(
  process.execPath,
  ['--enable-source-maps', `${outdir}main.mjs`, ...process.argv.slice(2)],
  { env: { HOLDFAST_CHROMIUM: browser } },
);
process.exitCode = code;
