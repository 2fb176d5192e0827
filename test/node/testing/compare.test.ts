import { expect, test } from 'vitest';
import { behaviours } from './behaviours.js';
import { behavioursOfApps } from './behaviours-of-apps.js';
import { behavioursOfDetails } from './behaviours-of-details.js';
import { type ClientKind, type ServerKind, setStage } from './stage.js';
import type { Behaviour } from './tools.js';

/** The same handlers and clients, on an in-memory server and on a real one. */

const all: Readonly<Record<string, Behaviour>> = {
  ...behaviours,
  ...behavioursOfApps,
  ...behavioursOfDetails,
};

async function outcomeOf(name: string, server: ServerKind, client: ClientKind): Promise<unknown> {
  const { options = {}, play } = all[name] as Behaviour;
  const stage = await setStage(server, client, options);
  try {
    return JSON.parse(JSON.stringify((await play(stage)) ?? null));
  } finally {
    await stage.close();
  }
}

test('there are enough comparisons', () => {
  const files = [behaviours, behavioursOfApps, behavioursOfDetails];
  expect(Object.keys(all).length).toBe(files.reduce((count, file) => count + Object.keys(file).length, 0));
  expect(Object.keys(all).length).toBeGreaterThanOrEqual(60);
});

test.concurrent.each(
  Object.keys(all).flatMap((name) => [[name, 'holdfast'] as const, [name, 'official'] as const]),
)(
  '%s (%s)',
  async (name, client) => {
    const [memory, real] = await Promise.all([
      outcomeOf(name, 'memory', client),
      outcomeOf(name, 'real', client),
    ]);
    expect(memory).toEqual(real);
    expect(real).not.toBeNull();
  },
  60_000,
);
