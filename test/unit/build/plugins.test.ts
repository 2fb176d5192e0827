import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { type Plugin, rollup } from 'rollup';
import { expect, onTestFinished, test } from 'vitest';

/** The compiled form of a src file for a platform and a mode. */

type Cache = Readonly<Record<string, string | false>>;

const plugins = (await import(new URL('../../../scripts/build/plugins.mjs', import.meta.url).href)) as {
  compile(cache: Cache, folder: string): Plugin;
  minified(module: boolean): Plugin;
  simplified(): Plugin;
  sources(platform: 'browser' | 'web' | 'node', development: boolean, folder: string, whole?: string): Plugin;
};

const { snippetText } = (await import(
  new URL('../../../scripts/build/snippet.mjs', import.meta.url).href
)) as { snippetText(): Promise<string> };

interface Build {
  readonly platform?: 'browser' | 'web' | 'node';
  readonly development?: boolean;
  readonly cache?: Cache;
  readonly whole?: string;
  readonly output?: Plugin[];
}

/** Builds `index.ts` of these files. */
async function built(files: Readonly<Record<string, string>>, build: Build = {}): Promise<string> {
  const { platform = 'browser', development = false, cache = {}, whole, output = [] } = build;
  const folder = `${await mkdtemp(join(tmpdir(), 'holdfast-build-'))}${sep}`;
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const all = { 'platform/build.ts': 'export const DEVELOPMENT: boolean = true;', ...files };
  for (const [path, code] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), code);
  }
  const bundle = await rollup({
    input: `${folder}index.ts`,
    plugins: [plugins.sources(platform, development, folder, whole), plugins.compile(cache, folder)],
  });
  const { output: chunks } = await bundle.generate({ format: 'es', plugins: output });
  return chunks[0].code;
}

const explaining = {
  'index.ts': `
    import { DEVELOPMENT } from './platform/build.js';
    import { explain } from './explain.js';
    export const message = (code: string): string => (DEVELOPMENT ? explain(code) : code);
    export function check(value: unknown): void {
      if (DEVELOPMENT && value === undefined) throw new Error('nothing was given');
    }`,
  'explain.ts': 'export const explain = (code: string): string => code + ": at length";',
};

test.each([true, false])(
  'a build contains the text of the early snippet (development: %s)',
  async (development) => {
    const code = await built(
      {
        'index.ts': "export { EARLY_TEXT } from './platform/early-text.js';",
        'platform/early-text.ts': "export const EARLY_TEXT: string = 'not yet';",
      },
      { development },
    );
    const text = await snippetText();
    const { EARLY_TEXT } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    expect(EARLY_TEXT).toBe(text);
    expect(await snippetText()).toBe(text);
  },
);

test('a production build omits code that only development needs', async () => {
  const code = await built(explaining);
  expect(code).not.toMatch(/DEVELOPMENT|at length|nothing was given/);
  const development = await built(explaining, { development: true });
  expect(development).toMatch(/at length/);
  expect(development).toMatch(/nothing was given/);
});

test('a build for browsers uses the browser file of a pair, unless the whole file is requested', async () => {
  const files = {
    'index.ts': "export { send } from './platform/send.js'; export { keep } from './platform/keep.js';",
    'platform/send.ts': 'export const send = "whole";',
    'platform/send.browser.ts': 'export const send = "short";',
    'platform/keep.ts': 'export const keep = "long";',
    'platform/keep.browser.ts': 'export const keep = "brief";',
  };
  const values = async (build: Build): Promise<string[]> =>
    [...(await built(files, build)).matchAll(/"(\w+)"/g)].map(([, value = '']) => value);
  expect(await values({})).toEqual(['short', 'brief']);
  expect(await values({ whole: `platform${sep}send.ts` })).toEqual(['whole', 'brief']);
  expect(await values({ platform: 'node' })).toEqual(['whole', 'long']);
});

test('a production build fails if it cannot decide a use of DEVELOPMENT', async () => {
  const code =
    'import * as build from "./platform/build.js"; export const all = { DEVELOPMENT: build.DEVELOPMENT };';
  await expect(built({ 'index.ts': code })).rejects.toThrow('asks for DEVELOPMENT');
});

const platforms = {
  'index.ts': "export { transports } from './transports.js';",
  'transports.ts': "export const transports = ['of Node'];",
  'transports.browser.ts': "export const transports = ['of the browser'];",
  'transports.web.ts': "export const transports = ['of the web'];",
};

test('browsers and other runtimes get their own version of a file, and Node the plain file', async () => {
  expect(await built(platforms, { platform: 'web' })).toContain('of the web');
  expect(await built(platforms)).toContain('of the browser');
  expect(await built(platforms, { platform: 'node' })).toContain('of Node');
});

test('private names are shortened wherever they are properties', async () => {
  const code = await built(
    {
      'index.ts': `
        export class Message {
          constructor(private readonly _left: number, readonly kept: { _placeholder?: boolean }) {}
          _read({ _left }: Message): number { return _left + this._left; }
          get size(): number { return { _left: 1 }._left; }
          same = '_left';
        }`,
    },
    { cache: { _left: '_e', _read: '_t', _placeholder: false } },
  );
  expect(code).not.toMatch(/\._left|_left[:(]|_read/);
  expect(code).toMatch(/this\._e/);
  expect(code).toMatch(/_e: _left/);
  // Text stays: a build with such text fails, see names.test.ts.
  expect(code).toContain('"_left"');
});

test('a private name that is missing from the table fails the build', async () => {
  await expect(built({ 'index.ts': 'export const left = (m: { _left: 1 }) => m._left;' })).rejects.toThrow(
    'private names that were not collected: _left',
  );
});

test('fields are set in the constructor, which is shorter than defining them', async () => {
  const code = await built({ 'index.ts': 'export class Message { left = 1; right?: number; }' });
  expect(code).toContain('this.left = 1');
  expect(code).not.toMatch(/right|define/i);
});

test('files for bundlers keep their names, and the annotations that mark calls without side effects', async () => {
  const files = {
    'index.ts': `
      const made = (): object => ({ at: Math.random() });
      export const cache: object = /* @__PURE__ */ made();
      export const other: object = /* @__PURE__ */ made();
      export const sentence = 'über';`,
  };
  const code = await built(files, { output: [plugins.simplified()] });
  expect(code).toMatch(/const cache = \/\* ?@__PURE__ ?\*\/ ?made\(\)/);
  expect(code).toContain('\\xfcber');
  const minified = await built(files, { output: [plugins.minified(true)] });
  expect(minified).not.toContain('made');
});
