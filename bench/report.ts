import { readFile, writeFile } from 'node:fs/promises';
import { root } from './environment.js';
import { judged, type Row } from './figures.js';
import { drawRatios } from './ratio-plot.js';
import type { Scenario, Side } from './scenario.js';

/** Writes the results of a run: the printed table, bench/latest.json and docs/performance.md. */

const heads = ['scenario', 'unit', 'holdfast', 'official', 'bare', 'ratio (quartiles)', 'target', ''];

/** Three significant digits are enough. */
const shown = (figure: number): string =>
  figure.toLocaleString('en-US', { maximumFractionDigits: figure < 10 ? 2 : figure < 100 ? 1 : 0 });

function cells({ scenario, medians, notes, ratio, spread, bareRatio, met }: Row): string[] {
  const { name, unit, target, bare, against } = scenario;
  const figure = (side: Side): string =>
    medians[side] === null ? (notes[side] ?? '–') : shown(medians[side]);
  const bareFigure = medians.bare === null ? '–' : bare ? `${figure('bare')} (${bare})` : figure('bare');
  const quartiles = spread ? ` (${spread[0].toFixed(2)}–${spread[1].toFixed(2)})` : '';
  const wanted = [
    ...(target.figure !== undefined ? [`≤ ${target.figure.toLocaleString('en-US')} ${unit}`] : []),
    ...(target.ratio !== undefined ? [`≤ ${target.ratio} × ${against === 'bare' ? bare : 'official'}`] : []),
    ...(target.bareRatio !== undefined
      ? [`≤ ${target.bareRatio} × bare (is ${bareRatio?.toFixed(2) ?? 'none'})`]
      : []),
  ];
  return [
    name,
    unit,
    figure('holdfast'),
    figure('official'),
    bareFigure,
    ratio === null ? '–' : `${ratio.toFixed(2)}${quartiles}`,
    wanted.join(', ') || '–',
    met === null ? '–' : met ? 'met' : 'missed',
  ];
}

export function printedTable(rows: readonly Row[]): string {
  const table = [heads, ...rows.map(cells)];
  const widths = heads.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What bench/latest.json keeps of one scenario. */
interface Entry extends Readonly<Record<Side, number | null>> {
  readonly scenario: string;
  readonly unit: string;
  readonly ratio: number | null;
  readonly spread: Row['spread'];
  readonly notes: Row['notes'];
  /** How it was measured. */
  readonly run: string;
}

const file = new URL('bench/latest.json', root);
const readEntries = async (): Promise<Entry[]> => JSON.parse(await readFile(file, 'utf8'));

/** Keeps earlier results of other scenarios. */
export async function writeJson(
  rows: readonly Row[],
  scenarios: readonly Scenario[],
  run: string,
): Promise<void> {
  const earlier = await readEntries();
  const newest = rows.map(
    ({ scenario: { name, unit }, medians, ratio, spread, notes }): Entry => ({
      scenario: name,
      unit,
      ...medians,
      ratio,
      spread,
      notes,
      run,
    }),
  );
  const entries = scenarios.flatMap(({ name }) => {
    const entry = [...newest, ...earlier].find(({ scenario }) => scenario === name);
    return entry ? [entry] : [];
  });
  // Like the formatter: two quartiles in one line.
  const text = JSON.stringify(entries, null, 2).replace(/\[\s+([\d.]+),\s+([\d.]+)\s+\]/g, '[$1, $2]');
  await writeFile(file, `${text}\n`);
}

/** The newest result of each scenario, and how it was measured. */
export async function readRows(scenarios: readonly Scenario[]): Promise<Results> {
  const entries = await readEntries();
  const rows = scenarios.flatMap((scenario) => {
    const entry = entries.find((one) => one.scenario === scenario.name);
    return entry ? [judged(scenario, entry, entry.spread, entry.notes)] : [];
  });
  return { rows, runs: [...new Set(entries.map(({ run }) => run))] };
}

export interface Results {
  readonly rows: readonly Row[];
  readonly runs: readonly string[];
}

const begin = '<!-- written by npm run bench: begin -->';
const end = '<!-- written by npm run bench: end -->';
const page = new URL('docs/performance.md', root);

/** The text of docs/performance.md with its results replaced by these. */
export async function withResults({ rows, runs }: Results): Promise<string> {
  const text = await readFile(page, 'utf8');
  const [before, rest = ''] = text.split(begin);
  const after = rest.split(end)[1];
  if (after === undefined) throw new Error(`docs/performance.md lacks the marks "${begin}" and "${end}".`);
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const generated = [
    begin,
    '',
    `The newest result of each scenario: ${runs.join('; ')}.`,
    '',
    line(heads),
    line(heads.map((_, column) => (column > 1 && column < 6 ? '--:' : '---'))),
    ...rows.map((row) => line(cells(row).map((cell, column) => (column === 0 ? `\`${cell}\`` : cell)))),
    '',
    ...rows.map(({ scenario }) => `- \`${scenario.name}\`: ${scenario.about}.`),
    '',
    end,
  ];
  return `${before}${generated.join('\n')}${after}`;
}

/** Writes the results between the two marks in docs/performance.md, and draws their ratios. */
export async function writeDocs(results: Results): Promise<void> {
  await writeFile(page, await withResults(results));
  await drawRatios(results.rows);
}
