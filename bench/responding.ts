import type { Scenario, Side } from './scenario.js';
import { alternateWarm, type Count, countOf, withMeasuredPages } from './traffic.js';

/** Measures how long a page waits: for answers, and for its main thread while many messages arrive. */

/** In a page: microseconds from question to answer, asking one question at a time. */
async function answerUs(count: number): Promise<number> {
  const { traffic } = window;
  const startedMs = performance.now();
  for (let id = 0; id < count; id += 1) await traffic.ask({ id, text: 'How are you?' });
  return ((performance.now() - startedMs) * 1_000) / count;
}

/** In a page: the longest delay of a timer, in milliseconds, while `count` messages arrive. */
async function longestBlockMs(count: number): Promise<number> {
  const { traffic } = window;
  let received = 0;
  traffic.receive = () => {
    received += 1;
  };
  traffic.flood('small', count);
  let longestMs = 0;
  while (received < count) {
    const startedMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve));
    longestMs = Math.max(longestMs, performance.now() - startedMs);
  }
  return longestMs;
}

const trips: Count = { full: 200, quick: 100 };
const arrivals: Count = { full: 50_000, quick: 6_000 };

function timed(
  act: (count: number) => Promise<number>,
  counts: Count,
  sides: readonly Side[],
): Scenario['run'] {
  return (fixture) =>
    withMeasuredPages(fixture, (pages) => {
      const count = countOf(fixture, counts);
      const measure = (side: Side) => () => pages[side].page.evaluate(act, count);
      return alternateWarm(fixture.rounds, Object.fromEntries(sides.map((side) => [side, measure(side)])));
    });
}

export const responding: readonly Scenario[] = [
  {
    name: 'roundtrip',
    unit: 'µs',
    about: 'from an emit to its acknowledgement, on the same machine, one at a time',
    target: { ratio: 1 },
    unsteady: 'most of the few hundred microseconds of a round trip are spent waiting for other processes',
    run: timed(answerUs, trips, ['holdfast', 'official', 'bare']),
  },
  {
    name: 'longtask',
    unit: 'ms',
    about: 'the longest delay of a timer in the page while 50,000 small messages arrive (quick: 6,000)',
    target: { ratio: 1 },
    unsteady: 'the longest of thousands of delays is random',
    // A round takes seconds: leaving out the bare WebSocket leaves time for enough rounds.
    run: timed(longestBlockMs, arrivals, ['holdfast', 'official']),
  },
];
