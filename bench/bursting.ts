import type { Fixture } from './fixture.js';
import { alternate, type Outcome, type Scenario, type Side } from './scenario.js';
import {
  type Count,
  connected,
  countOf,
  type MeasuredPage,
  withPlugins,
  withTrafficServer,
} from './traffic.js';

/** Measures a page whose listener is slower than the server: how long it shows nothing new, and when it is through. */

interface Burst {
  /** The longest time without a frame, in milliseconds. */
  readonly frames: number;
  /** Until every message was handled, in milliseconds. */
  readonly total: number;
}

/** In a page: receives `count` messages, with a listener that takes 20 microseconds for each. */
async function burst(count: number): Promise<Burst> {
  const { traffic } = window;
  let sum = 0;
  const work = (rounds: number): void => {
    for (let i = 0; i < rounds; i += 1) sum += Math.sqrt(i);
  };
  // A page's clock is too coarse for 20 µs: the work is measured in thousands.
  let rounds = 1_000;
  for (let i = 0; i < 5; i += 1) {
    const startedMs = performance.now();
    for (let times = 0; times < 1_000; times += 1) work(rounds);
    rounds = Math.max(1, Math.round((rounds * 20) / (performance.now() - startedMs)));
  }
  const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
  await frame();
  let received = 0;
  let total = 0;
  const startedMs = performance.now();
  traffic.receive = () => {
    work(rounds);
    received += 1;
    if (received === count) total = performance.now() - startedMs;
  };
  traffic.flood('small', count);
  let frames = 0;
  let lastMs = startedMs;
  while (total === 0) {
    await frame();
    const nowMs = performance.now();
    frames = Math.max(frames, nowMs - lastMs);
    lastMs = nowMs;
  }
  return { frames, total: sum > 0 ? total : 0 };
}

const arrivals: Count = { full: 50_000, quick: 10_000 };
const UNSLICED = 'holdfast without plugins';

/** Chromium prefers WebSocket messages to frames: a worker receives them. */
const sliced = withPlugins(
  { schedule: 'schedule.js', tabs: 'tabs/index.js' },
  "schedule(), tabs({ worker: '/dist/holdfast.tabs-worker.min.js' })",
);

/** In slices, with the official client, and with holdfast without plugins. */
async function pagesOf(fixture: Fixture, library: string): Promise<Readonly<Record<Side, MeasuredPage>>> {
  const addresses = { library, bare: library };
  const [holdfast, official, bare] = await Promise.all([
    connected(fixture, 'holdfast', addresses, sliced),
    connected(fixture, 'official', addresses),
    connected(fixture, 'holdfast', addresses),
  ]);
  return { holdfast, official, bare };
}

const measuring =
  (what: keyof Burst): Scenario['run'] =>
  (fixture) =>
    withTrafficServer(async ({ library }): Promise<Outcome> => {
      const pages = await pagesOf(fixture, library);
      const count = countOf(fixture, arrivals);
      const measure = (side: Side) => async () => {
        const { page } = pages[side];
        // A page behind another one has no frames.
        await page.bringToFront();
        return (await page.evaluate(burst, count))[what];
      };
      const sides = {
        holdfast: measure('holdfast'),
        official: measure('official'),
        bare: measure('bare'),
      };
      await alternate(1, sides);
      return alternate(fixture.rounds, sides);
    });

export const bursting: readonly Scenario[] = [
  {
    name: 'burst.frames',
    unit: 'ms',
    about:
      'the longest time without a frame while 50,000 messages arrive (quick: 10,000) whose listener takes 20 µs, with the plugins schedule and tabs, whose worker has the connection',
    target: { figure: 60 },
    bare: UNSLICED,
    unsteady: 'the longest of a hundred frames is random',
    run: measuring('frames'),
  },
  {
    name: 'burst.total',
    unit: 'ms',
    about: 'until all of these messages are handled',
    target: { bareRatio: 1.1 },
    unsteady: 'how often the browser paints meanwhile depends on its load',
    bare: UNSLICED,
    run: measuring('total'),
  },
];
