import { expect, test } from 'vitest';
import { account, type Broadcast, type Entry } from './delivery-check.js';

/** The account is no better than what it finds. */

const order: readonly Broadcast[] = Array.from({ length: 40 }, (_, i) => ({
  from: i % 2 === 0 ? 'tower' : 'node',
  n: Math.floor(i / 2) + 1,
  nsp: '/',
}));
const all = (): Entry[] => order.map(({ from, n }) => ({ from, n }));
const of = (entries: readonly Entry[]) => account(order, entries, () => true, 'tower');
const sound = { lost: [], doubled: [], late: [], told: 0 };

test('nothing is wrong where everything came once and in order', () => {
  expect(of(all())).toEqual(sound);
});

test('one that is missing is lost', () => {
  expect(of(all().filter((_, i) => i !== 20))).toEqual({ ...sound, lost: ['tower 11'] });
});

test('one that is missing where a gap was told is none', () => {
  const entries = all();
  entries.splice(20, 2, 'gap');
  expect(of(entries)).toEqual({ ...sound, told: 2 });
});

test.each([0, 10, 30, 39])('a gap at another time is no excuse: %s', (at) => {
  const entries = all().filter((_, i) => i !== 20);
  entries.splice(at, 0, 'gap');
  expect(of(entries).lost).toEqual(['tower 11']);
});

test('what comes twice is found, and what comes late', () => {
  const entries = all();
  entries.splice(22, 0, { from: 'tower', n: 11 });
  expect(of(entries)).toEqual({ ...sound, doubled: ['tower 11'] });
  const swapped = all();
  [swapped[20], swapped[22]] = [swapped[22] as Entry, swapped[20] as Entry];
  expect(of(swapped).late).toEqual(['tower 11']);
});

test('the last words of a node that died may be missing only around the gap', () => {
  const dead = order.filter(({ from, n }) => from === 'tower' || n <= 5);
  const entries: Entry[] = dead
    .filter(({ from, n }) => from === 'tower' || n < 5)
    .map(({ from, n }) => ({ from, n }));
  const judged = (given: readonly Entry[]) => account(dead, given, () => true, 'tower').lost;
  expect(judged(entries)).toEqual(['node 5']);
  expect(judged([...entries.slice(0, 9), 'gap', ...entries.slice(9)])).toEqual([]);
  expect(judged([...entries, 'gap'])).toEqual(['node 5']);
});
