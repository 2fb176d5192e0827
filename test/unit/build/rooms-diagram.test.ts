import { expect, test } from 'vitest';

/** The diagram of ARCHITECTURE.md, drawn from imports. */

interface Module {
  readonly source: string;
  readonly dependencies: readonly { resolved: string; dependencyTypes: readonly string[] }[];
}

const { drawRooms } = (await import(
  new URL('../../../scripts/docs/rooms-diagram.mjs', import.meta.url).href
)) as { drawRooms(modules: readonly Module[], floors: readonly string[][]): string };

const floors = [['^src/low/'], ['^src/middle/'], ['^src/high/'], ['^src/(index|other)\\.ts$']];
const code = (resolved: string): Module['dependencies'][number] => ({
  resolved,
  dependencyTypes: ['import'],
});
const types = (resolved: string): Module['dependencies'][number] => ({
  resolved,
  dependencyTypes: ['import', 'type-only'],
});
const draw = (imports: Readonly<Record<string, Module['dependencies']>>): string[] =>
  drawRooms(
    Object.entries(imports).map(([source, dependencies]) => ({ source, dependencies })),
    floors,
  ).split('\n');
const arrowsOf = (imports: Parameters<typeof draw>[0]): string[] =>
  draw(imports)
    .filter((line) => line.includes('->'))
    .map((line) => line.trim());

test('names each floor by its folder or its files, and packages by their names', () => {
  expect(
    draw({
      'src/index.ts': [code('src/low/a.ts')],
      'src/other.ts': [],
      'src/low/a.ts': [
        code('../node_modules/engine.io-client/build/esm/index.js'),
        code('node_modules/@a/b/index.js'),
      ],
      'src/low/b.browser.ts': [],
    }),
  ).toEqual([
    '```mermaid',
    'flowchart TD',
    '  room4["index, other"]',
    '  room1["low"]',
    '  _a_b(["@a/b"])',
    '  engine_io_client(["engine.io-client"])',
    '  room4 --> room1',
    '  room1 --> _a_b',
    '  room1 --> engine_io_client',
    '```',
  ]);
});

test('draws code imports solid and type-only imports dotted, once between two rooms', () => {
  expect(
    arrowsOf({
      'src/high/a.ts': [types('src/middle/a.ts'), types('src/low/a.ts'), code('src/high/b.ts')],
      'src/high/b.ts': [code('src/low/a.ts'), types('src/low/a.ts')],
      'src/middle/a.ts': [],
      'src/low/a.ts': [],
    }),
  ).toEqual(['room3 -.-> room2', 'room3 --> room1']);
});

test('omits an arrow that follows from others', () => {
  expect(
    arrowsOf({
      'src/high/a.ts': [code('src/middle/a.ts'), code('src/low/a.ts')],
      'src/middle/a.ts': [code('src/low/a.ts')],
      'src/low/a.ts': [],
    }),
  ).toEqual(['room3 --> room2', 'room2 --> room1']);
});

test('keeps a code arrow that follows from type-only arrows, and omits a type-only one', () => {
  const middle = { 'src/middle/a.ts': [code('src/low/a.ts')], 'src/low/a.ts': [] };
  expect(arrowsOf({ 'src/high/a.ts': [types('src/middle/a.ts'), code('src/low/a.ts')], ...middle })).toEqual([
    'room3 -.-> room2',
    'room3 --> room1',
    'room2 --> room1',
  ]);
  expect(arrowsOf({ 'src/high/a.ts': [types('src/middle/a.ts'), types('src/low/a.ts')], ...middle })).toEqual(
    ['room3 -.-> room2', 'room2 --> room1'],
  );
});

test('always draws an import upwards', () => {
  expect(
    arrowsOf({
      'src/high/a.ts': [code('src/low/a.ts')],
      'src/low/a.ts': [types('src/high/a.ts')],
    }),
  ).toEqual(['room3 --> room1', 'room1 -.-> room3']);
});
