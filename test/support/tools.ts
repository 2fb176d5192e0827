import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, run } from './run.js';

/**
 * Installs the packages of a folder with its own lock file, once for each content of the lock file. The installation is
 * outside this project, where imports would also find the project's packages.
 *
 * @returns a folder with node_modules
 */
export async function installTools(fixtures: string, name: string): Promise<string> {
  const lock = await readFile(join(fixtures, 'package-lock.json'));
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), name);
  const tools = join(cache, createHash('sha256').update(lock).digest('hex').slice(0, 16));
  if (existsSync(tools)) return tools;
  console.log(`holdfast: installing the tools of ${name} (npm ci)`);
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, 'unfinished-'));
  try {
    for (const file of ['package.json', 'package-lock.json']) {
      await cp(join(fixtures, file), join(unfinished, file));
    }
    await npm(unfinished, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline');
    await rename(unfinished, tools);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another run may have installed them meanwhile.
    if (!existsSync(tools)) throw error;
  }
  return tools;
}

/** The npm that started the tests, if there was one. */
export async function npm(cwd: string, ...args: string[]): Promise<Outcome> {
  const own = process.env.npm_execpath;
  const outcome = own?.endsWith('.js')
    ? await run(process.execPath, [own, ...args], cwd)
    : await run('npm', args, cwd);
  if (outcome.code !== 0) throw new Error(`npm ${args[0]} failed:\n${outcome.stderr}`);
  return outcome;
}
