import { expect, test } from 'vitest';
import { fuzz } from './fuzzer.js';

/**
 * HOLDFAST_FUZZ: the number of mutations, 200,000 by default. HOLDFAST_FUZZ_SEED: the seed, a number or `random`. By default,
 * every run of the suite is the same, so that a difference shows a change.
 */
const { HOLDFAST_FUZZ, HOLDFAST_FUZZ_SEED } = process.env;
const mutations = Number(HOLDFAST_FUZZ ?? 200_000);
const seed =
  HOLDFAST_FUZZ_SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(HOLDFAST_FUZZ_SEED ?? 1);

test(`survives ${mutations.toLocaleString('en')} mutated frames`, {
  timeout: mutations * 5 + 60_000,
}, async () => {
  console.log(`Fuzzing with seed ${seed}.`);
  const started = performance.now();
  const report = await fuzz({ mutations, seed });
  const { byName, ...sums } = report;
  console.log(`${((performance.now() - started) / 1_000).toFixed(1)} s:`, sums);
  expect(report.mutations).toBe(mutations);
  expect(report.deliveries).toBeGreaterThan(mutations / 10);
});
