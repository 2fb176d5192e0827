import { expect, test } from 'vitest';
import { type Broadcast, checkDelivery, type Entry } from './delivery-check.js';

/** Proves that the delivery check finds every kind of violation. */

const order: readonly Broadcast[] = Array.from({ length: 40 }, (_, i) => ({
  from: i % 2 === 0 ? 'clock' : 'node',
  n: Math.floor(i / 2) + 1,
  nsp: '/',
}));
const all = (): Entry[] => order.map(({ from, n }) => ({ from, n }));
const of = (entries: readonly Entry[]) => checkDelivery(order, entries, () => true, 'clock');
const ok = { lost: [], duplicated: [], late: [], notified: 0 };

test('accepts complete delivery in order', () => {
  expect(of(all())).toEqual(ok);
});

test('reports a missing message as lost', () => {
  expect(of(all().filter((_, i) => i !== 20))).toEqual({ ...ok, lost: ['clock 11'] });
});

test('accepts a missing message within a notified gap', () => {
  const entries = all();
  entries.splice(20, 2, 'gap');
  expect(of(entries)).toEqual({ ...ok, notified: 2 });
});

test.each([0, 10, 30, 39])('does not accept a gap at another time: %s', (at) => {
  const entries = all().filter((_, i) => i !== 20);
  entries.splice(at, 0, 'gap');
  expect(of(entries).lost).toEqual(['clock 11']);
});

test('finds duplicated and late messages', () => {
  const entries = all();
  entries.splice(22, 0, { from: 'clock', n: 11 });
  expect(of(entries)).toEqual({ ...ok, duplicated: ['clock 11'] });
  const swapped = all();
  [swapped[20], swapped[22]] = [swapped[22] as Entry, swapped[20] as Entry];
  expect(of(swapped).late).toEqual(['clock 11']);
});

test('accepts missing last messages of a dead node only around the gap', () => {
  const dead = order.filter(({ from, n }) => from === 'clock' || n <= 5);
  const entries: Entry[] = dead
    .filter(({ from, n }) => from === 'clock' || n < 5)
    .map(({ from, n }) => ({ from, n }));
  const lostOf = (given: readonly Entry[]) => checkDelivery(dead, given, () => true, 'clock').lost;
  expect(lostOf(entries)).toEqual(['node 5']);
  expect(lostOf([...entries.slice(0, 9), 'gap', ...entries.slice(9)])).toEqual([]);
  expect(lostOf([...entries, 'gap'])).toEqual(['node 5']);
});
