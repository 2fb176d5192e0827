import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { run } from '../support/run.js';

/** The types of contracts and bindings, as the built package has them, with the libraries' own types. */

const root = fileURLToPath(new URL('../../', import.meta.url));

test('names, arguments and answers are inferred from the contract or the event maps', async () => {
  const { folder } = inject('frameworks');
  const types = join(folder, 'types');
  await cp(fileURLToPath(new URL('fixtures/types/', import.meta.url)), types, { recursive: true });
  // Without its own node_modules, in which there are other copies of the frameworks.
  const installed = join(folder, 'node_modules/holdfast');
  await mkdir(installed, { recursive: true });
  for (const name of ['dist', 'package.json']) await symlink(join(root, name), join(installed, name));
  await symlink(join(root, 'node_modules/socket.io'), join(folder, 'node_modules/socket.io'));
  const { code, stdout } = await run(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', types, '--pretty', 'false'],
    folder,
  );
  expect(stdout).toBe('');
  expect(code).toBe(0);
});
