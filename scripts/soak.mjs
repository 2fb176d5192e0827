// npm run soak: an hour on a bad network, during which nothing may be lost. Argument: --minutes 60.
import { rmSync } from 'node:fs';
import { ensureInstalled } from './bootstrap.mjs';
import { root, run } from './run.mjs';

await ensureInstalled();
// Imported only now: on a fresh clone it does not exist before.
const { build } = await import('esbuild');

// Below node_modules, so that packages are found; a separate folder for each run, so that runs do not disturb each other.
const outdir = `${root}node_modules/.cache/holdfast-soak-${process.pid}/`;
await build({
  entryPoints: [`${root}test/soak/main.ts`, `${root}test/soak/server.ts`],
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

const { code } = await run(process.execPath, [
  '--expose-gc',
  '--enable-source-maps',
  `${outdir}main.mjs`,
  ...process.argv.slice(2),
]);
rmSync(outdir, { recursive: true, force: true });
process.exitCode = code;
