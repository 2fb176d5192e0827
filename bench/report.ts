import { readFile, writeFile } from 'node:fs/promises';
import type { Row } from './figures.js';
import type { Side } from './scenario.js';
import { root } from './stage.js';

/** What people and programs read of a run. */

const heads = ['scenario', 'unit', 'holdfast', 'official', 'bare', 'ratio (quartiles)', 'target', ''];

function cells({ scenario, medians, words, ratio, spread, met }: Row): string[] {
  const { name, unit, target, bare, against } = scenario;
  const figure = (side: Side): string =>
    medians[side] === null ? (words[side] ?? '–') : Math.round(medians[side]).toLocaleString('en-US');
  const besides = medians.bare === null ? '–' : bare ? `${figure('bare')} (${bare})` : figure('bare');
  const quartiles = spread ? ` (${spread[0].toFixed(2)}–${spread[1].toFixed(2)})` : '';
  const wanted = [
    ...(target.figure !== undefined ? [`≤ ${target.figure.toLocaleString('en-US')} ${unit}`] : []),
    ...(target.ratio !== undefined ? [`≤ ${target.ratio} × ${against === 'bare' ? bare : 'official'}`] : []),
  ];
  return [
    name,
    unit,
    figure('holdfast'),
    figure('official'),
    besides,
    ratio === null ? '–' : `${ratio.toFixed(2)}${quartiles}`,
    wanted.join(', '),
    met ? 'met' : 'missed',
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

export async function writeJson(rows: readonly Row[]): Promise<void> {
  const entries = rows.map(({ scenario, medians, ratio }) => ({
    scenario: scenario.name,
    unit: scenario.unit,
    ...medians,
    ratio,
  }));
  await writeFile(new URL('bench/latest.json', root), `${JSON.stringify(entries, null, 2)}\n`);
}

const begin = '<!-- written by npm run bench: begin -->';
const end = '<!-- written by npm run bench: end -->';

/** Puts the run between the two marks of docs/performance.md. */
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
}
