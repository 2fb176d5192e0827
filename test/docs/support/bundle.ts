import { build, type Plugin } from 'esbuild';
import packageJson from '../../../package.json' with { type: 'json' };
import { root } from './blocks.js';

/** Bundles a program with the shipped package. */

/** The files of imports, by name: longer names first, because shorter ones are their prefixes. */
export const shipped: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(packageJson.exports)
    .flatMap(([name, entry]) =>
      typeof entry === 'object' ? [[name.replace('.', packageJson.name), `${root}${entry.default}`]] : [],
    )
    .reverse(),
);

export interface BundleOptions {
  /** The assumed folder of the program. */
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
