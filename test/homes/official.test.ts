import { cp, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import msgpack from 'socket.io-msgpack-parser';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { talkOver, useHome } from './support/fixture.js';
import { type Outcome, run } from './support/run.js';

/** The names under which programs and pages look for the official client, where holdfast is installed in its place. */

const { folder, tools } = inject('home');
const project = join(folder, 'official');
const home = useHome();

/** Runs a program of the project that has holdfast as `socket.io-client`. */
async function runThere(...args: string[]): Promise<Outcome> {
  const outcome = await run(process.execPath, args, project);
  expect(outcome, `${outcome.stdout}\n${outcome.stderr}`).toMatchObject({ code: 0 });
  return outcome;
}
const tool = (path: string): string => join(tools, 'node_modules', path);

test('`require` takes the files for script tags, by name and by path, and `import` takes all others', async () => {
  const { stdout } = await runThere('required.cjs');
  const io = ['function', 'function', 'function', true];
  expect(JSON.parse(stdout)).toEqual({
    kinds: { 'socket.io.js': io, 'socket.io.min.js': io, 'socket.io.msgpack.min.js': io },
    same: [true, true, true],
    module: 'function',
  });
});

const talking = `
  import { talk } from '/programs/talk.js';
  window.talk = (url, options) => talk(window.io, url, options);`;
const withIo = (before: string): string => `${before}<script type="module">${talking}</script>`;
const dist = '/official/node_modules/socket.io-client/dist';

async function talk(content: string): Promise<unknown> {
  const page = await home.show(content);
  return page.evaluate((url) => window.talk(url), home.server.url);
}

test.each(['socket.io.js', 'socket.io.min.js', 'holdfast.js'])('a script tag loads %s', async (name) => {
  expect(await talk(withIo(`<script src="${dist}/${name}"></script>`))).toEqual(talkOver('websocket'));
});

test.each(['socket.io.esm.min.js'])('a script of type module imports %s', async (name) => {
  const loader = `import { io } from '${dist}/${name}'; window.io = io;`;
  expect(await talk(`<script type="module">${loader}${talking}</script>`)).toEqual(talkOver('websocket'));
});

test('a copy of the file works away from its package', async () => {
  await cp(
    join(project, 'node_modules/socket.io-client/dist/socket.io.min.js'),
    join(folder, 'vendor/io.js'),
  );
  expect(await talk(withIo('<script src="/vendor/io.js"></script>'))).toEqual(talkOver('websocket'));
});

test.each(['socket.io', 'socket.io.min'])('RequireJS finds %s by its path', async (name) => {
  const loader = await readFile(tool('requirejs/require.js'), 'utf8');
  const content = `
    <script>${loader}</script>
    <script>
      require.config({ paths: { 'socket.io-client': '${dist}/${name}' } });
      window.ready = new Promise((resolve) => require(['socket.io-client'], resolve));
    </script>
    <script type="module">
      import { talk } from '/programs/talk.js';
      window.talk = async (url, options) => talk(await window.ready, url, options);
    </script>`;
  const page = await home.show(content);
  expect(await page.evaluate((url) => window.talk(url), home.server.url)).toEqual(talkOver('websocket'));
  expect(await page.evaluate('typeof window.io')).toBe('undefined');
});

test('an alias of webpack leads to the file for script tags', async () => {
  await runThere('webpack.mjs');
  expect(await talk(withIo('<script src="/official/out/page.js"></script>'))).toEqual(talkOver('websocket'));
});

test('a name that Jest maps leads to the file for script tags', async () => {
  const { stderr } = await runThere(tool('jest/bin/jest.js'), '--config=jest.config.json');
  expect(stderr).toContain('Tests:       1 passed, 1 total');
});

describe('with msgpack', () => {
  const packed = useHome({ parser: msgpack });

  test.each(['socket.io.msgpack.min.js', 'holdfast.msgpack.min.js'])('%s talks', async (name) => {
    const page = await packed.show(`<script src="${dist}/${name}"></script>`);
    const answers = await page.evaluate(async (url) => {
      const socket = window.io(url, { transports: ['websocket'] });
      // The parser knows no views.
      const twice = await socket.emitWithAck('double', new Uint8Array([1, 255]).buffer);
      const sum = await socket.emitWithAck('sum', 6, 7);
      socket.disconnect();
      return [sum, ...new Uint8Array(twice)];
    }, packed.server.url);
    expect(answers).toEqual([13, 1, 255, 1, 255]);
    const instances = await page.evaluate(() => {
      const io = window.io as unknown as typeof import('../../src/script.js').default;
      const manager = new io.Manager('http://127.0.0.1:9', { autoConnect: false });
      class Own extends io.Manager {}
      // A URL object is an address.
      const own = new Own('http://127.0.0.1:9', { autoConnect: false });
      const socket = io(new URL('http://127.0.0.1:9') as unknown as string, { autoConnect: false });
      return [manager, own, socket.io].map((one) => [
        one instanceof io.Manager,
        one instanceof Own,
        'Encoder' in one.opts.parser,
      ]);
    });
    expect(instances).toEqual([
      [true, false, true],
      [true, true, true],
      [true, false, true],
    ]);
  });
});

describe('the types', () => {
  beforeAll(() => {
    expect(createRequire(tool('typescript-5.9/package.json'))('./package.json').version).toMatch(/^5\.9/);
  });

  test.each([
    ['5.9', 'node10', 'esnext'],
    ['5.9', 'bundler', 'esnext'],
    ['7.0', 'bundler', 'esnext'],
    ['7.0', 'nodenext', 'nodenext'],
  ])('are found by TypeScript %s with moduleResolution %s', async (minor, resolution, module) => {
    await runThere(
      tool(`typescript-${minor}/bin/tsc`),
      '-p',
      'types',
      '--moduleResolution',
      resolution,
      '--module',
      module,
    );
  });
});
