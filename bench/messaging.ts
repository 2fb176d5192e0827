import type { Fixture } from './fixture.js';
import { type Kind, kinds } from './messages.js';
import type { Outcome, Scenario, Target } from './scenario.js';
import {
  alternateWarm,
  type Count,
  costMs,
  countOf,
  type MeasuredPage,
  withMeasuredPages,
} from './traffic.js';

/** Measures the main-thread CPU time of a message in Chromium, outgoing and incoming. */

/** Messages in one round. */
const counts: Readonly<Record<Kind, Count>> = {
  small: { full: 4_000, quick: 2_000 },
  large: { full: 3, quick: 2 },
  binary: { full: 8, quick: 4 },
};

/** In a page: sends `count` messages, a hundred per task, until the server has read the last one. */
async function sendMany({ kind, count }: { kind: Kind; count: number }): Promise<void> {
  const { traffic, messages } = window;
  const make = messages[kind];
  for (let id = 0; id < count; id += 1) {
    traffic.emit(make(id));
    if (id % 100 === 99) await new Promise((resolve) => setTimeout(resolve));
  }
  await traffic.ask('the end?');
}

/** In a page: requests `count` messages, and waits for the last one. */
function receiveMany({ kind, count }: { kind: Kind; count: number }): Promise<void> {
  const { traffic } = window;
  return new Promise((resolve) => {
    let received = 0;
    traffic.receive = () => {
      received += 1;
      if (received === count) resolve();
    };
    traffic.flood(kind, count);
  });
}

type Act = typeof sendMany | typeof receiveMany;

/** Microseconds of main-thread CPU time per message. */
function costs(fixture: Fixture, act: Act, kind: Kind): Promise<Outcome> {
  const count = countOf(fixture, counts[kind]);
  return withMeasuredPages(fixture, (pages) => {
    const measure = (measured: MeasuredPage) => async (): Promise<number> =>
      ((await costMs(measured, () => measured.page.evaluate(act, { kind, count }))) * 1_000) / count;
    return alternateWarm(fixture.rounds, {
      holdfast: measure(pages.holdfast),
      official: measure(pages.official),
      bare: measure(pages.bare),
    });
  });
}

const contents: Readonly<Record<Kind, string>> = {
  small: 'a small object',
  large: '1 MB of nested JSON',
  binary: '1 MB in eight ArrayBuffers',
};

const targets: Readonly<Record<Kind, Target>> = {
  small: { ratio: 0.9, bareRatio: 1.5 },
  large: { ratio: 1, bareRatio: 1.15 },
  binary: { ratio: 1, bareRatio: 1.15 },
};

const scenario = (kind: Kind, way: 'emit' | 'receive'): Scenario => ({
  name: `${way}.${kind}`,
  unit: 'µs per message',
  about: `main-thread CPU time to ${way === 'emit' ? 'send' : 'receive'} a message with ${contents[kind]}, over WebSocket`,
  target: targets[kind],
  run: (fixture) => costs(fixture, way === 'emit' ? sendMany : receiveMany, kind),
});

export const messaging: readonly Scenario[] = [
  ...kinds.map((kind) => scenario(kind, 'emit')),
  ...kinds.map((kind) => scenario(kind, 'receive')),
];
