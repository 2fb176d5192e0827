import { root } from './environment.js';
import type { Scenario } from './scenario.js';

/** Measures how much a page has to load, with brotli at its best compression. */

interface Load {
  readonly ours: { readonly brotli: number };
  readonly theirs?: { readonly brotli: number };
}

// `npm run build` prints the same sizes from this script.
const { addition, additions, core, script } = (await import(new URL('scripts/sizes.mjs', root).href)) as {
  addition(entry: string): Promise<Load>;
  /** The package's entries besides the main one. */
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
    'the script tag: `holdfast.min.js` and `socket.io.min.js`, brotli',
    () => script('holdfast.min.js'),
    { ratio: 1 },
  ),
  ...(await additions()).map((entry) =>
    size(entry, `what \`holdfast/${entry}\` adds to a bundle with \`io\`, brotli`, () => addition(entry), {}),
  ),
];
