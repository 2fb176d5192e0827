import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { expectedExchange, useProject } from './support/fixture.js';

const project = useProject();

const dist = '/node_modules/holdfast/dist';
const definesExchange = `
  import { exchange } from '/programs/exchange.js';
  window.exchange = (url, options) => exchange(io, url, options);`;

const pages: Readonly<Record<string, string>> = {
  'a script tag': `<script src="${dist}/holdfast.min.js"></script><script type="module">${definesExchange}</script>`,
  'a script of type module': `
    <script type="module">
      import { io } from '${dist}/holdfast.esm.min.js'; ${definesExchange}
    </script>`,
  'an import map': `
    <script type="importmap">{ "imports": { "holdfast": "${dist}/holdfast.esm.min.js" } }</script>
    <script type="module">
      import { io } from 'holdfast'; ${definesExchange}
    </script>`,
};

test.each(Object.entries(pages))('works in a page with %s', async (_, content) => {
  const page = await project.show(content);
  const results = await page.evaluate(
    async (url) => [await window.exchange(url), await window.exchange(url, { transports: ['polling'] })],
    project.server.url,
  );
  expect(results).toEqual([expectedExchange('websocket'), expectedExchange('polling')]);
});

test('the hashes in the documents match the files of the package', async () => {
  const documented = await readFile(
    join(inject('project').folder, 'node_modules/holdfast/docs/integrity.md'),
    'utf8',
  );
  const [, inTag] = /<script[^>]*integrity="([^"]+)"/.exec(documented) ?? [];
  const hashes = Object.fromEntries(
    [...documented.matchAll(/\| `dist\/(\S+)` \| `(sha384-\S+)` \|/g)].map(([, file, hash]) => [file, hash]),
  );
  expect(Object.keys(hashes)).toEqual([
    'holdfast.min.js',
    'holdfast.esm.min.js',
    'holdfast.msgpack.min.js',
    'holdfast.tabs-worker.min.js',
    'holdfast.inspector.min.js',
  ]);
  expect(inTag).toBe(hashes['holdfast.min.js']);
  // The browser rejects a file with a wrong hash, so `io` is defined only if both hashes match.
  const page = await project.show(`
    <script src="${dist}/holdfast.min.js" integrity="${hashes['holdfast.min.js']}"></script>
    <script type="importmap">
      ${JSON.stringify({ integrity: { [`${dist}/holdfast.esm.min.js`]: hashes['holdfast.esm.min.js'] } })}
    </script>
    <script type="module">
      import { io } from '${dist}/holdfast.esm.min.js';
      window.kinds = [typeof window.io, typeof io];
    </script>`);
  expect(await page.evaluate('kinds')).toEqual(['function', 'function']);
});
