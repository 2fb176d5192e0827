import { writeFile } from 'node:fs/promises';
import { awayMs, type Calls, clients, histogram, holdfastCalls, officialCrowd, randomFrom } from './crowd.js';
import { plotSvg } from './plot.js';
import type { Scenario } from './scenario.js';
import { root } from './stage.js';

const spanMs = 100;
const shownMs = 40_000;
const seeds = { holdfast: 1, official: 2 };

const crowdOf = (life: () => Calls): number[] =>
  histogram(Array.from({ length: clients }, life), spanMs, shownMs);

const peakAfterReturn = (counts: readonly number[]): number => Math.max(...counts.slice(awayMs / spanMs));

export const crowd: Scenario = {
  name: 'crowd.100000',
  unit: 'per 100 ms',
  about:
    'simulated: a server with 100,000 clients is away for 30 s; the most who come back to it within 100 ms',
  target: { ratio: 0.3 },
  async run() {
    const random = randomFrom(seeds.holdfast);
    const holdfast = crowdOf(() => holdfastCalls(random));
    const official = crowdOf(officialCrowd(randomFrom(seeds.official)));
    await writeFile(
      new URL('docs/crowd.svg', root),
      plotSvg({
        title: `${clients.toLocaleString('en-US')} clients of a server that is away for ${awayMs / 1000} s`,
        x: 'seconds since the server went away',
        y: `calls per ${spanMs} ms`,
        step: spanMs / 1000,
        xTicks: [0, 5, 10, 15, 20, 25, 30, 35, 40],
        yTicks: [0, 5_000, 10_000, 15_000, 20_000],
        marks: [{ at: awayMs / 1000, text: 'the server is back' }],
        series: [
          { name: 'holdfast', values: holdfast },
          { name: 'socket.io-client', values: official },
        ],
      }),
    );
    return { holdfast: [[peakAfterReturn(holdfast)]], official: [[peakAfterReturn(official)]] };
  },
};
