import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { WeakCache } from '../../../src/platform/weak-cache.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('returns the newest value of a key', () => {
  const cache = new WeakCache<object>();
  const [first, second] = [{}, {}];
  expect(cache.get('a')).toBeUndefined();
  cache.set('a', first);
  expect(cache.get('a')).toBe(first);
  cache.set('a', second);
  expect(cache.get('a')).toBe(second);
});

it('keeps nothing alive, and keeps values that are held elsewhere', async () => {
  const cache = new WeakCache<object>();
  const held = {};
  (() => {
    for (let i = 0; i < 100; i++) cache.set(`gone${i}`, {});
    cache.set('replaced', {});
  })();
  cache.set('held', held);
  cache.set('replaced', held);
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    collectGarbage();
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  const names = [...Array.from({ length: 100 }, (_, i) => `gone${i}`)];
  expect(names.filter((name) => cache.get(name) !== undefined)).toEqual([]);
  expect([cache.get('held'), cache.get('replaced')]).toEqual([held, held]);
});
