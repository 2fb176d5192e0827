// Runs a module of src in a script, because dist has no file for each module.
import { build } from 'esbuild';
import { root } from '../run.mjs';

/** @param {string} path A path in src. */
export async function importSource(path) {
  const { outputFiles } = await build({
    entryPoints: [`${root}${path}`],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    logLevel: 'error',
  });
  const code = Buffer.from(/** @type {import('esbuild').OutputFile} */ (outputFiles[0]).contents);
  return import(`data:text/javascript;base64,${code.toString('base64')}`);
}
