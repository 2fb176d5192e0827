import type { Environment } from '../../src/platform/environment.js';
import type { Signal, Signals } from '../../src/platform/signals.js';
import type { Store } from '../../src/platform/storage.js';
import { SimulatedClock } from './simulated-clock.js';

/** What the page and its network do, in the hands of a test. */
export class FakeSignals implements Signals {
  online = true;
  readonly #listeners = new Set<(signal: Signal) => void>();

  /** How many watch. */
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

/** A store that nobody else writes to. */
export class FakeStore implements Store {
  readonly entries: Map<string, string> = new Map();

  get(key: string): string | undefined {
    return this.entries.get(key);
  }

  set(key: string, value: string): void {
    this.entries.set(key, value);
  }
}

/** A world that stands still until a test moves it. */
export class FakeEnvironment implements Environment {
  readonly clock: SimulatedClock = new SimulatedClock();
  readonly signals: FakeSignals = new FakeSignals();
  readonly store: FakeStore = new FakeStore();
  /** What waits until the browser has had its turn. */
  readonly waiting: (() => void)[] = [];
  /** The next random numbers; 0.5 when there are none. */
  readonly chances: number[] = [];
  /** How far the date is ahead of the clock. */
  dateAheadMs: number = Date.UTC(2026, 0, 1);

  #ids = 0;

  readonly randomId = (): string => `id-${++this.#ids}`;
  readonly dateMs = (): number => this.clock.now() + this.dateAheadMs;
  readonly turn = (task: () => void): void => void this.waiting.push(task);
  readonly random = (): number => this.chances.shift() ?? 0.5;

  /** Gives the browser its turn, and then what waited for that. Returns whether anything did. */
  turnOver(): boolean {
    const tasks = this.waiting.splice(0);
    for (const task of tasks) task();
    return tasks.length > 0;
  }
}
