import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startServer, type TestServer } from '../support/server.js';
import { nextEvent } from '../support/waiting.js';
import { BlockBrowser } from './support/block-browser.js';
import { blocksFor } from './support/blocks.js';
import { compile, frameworkOf } from './support/compilers.js';

/** The components of the documents, each through its framework's own compiler and in a browser. */

declare global {
  interface Window {
    unmount(): void;
  }
}

/** For a compiler that checks templates, on a busy machine. */
const compilerMs = 120_000;

let browser: BlockBrowser;
let server: TestServer;

beforeAll(async () => {
  const setup: NonNullable<Parameters<typeof startServer>[0]>['setup'] = (io) => {
    io.of('/news').on('connection', (socket) => socket.emit('headline', 'holdfast is running'));
  };
  [browser, server] = await Promise.all([BlockBrowser.open(), startServer({ setup })]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const components = blocksFor('framework').map((block) => [frameworkOf(block), block.place, block] as const);

test('every framework in the documents is tested', () => {
  const tried = new Set(components.map(([framework]) => framework));
  expect([...tried].sort()).toEqual(['angular', 'react', 'svelte', 'vue']);
});

test.each(components)(
  '%s (%s) shows what the server sends, and disconnects when it is unmounted',
  async (_, __, block) => {
    const program = await compile(block, inject('workshop'), server.url);
    const opened = await browser.run(program, '<div id="root"></div>');
    await opened.page.getByText('holdfast is running').waitFor({ timeout: 10_000 });
    const left = nextEvent(server.latest('/news'), 'disconnect');
    await opened.page.evaluate(() => window.unmount());
    expect(await left).toContain('client namespace disconnect');
    await opened.close();
    expect(opened.complaints).toEqual([]);
  },
  compilerMs,
);
