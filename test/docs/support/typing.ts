import ts from 'typescript';
import { type Block, root, runnerOf } from './blocks.js';

/** Types all blocks at once: finds the undeclared names of each block, and the compiler's errors. */

export interface Typed {
  /** The block with an import of its undeclared names. */
  readonly text: string;
  readonly complaints: readonly string[];
}

/** "Cannot find name", with and without a guess, and as a short form in an object. */
const unknownName = new Set([2304, 2552, 18004, 2663]);

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: [
    'lib.es2023.d.ts',
    'lib.esnext.disposable.d.ts',
    'lib.dom.d.ts',
    'lib.dom.iterable.d.ts',
    'lib.dom.asynciterable.d.ts',
  ],
  types: ['node'],
  strict: true,
  // Plain JavaScript has no parameter types.
  noImplicitAny: false,
  // The same client under its newer name, which the documents use.
  paths: { redis: [`${root}node_modules/@redis/client`] },
  skipLibCheck: true,
  noEmit: true,
};

const preludeOf = (block: Block): string => (runnerOf(block) === 'server' ? 'server' : 'page');

export function typeBlocks(blocks: readonly Block[]): Map<Block, Typed> {
  const bare = blocks.map(({ code }) => `${code}\nexport {};\n`);
  const first = complaintsIn(bare);
  const completed = bare.map((text, index) => {
    const names = [
      ...new Set(
        (first[index] ?? [])
          .filter(({ code }) => unknownName.has(code))
          .map(({ start, length }) => text.slice(start, (start ?? 0) + (length ?? 0))),
      ),
    ];
    const from = `./prelude/${preludeOf(blocks[index] as Block)}.js`;
    return names.length === 0 ? text : `import { ${names.join(', ')} } from '${from}';\n${text}`;
  });
  const second = complaintsIn(completed);
  return new Map(
    blocks.map((block, index) => [
      block,
      {
        text: completed[index] as string,
        complaints: (second[index] ?? []).map(({ messageText }) =>
          ts.flattenDiagnosticMessageText(messageText, '\n'),
        ),
      },
    ]),
  );
}

/** Files read from disk are the same in both rounds. */
const libraries = new Map<string, ts.SourceFile | undefined>();

/** The texts are compiled as if they were in test/docs. */
function complaintsIn(texts: readonly string[]): (readonly ts.Diagnostic[])[] {
  const names = texts.map((_, index) => `${root}test/docs/block-${index}.ts`);
  const virtual = new Map(names.map((name, index) => [name, texts[index] as string]));
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile;
  const { fileExists, readFile } = host;
  host.fileExists = (name) => virtual.has(name) || fileExists(name);
  host.readFile = (name) => virtual.get(name) ?? readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const text = virtual.get(name);
    if (text !== undefined) return ts.createSourceFile(name, text, version);
    if (!libraries.has(name)) libraries.set(name, getSourceFile(name, version, ...rest));
    return libraries.get(name);
  };
  const program = ts.createProgram({ rootNames: names, options, host });
  return names.map((name) => {
    const source = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  });
}
