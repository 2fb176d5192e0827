import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, inject, test } from 'vitest';
import { type Outcome, run } from '../support/run.js';

/** The build uses only syntax and APIs that the browsers in .browserslistrc support. */

let folder: string;
const node = (...args: string[]): Promise<Outcome> => run(process.execPath, args, folder);

beforeAll(async () => {
  const project = inject('project').folder;
  folder = join(project, 'browsers');
  await cp(fileURLToPath(new URL('../../.browserslistrc', import.meta.url)), join(folder, '.browserslistrc'));
  // The tools ignore node_modules. The builds for Node never run in a browser.
  const dist = join(project, 'node_modules/holdfast/dist');
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

test('the syntax and the built-in objects of the language are supported', async () => {
  const { code, stdout, stderr } = await esCheck('dist/**/*.js');
  expect(`${stdout}${stderr}`).toMatch(/checking \d{2,} files/);
  expect(code, stderr).toBe(0);
});

test('the web APIs are supported', async () => {
  const { code, stdout } = await eslint('dist');
  expect(code, stdout).toBe(0);
});

test('the tools detect newer features', async () => {
  const { stdout, stderr } = await esCheck('newer.js');
  expect(`${stdout}${stderr}`).toMatch(/ClassStaticBlocks.*ArrayToSorted/);
  expect((await eslint('newer.js')).stdout).toContain('CompressionStream is not supported');
});
