import { beforeAll, describe, expect, test } from 'vitest';

/** The table of private names: which are shortened, and which mistakes stop the build. */

interface Names {
  readonly cache: Readonly<Record<string, string | false>>;
  readonly kept: readonly string[];
}

const { privateText, shortNames } = (await import(
  new URL('../../../scripts/build/names.mjs', import.meta.url).href
)) as {
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

describe('the table', () => {
  let names: Names;
  // It compiles every file of src.
  beforeAll(async () => {
    names = await shortNames();
  }, 60_000);

  test('gives each private name a unique short name', () => {
    const short = Object.values(names.cache).filter((name) => name !== false);
    expect(short.length).toBeGreaterThan(20);
    expect(new Set(short).size).toBe(short.length);
    for (const name of short) expect(name).toMatch(/^_[a-z]{1,2}$/i);
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
