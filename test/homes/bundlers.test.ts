import { describe, expect, test } from 'vitest';
import { runNode, talkOver, useHome } from './support/fixture.js';

const home = useHome();

/** Each is told nothing but where the program is, as far as it can do with that. */
const bundlers: readonly (readonly [name: string, ...args: string[]])[] = [
  ['esbuild', 'builders/esbuild.mjs'],
  ['rollup', 'builders/rollup.mjs'],
  ['vite', 'builders/vite.mjs'],
  ['webpack', 'builders/webpack.mjs'],
  ['rspack', 'builders/rspack.mjs'],
  [
    'parcel',
    '../node_modules/parcel/lib/bin.js',
    'build',
    'programs/page.js',
    '--dist-dir',
    'out/parcel',
    '--no-autoinstall',
  ],
];

describe.each(bundlers)('bundled by %s', (name, ...args) => {
  test('holdfast talks, over WebSocket and over polling, with and without holdfast/legacy', async () => {
    const { stdout, stderr } = await runNode(...args);
    expect(`${stdout}${stderr}`).not.toMatch(/warn|deprecat/i);
    const page = await home.show(`<script type="module" src="/out/${name}/page.js"></script>`);
    const talks = await page.evaluate(
      async (url) => [
        await window.talk(url),
        await window.talk(url, { transports: ['polling'] }),
        await window.talkLegacy(url),
      ],
      home.server.url,
    );
    expect(talks).toEqual([talkOver('websocket'), talkOver('polling'), talkOver('websocket')]);
  });
});
