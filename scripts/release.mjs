// npm run release: everything is checked and tested, then packed, listed and published with a provenance statement.
// With --dry-run, everything runs except the publishing, which npm only simulates. The release workflow runs it; see CONTRIBUTING.md.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, npm, root, run } from './run.mjs';

const dryRun = process.argv.includes('--dry-run');
const folder = join(root, 'release');
const { name, version, repository } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));

/** @param {string} command @param {...string} args @returns {Promise<string>} Its output. */
async function git(command, ...args) {
  const { code, stdout, output } = await run('git', [command, ...args], { quiet: true });
  if (code !== 0) fail(`release: git ${command} failed: ${output}`);
  return stdout.trim();
}

/** @param {string} when */
async function mustBeCommitted(when) {
  const changed = await git('status', '--porcelain');
  if (changed) fail(`release: ${when}, these files are not as they were committed:\n${changed}`);
}

/** @param {...string} args */
async function must(...args) {
  const { code } = await npm(args);
  if (code !== 0) fail(`release: npm ${args.join(' ')} failed.`);
}

if (!dryRun) {
  if (!repository)
    fail('release: package.json has no `repository`, by which npm checks where the build came from.');
  if (!process.env.ACTIONS_ID_TOKEN_REQUEST_URL) {
    fail(
      'release: only the release workflow can say where it builds. Here there is `npm run release -- --dry-run`.',
    );
  }
  const tags = (await git('tag', '--points-at', 'HEAD')).split('\n');
  if (!tags.includes(`v${version}`)) fail(`release: this commit is not tagged v${version}.`);
}

await mustBeCommitted('before the build');
await must('run', 'check');
// The hashes of the scripts are in docs/integrity.md, which is part of the package.
await mustBeCommitted('after the build');
await must('test');

await rm(folder, { recursive: true, force: true });
await mkdir(folder);
await must('pack', '--ignore-scripts', '--pack-destination', folder);
const tarball = join(folder, `${name}-${version}.tgz`);
const bill = join(folder, `${name}-${version}.cdx.json`);
const { code } = await run(process.execPath, [`${root}scripts/sbom.mjs`, bill]);
if (code !== 0) fail('release: there is no bill of materials.');

const sums = [];
for (const file of [tarball, bill]) {
  const hash = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  sums.push(`${hash}  ${file.slice(folder.length + 1)}\n`);
}
await writeFile(join(folder, 'SHA256SUMS'), sums.join(''));

// npm creates a provenance statement only if it can be signed.
const how = dryRun ? ['--dry-run'] : ['--provenance'];
await must('publish', tarball, '--access', 'public', '--ignore-scripts', ...how);
console.log(
  `${name} ${version}: ${dryRun ? 'ready to be published' : 'published'}; the files are in ${folder}.`,
);
