import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, inject, test } from 'vitest';
import { type Outcome, run } from './support/run.js';

/** The browsers that .browserslistrc names run what is built: its syntax, and what it asks of them. */

let folder: string;
const node = (...args: string[]): Promise<Outcome> => run(process.execPath, args, folder);

beforeAll(async () => {
  const home = inject('home').folder;
  folder = join(home, 'browsers');
  await cp(fileURLToPath(new URL('../../.browserslistrc', import.meta.url)), join(folder, '.browserslistrc'));
  // Tools pass over node_modules. What Node gets is nobody's concern here.
  const dist = join(home, 'node_modules/holdfast/dist');
  const forNode = [join(dist, 'node'), join(dist, 'cjs/node')];
  const filter = (path: string): boolean => !forNode.includes(path) && !/\.d\.ts$|\.map$/.test(path);
  await cp(dist, join(folder, 'dist'), { recursive: true, filter });
});

const esCheck = (...files: string[]): Promise<Outcome> =>
  node(
    '../../node_modules/es-check/lib/cli/index.js',
    '--checkBrowser',
    '--browserslistPath=.browserslistrc',
    '--checkFeatures',
    '--noCache',
    '--module',
    ...files,
  );
const eslint = (...files: string[]): Promise<Outcome> =>
  node('../../node_modules/eslint/bin/eslint.js', ...files);

test('they know its syntax and what it uses of the language', async () => {
  const { code, stdout, stderr } = await esCheck('dist/**/*.js');
  expect(`${stdout}${stderr}`).toMatch(/checking \d{2,} files/);
  expect(code, stderr).toBe(0);
});

test('they have what it asks of the web', async () => {
  const { code, stdout } = await eslint('dist');
  expect(code, stdout).toBe(0);
});

test('what is younger would have been found', async () => {
  const { stdout, stderr } = await esCheck('newer.js');
  expect(`${stdout}${stderr}`).toMatch(/ClassStaticBlocks.*ArrayToSorted/);
  expect((await eslint('newer.js')).stdout).toContain('CompressionStream is not supported');
});
