import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { programs, runOnce, starts } from './tabs/run.js';

/**
 * Tabs that share a connection, over simulated locks, channels and networks: one leader for each epoch, every emit ends once, those of a tab
 * arrive in order and once, what is acknowledged has arrived, and what a tab misses it is told.
 *
 * HOLDFAST_MODEL and HOLDFAST_MODEL_SEED as for the other models.
 */
const { HOLDFAST_MODEL, HOLDFAST_MODEL_SEED } = process.env;
const runs = Number(HOLDFAST_MODEL ?? 5_000);
const seed =
  HOLDFAST_MODEL_SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(HOLDFAST_MODEL_SEED ?? 1);

const uncaught: unknown[] = [];
beforeAll(() => {
  Object.assign(globalThis, { reportError: (error: unknown) => uncaught.push(error) });
});
afterAll(() => {
  Reflect.deleteProperty(globalThis, 'reportError');
});

/** Events that must occur in some runs, or the runs are useless. */
const EXPECTED = ['leader', 'follower', 'acknowledged', 'recoveries', 'gaps', 'answers', 'DISCONNECTED true'];

test(`tabs keep their guarantees, in ${runs.toLocaleString('en')} runs`, {
  timeout: runs * 50 + 60_000,
}, async () => {
  const tally: Record<string, number> = {};
  const started = performance.now();
  await fc.assert(
    fc.asyncProperty(starts, programs, async (start, ops) => {
      uncaught.length = 0;
      const run = await runOnce(start, ops);
      for (const [what, times] of Object.entries(run.tally)) tally[what] = (tally[what] ?? 0) + times;
      expect(uncaught).toEqual([]);
    }),
    { numRuns: runs, seed },
  );
  console.log(`${((performance.now() - started) / 1_000).toFixed(1)} s:`, tally);
  if (runs >= 1_000) expect(EXPECTED.filter((what) => !tally[what])).toEqual([]);
});
