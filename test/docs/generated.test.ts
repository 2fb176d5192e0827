import { expect, test } from 'vitest';
import { run } from '../support/run.js';
import { blocksFor, elsewhere, root } from './support/blocks.js';

/** What is written from the code and the measurements: the reference, the diagram, the figures of README. */

test('is what the code and the measurements say', async () => {
  const outcome = await run(process.execPath, ['scripts/docs.mjs', '--check'], root);
  expect(outcome.stdout + outcome.stderr).toContain('The documents are what the code says.');
  expect(outcome.code).toBe(0);
});

test('every excuse for a block that is not run has its block', () => {
  const lines = blocksFor('elsewhere').map(({ code }) => code.split('\n')[0]);
  expect(lines).toEqual(Object.keys(elsewhere));
});

test('has the one diagram that there is', () => {
  expect(blocksFor('generated').map(({ document }) => document)).toEqual(['docs/connection.md']);
});
