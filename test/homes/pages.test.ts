import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { talkOver, useHome } from './support/fixture.js';

const home = useHome();

const dist = '/node_modules/holdfast/dist';
const talking = `
  import { talk } from '/programs/conversation.js';
  window.talk = (url, options) => talk(io, url, options);`;

const pages: Readonly<Record<string, string>> = {
  'a script tag': `<script src="${dist}/holdfast.min.js"></script><script type="module">${talking}</script>`,
  'a script of type module': `
    <script type="module">
      import { io } from '${dist}/holdfast.esm.min.js'; ${talking}
    </script>`,
  'an import map': `
    <script type="importmap">{ "imports": { "holdfast": "${dist}/holdfast.esm.min.js" } }</script>
    <script type="module">
      import { io } from 'holdfast'; ${talking}
    </script>`,
};

test.each(Object.entries(pages))('in a page with %s', async (_, content) => {
  const page = await home.show(content);
  const talks = await page.evaluate(
    async (url) => [await window.talk(url), await window.talk(url, { transports: ['polling'] })],
    home.server.url,
  );
  expect(talks).toEqual([talkOver('websocket'), talkOver('polling')]);
});

test('the tags of the README load the very files that are in the package', async () => {
  const readme = await readFile(join(inject('home').folder, 'node_modules/holdfast/README.md'), 'utf8');
  const [, inTag] = /<script[^>]*integrity="([^"]+)"/.exec(readme) ?? [];
  const hashes = Object.fromEntries(
    [...readme.matchAll(/\| `dist\/(\S+)` \| `(sha384-\S+)` \|/g)].map(([, file, hash]) => [file, hash]),
  );
  expect(Object.keys(hashes)).toEqual([
    'holdfast.min.js',
    'holdfast.esm.min.js',
    'holdfast.msgpack.min.js',
    'holdfast.inspector.min.js',
  ]);
  expect(inTag).toBe(hashes['holdfast.min.js']);
  // A browser takes no file whose hash is another: `io` is there only if both are right.
  const page = await home.show(`
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
