import type { Cancel, Clock } from '../../src/platform/clock.js';

interface Timer {
  readonly dueAtMs: number;
  readonly task: () => void;
}

/** A clock that stands still until a test moves it. */
export class SimulatedClock implements Clock {
  #nowMs: number;
  /** In the order in which they were set: of those that are due at the same time, the older one runs first. */
  readonly #timers = new Set<Timer>();
  readonly #soon: (() => void)[] = [];

  constructor(startMs = 1_000) {
    this.#nowMs = startMs;
  }

  /** How many timers are still to run. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until each pending timer, the soonest first. */
  get waits(): number[] {
    return [...this.#timers].map(({ dueAtMs }) => dueAtMs - this.#nowMs).sort((a, b) => a - b);
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): Cancel {
    if (!(delayMs >= 0)) throw new RangeError(`a timer of ${delayMs} ms`);
    if (delayMs === Number.POSITIVE_INFINITY) return () => {};
    const timer = { dueAtMs: this.#nowMs + delayMs, task };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
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
    const endMs = this.#nowMs + ms;
    for (let next = this.#next(endMs); next; next = this.#next(endMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueAtMs);
      next.task();
    }
    this.#nowMs = endMs;
  }

  /** Lets time pass in which nothing runs, as while a computer sleeps: what falls due, runs late, at the next move. */
  sleep(ms: number): void {
    this.#nowMs += ms;
  }

  #next(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAtMs <= endMs && !(first && first.dueAtMs <= timer.dueAtMs)) first = timer;
    }
    return first;
  }
}
