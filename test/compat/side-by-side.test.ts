import * as official from 'socket.io-client';
import { describe, test } from 'vitest';
import * as holdfast from '../../src/index.js';
import { type Difference, differences } from './differences.js';
import { deliveryDifferences } from './differences-delivery.js';
import { type Client, type Fixture, play, type Recording, type Scenario } from './record.js';
import { acks } from './scenarios/acks.js';
import { closing } from './scenarios/closing.js';
import { connecting } from './scenarios/connecting.js';
import { listening } from './scenarios/listening.js';
import { managing, recovering } from './scenarios/manager.js';
import { namespaces } from './scenarios/namespaces.js';
import { reconnecting } from './scenarios/reconnecting.js';
import { sending } from './scenarios/sending.js';

/** The same program with both clients: the program and the server must see the same events, in the same order. */

const chapters: Record<string, Scenario[]> = {
  connecting,
  closing,
  reconnecting,
  acks,
  sending,
  listening,
  namespaces,
  managing,
  recovering,
};

/** A closed connection takes a moment to leave the server: waits until their number is stable. */
async function rested(fixture: Fixture): Promise<void> {
  const connections = (): number => {
    try {
      return fixture.server.io.engine.clientsCount;
    } catch {
      // The scenario has stopped its server.
      return 0;
    }
  };
  const counts: number[] = [];
  for (let tries = 0; tries < 20 && connections() > 0; tries++) {
    counts.push(connections());
    if (counts.length >= 4 && new Set(counts.slice(-4)).size === 1) return;
    await fixture.settle();
  }
}

for (const [chapter, scenarios] of Object.entries(chapters)) {
  describe.concurrent(chapter, () => {
    for (const scenario of scenarios) {
      test(scenario.name, async ({ expect }) => {
        const toItsEnd: Scenario = {
          ...scenario,
          run: async (fixture) => {
            await scenario.run(fixture);
            await rested(fixture);
          },
        };
        const [ours, theirs] = await Promise.all([
          play(holdfast as unknown as Client, toItsEnd),
          play(official, toItsEnd),
        ]);
        const ended = theirs.program.filter((entry) => entry.startsWith('the scenario ended with'));
        expect(ended, 'the scenario itself').toEqual([]);
        expect(ours).toEqual(theirs);
      });
    }
  });
}

/** The part of a log that the difference is about. */
function about({ about: prefix }: Difference, { program, server }: Recording): string[] {
  return [...program, ...server].filter((entry) => entry.startsWith(prefix));
}

// One after the other: two of them change what belongs to the whole process.
describe('different on purpose', () => {
  for (const difference of [...differences, ...deliveryDifferences]) {
    test(`${difference.name}. ${difference.reason}`, async ({ expect }) => {
      expect(about(difference, await play(official, difference))).toEqual(difference.official);
      expect(about(difference, await play(holdfast as unknown as Client, difference))).toEqual(
        difference.holdfast,
      );
    });
  }
});
