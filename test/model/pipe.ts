import type { Cancel } from '../../src/platform/clock.js';
import type { SimulatedClock } from '../support/simulated-clock.js';

/** The state of one direction of the network. */
export interface Direction {
  latencyMs: number;
  /** Nothing arrives, until it flows again. */
  stalled: boolean;
}

/** The minimum time between two arrivals, so that other events may occur between them; its sums are exact. */
const APART_MS = 2 ** -10;

interface Item {
  readonly atMs: number;
  readonly arrive: () => void;
}

/** One direction of one connection: data arrives late, in order, or not at all. */
export class Pipe {
  #items: Item[] = [];
  #lastMs = 0;
  #stop: Cancel | undefined;
  #ended = false;
  readonly #clock: SimulatedClock;
  readonly #direction: Direction;

  constructor(clock: SimulatedClock, direction: Direction) {
    this.#clock = clock;
    this.#direction = direction;
  }

  get waiting(): number {
    return this.#items.length;
  }

  give(arrive: () => void): void {
    if (this.#ended) return;
    this.#lastMs = Math.max(this.#clock.now() + this.#direction.latencyMs, this.#lastMs + APART_MS);
    this.#items.push({ atMs: this.#lastMs, arrive });
    this.flow();
  }

  /** Continues after a stall. */
  flow(): void {
    const [first] = this.#items;
    if (!first || this.#stop || this.#direction.stalled) return;
    this.#stop = this.#clock.after(Math.max(0, first.atMs - this.#clock.now()), () => {
      this.#stop = undefined;
      if (this.#direction.stalled) return;
      this.#items.shift();
      first.arrive();
      this.flow();
    });
  }

  /** Accepts nothing any more. Data under way arrives now, completely, or never. */
  end(arrives: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stop?.();
    const items = this.#items.splice(0);
    if (arrives) for (const { arrive } of items) arrive();
  }
}
