import { build, type Plugin } from 'esbuild';
import { root } from './blocks.js';

/** Puts a program together with the package as it is shipped. */

/** What importers get: the same files that the `exports` of package.json name. */
export const shipped: Readonly<Record<string, string>> = {
  'holdfast/legacy': `${root}dist/legacy/index.js`,
  holdfast: `${root}dist/index.js`,
};

export interface BundleOptions {
  /** Where the program would lie. */
  readonly folder: string;
  readonly serverUrl: string;
  readonly alias?: Readonly<Record<string, string>>;
  readonly plugins?: Plugin[];
}

export async function bundle(
  program: string,
  { folder, serverUrl, alias = {}, plugins = [] }: BundleOptions,
): Promise<string> {
  const result = await build({
    stdin: { contents: program, loader: 'tsx', resolveDir: folder, sourcefile: 'block.tsx' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    logLevel: 'silent',
    alias: { ...shipped, ...alias },
    define: { SERVER_URL: JSON.stringify(serverUrl), 'process.env.NODE_ENV': '"production"' },
    plugins,
  });
  return result.outputFiles[0]?.text ?? '';
}
