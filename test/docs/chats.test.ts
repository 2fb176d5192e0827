import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import type { Server, Socket } from 'socket.io';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startServer, type TestServer } from '../support/server.js';
import { Announcements, nextEvent, within } from '../support/waiting.js';
import { BlockBrowser } from './support/block-browser.js';
import { type Block, blocksFor } from './support/blocks.js';
import { compile, frameworkOf } from './support/compilers.js';

/** The chat of the documents, once for each framework, with its documented contract and server. */

/** For a compiler that checks templates, on a busy machine. */
const compilerMs = 120_000;

const blocks = blocksFor('chat');
const blockOf = (firstLine: string): Block => {
  const block = blocks.find(({ code }) => code.startsWith(`// ${firstLine}\n`));
  if (!block) throw new Error(`The documents have no ${firstLine}.`);
  return block;
};
const chats = blocks
  .filter(({ language, use }) => `${language} ${use}` !== 'ts chat')
  .map((block) => [frameworkOf(block), block] as const);

let browser: BlockBrowser;
let server: TestServer;
const joins: string[] = [];
const files = new Map<string, number>();
const announcements = new Announcements();

beforeAll(async () => {
  const workshop = inject('workshop');
  await writeFile(join(workshop, 'chat.ts'), blockOf('chat.ts').code);
  const setup = await application(workshop);
  const record = (socket: Socket): void => {
    socket.prependAny((name, ...args) => {
      if (name === 'join') joins.push(args[0]);
      if (name === 'file') files.set(args[0], (files.get(args[0]) ?? 0) + args[1].byteLength);
      announcements.announce();
    });
  };
  [browser, server] = await Promise.all([
    BlockBrowser.open(),
    startServer({
      setup(io) {
        setup(io);
        io.on('connection', record);
      },
      options: { maxHttpBufferSize: 1e6 },
    }),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** The documents' server, as a function that sets up a server. */
async function application(workshop: string): Promise<(io: Server) => void> {
  const toScript = async (code: string): Promise<string> =>
    (await transform(code, { loader: 'ts', format: 'esm' })).code;
  // Inside the project, so that the package's own name resolves.
  const contract = join(workshop, 'chat-contract.mjs');
  const local = (code: string): string =>
    code.replace(
      /'(holdfast\/[\w/]+)'/g,
      (_, name) => `'${pathToFileURL(import.meta.resolve(name).slice(7)).href}'`,
    );
  await writeFile(contract, local((await toScript(blockOf('chat.ts').code)).replaceAll('"', "'")));
  const { code } = blockOf('server.ts');
  const body = code
    .replace("import { Server } from 'socket.io';\n", '')
    .replace("'./chat'", `'${pathToFileURL(contract).href}'`)
    .replace(
      /const io = serve\(new Server\(.*\), chat\);/,
      'export default (given) => { const io = serve(given, chat);',
    )
    .concat('\n};\n');
  const file = join(workshop, 'chat-server.mjs');
  await writeFile(file, local((await toScript(body)).replaceAll('"', "'")));
  const module = (await import(pathToFileURL(file).href)) as { default(io: Server): void };
  return module.default;
}

test('each framework has one, of at most sixty lines', () => {
  expect(chats.map(([framework]) => framework).sort()).toEqual(['angular', 'react', 'svelte', 'vue']);
  for (const [, { code, place }] of chats) expect(code.split('\n').length, place).toBeLessThanOrEqual(60);
});

test.each(chats)(
  'the chat in %s',
  async (_, block) => {
    joins.length = 0;
    files.clear();
    const here = { ...block, code: block.code.replace('https://example.com', server.url) };
    const program = await compile(here, inject('workshop'), server.url, 'chat');
    const opened = await browser.run(program, '<div id="root"></div>');
    const { page } = opened;
    // The first token had expired.
    await page.getByText('connected', { exact: true }).waitFor();
    await page.locator('.members').getByText('Ada').waitFor();
    expect(joins).toEqual(['lobby']);

    await page.fill('input[name=text]', 'hello');
    await page.click('button');
    await page.getByText('Ada: hello').waitFor();
    await expect.poll(() => page.inputValue('input[name=text]')).toBe('');

    // After a cut, the room is joined again.
    const left = nextEvent(server.latest(), 'disconnect');
    server.latest().conn.close();
    await left;
    await announcements.until('the room to be joined again', () => joins.length === 2);
    server.io
      .to('lobby')
      .emit('said', { id: 'x', from: 'Bob', text: 'welcome back', at: new Date().toISOString() });
    await page.getByText('Bob: welcome back').waitFor();

    const buffer = Buffer.alloc(1_234_567, 7);
    await page.setInputFiles('input[type=file]', {
      name: 'a.bin',
      mimeType: 'application/octet-stream',
      buffer,
    });
    await announcements.until('the file', () => files.get('a.bin') === buffer.length);
    await page.waitForFunction(() => document.querySelector('progress')?.value === 100);

    // What the contract does not allow is shown, and not sent.
    await page.click('button');
    await page.getByText('does not match').waitFor();

    const gone = nextEvent(server.latest(), 'disconnect');
    await page.evaluate(() => window.unmount());
    await within(gone, 'the chat to leave');
    await opened.close();
    expect(opened.complaints.filter((text) => !/does not match/.test(text))).toEqual([]);
  },
  compilerMs,
);
