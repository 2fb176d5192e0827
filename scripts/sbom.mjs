// The software bill of materials: the package and its run-time dependencies. Argument: the file to write.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, npm, root } from './run.mjs';

const [target] = process.argv.slice(2);
if (target === undefined) fail('Usage: node scripts/sbom.mjs FILE');

const parent = await mkdtemp(join(tmpdir(), 'holdfast-sbom-'));
try {
  const { name, version, license, description, author, dependencies } = JSON.parse(
    await readFile(`${root}package.json`, 'utf8'),
  );
  // npm takes the name from the folder, and omits packages that a development dependency also needs: here there are none.
  const folder = join(parent, name);
  await mkdir(folder);
  const manifest = { name, version, license, description, author, dependencies };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  // Keep the versions of the lock file; remove packages that only development needs.
  await cp(`${root}package-lock.json`, join(folder, 'package-lock.json'));
  const options = { cwd: folder, quiet: true };
  const locked = await npm(
    ['install', '--package-lock-only', '--ignore-scripts', '--prefer-offline'],
    options,
  );
  if (locked.code !== 0) fail(locked.output);
  const bill = await npm(['sbom', '--package-lock-only', '--sbom-format=cyclonedx'], options);
  if (bill.code !== 0) fail(bill.output);
  await writeFile(target, bill.stdout);
} finally {
  await rm(parent, { recursive: true, force: true });
}
