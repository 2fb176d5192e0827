import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { type Outcome, run } from './run.js';

/**
 * Before all homes: packs the package as a release does, and installs it as a user does, into a folder that has nothing of
 * the source tree. Bundlers, compilers and test runners are found in the folder above; they are installed only once for
 * each state of their lock file.
 */

declare module 'vitest' {
  interface ProvidedContext {
    home: Home;
  }
}

export interface Home {
  /** A project with the fixtures, and the package in its node_modules. */
  readonly folder: string;
  /** Where the tools are: a folder with node_modules. */
  readonly tools: string;
  /** The paths in the tarball. */
  readonly packed: readonly string[];
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

export default async function prepare(project: TestProject): Promise<() => Promise<void>> {
  const tools = await installTools();
  const folder = await mkdtemp(join(tools, 'home-'));
  for (const name of ['browsers', 'builders', 'programs', 'tests', 'types']) {
    await cp(join(fixtures, name), join(folder, name), { recursive: true });
  }
  await cp(join(fixtures, 'home.json'), join(folder, 'package.json'));
  const packed = await install(folder);
  project.provide('home', { folder, tools, packed });
  return () => rm(folder, { recursive: true, force: true });
}

async function installTools(): Promise<string> {
  const lock = await readFile(join(fixtures, 'package-lock.json'));
  // Not below this project, where every import would find the project's own packages as well.
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'holdfast-homes');
  const tools = join(cache, createHash('sha256').update(lock).digest('hex').slice(0, 16));
  if (existsSync(tools)) return tools;
  console.log(
    'holdfast: installing the bundlers, compilers and test runners of test/homes/fixtures (npm ci)',
  );
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, 'unfinished-'));
  try {
    for (const name of ['package.json', 'package-lock.json']) {
      await cp(join(fixtures, name), join(unfinished, name));
    }
    await npm(unfinished, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline');
    await rename(unfinished, tools);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another run may have been quicker.
    if (!existsSync(tools)) throw error;
  }
  return tools;
}

/** @returns the paths in the tarball */
async function install(folder: string): Promise<string[]> {
  const { stdout } = await npm(root, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder);
  const [tarball] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  await npm(folder, 'install', '--no-audit', '--no-fund', '--prefer-offline', `./${tarball.filename}`);
  return tarball.files.map(({ path }) => path);
}

/** The npm that started the tests, if there was one. */
async function npm(cwd: string, ...args: string[]): Promise<Outcome> {
  const own = process.env.npm_execpath;
  const outcome = own?.endsWith('.js')
    ? await run(process.execPath, [own, ...args], cwd)
    : await run('npm', args, cwd);
  if (outcome.code !== 0) throw new Error(`npm ${args[0]} failed:\n${outcome.stderr}`);
  return outcome;
}
