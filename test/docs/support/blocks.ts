import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The documents, and the fenced blocks of code in them. */

export const root: string = fileURLToPath(new URL('../../../', import.meta.url));

export interface Block {
  readonly document: string;
  /** The line of its opening fence. */
  readonly line: number;
  /** The first word after the fence: its language for a code host. */
  readonly language: string;
  /** The second word, which readers do not see: how it is run, if the language does not determine it. */
  readonly use: string;
  readonly code: string;
  /** Its place, for error messages. */
  readonly place: string;
}

/** All documents: README and the like, and docs. */
export const documents: readonly string[] = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(`${root}docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .sort(),
];

export const read = (document: string): string => readFileSync(`${root}${document}`, 'utf8');

export function blocksOf(document: string): Block[] {
  const blocks: Block[] = [];
  const lines = read(document).split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const [, fence, words = ''] = /^ *(`{3,}|~{3,})(.*)$/.exec(lines[index] ?? '') ?? [];
    if (fence === undefined) continue;
    const end = lines.findIndex((text, at) => at > index && text.trim() === fence);
    const place = `${document}:${index + 1}`;
    if (end < 0) throw new Error(`${place}: the block has no end`);
    const [language = '', use = ''] = words.trim().split(/\s+/);
    const code = lines.slice(index + 1, end).join('\n');
    blocks.push({ document, line: index + 1, language, use, code, place });
    index = end;
  }
  return blocks;
}

export const blocks: readonly Block[] = documents.flatMap(blocksOf);

/** How each block is run. */
export type Runner =
  | 'page'
  | 'server'
  | 'html'
  | 'framework'
  | 'chat'
  | 'query'
  | 'playwright'
  | 'vitest'
  | 'kit'
  | 'alias'
  | 'change'
  | 'commands'
  | 'json'
  | 'configuration'
  | 'app'
  | 'generated'
  | 'shown'
  | 'elsewhere';

const runners: Readonly<Record<string, Runner>> = {
  js: 'page',
  ts: 'page',
  'js server': 'server',
  'js alias': 'alias',
  'ts playwright': 'playwright',
  'ts vitest': 'vitest',
  'ts kit': 'kit',
  'js kit': 'kit',
  'tsx kit': 'kit',
  'ts angular': 'framework',
  tsx: 'framework',
  'tsx provider': 'framework',
  'ts chat': 'chat',
  'tsx chat': 'chat',
  'vue chat': 'chat',
  'svelte chat': 'chat',
  'ts angular-chat': 'chat',
  'tsx query': 'query',
  'ts query': 'query',
  vue: 'framework',
  svelte: 'framework',
  html: 'html',
  diff: 'change',
  sh: 'commands',
  json: 'json',
  nginx: 'configuration',
  haproxy: 'configuration',
  'js ssr': 'app',
  'ts ssr': 'app',
  'tsx ssr': 'app',
  'vue ssr': 'app',
  'svelte ssr': 'app',
  'tsx stories': 'app',
  mermaid: 'generated',
  text: 'shown',
};

/**
 * Blocks that do not run here, by the first line of their code, and why: another test runs them, or nothing can.
 */
export const elsewhere: Readonly<Record<string, string>> = {
  '// server.mjs, for Deno':
    'test/webtransport/documented-server.test.ts takes it out of the document and runs it in Deno',
  'const answers = new Map(); // the key of a message → a Promise of its answer':
    'test/node/idempotency.test.ts takes it out of the document and runs it under cuts',
  "import sqlite from 'node-sqlite3-wasm';":
    'test/browser/durable.test.ts takes it out of the document and runs it while pages are killed',
  '// main.js': 'test/docs/apps.test.ts runs it against doubles of the modules of Electron',
  '// preload.cjs': 'test/docs/apps.test.ts runs it against doubles of the modules of Electron',
  '// main.js, after the window was created':
    'test/docs/apps.test.ts runs it against doubles of the modules of Electron',
  '# pnpm-workspace.yaml': 'test/homes/peers.test.ts takes it out of the document and installs with it',
  '# .yarnrc.yml': 'test/homes/peers.test.ts takes it out of the document and installs with it',
  "import AsyncStorage from '@react-native-async-storage/async-storage';":
    'test/docs/react-native.test.ts runs it against doubles of the modules of a phone',
};

/** Blocks of the language `text` show the form of a program's output. */
const SHOWN = 'what a program prints, shown for its form: there is nothing to run';

/** Each block that is not run here, and why. */
export const excused = (): string[] =>
  blocks.flatMap((block) => {
    const runner = runnerOf(block);
    const reason = runner === 'shown' ? SHOWN : elsewhere[block.code.split('\n')[0] as string];
    return runner === 'shown' || runner === 'elsewhere' ? [`${block.place}: ${reason}`] : [];
  });

export function runnerOf({ language, use, code, place }: Block): Runner {
  if ((code.split('\n')[0] as string) in elsewhere) return 'elsewhere';
  const runner = runners[`${language} ${use}`.trim()];
  if (runner === undefined) throw new Error(`${place}: nobody knows how to run "${language} ${use}"`);
  return runner;
}

export const blocksFor = (...wanted: Runner[]): Block[] =>
  blocks.filter((block) => wanted.includes(runnerOf(block)));
