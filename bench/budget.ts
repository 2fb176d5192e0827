import { root } from './environment.js';
import type { Row } from './figures.js';
import type { Scenario } from './scenario.js';

/** Compares the ratios of a run with those recorded in bench/budgets.json. */

export type Ratios = Readonly<Record<string, number | null>>;

interface Budgets {
  readonly bytes: Readonly<Record<string, number>>;
  readonly ratios: Readonly<Record<string, number>>;
}

interface Scripts {
  measuredBytes(): Promise<Budgets['bytes']>;
  pastBudget(recorded: Budgets['ratios'], measured: Ratios, slack: number): string[];
  readBudgets(): Promise<Budgets>;
  readonly SLACK: Readonly<Record<keyof Budgets, number>>;
  writeBudgets(budgets: Budgets): Promise<void>;
}

// `npm run check` judges the sizes with the same functions.
const scripts: Scripts = await import(new URL('scripts/budgets.mjs', root).href);
export const pastBudget: Scripts['pastBudget'] = scripts.pastBudget;
const { measuredBytes, readBudgets, SLACK, writeBudgets } = scripts;

/** Sizes have separate budgets, in bytes. */
const isSteady = ({ unsteady, unit }: Scenario): boolean => unsteady === undefined && unit !== 'bytes';

function steadyRatios(rows: readonly Row[]): Ratios {
  return Object.fromEntries(
    rows.filter(({ scenario }) => isSteady(scenario)).map(({ scenario, ratio }) => [scenario.name, ratio]),
  );
}

/**
 * The scenarios that exceed their recorded ratio, twice in a row. A machine may be busy for a while, but code that became slow
 * stays slow.
 */
export async function behindTwice(
  recorded: Budgets['ratios'],
  measured: Ratios,
  again: (names: readonly string[]) => Promise<Ratios>,
): Promise<string[]> {
  const behind = pastBudget(recorded, measured, SLACK.ratios);
  return behind.length === 0 ? [] : pastBudget(recorded, await again(behind), SLACK.ratios);
}

/** Describes the exceeded budgets; `undefined` if all ratios are within them. */
export async function complaint(
  rows: readonly Row[],
  again: (names: readonly string[]) => Promise<readonly Row[]>,
): Promise<string | undefined> {
  const { ratios } = await readBudgets();
  const measured: Ratios[] = [steadyRatios(rows)];
  const behind = await behindTwice(ratios, steadyRatios(rows), async (names) => {
    measured.push(steadyRatios(await again(names)));
    return measured[1] ?? {};
  });
  if (behind.length === 0) return undefined;
  const shown = (ratio: number | null | undefined): string => ratio?.toPrecision(3) ?? 'none';
  return [
    `More than ${SLACK.ratios * 100} % behind the recorded ratio, twice in a row:`,
    ...behind.map(
      (name) =>
        `  ${name}: ${measured.map((one) => shown(one[name])).join(', then ')}; recorded ${shown(ratios[name])}`,
    ),
    'If this is intended, record it: npm run bench -- --quick --record NAME…',
  ].join('\n');
}

/** Records the ratios of a run, and keeps those of scenarios that did not run. */
export async function record(rows: readonly Row[], all: readonly Scenario[]): Promise<void> {
  const ratios: Ratios = { ...(await readBudgets()).ratios, ...steadyRatios(rows) };
  const recorded = all
    .filter(isSteady)
    .flatMap(({ name }) => (ratios[name] ? [[name, Number(ratios[name].toPrecision(3))]] : []));
  await writeBudgets({ bytes: await measuredBytes(), ratios: Object.fromEntries(recorded) });
}
