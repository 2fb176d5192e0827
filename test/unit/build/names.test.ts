import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';

/** The table of private names: which are shortened, and which mistakes stop the build. */

interface Names {
  readonly cache: Readonly<Record<string, string | false>>;
  readonly kept: readonly string[];
}

const { privateMembers, privateText, shortNames } = (await import(
  new URL('../../../scripts/build/names.mjs', import.meta.url).href
)) as {
  privateMembers(files: Readonly<Record<string, string>>): Map<string, string[]>;
  privateText(code: string): { place: number; text: string }[];
  shortNames(): Promise<Names>;
};

test.each([
  ["'_left' in message", '_left'],
  ['message["_left"]', '_left'],
  ['const { "_left": left } = message', '_left'],
  ['const message = { "_left": 1 }', '_left'],
  ['class Message { "_left" = 1 }', '_left'],
  ['message[`_left`]', '_left'],
])('finds a private name in a string: %s', (code, text) => {
  expect(privateText(`// first line\n${code}`)).toEqual([{ place: 2, text }]);
});

test.each([
  'message._left',
  'type Left = Message["_left"]',
  'type Rest = Omit<Message, "_left">',
  'const text = "_"',
  'const text = "a _left b"',
  'const text = "__proto__"',
])('finds nothing else: %s', (code) => {
  expect(privateText(code)).toEqual([]);
});

describe('names that may be shared are members of one class each', () => {
  const sharable = (code: string): string[] => [...privateMembers({ 'a.ts': code }).keys()];

  test.each([
    'class A { private _left = 1 }',
    'class A { private _left(): void {} }',
    'class A { private get _left(): number { return 1 } }',
    'class A { constructor(private readonly _left: number) {} }',
    'class A extends Emitter<Events> { private _left = 1 }',
    'class A { private _left = 1 }\nclass B { private _left = 1 }',
  ])('%s', (code) => {
    expect(sharable(code)).toEqual(['_left']);
  });

  test.each([
    'class A { _left = 1 }',
    'class A { constructor(readonly _left: number) {} }',
    'class A { private _left = 1 }\ninterface B { _left: number }',
    'class A { private _left = 1 }\ntype B = { _left?: number }',
    'class A { private _left = 1 }\nconst b = { _left: 1 }',
    'class A { private _left = 1 }\nconst b = { _left }',
    'class A { private _left = 1 }\nclass B { _left = 1 }',
    'class A { private _left = 1 }\nclass B extends A {}',
    'class A extends B { private _left = 1 }',
    'const a = class { private _left = 1; }',
  ])('not: %s', (code) => {
    expect(sharable(code)).toEqual([]);
  });
});

describe('the table', () => {
  let names: Names;
  // It compiles every file of src.
  beforeAll(async () => {
    names = await shortNames();
  }, 60_000);

  test('gives names that can meet on one object different short names', async () => {
    const files: Record<string, string> = {};
    for (const file of await readdir('src', { recursive: true })) {
      if (file.endsWith('.ts')) files[file] = await readFile(`src/${file}`, 'utf8');
    }
    const members = privateMembers(files);
    const taken = new Map<string, string>();
    const short = Object.entries(names.cache).filter(([, to]) => to !== false);
    expect(short.length).toBeGreaterThan(20);
    for (const [name, to] of short) {
      expect(to).toMatch(/^_[a-z]{1,2}$/i);
      for (const owner of members.get(name) ?? ['any object']) {
        const place = `${to} of ${owner}`;
        expect(taken.get(place), place).toBeUndefined();
        taken.set(place, name);
      }
    }
    const shared = [...taken.keys()].filter((place) => place.endsWith(' any object'));
    for (const place of shared) {
      const [to] = place.split(' ');
      expect([...taken.keys()].filter((one) => one.startsWith(`${to} `))).toEqual([place]);
    }
  });

  test('keeps names of the wire, and those that src shares with the packages beside it', () => {
    const { cache, kept } = names;
    expect(cache._placeholder).toBe(false);
    for (const name of kept) expect(cache[name]).toBe(false);
    // Names that only those packages have are shortened if they are part of a build.
    const theirs = ['_method', '_uri', '_create', '_cleanup', '_onLoad'];
    expect(theirs.filter((name) => typeof cache[name] === 'string').length).toBeGreaterThan(0);
  });
});
