import { expect, it } from 'vitest';
import { SimulatedClock } from '../support/simulated-clock.js';

it('runs due timers in the order of their time, and the older first if two are equal', () => {
  const clock = new SimulatedClock(0);
  const ran: string[] = [];
  clock.after(20, () => ran.push(`c at ${clock.now()}`));
  clock.after(10, () => ran.push(`a at ${clock.now()}`));
  clock.after(10, () => ran.push(`b at ${clock.now()}`));
  clock.after(31, () => ran.push('late'));
  clock.advance(30);
  expect(ran).toEqual(['a at 10', 'b at 10', 'c at 20']);
  expect(clock.now()).toBe(30);
  expect(clock.waits).toEqual([1]);
});

it('runs timers that timers have set, if they are due in the same advance', () => {
  const clock = new SimulatedClock(0);
  const ran: number[] = [];
  const again = (): void => {
    ran.push(clock.now());
    clock.after(10, again);
  };
  clock.after(0, again);
  clock.advance(25);
  expect(ran).toEqual([0, 10, 20]);
  expect(clock.pending).toBe(1);
});

it('never runs a cancelled timer, even if a timer of the same time cancelled it', () => {
  const clock = new SimulatedClock();
  let cancel = (): void => {};
  clock.after(5, () => cancel());
  cancel = clock.after(5, () => expect.unreachable());
  clock.advance(5);
  expect(clock.pending).toBe(0);
  cancel();
});
