import { parseArgs } from 'node:util';
import { complaint, record } from './budget.js';
import { startEnvironment } from './environment.js';
import type { Row } from './figures.js';
import { printedTable, readRows, writeDocs, writeJson } from './report.js';
import { runAll } from './run-scenarios.js';
import type { Scenario } from './scenario.js';
import { all } from './scenarios.js';

/** Rounds per scenario: of a quick check, and of a run whose results are published. */
const rounds = { quick: 5, full: 15 };

function chosen(names: readonly string[]): readonly Scenario[] {
  const unknown = names.filter((name) => !all.some((scenario) => scenario.name.startsWith(name)));
  if (unknown.length > 0) {
    console.error(`No scenario begins with ${unknown.join(' or ')}. There are:`);
    for (const { name, about } of all) console.error(`  ${name.padEnd(20)} ${about}`);
    process.exit(2);
  }
  return names.length === 0 ? all : all.filter((one) => names.some((name) => one.name.startsWith(name)));
}

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    /** Fails if a ratio exceeds the one recorded for a quick run. */
    budget: { type: 'boolean', default: false },
    /** Records the ratios and all sizes. */
    record: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const { quick } = values;
if ((values.budget || values.record) && !quick) {
  console.error('Budgets apply to quick runs: add --quick.');
  process.exit(2);
}

const scenarios = chosen(positionals);
const environment = await startEnvironment();
const run = (which: readonly Scenario[], roundsOfEach: number): Promise<Row[]> =>
  runAll(which, environment, roundsOfEach, quick);
try {
  const rows = await run(scenarios, quick && !values.record ? rounds.quick : rounds.full);
  console.log(`\n${printedTable(rows)}\n`);
  if (!quick) {
    const versions = `Node ${process.versions.node}, Chromium ${environment.browser.version()}`;
    await writeJson(rows, all, `${rounds.full} rounds, ${versions}`);
    await writeDocs(await readRows(all));
  }
  if (values.record) await record(rows, all);
  if (values.budget) {
    const found = await complaint(rows, (behind) => {
      console.log(`Worse than the recorded ratio, measuring again: ${behind.join(', ')}`);
      const again = scenarios.filter(({ name }) => behind.includes(name));
      return run(again, rounds.full);
    });
    console.log(found ?? 'All ratios are within their budgets.');
    if (found) process.exitCode = 1;
  }
} finally {
  await environment.close();
}
// Abandoned connections keep their timers for half a minute.
process.exit();
