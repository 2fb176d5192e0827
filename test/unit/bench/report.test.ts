import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readRows, withResults } from '../../../bench/report.js';
import { all } from '../../../bench/scenarios.js';

/** The published results: bench/latest.json, and the table generated from it. */

it('docs/performance.md shows the newest result of every scenario', async () => {
  const page = await readFile(new URL('../../../docs/performance.md', import.meta.url), 'utf8');
  expect(await withResults(await readRows(all))).toBe(page);
});
