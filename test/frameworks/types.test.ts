import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, inject, test } from 'vitest';
import { run } from '../support/run.js';

/** The types of contracts and bindings, as the built package has them, with the libraries' own types. */

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Installs the package and what its types refer to. */
async function install(): Promise<string> {
  const { folder } = inject('frameworks');
  const installed = join(folder, 'node_modules/holdfast');
  await mkdir(installed, { recursive: true });
  for (const name of ['dist', 'package.json']) await symlink(join(root, name), join(installed, name));
  await mkdir(join(folder, 'node_modules/@types'));
  const own = ['component-emitter', 'engine.io-client', 'engine.io-parser', '@socket.io'];
  const peers = ['socket.io', '@playwright', 'playwright', 'playwright-core', '@types/node', 'undici-types'];
  for (const name of [...own, ...peers])
    await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  return folder;
}

const compile = (project: string, folder: string) =>
  run(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', project, '--pretty', 'false'],
    folder,
  );

let folder: string;
beforeAll(async () => {
  folder = await install();
});

test('names, arguments and answers are inferred from the contract or the event maps', async () => {
  const types = join(folder, 'types');
  // Without its own node_modules, in which there are other copies of the frameworks.
  await cp(fileURLToPath(new URL('fixtures/types/', import.meta.url)), types, { recursive: true });
  const { code, stdout } = await compile(types, folder);
  expect(stdout).toBe('');
  expect(code).toBe(0);
});

test('the declarations of every entry compile without skipLibCheck, under the strictest settings', async () => {
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { import?: { types?: string } }>;
  };
  const entries = Object.entries(exports)
    .filter(([name, targets]) => !name.includes('*') && typeof targets === 'object' && targets.import?.types)
    .map(([name]) => name.replace(/^\./, 'holdfast'));
  expect(entries).toEqual(
    expect.arrayContaining(['holdfast', 'holdfast/angular', 'holdfast/contract/server']),
  );
  const types = join(folder, 'every-entry');
  await mkdir(types);
  const program = entries.map((entry, i) => `export * as entry${i} from '${entry}';\n`).join('');
  await writeFile(join(types, 'program.ts'), program);
  const settings = JSON.parse(
    await readFile(new URL('fixtures/types/tsconfig.json', import.meta.url), 'utf8'),
  ) as { compilerOptions: object };
  const compilerOptions = {
    ...settings.compilerOptions,
    types: ['node'],
    skipLibCheck: false,
    noPropertyAccessFromIndexSignature: true,
    noImplicitOverride: true,
    isolatedModules: true,
    verbatimModuleSyntax: true,
  };
  await writeFile(join(types, 'tsconfig.json'), JSON.stringify({ ...settings, compilerOptions }));
  const { stdout } = await compile(types, folder);
  // Other packages have errors of their own.
  const ours = stdout.split('\n').filter((line) => /^(every-entry|node_modules\/holdfast)\b/.test(line));
  expect(ours).toEqual([]);
  expect(stdout).not.toMatch(/^error/m);
});
