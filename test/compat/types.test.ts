import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

/** The programs of `types/programs.ts` are programs for socket.io-client: what compiles there compiles here. */

const folder = join(dirname(fileURLToPath(import.meta.url)), 'types');
const project = join(folder, '../../../tsconfig.json');

/** Compiles the programs with socket.io-client in the place of this library; with this library, `npm run check` does. */
function complaints(): string[] {
  const file = join(folder, 'programs.ts');
  const { config } = ts.readConfigFile(project, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, dirname(project));
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, settings) => {
    if (name !== file) return getSourceFile(name, settings);
    const text = readFileSync(file, 'utf8').replaceAll("'../../../src/index.js'", "'socket.io-client'");
    return ts.createSourceFile(name, text, settings);
  };
  const program = ts.createProgram([file], options, host);
  const source = program.getSourceFile(file);
  return ts.getPreEmitDiagnostics(program, source).map((diagnostic) => {
    const line = ts.getLineAndCharacterOfPosition(source as ts.SourceFile, diagnostic.start ?? 0).line + 1;
    return `line ${line}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`;
  });
}

test('the programs, and what must not compile in them, are the same with socket.io-client', () => {
  expect(complaints()).toEqual([]);
}, 60_000);
