import type { Cancel, Clock } from '../../src/platform/clock.js';
import { Timers } from '../../src/testing/timers.js';

/** A clock that stands still until a test moves it, at once: what waits for no time runs when the test lets it. */
export class SimulatedClock extends Timers implements Clock {
  readonly #soon: (() => void)[] = [];

  constructor(startMs = 1_000) {
    super(startMs);
  }

  override after(delayMs: number, task: () => void): Cancel {
    if (!(delayMs >= 0)) throw new RangeError(`a timer of ${delayMs} ms`);
    return super.after(delayMs, task);
  }

  /** As a Promise does: without a move of this clock. */
  soon(task: () => void): void {
    this.#soon.push(task);
    Promise.resolve().then(() => this.#soon.shift()?.());
  }

  /** Runs now what would run soon. */
  settle(): void {
    for (let task = this.#soon.shift(); task; task = this.#soon.shift()) task();
  }

  /** Moves the time on, and runs what falls due on the way, in order, each at its own time. */
  advance(ms: number): void {
    const endMs = this._nowMs + ms;
    for (let due = this._due(endMs); due; due = this._due(endMs)) due();
    this._nowMs = endMs;
  }

  /** Lets time pass in which nothing runs, as while a computer sleeps: what falls due, runs late, at the next move. */
  sleep(ms: number): void {
    this._nowMs += ms;
  }
}
