// Brings a fresh clone into working order: installs and builds what is missing or out of date.
// It uses only Node's own modules, because it runs before anything is installed.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fail, npm, root, run } from './run.mjs';

const OLDEST_NODE = { major: 20, minor: 19 };
/** The build writes `build` last. */
const BUILT = ['dist/types/index.d.ts', 'dist/browser/production/index.js', 'dist/holdfast.min.js', 'build'];
const BUILT_FROM = [
  'src',
  'scripts/build',
  'tsconfig.json',
  'tsconfig.build.json',
  'rollup.config.mjs',
  'package.json',
  'package-lock.json',
];

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE.major || (major === OLDEST_NODE.major && minor >= OLDEST_NODE.minor)) return;
  const oldest = `${OLDEST_NODE.major}.${OLDEST_NODE.minor}`;
  fail(`holdfast needs Node ${oldest} or newer to build and test; this is Node ${process.versions.node}.`);
}

/** @param {string} file @returns {Record<string, { version?: string, optional?: boolean, link?: boolean }>} */
function lockedPackages(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
}

/**
 * Compares npm's record of its last installation with the lock file: file dates mean nothing after a checkout.
 *
 * @param {string} [folder]
 */
function isInstalled(folder = '') {
  const noted = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(join(root, noted))) return false;
  const installed = lockedPackages(noted);
  return Object.entries(lockedPackages(join(folder, 'package-lock.json'))).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

/** @param {string} path @returns {number} The date of the newest file at or below the path, in ms. */
function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return readdirSync(path).reduce(
    (latest, name) => Math.max(latest, newest(join(path, name))),
    stats.mtimeMs,
  );
}

function isBuilt() {
  const built = BUILT.map((file) => join(root, file));
  if (!built.every((file) => existsSync(file))) return false;
  const oldestResult = Math.min(...built.map((file) => statSync(file).mtimeMs));
  return BUILT_FROM.every((path) => newest(join(root, path)) <= oldestResult);
}

export async function ensureInstalled() {
  checkNode();
  if (isInstalled()) return;
  console.log('holdfast: installing the packages of package-lock.json (npm ci)');
  await install();
}

/** A folder with its own lock file. @param {string} folder */
export async function ensureFolderInstalled(folder) {
  if (isInstalled(folder)) return;
  console.log(`holdfast: installing the packages of ${folder}/package-lock.json (npm ci)`);
  await install('--prefix', join(root, folder));
}

/** @param {string[]} where */
async function install(...where) {
  const { code } = await npm(['ci', '--include=dev', '--no-audit', '--no-fund', ...where]);
  if (code !== 0) {
    fail(
      'npm ci failed: see its message above. It needs to reach the npm registry, or a mirror set by npm config.',
    );
  }
}

export async function ensureBuilt() {
  if (isBuilt()) return;
  console.log('holdfast: building dist (npm run build)');
  const { code } = await run(process.execPath, [join(root, 'scripts/build.mjs')]);
  if (code !== 0) fail('The build failed: see the message above.');
}

export async function bootstrap() {
  await ensureInstalled();
  await ensureBuilt();
}
