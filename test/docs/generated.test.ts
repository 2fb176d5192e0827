import { expect, test } from 'vitest';
import { DEFAULTS, OUTBOX_DEFAULTS } from '../../src/platform/defaults.js';
import { run } from '../support/run.js';
import { blocksFor, elsewhere, read, root } from './support/blocks.js';

/** The generated parts of the documents: the reference, the diagrams, the figures of README. */

// A compiler reads the whole source: on a busy machine, this takes long.
test('the documents are up to date with the code and the measurements', { timeout: 120_000 }, async () => {
  const outcome = await run(process.execPath, ['scripts/docs.mjs', '--check'], root);
  expect(outcome.stdout + outcome.stderr).toContain('The documents are what the code says.');
  expect(outcome.code).toBe(0);
});

test('the reference has the defaults of the code', () => {
  const rows = read('docs/api.md').split('\n');
  const chapter = (title: string): string[] => {
    const at = rows.indexOf(`### ${title}`);
    return rows.slice(at, rows.indexOf('## Events', at));
  };
  const shown = (name: string, lines: readonly string[]): string | undefined => {
    const row = lines.find((line) => line.startsWith(`| \`${name}\` |`) && line.split(' | ').length > 3);
    return row?.replaceAll('\\|', '').split(' | ')[2];
  };
  const lines = [...chapter('ManagerOptions'), ...chapter('SocketOptions')];
  for (const [name, value] of Object.entries(DEFAULTS)) {
    // `ws` has it for its own default.
    if (name === 'perMessageDeflate') continue;
    const written = name === 'transports' ? '["websocket", "polling"]' : JSON.stringify(value);
    const expected = name === 'ackTimeout' ? 'none' : `\`${value === Infinity ? 'Infinity' : written}\``;
    expect(shown(name, lines), name).toMatch(new RegExp(`^${escaped(expected)}( \\(.*\\))?$`));
  }
  for (const [name, value] of Object.entries(OUTBOX_DEFAULTS)) {
    const expected = name === 'maxAgeMs' ? 'none' : `\`${JSON.stringify(value)}\``;
    expect(shown(name, chapter('OutboxOptions')), name).toMatch(
      new RegExp(`^${escaped(expected)}( \\(.*\\))?$`),
    );
  }
});

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The newest result of a scenario, in bench/latest.json. */
function resultOf(scenario: string): { holdfast: number; official: number } {
  const results: { scenario: string; holdfast: number; official: number }[] = JSON.parse(
    read('bench/latest.json'),
  );
  const result = results.find((one) => one.scenario === scenario);
  if (!result) throw new Error(`bench/latest.json has no ${scenario}`);
  return result;
}
const ratioOf = (scenario: string): number => {
  const { holdfast, official } = resultOf(scenario);
  return holdfast / official;
};

test('the text about size and memory agrees with the newest benchmark', () => {
  const words: readonly (readonly [
    document: string,
    says: string,
    ratio: number,
    from: number,
    to: number,
  ])[] = [
    ['README.md', 'about twice as large as the official one', ratioOf('size.script'), 1.8, 2.25],
    ['README.md', 'about 1.3 times the memory', ratioOf('memory.idle'), 1.2, 1.4],
    ['docs/when-not-to-use.md', 'about twice as large as the official client', ratioOf('size.io'), 1.8, 2.25],
    ['docs/when-not-to-use.md', 'about 1.3 times the memory', ratioOf('memory.idle'), 1.2, 1.4],
    [
      'docs/performance.md',
      'is 1.6 times the size of the official client',
      resultOf('size.core').holdfast / resultOf('size.io').official,
      1.5,
      1.7,
    ],
  ];
  for (const [document, says, ratio, from, to] of words) {
    expect(read(document).replace(/\s+/g, ' '), document).toContain(says);
    expect(ratio, `${document}: ${says}`).toBeGreaterThanOrEqual(from);
    expect(ratio, `${document}: ${says}`).toBeLessThanOrEqual(to);
  }
});

test('the parts of the bundle add up to the size in the newest benchmark', () => {
  const page = read('docs/performance.md');
  const measured = resultOf('size.io').holdfast / 1_000;
  const [, whole] = /([\d.]+) kB of `\{ io \}`/.exec(page) ?? [];
  expect(Math.abs(Number(whole) - measured)).toBeLessThan(0.2);
  const parts = [...page.matchAll(/^ {2}\| ([\d.]+) \| /gm)].map(([, kB]) => Number(kB));
  expect(parts.length).toBeGreaterThan(8);
  expect(Math.abs(parts.reduce((sum, kB) => sum + kB, 0) - Number(whole))).toBeLessThan(0.35);
});

test('every listed reason for a block that is not run belongs to a block', () => {
  const lines = blocksFor('elsewhere').map(({ code }) => code.split('\n')[0]);
  expect(lines).toEqual(Object.keys(elsewhere));
});

test('docs/connection.md contains the only diagram', () => {
  expect(blocksFor('generated').map(({ document }) => document)).toEqual(['docs/connection.md']);
});

test('ARCHITECTURE.md shows the rooms as the code imports them, in at most 150 lines', async () => {
  const { roomsDiagram } = (await import(
    new URL('../../scripts/docs/rooms-diagram.mjs', import.meta.url).href
  )) as { roomsDiagram(): Promise<string> };
  const page = read('ARCHITECTURE.md');
  expect(page).toContain(
    `<!-- rooms: written by npm run docs -->\n\n${await roomsDiagram()}\n\n<!-- /rooms -->`,
  );
  expect(page.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});
