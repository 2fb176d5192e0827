import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemStore } from '../../../src/platform/storage.js';

let keys = 0;
const fresh = (): string => `key ${keys++}`;

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the store', () => {
  it('is the localStorage of the page', () => {
    const kept = new Map<string, string>();
    const localStorage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    vi.stubGlobal('window', { localStorage });
    const key = fresh();
    expect(systemStore.get(key)).toBeUndefined();
    systemStore.set(key, 'a');
    expect([systemStore.get(key), kept.get(key)]).toEqual(['a', 'a']);
    // Another page of this site.
    kept.set(key, 'b');
    expect(systemStore.get(key)).toBe('b');
  });

  const no = (): never => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  };

  it.each<[string, unknown]>([
    ['there is no page', undefined],
    ['there is none', {}],
    ['it is null', { localStorage: null }],
    ['it is something else', { localStorage: 'disabled' }],
    [
      'it may not be looked at',
      {
        get localStorage() {
          return no();
        },
      },
    ],
    ['it may be neither read nor written', { localStorage: { getItem: no, setItem: no } }],
    ['it is full', { localStorage: { getItem: () => null, setItem: no } }],
  ])('is the memory of this page if %s', (_why, window) => {
    vi.stubGlobal('window', window);
    const key = fresh();
    expect(systemStore.get(key)).toBeUndefined();
    expect(() => systemStore.set(key, 'a')).not.toThrow();
    expect(systemStore.get(key)).toBe('a');
  });

  const page = (kept: Map<string, unknown>): void => {
    vi.stubGlobal('window', {
      localStorage: {
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => void kept.set(key, value),
      },
    });
  };

  it('neither reads nor writes more than 4 kB', () => {
    const kept = new Map<string, unknown>();
    page(kept);
    const key = fresh();
    kept.set(key, 'x'.repeat(4_900_000));
    expect(systemStore.get(key)).toBeUndefined();
    kept.set(key, 'x'.repeat(4_096));
    expect(systemStore.get(key)?.length).toBe(4_096);
    kept.delete(key);
    systemStore.set(key, 'x'.repeat(4_096));
    systemStore.set('k'.repeat(4_096), 'x');
    expect([systemStore.get(key), systemStore.get('k'.repeat(4_096)), kept.size]).toEqual([
      undefined,
      undefined,
      0,
    ]);
  });

  it.each<[string, unknown]>([
    ['a number', 5],
    ['an object', {}],
    ['a Promise', Promise.resolve('a')],
  ])('ignores %s from a localStorage that the page has replaced', (_what, value) => {
    const key = fresh();
    page(new Map([[key, value]]));
    expect(systemStore.get(key)).toBeUndefined();
  });

  it('keeps the last hundred keys in the memory of this page, and no more', () => {
    const first = fresh();
    const used = fresh();
    systemStore.set(first, 'a');
    systemStore.set(used, 'a');
    const keys = Array.from({ length: 99 }, fresh);
    for (const key of keys) {
      systemStore.set(key, 'a');
      systemStore.set(used, 'b');
    }
    expect(systemStore.get(first)).toBeUndefined();
    expect([used, ...keys].map((key) => systemStore.get(key))).toEqual(['b', ...keys.map(() => 'a')]);
  });
});
