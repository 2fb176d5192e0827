import type { Stage } from './fixture.js';
import { type Kind, kinds } from './messages.js';
import type { Outcome, Scenario, Target } from './scenario.js';
import { alternateWarm, type Commuter, type Count, costMs, countOf, withCommuters } from './traffic.js';

/** What a message costs the main thread of a page, in Chromium: on its way out and on its way in. */

/** Messages in one round. */
const counts: Readonly<Record<Kind, Count>> = {
  small: { full: 4_000, quick: 2_000 },
  large: { full: 3, quick: 2 },
  binary: { full: 8, quick: 4 },
};

/** In a page: sends so many messages, a hundred in each turn, until the server has read the last one. */
async function sendMany({ kind, count }: { kind: Kind; count: number }): Promise<void> {
  const { traffic, messages } = window;
  const make = messages[kind];
  for (let id = 0; id < count; id += 1) {
    traffic.emit(make(id));
    if (id % 100 === 99) await new Promise((resolve) => setTimeout(resolve));
  }
  await traffic.ask('the end?');
}

/** In a page: asks for so many messages, and waits for the last one. */
function takeMany({ kind, count }: { kind: Kind; count: number }): Promise<void> {
  const { traffic } = window;
  return new Promise((resolve) => {
    let taken = 0;
    traffic.take = () => {
      taken += 1;
      if (taken === count) resolve();
    };
    traffic.flood(kind, count);
  });
}

type Act = typeof sendMany | typeof takeMany;

/** Microseconds of the main thread for each message. */
function costs(stage: Stage, act: Act, kind: Kind): Promise<Outcome> {
  const count = countOf(stage, counts[kind]);
  return withCommuters(stage, (commuters) => {
    const measure = (commuter: Commuter) => async (): Promise<number> =>
      ((await costMs(commuter, () => commuter.page.evaluate(act, { kind, count }))) * 1_000) / count;
    return alternateWarm(stage.rounds, {
      holdfast: measure(commuters.holdfast),
      official: measure(commuters.official),
      bare: measure(commuters.bare),
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
  about: `main-thread CPU time to ${way === 'emit' ? 'send' : 'take'} a message with ${contents[kind]}, over WebSocket`,
  target: targets[kind],
  run: (stage) => costs(stage, way === 'emit' ? sendMany : takeMany, kind),
});

export const messaging: readonly Scenario[] = [
  ...kinds.map((kind) => scenario(kind, 'emit')),
  ...kinds.map((kind) => scenario(kind, 'receive')),
];
