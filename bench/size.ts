import { root } from './environment.js';
import type { Scenario } from './scenario.js';

/** How much a page has to load, by brotli at its best. */

interface Load {
  readonly ours: { readonly brotli: number };
  readonly theirs?: { readonly brotli: number };
}

// `npm run build` prints the same sizes, and runs this file as it is.
const { addition, additions, core, script } = (await import(new URL('scripts/sizes.mjs', root).href)) as {
  addition(entry: string): Promise<Load>;
  /** The entries of the package beside that of `io`. */
  additions(): Promise<string[]>;
  core(): Promise<Load>;
  script(file: string): Promise<Load>;
};

const size = (
  name: string,
  about: string,
  load: () => Promise<Load>,
  target: Scenario['target'],
): Scenario => ({
  name: `size.${name}`,
  unit: 'bytes',
  about,
  target,
  async run() {
    const { ours, theirs } = await load();
    return { holdfast: [[ours.brotli]], ...(theirs && { official: [[theirs.brotli]] }) };
  },
});

export const sizes: readonly Scenario[] = [
  size('core', "`import { io } from 'holdfast'` through a bundler (esbuild), minified, brotli", core, {
    ratio: 1,
  }),
  size(
    'script',
    'the script tag: `holdfast.min.js` beside `socket.io.min.js`, brotli',
    () => script('holdfast.min.js'),
    { ratio: 1 },
  ),
  ...(await additions()).map((entry) =>
    size(
      entry,
      `what \`holdfast/${entry}\` adds to a bundle that has \`io\`, brotli`,
      () => addition(entry),
      {},
    ),
  ),
];
