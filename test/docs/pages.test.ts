import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { within } from '../support/waiting.js';
import { BlockBrowser, type BlockPage } from './support/block-browser.js';
import { type Block, blocksFor, root, runnerOf } from './support/blocks.js';
import { bundle } from './support/bundle.js';
import { DocumentServer } from './support/document-server.js';
import { type Typed, typeBlocks } from './support/typing.js';

/** Every block of JavaScript, TypeScript and HTML: compiled, and run in a browser against the server of its document. */

const all = blocksFor('page', 'server', 'html', 'alias', 'change');
const scripts = blocksFor('page', 'server');
const typed: Map<Block, Typed> = typeBlocks(scripts);
let browser: BlockBrowser;

beforeAll(async () => {
  browser = await BlockBrowser.open();
});
afterAll(async () => {
  await browser?.close();
});

test.each(scripts.map((block) => [block.place, block] as const))('%s compiles', (_, block) => {
  expect(typed.get(block)?.complaints).toEqual([]);
});

for (const document of new Set(all.map((block) => block.document))) {
  describe(document, () => {
    const own = all.filter((block) => block.document === document);
    let server: DocumentServer;

    beforeAll(async () => {
      server = await DocumentServer.open(
        own.filter((block) => runnerOf(block) === 'server'),
        browser.origin,
      );
    });
    afterAll(async () => {
      await server?.close();
    });

    const run = own.filter((block) => runnerOf(block) !== 'server');
    // A document may be about the server only.
    if (run.length === 0) {
      test('its server accepts a page', async () => {
        const program = `import { io } from 'holdfast'; io(${JSON.stringify(server.url)});`;
        const opened = await browser.run(await bundle(program, { folder: root, serverUrl: server.url }));
        await server.visited(1);
        await opened.close();
        expect(opened.complaints).toEqual([]);
      });
    }
    test.each(run.map((block) => [block.place, block] as const))('%s runs', async (_, block) => {
      const before = server.visits;
      const opened = await open(block, server);
      if (connects(block)) await server.visited(before + 1);
      for (const line of expected(block)) await printed(opened, line);
      await opened.close();
      expect(opened.complaints).toEqual([]);
    });
  });
}

async function open(block: Block, server: DocumentServer): Promise<BlockPage> {
  const settings = { folder: `${root}test/docs`, serverUrl: server.url };
  const runner = runnerOf(block);
  switch (runner) {
    case 'page':
      return browser.run(
        await bundle(server.here(typed.get(block)?.text ?? ''), settings),
        '<aside id="aside"></aside>',
      );
    case 'alias': {
      // A program of the official client, with the alias of the block.
      const { default: config } = await import(`data:text/javascript,${encodeURIComponent(block.code)}`);
      const { 'socket.io-client': alias } = config.resolve.alias as Record<string, string>;
      expect(alias).toBe('holdfast');
      return browser.run(
        await bundle(
          `import { io } from 'socket.io-client'; io(${JSON.stringify(server.url)}).on('connect', () => console.log('connected'));`,
          {
            ...settings,
            alias: { 'socket.io-client': `${root}dist/browser/production/index.js` },
          },
        ),
      );
    }
    default: {
      const code = runner === 'change' ? after(block) : block.code;
      if (code.startsWith('<')) return browser.show(server.here(code));
      return browser.run(await bundle(`${code}\nio(${JSON.stringify(server.url)});`, settings));
    }
  }
}

/** What is left when a change was made. */
const after = ({ code }: Block): string =>
  code
    .split('\n')
    .filter((line) => !line.startsWith('-'))
    .map((line) => line.slice(1))
    .join('\n');

/** Whether its page must be seen by the server. */
const connects = ({ code, language }: Block): boolean =>
  /\bio\(/.test(code) && !/autoConnect: false/.test(code) && language !== 'diff';

/** What a block says that it prints: `console.log(x); // → 42`. */
const expected = ({ code }: Block): string[] =>
  [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => (line as string).trim());

async function printed(opened: BlockPage, line: string): Promise<void> {
  const there = (): boolean => opened.printed.includes(line);
  const wait = async (): Promise<void> => {
    while (!there()) await opened.page.waitForEvent('console');
  };
  await within(wait(), `"${line}" to be printed; there is ${JSON.stringify(opened.printed)}`);
}
