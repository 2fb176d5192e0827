import { within } from '../test/support/waiting.js';
import type { BenchEnvironment } from './environment.js';
import { type Row, rowOf } from './figures.js';
import { Fixture } from './fixture.js';
import type { Scenario } from './scenario.js';

/** Runs scenarios. Even a scenario whose client hangs must end. */
const limitMs = 300_000;

/** Runs them one after the other, so that each has the whole machine; those that only wait run together. */
export async function runAll(
  scenarios: readonly Scenario[],
  environment: BenchEnvironment,
  roundsOfEach: number,
  quick: boolean,
): Promise<Row[]> {
  const rows = new Map<Scenario, Row | undefined>();
  const run = async (scenario: Scenario): Promise<void> => {
    rows.set(scenario, await runOne(scenario, new Fixture(environment, roundsOfEach, quick)));
  };
  for (const scenario of scenarios) if (!scenario.waits) await run(scenario);
  await Promise.all(scenarios.filter(({ waits }) => waits).map(run));
  return scenarios.map((scenario) => rows.get(scenario)).filter((row) => row !== undefined);
}

async function runOne(scenario: Scenario, fixture: Fixture): Promise<Row | undefined> {
  const { name, about } = scenario;
  const startedMs = performance.now();
  console.log(`${name}: ${about}`);
  try {
    const row = rowOf(scenario, await within(scenario.run(fixture), `the end of ${name}`, limitMs));
    console.log(`  ${name}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
    return row;
  } catch (error) {
    console.error(`  ${name} failed: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
    return undefined;
  } finally {
    await fixture.clear();
  }
}
