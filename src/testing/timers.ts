/** Timers of a clock that is advanced by hand. */
import { type Cancel, nothing } from '../platform/clock.js';

interface Timer {
  readonly dueAtMs: number;
  readonly task: () => void;
}

export class Timers {
  /** In the order in which they were set: if two are due at the same time, the older one runs first. */
  private readonly _timers: Set<Timer> = new Set();

  /** @param _nowMs the start of the clock */
  constructor(public _nowMs: number = 0) {}

  now(): number {
    return this._nowMs;
  }

  after(delayMs: number, task: () => void): Cancel {
    if (delayMs === Number.POSITIVE_INFINITY) return nothing;
    const timer = { dueAtMs: this._nowMs + Math.max(0, delayMs || 0), task };
    this._timers.add(timer);
    return () => void this._timers.delete(timer);
  }

  /** How many timers are pending. */
  get pending(): number {
    return this._timers.size;
  }

  /** Milliseconds until each pending timer, the soonest first. */
  get waits(): number[] {
    return [...this._timers].map(({ dueAtMs }) => dueAtMs - this._nowMs).sort((a, b) => a - b);
  }

  /** Removes the next timer that is due up to a time, and advances the clock to its moment. */
  _due(endMs: number): (() => void) | undefined {
    let first: Timer | undefined;
    for (const timer of this._timers) {
      if (timer.dueAtMs <= endMs && !(first && first.dueAtMs <= timer.dueAtMs)) first = timer;
    }
    if (!first) return undefined;
    this._timers.delete(first);
    this._nowMs = Math.max(this._nowMs, first.dueAtMs);
    return first.task;
  }
}
