import { FakeEnvironment } from '../support/fake-environment.js';
import { SimulatedClock } from '../support/simulated-clock.js';

/** Two clocks with the same speed: while the page's computer sleeps, the network and the server do not. */
export class Time {
  /** The clock of the network and the server. */
  readonly world: SimulatedClock = new SimulatedClock();
  readonly page: FakeEnvironment = new FakeEnvironment();
  #asleep = false;
  /** Data that has arrived for the page and was not read yet. */
  #mail: (() => void)[] = [];

  /** Delivers to the page as soon as it is awake, each in its own task, like browsers. */
  toPage(task: () => void): void {
    this.#mail.push(task);
  }

  /** Runs everything that needs no time. */
  async settle(): Promise<void> {
    await settled();
    while (!this.#asleep && this.#mail.length > 0) {
      this.#mail.shift()?.();
      await settled();
    }
  }

  /** Lets time pass from timer to timer, and runs everything that needs no time in between. */
  async pass(ms: number): Promise<void> {
    const endMs = this.world.now() + ms;
    for (let steps = 0; ; steps += 1) {
      if (steps > 20_000) throw new Error(`timers that never end, within ${ms} ms`);
      const leftMs = endMs - this.world.now();
      if (leftMs <= 0) break;
      const stepMs = Math.max(0, Math.min(leftMs, this.#untilNext()));
      this.world.advance(stepMs);
      this.page.clock.advance(stepMs);
      await this.settle();
    }
  }

  /**
   * The page's computer sleeps.
   *
   * @param ticking whether the monotonic clock counts that time, as it does on some systems
   * @param mailFirst whether the page reads the arrived data before its late timers run
   */
  async sleep(ms: number, ticking: boolean, mailFirst: boolean): Promise<void> {
    this.#asleep = true;
    this.world.advance(ms);
    if (ticking) this.page.clock.sleep(ms);
    else this.page.dateAheadMs += ms;
    await settled();
    this.#asleep = false;
    if (!mailFirst) await this.#runLate();
    await this.settle();
    await this.#runLate();
  }

  async #runLate(): Promise<void> {
    this.page.clock.advance(0);
    await settled();
  }

  #untilNext(): number {
    const [world = Number.POSITIVE_INFINITY] = this.world.waits;
    const [page = Number.POSITIVE_INFINITY] = this.page.clock.waits;
    return Math.min(world, page);
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
