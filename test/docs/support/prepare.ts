import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { installTools } from '../../support/tools.js';
import { excused } from './blocks.js';

/** Prepares the document tests: a folder with the frameworks, and a note on blocks that do not run. */

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder of this run, below the frameworks. */
    workshop: string;
  }
}

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

export default async function prepare(project: TestProject): Promise<() => Promise<void>> {
  for (const excuse of excused()) console.log(`holdfast: a block that is not run here: ${excuse}`);
  const tools = await installTools(fixtures, 'holdfast-docs');
  const workshop = await mkdtemp(join(tools, 'workshop-'));
  await cp(join(fixtures, 'entries'), workshop, { recursive: true });
  project.provide('workshop', workshop);
  return () => rm(workshop, { recursive: true, force: true });
}
