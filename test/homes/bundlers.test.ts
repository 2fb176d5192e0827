import { describe, expect, test } from 'vitest';
import { expectedExchange, runNode, useProject } from './support/fixture.js';

const project = useProject();

/** Each with the default configuration, as far as possible. */
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
  test('holdfast works over WebSocket and polling, with and without holdfast/legacy', async () => {
    const { stdout, stderr } = await runNode(...args);
    expect(`${stdout}${stderr}`).not.toMatch(/warn|deprecat/i);
    const page = await project.show(`<script type="module" src="/out/${name}/page.js"></script>`);
    const results = await page.evaluate(
      async (url) => [
        await window.exchange(url),
        await window.exchange(url, { transports: ['polling'] }),
        await window.exchangeLegacy(url),
      ],
      project.server.url,
    );
    expect(results).toEqual([
      expectedExchange('websocket'),
      expectedExchange('polling'),
      expectedExchange('websocket'),
    ]);
  });
});
