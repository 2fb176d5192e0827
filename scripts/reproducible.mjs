// Two builds of the same sources are the same bytes, wherever they are made.
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root, run } from './run.mjs';

const SOURCES = [
  'src',
  'scripts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'rollup.config.mjs',
  'README.md',
];
/** What becomes part of the bundles: their paths are in the source maps. */
const BUNDLED = ['engine.io-client', 'engine.io-parser', 'component-emitter', '@socket.io/component-emitter'];

/** @param {string} folder Links all packages, but has those of its own that the bundles are made of. */
async function furnish(folder) {
  for (const path of SOURCES) await cp(`${root}${path}`, join(folder, path), { recursive: true });
  for (const name of BUNDLED) {
    await cp(`${root}node_modules/${name}`, join(folder, 'node_modules', name), { recursive: true });
  }
  for (const name of await readdir(`${root}node_modules`)) {
    const scoped = name.startsWith('@') ? await readdir(`${root}node_modules/${name}`) : [''];
    for (const inner of scoped) {
      const path = join('node_modules', name, inner);
      if (BUNDLED.includes([name, inner].filter(Boolean).join('/'))) continue;
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await symlink(join(root, path), join(folder, path));
    }
  }
}

/** @param {string} folder @returns {Promise<Map<string, string>>} The hash of each file, by its path. */
async function hashes(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  /** @type {[string, string][]} */
  const hashed = await Promise.all(
    files.map(async (file) => [
      file.slice(folder.length + 1),
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    ]),
  );
  return new Map(hashed);
}

/** @returns {Promise<{ code: number, output: string }>} Whether a build elsewhere gives what dist has. */
export async function checkReproducible() {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-again-'));
  try {
    await furnish(folder);
    const { code, output } = await run(process.execPath, [join(folder, 'scripts/build.mjs')], {
      quiet: true,
    });
    if (code !== 0) return { code, output };
    const [here, there] = await Promise.all([hashes(`${root}dist`), hashes(join(folder, 'dist'))]);
    const paths = [...new Set([...here.keys(), ...there.keys()])].sort();
    const differing = paths.filter((path) => here.get(path) !== there.get(path));
    return {
      code: differing.length === 0 ? 0 : 1,
      output: `A second build differs from dist in ${differing.length} of ${paths.length} files:\n${differing.join('\n')}`,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
