import { expect, test } from 'vitest';
import { DEFAULTS, OUTBOX_DEFAULTS } from '../../src/platform/defaults.js';
import { run } from '../support/run.js';
import { blocksFor, elsewhere, read, root } from './support/blocks.js';

/** What is written from the code and the measurements: the reference, the diagrams, the figures of README. */

test('is what the code and the measurements say', async () => {
  const outcome = await run(process.execPath, ['scripts/docs.mjs', '--check'], root);
  expect(outcome.stdout + outcome.stderr).toContain('The documents are what the code says.');
  expect(outcome.code).toBe(0);
});

test('the reference has the defaults that the code has', () => {
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

test('every excuse for a block that is not run has its block', () => {
  const lines = blocksFor('elsewhere').map(({ code }) => code.split('\n')[0]);
  expect(lines).toEqual(Object.keys(elsewhere));
});

test('has the one diagram that there is', () => {
  expect(blocksFor('generated').map(({ document }) => document)).toEqual(['docs/connection.md']);
});

test('ARCHITECTURE.md shows the rooms as the imports have them, in at most 150 lines', async () => {
  const { roomsDiagram } = (await import(
    new URL('../../scripts/docs/rooms-diagram.mjs', import.meta.url).href
  )) as { roomsDiagram(): Promise<string> };
  const page = read('ARCHITECTURE.md');
  expect(page).toContain(
    `<!-- rooms: written by npm run docs -->\n\n${await roomsDiagram()}\n\n<!-- /rooms -->`,
  );
  expect(page.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});
