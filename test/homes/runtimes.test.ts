import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort, host } from '../support/ports.js';
import { run } from '../support/run.js';
import { startServer, type TestServer } from '../support/server.js';
import { application, serverOptions } from './support/runtime-application.js';
import { askWorker } from './support/workerd.js';

/** One program of behaviours in every runtime, over the installed package, against a real server. */

interface Behaviours {
  readonly behaviours: Readonly<Record<string, unknown>>;
}
const program = new URL('fixtures/runtimes/behaviours.mjs', import.meta.url).href;
const names = Object.keys(((await import(program)) as Behaviours).behaviours);

const { runtimes } = inject('project');
const { platform, arch } = process;
const binary = (...path: string[]): string => join(runtimes, 'node_modules', ...path);
const bunArch = arch === 'arm64' ? 'aarch64' : arch;
const libc = platform === 'linux' ? '-glibc' : '';

/** How each runtime is started, its version, and the build of the package that it uses. */
const started = {
  'Node 20': { command: [process.execPath], version: /^(20|22|24|26)\./, build: 'node' },
  'Node 22': {
    command: [binary(`node-22-${platform}-${arch}`, 'bin/node')],
    version: /^22\./,
    build: 'node',
  },
  'Node 24': {
    command: [binary(`node-24-${platform}-${arch}`, 'bin/node')],
    version: /^24\./,
    build: 'node',
  },
  Bun: { command: [binary(`@oven/bun-${platform}-${bunArch}`, 'bin/bun')], version: /^1\./, build: 'web' },
  Deno: {
    command: [binary(`@deno/${platform}-${arch}${libc}`, 'deno'), 'run', '--allow-all', '--no-prompt'],
    version: /^2\./,
    build: 'web',
  },
} as const;

interface Outcome {
  readonly version: string;
  readonly build: string;
  readonly results: Readonly<Record<string, string>>;
  readonly uncaught: readonly string[];
}

let server: TestServer;
let nobody: string;
beforeAll(async () => {
  server = await startServer({ setup: application, options: serverOptions });
  nobody = `http://${host}:${await freePort()}`;
});
afterAll(() => server?.stop());

test('tests more than forty behaviours', () => {
  expect(names.length).toBeGreaterThan(40);
});

describe.each(Object.entries(started))('in %s', (_name, { command, version, build }) => {
  let outcome: Outcome;
  beforeAll(async () => {
    const [file, ...args] = command;
    expect(existsSync(file), file).toBe(true);
    const { folder } = inject('project');
    const { code, stdout, stderr } = await run(
      file,
      [...args, 'runtimes/main.mjs', server.url, nobody],
      folder,
    );
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    outcome = JSON.parse(stdout) as Outcome;
  });

  test('the file runs in this runtime, with the build for it', () => {
    expect(outcome.version).toMatch(version);
    expect(outcome.build).toMatch(new RegExp(`^${build}/production/`));
  });

  test.each(names)('%s', (name) => {
    expect(outcome.results[name]).toBe('ok');
  });

  test('no error is uncaught, and the process exits by itself', () => {
    expect(outcome.uncaught).toEqual([]);
  });
});

describe('in Cloudflare Workers', () => {
  /** As docs/runtimes.md says. */
  const differences: Readonly<Record<string, RegExp>> = {
    'over websocket: sends a Blob': /disconnected/,
    'over websocket: sends custom headers': /undefined is not "yes"/,
  };
  let outcome: Pick<Outcome, 'results' | 'uncaught'>;
  let files: readonly string[];
  beforeAll(async () => {
    const { folder } = inject('project');
    const file = binary(`@cloudflare/workerd-${platform}-${arch === 'x64' ? '64' : arch}`, 'bin/workerd');
    expect(existsSync(file), file).toBe(true);
    const { text, inputs } = await askWorker(file, folder, 'runtimes/worker.mjs', {
      url: server.url,
      deadUrl: nobody,
    });
    outcome = JSON.parse(text);
    files = inputs;
  });

  test('the bundle has the build for runtimes without a page', () => {
    const builds = files.flatMap((file) => /holdfast\/dist\/(.*?)\//.exec(file)?.[1] ?? []);
    expect(new Set(builds)).toEqual(new Set(['web']));
  });

  test.each(names)('%s', (name) => {
    expect(outcome.results[name]).toMatch(differences[name] ?? /^ok$/);
  });

  test('no error is uncaught', () => {
    expect(outcome.uncaught).toEqual([]);
  });
});
