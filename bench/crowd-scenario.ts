import { awayMs, type Calls, clients, histogram, holdfastCalls, officialCrowd, randomFrom } from './crowd.js';
import { drawCrowd } from './crowd-plot.js';
import type { Scenario } from './scenario.js';

const spanMs = 100;
const shownMs = 40_000;
const seeds = { holdfast: 1, official: 2 };

/** In a quick run, each simulated client counts this many times. */
const quickWeight = 5;

/** Counts the attempts in each span of time. */
const crowdOf = (life: () => Calls, weight: number): number[] =>
  histogram(Array.from({ length: clients / weight }, life), spanMs, shownMs).map((calls) => calls * weight);

const peakAfterReturn = (counts: readonly number[]): number => Math.max(...counts.slice(awayMs / spanMs));

export const crowd: Scenario = {
  name: 'crowd.100000',
  unit: 'per 100 ms',
  about:
    'simulated: a server with 100,000 clients is down for 30 s; the most attempts within 100 ms after its return (quick: every fifth client, counted five times)',
  target: { ratio: 0.3 },
  async run({ quick }) {
    const random = randomFrom(seeds.holdfast);
    const weight = quick ? quickWeight : 1;
    const holdfast = crowdOf(() => holdfastCalls(random), weight);
    const official = crowdOf(officialCrowd(randomFrom(seeds.official)), weight);
    if (!quick) await drawCrowd({ spanMs, awayMs, clients, holdfast, official });
    return { holdfast: [[peakAfterReturn(holdfast)]], official: [[peakAfterReturn(official)]] };
  },
};
