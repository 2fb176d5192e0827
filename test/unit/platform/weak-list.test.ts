import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, vi } from 'vitest';
import { WeakList } from '../../../src/platform/weak-list.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('lists its members in the order of their arrival', () => {
  const list = new WeakList<object>();
  const members = Array.from({ length: 50 }, (_, place) => ({ place }));
  for (const member of members) list.add(member);
  expect(list.all()).toEqual(members);
});

it('keeps nothing alive', async () => {
  const list = new WeakList<object>();
  const held = {};
  list.add(held);
  (() => {
    for (let i = 0; i < 100; i++) list.add({});
  })();
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    collectGarbage();
  }
  expect(list.all()).toEqual([held]);
});

it('does not look at all members whenever one is added', () => {
  let looks = 0;
  vi.stubGlobal(
    'WeakRef',
    class {
      constructor(private readonly value: object) {}
      deref(): object {
        looks += 1;
        return this.value;
      }
    },
  );
  const list = new WeakList<object>();
  for (let i = 0; i < 2_000; i++) list.add({});
  vi.unstubAllGlobals();
  expect(looks).toBeLessThan(4_000);
});
