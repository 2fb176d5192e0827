// npm run build: src → dist. Modules and declarations by tsc, then the two self-contained bundles by rollup.
import { rm } from 'node:fs/promises';
import { ensureInstalled } from './bootstrap.mjs';
import { fail, root, tool } from './run.mjs';

await ensureInstalled();
await rm(`${root}dist`, { recursive: true, force: true });

const compiled = await tool('typescript/bin/tsc', ['-p', 'tsconfig.build.json']);
if (compiled.code !== 0) fail('build: src does not compile.');

const bundled = await tool('rollup/dist/bin/rollup', ['--config', 'rollup.config.mjs', '--silent']);
if (bundled.code !== 0) fail('build: rollup failed.');

const { printSizes } = await import('./sizes.mjs');
await printSizes();
