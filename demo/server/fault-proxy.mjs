// Loads the fault proxy of the tests. It is TypeScript, so it is compiled in memory at every start.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { outputFiles } = await build({
  stdin: {
    contents: `export { FaultProxy } from './fault-proxy.ts'; export { freePort } from './ports.ts';`,
    resolveDir: fileURLToPath(new URL('../../test/support/', import.meta.url)),
  },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'inline',
});
const [file] = outputFiles;
const code = Buffer.from(file?.contents ?? '').toString('base64');

/** @type {typeof import('../../test/support/fault-proxy.js') & typeof import('../../test/support/ports.js')} */
export const { FaultProxy, freePort } = await import(`data:text/javascript;base64,${code}`);
