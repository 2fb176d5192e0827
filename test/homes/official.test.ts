import { cp, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import msgpack from 'socket.io-msgpack-parser';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type Outcome, run } from '../support/run.js';
import { expectedExchange, useProject } from './support/fixture.js';

/** The official client's file names and subpaths, where holdfast is installed under its name. */

const { folder, tools } = inject('project');
const program = join(folder, 'official');
const project = useProject();

/** Runs a script in the program that has holdfast installed as `socket.io-client`. */
async function runScript(...args: string[]): Promise<Outcome> {
  const outcome = await run(process.execPath, args, program);
  expect(outcome, `${outcome.stdout}\n${outcome.stderr}`).toMatchObject({ code: 0 });
  return outcome;
}
const tool = (path: string): string => join(tools, 'node_modules', path);

test('`require` loads the files for script tags by name and by path, and `import` loads the others', async () => {
  const { stdout } = await runScript('required.cjs');
  const io = ['function', 'function', 'function', true];
  expect(JSON.parse(stdout)).toEqual({
    kinds: { 'socket.io.js': io, 'socket.io.min.js': io, 'socket.io.msgpack.min.js': io },
    same: [true, true, true],
    module: 'function',
  });
});

const definesExchange = `
  import { exchange } from '/programs/exchange.js';
  window.exchange = (url, options) => exchange(window.io, url, options);`;
const withIo = (before: string): string => `${before}<script type="module">${definesExchange}</script>`;
const dist = '/official/node_modules/socket.io-client/dist';

async function exchange(content: string): Promise<unknown> {
  const page = await project.show(content);
  return page.evaluate((url) => window.exchange(url), project.server.url);
}

test.each(['socket.io.js', 'socket.io.min.js', 'holdfast.js'])('%s works in a script tag', async (name) => {
  expect(await exchange(withIo(`<script src="${dist}/${name}"></script>`))).toEqual(
    expectedExchange('websocket'),
  );
});

test.each(['socket.io.esm.min.js'])('%s works in a script of type module', async (name) => {
  const loader = `import { io } from '${dist}/${name}'; window.io = io;`;
  expect(await exchange(`<script type="module">${loader}${definesExchange}</script>`)).toEqual(
    expectedExchange('websocket'),
  );
});

test('a copy of the file works outside its package', async () => {
  await cp(
    join(program, 'node_modules/socket.io-client/dist/socket.io.min.js'),
    join(folder, 'vendor/io.js'),
  );
  expect(await exchange(withIo('<script src="/vendor/io.js"></script>'))).toEqual(
    expectedExchange('websocket'),
  );
});

test.each(['socket.io', 'socket.io.min'])('RequireJS loads %s by its path', async (name) => {
  const loader = await readFile(tool('requirejs/require.js'), 'utf8');
  const content = `
    <script>${loader}</script>
    <script>
      require.config({ paths: { 'socket.io-client': '${dist}/${name}' } });
      window.ready = new Promise((resolve) => require(['socket.io-client'], resolve));
    </script>
    <script type="module">
      import { exchange } from '/programs/exchange.js';
      window.exchange = async (url, options) => exchange(await window.ready, url, options);
    </script>`;
  const page = await project.show(content);
  expect(await page.evaluate((url) => window.exchange(url), project.server.url)).toEqual(
    expectedExchange('websocket'),
  );
  expect(await page.evaluate('typeof window.io')).toBe('undefined');
});

test('an alias in webpack may point to the file for script tags', async () => {
  await runScript('webpack.mjs');
  expect(await exchange(withIo('<script src="/official/out/page.js"></script>'))).toEqual(
    expectedExchange('websocket'),
  );
});

test('a moduleNameMapper in Jest may point to the file for script tags', async () => {
  const { stderr } = await runScript(tool('jest/bin/jest.js'), '--config=jest.config.json');
  expect(stderr).toContain('Tests:       1 passed, 1 total');
});

describe('with msgpack', () => {
  const packed = useProject({ parser: msgpack });

  test.each(['socket.io.msgpack.min.js', 'holdfast.msgpack.min.js'])('%s works', async (name) => {
    const page = await packed.show(`<script src="${dist}/${name}"></script>`);
    const answers = await page.evaluate(async (url) => {
      const socket = window.io(url, { transports: ['websocket'] });
      // The parser does not support views.
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
    await runScript(
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
