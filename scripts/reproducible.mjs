// Checks that two builds of the same sources have the same bytes, in any folder.
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root, run } from './run.mjs';

const SOURCES = [
  'src',
  'scripts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.node.json',
  'rollup.config.mjs',
  'docs/integrity.md',
];
const BUILT = ['dist', 'build'];

/** @param {string} folder */
async function furnish(folder) {
  for (const path of SOURCES) await cp(`${root}${path}`, join(folder, path), { recursive: true });
  await symlink(`${root}node_modules`, join(folder, 'node_modules'));
}

/** @param {string} folder @returns {Promise<Map<string, string>>} The hash of each built file, by its path. */
async function hashes(folder) {
  const hashed = new Map();
  for (const built of BUILT) {
    for (const entry of await readdir(join(folder, built), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const hash = createHash('sha256').update(await readFile(file));
      hashed.set(relative(folder, file), hash.digest('hex'));
    }
  }
  return hashed;
}

/** @returns {Promise<{ code: number, output: string }>} Whether a build elsewhere equals dist. */
export async function checkReproducible() {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-again-'));
  try {
    await furnish(folder);
    const { code, output } = await run(process.execPath, [join(folder, 'scripts/build.mjs')], {
      quiet: true,
    });
    if (code !== 0) return { code, output };
    const [here, there] = await Promise.all([hashes(root), hashes(folder)]);
    const paths = [...new Set([...here.keys(), ...there.keys()])].sort();
    const differing = paths.filter((path) => here.get(path) !== there.get(path));
    return {
      code: differing.length === 0 ? 0 : 1,
      output: `A second build differs in ${differing.length} of ${paths.length} files:\n${differing.join('\n')}`,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
