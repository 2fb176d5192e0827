import { describe, expect, it, vi } from 'vitest';
import { randomId } from '../../../src/platform/random.js';

const { getRandomValues } = crypto;

/** Runs `use` on a page with a fixed Math.random and an old library, and restores everything, because the test runner needs it. */
function onSuchAPage<Result>(own: unknown, use: () => Result): Result {
  vi.stubGlobal('crypto', own);
  const mocks = [
    vi.spyOn(Math, 'random').mockReturnValue(0.5),
    vi.spyOn(Date, 'now').mockReturnValue(0),
    vi.spyOn(Array, 'from').mockReturnValue([]),
  ];
  try {
    return use();
  } finally {
    for (const mock of mocks) mock.mockRestore();
    vi.unstubAllGlobals();
  }
}

const no = (): never => {
  throw new Error('not here');
};

describe.each<[string, unknown]>([
  ['crypto is whole', crypto],
  ['the context is not secure', { getRandomValues: getRandomValues.bind(crypto) }],
  ['there is no crypto', undefined],
  ['crypto is empty', {}],
  ['crypto throws', { randomUUID: no, getRandomValues: no }],
  ['a test stubbed it', { randomUUID: () => 'always-the-same', getRandomValues: (bytes: unknown) => bytes }],
  ['randomUUID gives nothing', { randomUUID: () => '' }],
])('when %s', (_where, stub) => {
  it('an id is never empty, and never repeated', () => {
    const ids = new Set<string>();
    onSuchAPage(stub, () => {
      for (let i = 0; i < 1_000; i++) ids.add(randomId());
    });
    expect(ids.size).toBe(1_000);
    for (const id of ids) expect(id).toMatch(/^[\w-]{5,80}$/);
  });
});

it('is a UUID if the platform has one', () => {
  expect(randomId()).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
});

it('another page has other ids, even with the same seed of Math.random', async () => {
  const ids: string[] = [];
  for (let pages = 0; pages < 2; pages++) {
    vi.resetModules();
    const { randomId } = await import('../../../src/platform/random.js');
    ids.push(onSuchAPage({ getRandomValues: getRandomValues.bind(crypto) }, randomId));
  }
  expect(ids[0]).not.toBe(ids[1]);
});
