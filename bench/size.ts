import { root } from './environment.js';
import type { Scenario } from './scenario.js';

/** How much a page has to load, by brotli at its best. */

interface Load {
  readonly ours: { readonly brotli: number };
  readonly theirs?: { readonly brotli: number };
}

interface Addition {
  readonly name: string;
  /** A description. */
  readonly what: string;
}

// `npm run build` prints the same sizes, and runs this file as it is.
const { addition, additions, core, dropIn, hasCore, script } = (await import(
  new URL('scripts/sizes.mjs', root).href
)) as {
  addition(addition: Addition): Promise<Load>;
  /** What a program may import beside `io` or the core. */
  additions(): Promise<Addition[]>;
  core(): Promise<Load>;
  dropIn(development?: boolean): Promise<Load>;
  hasCore(): boolean;
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
  size(
    'io',
    "`import { io } from 'holdfast'` through a bundler (esbuild), minified, brotli",
    () => dropIn(),
    {
      ratio: 1,
    },
  ),
  size('development', 'the same with the condition `development`', () => dropIn(true), {}),
  ...(hasCore()
    ? [
        size('core', '`createIo` of `holdfast/core` over WebSocket, bundled in the same way', core, {
          ratio: 1,
        }),
      ]
    : []),
  size(
    'script',
    'the script tag: `holdfast.min.js` beside `socket.io.min.js`, brotli',
    () => script('holdfast.min.js'),
    { ratio: 1 },
  ),
  ...(await additions()).map((one) =>
    size(one.name.replace(': ', '.'), `what ${one.what} adds to a bundle, brotli`, () => addition(one), {}),
  ),
];
