import { parseArgs } from 'node:util';
import { within } from '../test/support/waiting.js';
import { crowd } from './crowd-scenario.js';
import { cycles } from './cycles.js';
import { type Row, rowOf } from './figures.js';
import { opening } from './opening.js';
import { recovering } from './recovering.js';
import { printedTable, writeDocs, writeJson } from './report.js';
import type { Scenario } from './scenario.js';
import { openStage, type Stage } from './stage.js';

const all: readonly Scenario[] = [...opening, ...recovering, cycles, crowd];

function chosen(names: readonly string[]): readonly Scenario[] {
  const unknown = names.filter((name) => !all.some((scenario) => scenario.name.startsWith(name)));
  if (unknown.length > 0) {
    console.error(`No scenario begins with ${unknown.join(' or ')}. There are:`);
    for (const { name, about } of all) console.error(`  ${name.padEnd(20)} ${about}`);
    process.exit(2);
  }
  return names.length === 0 ? all : all.filter((one) => names.some((name) => one.name.startsWith(name)));
}

/** A scenario in which a client does not do its work must end, too. */
const limitMs = 300_000;

async function play(scenario: Scenario, stage: Stage): Promise<Row | undefined> {
  const startedMs = performance.now();
  console.log(`${scenario.name}: ${scenario.about}`);
  try {
    const row = rowOf(scenario, await within(scenario.run(stage), `the end of ${scenario.name}`, limitMs));
    console.log(`  ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
    return row;
  } catch (error) {
    console.error(`  failed: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
    return undefined;
  } finally {
    await stage.clear();
  }
}

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const scenarios = chosen(positionals);
const stage = await openStage(values.quick);
const rows: Row[] = [];
try {
  for (const scenario of scenarios)
    rows.push(...[await play(scenario, stage)].filter((row) => row !== undefined));
} finally {
  await stage.close();
}
console.log(`\n${printedTable(rows)}\n`);
await writeJson(rows);
if (rows.length === all.length && !values.quick) {
  const versions = `Node ${process.versions.node}, Chromium ${stage.browserVersion}`;
  await writeDocs(rows, `The newest full run: ${stage.rounds} rounds, ${versions}.`);
}
