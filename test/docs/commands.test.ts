import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { provideMiddleboxes } from '../faults/middleboxes.js';
import { run } from '../support/run.js';
import { type Block, blocksFor, documents, read } from './support/blocks.js';

/** The commands in the documents, and the configurations of other programs. */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-docs-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const path = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;

/** Scripts that npm runs without `run`. */
const short = /^(start|test)$/;

/** Returns the fault of a command, if any. */
function faultOf(command: string): string | undefined {
  const [npm, verb = '', name = ''] = command.trim().split(/\s+/);
  if (npm !== 'npm') return `is no command of npm`;
  if (verb === 'install') {
    const known = ['holdfast', 'socket.io', 'socket.io-client@npm:holdfast'];
    return known.includes(name) ? undefined : `installs ${name}, which nobody needs`;
  }
  const script = verb === 'run' ? name : short.test(verb) ? verb : '';
  return script in packageJson.scripts ? undefined : `package.json has no script "${script}"`;
}

test.each(blocksFor('commands').map((block) => [block.place, block] as const))(
  'the commands in the code blocks of %s exist',
  (_, { code }) => {
    const commands = code.split('\n').map((line) => line.replace(/#.*/, ''));
    expect(commands.filter(faultOf).map((line) => `${line}: ${faultOf(line)}`)).toEqual([]);
  },
);

test.each(documents)('the commands in the text of %s exist', (document) => {
  const commands = [
    ...read(document).matchAll(/`(?:[A-Z_]+=\S+ )?(npm (?:run|start|test|install)\b[^`]*)`/g),
  ];
  const faults = commands.map(([, command = '']) => [command, faultOf(command)]).filter(([, fault]) => fault);
  expect(faults).toEqual([]);
});

test('CONTRIBUTING.md lists every command of package.json that people run', () => {
  const text = read('CONTRIBUTING.md');
  const missing = Object.keys(packageJson.scripts).filter(
    (name) => !text.includes(`npm run ${name}`) && !text.includes(`npm ${name}`),
  );
  expect(missing).toEqual([]);
});

const boxes: Readonly<
  Record<string, (block: Block) => { config: string; args: (file: string) => string[] }>
> = {
  nginx: ({ code }) => ({
    config: `pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${code} }`,
    args: (file) => ['-t', '-p', folder, '-c', file],
  }),
  haproxy: ({ code }) => ({
    config: `${code}\nfrontend clients\n  bind 127.0.0.1:20000\n  default_backend nodes\n`,
    args: (file) => ['-c', '-f', file],
  }),
};

test.each(blocksFor('configuration').map((block) => [block.place, block] as const))(
  '%s is a valid configuration for its program',
  async (_, block) => {
    const missing = await provideMiddleboxes(['nginx', 'haproxy']);
    expect(missing).toBeUndefined();
    const { config, args } = boxes[block.language]?.(block) ?? { config: '', args: () => [] };
    const file = join(folder, 'config');
    await writeFile(file, config);
    const command = [block.language, ...args(file)].map((word) => `'${word}'`).join(' ');
    const outcome = await run('/bin/sh', ['-c', `PATH='${path}' ${command}`], folder, 20_000);
    expect(outcome.code, outcome.stderr).toBe(0);
  },
  180_000,
);

test.each(blocksFor('json').map((block) => [block.place, block.code] as const))('%s is JSON', (_, code) => {
  expect(() => JSON.parse(code)).not.toThrow();
});
