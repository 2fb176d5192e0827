import type { Cancel, Clock } from '../../src/platform/clock.js';
import { Timers } from '../../src/testing/timers.js';

/** A clock that stands still until the test advances it. Tasks without a delay run when the test settles it. */
export class SimulatedClock extends Timers implements Clock {
  readonly #soon: (() => void)[] = [];

  constructor(startMs = 1_000) {
    super(startMs);
  }

  override after(delayMs: number, task: () => void): Cancel {
    if (!(delayMs >= 0)) throw new RangeError(`a timer of ${delayMs} ms`);
    return super.after(delayMs, task);
  }

  /** Like a Promise: without an advance of this clock. */
  soon(task: () => void): void {
    this.#soon.push(task);
    Promise.resolve().then(() => this.#soon.shift()?.());
  }

  /** Runs the tasks without a delay now. */
  settle(): void {
    for (let task = this.#soon.shift(); task; task = this.#soon.shift()) task();
  }

  /** Advances the time, and runs the timers that become due, in order, each at its own time. */
  advance(ms: number): void {
    const endMs = this._nowMs + ms;
    for (let due = this._due(endMs); due; due = this._due(endMs)) due();
    this._nowMs = endMs;
  }

  /** Lets time pass in which nothing runs, as while a computer sleeps: due timers run late, at the next advance. */
  sleep(ms: number): void {
    this._nowMs += ms;
  }
}
