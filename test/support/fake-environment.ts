import type { Environment } from '../../src/platform/environment.js';
import type { Signal, Signals } from '../../src/platform/signals.js';
import type { Store } from '../../src/platform/storage.js';
import { SimulatedClock } from './simulated-clock.js';

/** A page and its network, controlled by the test. */
export class FakeSignals implements Signals {
  online = true;
  readonly #listeners = new Set<(signal: Signal) => void>();

  /** The number of watchers. */
  get watched(): number {
    return this.#listeners.size;
  }

  watch(listener: (signal: Signal) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(...signals: Signal[]): void {
    for (const signal of signals) {
      if (signal === 'online' || signal === 'offline') this.online = signal === 'online';
      for (const listener of [...this.#listeners]) listener(signal);
    }
  }
}

/** A store of the test alone. */
export class FakeStore implements Store {
  readonly entries: Map<string, string> = new Map();

  get(key: string): string | undefined {
    return this.entries.get(key);
  }

  set(key: string, value: string): void {
    this.entries.set(key, value);
  }
}

/** An environment that stands still until the test advances it. */
export class FakeEnvironment implements Environment {
  readonly clock: SimulatedClock = new SimulatedClock();
  readonly signals: FakeSignals = new FakeSignals();
  readonly store: FakeStore = new FakeStore();
  /** Tasks for the time after the browser's turn. */
  readonly waiting: (() => void)[] = [];
  /** The next random numbers; 0.5 if there are none. */
  readonly chances: number[] = [];
  /** How far the date is ahead of the clock. */
  dateAheadMs: number = Date.UTC(2026, 0, 1);

  #ids = 0;

  readonly randomId = (): string => `id-${++this.#ids}`;
  readonly dateMs = (): number => this.clock.now() + this.dateAheadMs;
  readonly turn = (task: () => void): void => void this.waiting.push(task);
  readonly random = (): number => this.chances.shift() ?? 0.5;

  /** Ends the browser's turn, and runs the tasks that waited for it. Returns whether there were any. */
  turnOver(): boolean {
    const tasks = this.waiting.splice(0);
    for (const task of tasks) task();
    return tasks.length > 0;
  }
}
