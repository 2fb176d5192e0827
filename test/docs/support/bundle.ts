import { build, type Plugin } from 'esbuild';
import packageJson from '../../../package.json' with { type: 'json' };
import { root } from './blocks.js';

/** Puts a program together with the package as it is shipped. */

/** What importers get, by name: the longer names first, for the shorter ones are the beginning of them. */
export const shipped: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(packageJson.exports)
    .flatMap(([name, entry]) =>
      typeof entry === 'object' ? [[name.replace('.', packageJson.name), `${root}${entry.default}`]] : [],
    )
    .reverse(),
);

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
