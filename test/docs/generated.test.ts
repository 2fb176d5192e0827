import { expect, test } from 'vitest';
import { run } from '../support/run.js';
import { blocksFor, elsewhere, read, root } from './support/blocks.js';

/** What is written from the code and the measurements: the reference, the diagrams, the figures of README. */

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

test('ARCHITECTURE.md shows the rooms as the imports have them, in at most 150 lines', async () => {
  const { roomsDiagram } = (await import(
    new URL('../../scripts/docs/rooms-diagram.mjs', import.meta.url).href
  )) as { roomsDiagram(): Promise<string> };
  const page = read('ARCHITECTURE.md');
  expect(page).toContain(
    `<!-- rooms: written by npm run docs -->\n\n${await roomsDiagram()}\n\n<!-- /rooms -->`,
  );
  expect(page.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});
