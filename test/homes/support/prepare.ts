import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { installTools, npm } from '../../support/tools.js';

/**
 * Packs the package as a release does, and installs it as a user does, in a folder outside the source tree. The parent
 * folder contains bundlers, compilers and test runners, which are installed only once for each content of their lock file.
 */

declare module 'vitest' {
  interface ProvidedContext {
    project: InstalledProject;
  }
}

export interface InstalledProject {
  /** A project with the fixtures, and the package in its node_modules. */
  readonly folder: string;
  /** A folder whose node_modules contains the tools. */
  readonly tools: string;
  /** A folder whose node_modules contains the runtimes. */
  readonly runtimes: string;
  /** The paths in the tarball. */
  readonly packed: readonly string[];
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

export default async function prepare(project: TestProject): Promise<() => Promise<void>> {
  const tools = await installTools(fixtures, 'holdfast-homes');
  const runtimes = await installTools(join(fixtures, 'runtimes'), 'holdfast-runtimes');
  const folder = await mkdtemp(join(tools, 'project-'));
  for (const name of ['browsers', 'builders', 'official', 'programs', 'runtimes', 'tests', 'types']) {
    await cp(join(fixtures, name), join(folder, name), { recursive: true });
  }
  await cp(join(fixtures, 'project.json'), join(folder, 'package.json'));
  const packed = await install(folder);
  project.provide('project', { folder, tools, runtimes, packed });
  return () => rm(folder, { recursive: true, force: true });
}

/** @returns the paths in the tarball */
async function install(folder: string): Promise<string[]> {
  const { stdout } = await npm(root, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder);
  const [tarball] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  const install = (at: string, what: string): Promise<unknown> =>
    npm(at, 'install', '--no-audit', '--no-fund', '--prefer-offline', what);
  await install(folder, `./${tarball.filename}`);
  // A program that uses it instead of the official client.
  await install(join(folder, 'official'), `socket.io-client@file:../${tarball.filename}`);
  return tarball.files.map(({ path }) => path);
}
