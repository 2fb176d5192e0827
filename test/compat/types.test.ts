import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, test } from 'vitest';

/**
 * Files of `types` that are programs for socket.io-client: what compiles there compiles here. `npm run check` compiles them with this
 * library; here they are compiled with socket.io-client in its place.
 */

const folder = join(dirname(fileURLToPath(import.meta.url)), 'types');
const project = join(folder, '../../../tsconfig.json');
const fileOf = (name: string): string => join(folder, `${name}.ts`);
const textOf = (name: string): string => readFileSync(fileOf(name), 'utf8');

const same = ['programs', 'wrappers', 'comparisons'];
const differing = 'differences';

interface Complaint {
  readonly line: number;
  readonly text: string;
}

function compile(names: readonly string[]): Map<string, Complaint[]> {
  const files = names.map(fileOf);
  const { config } = ts.readConfigFile(project, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, dirname(project));
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (path, settings) => {
    if (!files.includes(path)) return getSourceFile(path, settings);
    const text = readFileSync(path, 'utf8').replaceAll("'../../../src/index.js'", "'socket.io-client'");
    return ts.createSourceFile(path, text, settings);
  };
  const program = ts.createProgram(files, options, host);
  return new Map(
    names.map((name) => {
      const source = program.getSourceFile(fileOf(name)) as ts.SourceFile;
      const complaints = ts.getPreEmitDiagnostics(program, source).map((diagnostic) => ({
        line: source.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line + 1,
        text: ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'),
      }));
      return [name, complaints];
    }),
  );
}

let complaints: Map<string, Complaint[]>;
beforeAll(() => {
  complaints = compile([...same, differing]);
}, 60_000);

test.each(same)('holdfast and socket.io-client accept and reject the same code in %s.ts', (name) => {
  expect(complaints.get(name)).toEqual([]);
});

describe('each listed difference of the types', () => {
  const lines = textOf(differing).split('\n');
  /** The places where socket.io-client must complain: behind "only holdfast", and where an error is expected that it does not have. */
  const expected = lines.flatMap((text, index) => {
    if (/^\s*\/\/ only holdfast: /.test(text)) return [index + 2];
    if (/^\s*\/\/ @ts-expect-error only socket\.io-client: /.test(text)) return [index + 1];
    return [];
  });

  test('exists, and there are no others', () => {
    expect(expected.length).toBeGreaterThan(15);
    const found = new Set(complaints.get(differing)?.map(({ line }) => line));
    expect([...found]).toEqual(expected);
  });

  test('has a reason', () => {
    const errors = lines.filter((text) => text.includes('@ts-expect-error'));
    expect(errors.filter((text) => !/only socket\.io-client: \S/.test(text))).toEqual([]);
  });
});
