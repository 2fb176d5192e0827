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
  ])('is the memory of this page where %s', (_why, window) => {
    vi.stubGlobal('window', window);
    const key = fresh();
    expect(systemStore.get(key)).toBeUndefined();
    expect(() => systemStore.set(key, 'a')).not.toThrow();
    expect(systemStore.get(key)).toBe('a');
  });
});
