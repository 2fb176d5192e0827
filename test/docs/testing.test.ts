import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pagesPath } from '../support/browser.js';
import { type Outcome, run } from '../support/run.js';
import { installTools } from '../support/tools.js';
import { blocksFor, root } from './support/blocks.js';

/** The project that docs/testing.md shows, file by file, run by the test runners for which it is written. */

const fixtures = fileURLToPath(new URL('fixtures/testing/', import.meta.url));

/** The kit with other runners and settings, in addition to the document's files. */
const further: Readonly<Record<string, string>> = {
  'fake.check.ts': `
    import { createTestServer } from 'holdfast/testing';
    test('works under fake timers that were there before', async () => {
      const { server, io, clock } = createTestServer({ clock: 'manual' });
      server.on('connection', (socket) => socket.on('note', (text, done) => done(text)));
      const socket = io();
      await clock.settle();
      expect(await socket.emitWithAck('note', 'a')).toBe('a');
      server.cut();
      await clock.advance(10_000);
      expect(socket.connected).toBe(true);
      socket.disconnect();
      await server.finish();
    });
  `,
  'jest.fake.config.cjs': `
    const { transform } = require('./jest.config.cjs');
    const project = (testEnvironment) => ({
      displayName: testEnvironment, testEnvironment, transform,
      fakeTimers: { enableGlobally: true }, testMatch: ['**/fake.check.ts'],
    });
    module.exports = { projects: [project('jsdom'), project('node')] };
  `,
  'node.mjs': `
    import assert from 'node:assert';
    import { test } from 'node:test';
    import { createTestServer } from 'holdfast/testing';
    test('names the line of a client that is left', async () => {
      const { server, io } = createTestServer();
      server.on('connection', (socket) => socket.on('note', (text, done) => done(text)));
      const socket = io();
      assert.equal(await socket.emitWithAck('note', 'a'), 'a');
      await assert.rejects(server.finish(), /node\\.mjs:8:/);
    });
  `,
  'node.cjs': `
    const assert = require('node:assert');
    const { test } = require('node:test');
    const { createTestServer } = require('holdfast/testing');
    test('is there for require() as well', async () => {
      const { server, tab } = createTestServer();
      const socket = tab()();
      await socket.ready();
      await assert.rejects(server.finish(), /node\\.cjs:7:/);
    });
  `,
};

/** On a busy machine. */
const limitMs = 170_000;

let folder: string;
/** How many tests a file has: all of them must have run. */
const tests = new Map<string, number>();

beforeAll(async () => {
  const tools = await installTools(fixtures, 'holdfast-docs-testing');
  folder = await mkdtemp(join(tools, 'project-'));
  // Vite serves what lies in the workspace: here, the packages are a folder above.
  await writeFile(join(tools, 'pnpm-workspace.yaml'), 'packages: []\n');
  for (const { code, place } of blocksFor('kit')) {
    const [, path] = /^\/\/ (\S+)\n/.exec(code) ?? [];
    if (path === undefined) throw new Error(`${place}: the first line must name the file`);
    const launch = JSON.stringify({
      executablePath: pagesPath,
      args: ['--no-sandbox', '--disable-gpu'],
    });
    await mkdir(dirname(join(folder, path)), { recursive: true });
    // The browser of this machine, in place of the one that Playwright would install.
    await writeFile(
      join(folder, path),
      code.replace('playwright()', `playwright({ launchOptions: ${launch} })`),
    );
    tests.set(path, code.match(/^test\(|^ {2}play:/gm)?.length ?? 0);
  }
  for (const [path, code] of Object.entries(further)) await writeFile(join(folder, path), code);
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'app', private: true, type: 'module' }),
  );
  // As it is installed: built, with its own dependencies.
  const installed = join(folder, 'node_modules/holdfast');
  await mkdir(installed, { recursive: true });
  await cp(join(root, 'dist'), join(installed, 'dist'), { recursive: true });
  await cp(join(root, 'package.json'), join(installed, 'package.json'));
  for (const name of [
    'component-emitter',
    'engine.io-client',
    'engine.io-parser',
    'ws',
    'debug',
    'ms',
    'xmlhttprequest-ssl',
    '@socket.io',
  ]) {
    await mkdir(join(installed, 'node_modules'), { recursive: true });
    await symlink(join(root, 'node_modules', name), join(installed, 'node_modules', name));
  }
  await Promise.all(
    [
      ...['vitest', 'jest', 'storybook', '@storybook', '@vitest', '@babel', 'vite'],
      ...['@testing-library', 'jsdom', 'react', 'react-dom'],
    ].map((name) => symlink(join(tools, 'node_modules', name), join(folder, 'node_modules', name))),
  );
}, limitMs);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const start = (tool: string, ...args: string[]): Promise<Outcome> =>
  run(process.execPath, [join(folder, 'node_modules', tool), ...args], folder, limitMs, {
    STORYBOOK_DISABLE_TELEMETRY: '1',
  });

const passed = (output: Outcome, ...files: string[]): void => {
  const expected = files.reduce((sum, file) => sum + (tests.get(file) ?? Number.NaN), 0);
  expect(output.stdout + output.stderr).toMatch(
    new RegExp(`Tests: +${expected} passed|Tests +${expected} passed`),
  );
};

test(
  'units, components in a browser, and stories pass in Vitest',
  async () => {
    const output = await start('vitest/vitest.mjs', 'run', '--no-color');
    passed(
      output,
      ...[
        'chat.test.ts',
        'session.test.ts',
        'members.test.tsx',
        'chat.browser.test.ts',
        'chat.stories.ts',
        'headline.stories.ts',
      ],
    );
  },
  limitMs,
);

test(
  'components pass in Jest with jsdom',
  async () => {
    passed(await start('jest/bin/jest.js', '--config=jest.config.cjs'), 'chat.jest.ts');
  },
  limitMs,
);

test(
  'the kit works in Jest under fake timers that are on for all tests',
  async () => {
    const { stdout, stderr } = await start('jest/bin/jest.js', '--config=jest.fake.config.cjs');
    expect(stdout + stderr).toMatch(/Tests: +2 passed/);
  },
  limitMs,
);

test(
  "the kit works in Node's own runner, by import and by require",
  async () => {
    const files = ['node.mjs', 'node.cjs'].map((file) => join(folder, file));
    const { stdout, stderr } = await run(process.execPath, ['--test', ...files], folder, limitMs);
    expect(stdout + stderr).toMatch(/pass 2\b/);
  },
  limitMs,
);
