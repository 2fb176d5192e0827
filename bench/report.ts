import { readFile, writeFile } from 'node:fs/promises';
import { root } from './environment.js';
import type { Row } from './figures.js';
import { drawRatios } from './ratio-plot.js';
import type { Side } from './scenario.js';

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

interface Entry extends Readonly<Record<Side, number | null>> {
  readonly scenario: string;
  readonly unit: string;
  readonly ratio: number | null;
}

/** Keeps earlier results of other scenarios; the order is that of `names`. */
export async function writeJson(rows: readonly Row[], names: readonly string[]): Promise<void> {
  const file = new URL('bench/latest.json', root);
  const earlier: Entry[] = JSON.parse(await readFile(file, 'utf8'));
  const newest = rows.map(
    ({ scenario, medians, ratio }): Entry => ({
      scenario: scenario.name,
      unit: scenario.unit,
      ...medians,
      ratio,
    }),
  );
  const entries = names.flatMap((name) => {
    const entry = [...newest, ...earlier].find(({ scenario }) => scenario === name);
    return entry ? [entry] : [];
  });
  await writeFile(file, `${JSON.stringify(entries, null, 2)}\n`);
}

const begin = '<!-- written by npm run bench: begin -->';
const end = '<!-- written by npm run bench: end -->';

/** Writes the run between the two marks in docs/performance.md. */
export async function writeDocs(rows: readonly Row[], conditions: string): Promise<void> {
  const file = new URL('docs/performance.md', root);
  const text = await readFile(file, 'utf8');
  const [before, rest = ''] = text.split(begin);
  const after = rest.split(end)[1];
  if (after === undefined) throw new Error(`docs/performance.md lacks the marks "${begin}" and "${end}".`);
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const generated = [
    begin,
    '',
    conditions,
    '',
    line(heads),
    line(heads.map((_, column) => (column > 1 && column < 6 ? '--:' : '---'))),
    ...rows.map((row) => line(cells(row).map((cell, column) => (column === 0 ? `\`${cell}\`` : cell)))),
    '',
    ...rows.map(({ scenario }) => `- \`${scenario.name}\`: ${scenario.about}.`),
    '',
    end,
  ];
  await writeFile(file, `${before}${generated.join('\n')}${after}`);
  await drawRatios(rows);
}
