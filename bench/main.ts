import { parseArgs } from 'node:util';
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

async function play(scenario: Scenario, stage: Stage): Promise<Row> {
  const startedMs = performance.now();
  console.log(`${scenario.name}: ${scenario.about}`);
  const row = rowOf(scenario, await scenario.run(stage));
  await stage.clear();
  console.log(`  ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return row;
}

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const scenarios = chosen(positionals);
const stage = await openStage(values.quick);
const rows: Row[] = [];
try {
  for (const scenario of scenarios) rows.push(await play(scenario, stage));
} finally {
  await stage.close();
}
console.log(`\n${printedTable(rows)}\n`);
await writeJson(rows);
if (scenarios === all && !values.quick) {
  const versions = `Node ${process.versions.node}, Chromium ${stage.browserVersion}`;
  await writeDocs(rows, `The newest full run: ${stage.rounds} rounds, ${versions}.`);
}
