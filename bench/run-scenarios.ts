import { within } from '../test/support/waiting.js';
import type { Theatre } from './environment.js';
import { type Row, rowOf } from './figures.js';
import { Stage } from './fixture.js';
import type { Scenario } from './scenario.js';

/** A scenario in which a client does not do its work must end, too. */
const limitMs = 300_000;

/** One after the other, so that each has the machine for itself; those that may be disturbed play together. */
export async function playAll(
  scenarios: readonly Scenario[],
  theatre: Theatre,
  roundsOfEach: number,
  quick: boolean,
): Promise<Row[]> {
  const rows = new Map<Scenario, Row | undefined>();
  const play = async (scenario: Scenario): Promise<void> => {
    rows.set(scenario, await playOne(scenario, new Stage(theatre, roundsOfEach, quick)));
  };
  for (const scenario of scenarios) if (!scenario.waits) await play(scenario);
  await Promise.all(scenarios.filter(({ waits }) => waits).map(play));
  return scenarios.map((scenario) => rows.get(scenario)).filter((row) => row !== undefined);
}

async function playOne(scenario: Scenario, stage: Stage): Promise<Row | undefined> {
  const { name, about } = scenario;
  const startedMs = performance.now();
  console.log(`${name}: ${about}`);
  try {
    const row = rowOf(scenario, await within(scenario.run(stage), `the end of ${name}`, limitMs));
    console.log(`  ${name}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
    return row;
  } catch (error) {
    console.error(`  ${name} failed: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
    return undefined;
  } finally {
    await stage.clear();
  }
}
