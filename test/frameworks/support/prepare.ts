import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { installTools } from '../../support/tools.js';

/** Prepares the framework tests: folders with the frameworks and schema libraries. */

declare module 'vitest' {
  interface ProvidedContext {
    frameworks: Frameworks;
  }
}

export interface Frameworks {
  /** A folder of this run, below the packages. */
  readonly folder: string;
  /** A folder with the oldest supported React. */
  readonly react18: string;
}

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

export default async function prepare(project: TestProject): Promise<() => Promise<void>> {
  const [tools, react18] = await Promise.all([
    installTools(fixtures, 'holdfast-frameworks'),
    installTools(join(fixtures, 'react-18'), 'holdfast-react-18'),
  ]);
  const folder = await mkdtemp(join(tools, 'run-'));
  project.provide('frameworks', { folder, react18 });
  return () => rm(folder, { recursive: true, force: true });
}
