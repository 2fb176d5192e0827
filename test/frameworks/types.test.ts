import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { run } from '../support/run.js';

/** The types of contracts and bindings, as the built package has them, with the libraries' own types. */

const root = fileURLToPath(new URL('../../', import.meta.url));

test('names, arguments and answers follow from the contract or the event maps', async () => {
  const { folder } = inject('frameworks');
  const types = join(folder, 'types');
  await cp(fileURLToPath(new URL('fixtures/types/', import.meta.url)), types, { recursive: true });
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  for (const [name, target] of [
    ['holdfast', root],
    ['socket.io', join(root, 'node_modules/socket.io')],
  ] as const)
    await symlink(target, join(folder, 'node_modules', name)).catch(() => {});
  const { code, stdout } = await run(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', types, '--pretty', 'false'],
    folder,
  );
  expect(stdout).toBe('');
  expect(code).toBe(0);
});
