import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { HARMLESS, SECRETS } from '../unit/inspector/redaction-corpus.js';
import { read, root } from './support/blocks.js';

/** The table of attacks in docs/security.md has the figures of the tests that it names. */

const rows = read('docs/security.md')
  .split('## What was tried')[1]
  ?.split('\n## ')[0]
  ?.split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('`test/'))
  .map((line) => line.split(' | ')) as string[][];

const filesOf = (row: readonly string[]): string[] =>
  [...(row[3] ?? '').matchAll(/`([^`]+)`/g)].map(([, file]) => file as string);

test('each row names existing tests', () => {
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) {
    expect(row.length, row.join(' | ')).toBe(4);
    expect(filesOf(row).length, row.join(' | ')).toBeGreaterThan(0);
    expect(filesOf(row).filter((file) => !existsSync(`${root}${file}`))).toEqual([]);
  }
});

/** The members of a list or an object in a file of the tests, at the outermost indentation. */
function countIn(file: string, start: string): number {
  const text = read(file);
  const at = text.indexOf(start);
  expect(at, `"${start}" in ${file}`).toBeGreaterThanOrEqual(0);
  const [first = '', ...lines] = text.slice(at).split('\n');
  expect(first).toMatch(/[[{]$/);
  const indent = `${/^ */.exec(text.slice(text.lastIndexOf('\n', at) + 1))?.[0] ?? ''}  `;
  const end = lines.findIndex(
    (line) => line.startsWith(`${indent.slice(2)}]`) || line.startsWith(`${indent.slice(2)}}`),
  );
  return lines
    .slice(0, end)
    .filter((line) => line.startsWith(indent) && !/^[\s\])}]/.test(line.slice(indent.length))).length;
}

/** The number in this pattern's group in a test file. */
function saidIn(file: string, pattern: RegExp): number {
  return Number(pattern.exec(read(file))?.[1]?.replaceAll('_', ''));
}

const shown = (figure: number): string => figure.toLocaleString('en');
const { malice, inspector } = { malice: 'test/malice', inspector: 'test/unit/inspector' };

test.each<[attack: string, figures: () => number[]]>([
  ['frames of a valid session', () => [saidIn('test/fuzz/fuzz.test.ts', /HOLDFAST_FUZZ \?\? ([\d_]+)/)]],
  ['parsers with a fault', () => [read('test/fuzz/proof.test.ts').split(/^ {2}test\('/m).length - 1]],
  ['values of every kind', () => [saidIn('test/fuzz/values.test.ts', /FUZZ_VALUES \?\? ([\d_]+)/)]],
  ['malformed packets', () => [countIn(`${malice}/packets.test.ts`, 'const refused')]],
  ['unusual but legal packets', () => [countIn(`${malice}/packets.test.ts`, 'const harmless')]],
  ['invalid handshakes', () => [countIn(`${malice}/handshakes.test.ts`, 'const broken')]],
  [
    'payloads and frames of Socket.IO 2',
    () => [
      countIn(`${malice}/generations.test.ts`, 'const payloads') +
        countIn(`${malice}/generations.test.ts`, 'const frames'),
    ],
  ],
  [
    'floods of events',
    () => [
      countIn(`${malice}/heap.test.ts`, 'test.each(['),
      saidIn(`${malice}/heap.test.ts`, /const heapMiB = (\d+)/),
    ],
  ],
  [
    'one polling response with more than',
    () => [saidIn('src/session/transports/polling.ts', /PACKETS = ([\d_]+)/) + 1],
  ],
  ['addresses that other parsers', () => [saidIn('test/unit/platform/address.test.ts', /numRuns: (5_\d+)/)]],
  ['secrets in error texts', () => [SECRETS.length, HARMLESS.length]],
  ['text that makes redaction slow', () => [countIn(`${inspector}/redact.test.ts`, 'const pieces =')]],
  ['damaged and hostile logs', () => [saidIn(`${inspector}/bad-logs.test.ts`, /numRuns: (\d+)/)]],
  ['style sheets of a page', () => [countIn('test/support/hostile-styles.ts', 'export const STYLES')]],
  [
    'random programs over a network',
    () => [saidIn('test/model/delivery.ts', /HOLDFAST_MODEL \?\? ([\d_]+)/)],
  ],
  ['service workers', () => [countIn('test/engines/service-worker.test.ts', 'const HANDLERS') + 1]],
  ['promises that a program', () => [countIn(`${malice}/loops.test.ts`, 'test.each<[what: string')]],
  [
    'signals, stores and lists',
    () => [
      countIn('test/unit/manager/platform.test.ts', 'it.each<[how: string, watch') +
        countIn('test/unit/manager/platform.test.ts', 'it.each<[string, { get(key') +
        countIn('test/unit/plugins/endpoints.test.ts', 'it.each<[string, () => string') +
        countIn('test/unit/plugins/endpoints.test.ts', 'it.each<[string, unknown]>'),
    ],
  ],
  ['clients with a fault', () => [countIn('test/model/proof.test.ts', 'const SABOTAGES')]],
])('%s: the figures are those of the test', (attack, figures) => {
  const row = rows.find(([first]) => first?.slice(2).startsWith(attack));
  expect(row, attack).toBeDefined();
  const said = (row?.[1] ?? '').match(/\d+(,\d{3})*/g);
  for (const figure of figures()) expect(said).toContain(shown(figure));
});
