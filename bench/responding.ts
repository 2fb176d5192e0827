import type { Scenario, Side } from './scenario.js';
import { alternateWarm, type Count, countOf, withCommuters } from './traffic.js';

/** How long a page waits for its connection: for answers, and for its main thread while much comes in. */

/** In a page: microseconds from a question to its answer, one question after the other. */
async function answerUs(count: number): Promise<number> {
  const { traffic } = window;
  const startedMs = performance.now();
  for (let id = 0; id < count; id += 1) await traffic.ask({ id, text: 'How are you?' });
  return ((performance.now() - startedMs) * 1_000) / count;
}

/** In a page: the longest time, in milliseconds, for which a timer waited while so many messages came in. */
async function longestBlockMs(count: number): Promise<number> {
  const { traffic } = window;
  let taken = 0;
  traffic.take = () => {
    taken += 1;
  };
  traffic.flood('small', count);
  let longestMs = 0;
  while (taken < count) {
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
  return (stage) =>
    withCommuters(stage, (commuters) => {
      const count = countOf(stage, counts);
      const measure = (side: Side) => () => commuters[side].page.evaluate(act, count);
      return alternateWarm(stage.rounds, Object.fromEntries(sides.map((side) => [side, measure(side)])));
    });
}

export const responding: readonly Scenario[] = [
  {
    name: 'roundtrip',
    unit: 'µs',
    about: 'from an emit to its acknowledgement, on the same machine, one after the other',
    target: { ratio: 1 },
    unsteady: 'of the few hundred microseconds of a trip, most are spent waiting for other processes',
    run: timed(answerUs, trips, ['holdfast', 'official', 'bare']),
  },
  {
    name: 'longtask',
    unit: 'ms',
    about:
      'the longest time for which a timer of the page waits while 50,000 small messages come in (quick: 6,000)',
    target: { ratio: 1 },
    unsteady: 'one wait that is the longest of thousands is chance',
    // A round takes seconds: without the bare WebSocket there is time for enough of them.
    run: timed(longestBlockMs, arrivals, ['holdfast', 'official']),
  },
];
