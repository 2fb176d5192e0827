import type { Cancel } from '../../src/platform/clock.js';
import type { Channel, TabPlatform, TabSignal } from '../../src/platform/tabs.js';
import { FakeEnvironment } from './fake-environment.js';
import { SimulatedClock } from './simulated-clock.js';

/** A browser with several tabs of one site: their locks, channels and lifecycle. */

interface Request {
  readonly tab: FakeTab;
  readonly granted: () => void;
  readonly lost: (error: unknown) => void;
}

interface End {
  readonly tab: FakeTab;
  readonly heard: (message: unknown) => void;
}

/** A message from tab to tab takes this long, in milliseconds. */
const CHANNEL_MS = 0.5;

export class FakeBrowser {
  /** The clock of everything outside the tabs. */
  readonly world: SimulatedClock = new SimulatedClock();
  readonly tabs: FakeTab[] = [];
  /** The queue for each lock, by name; the first in it holds the lock. */
  readonly locks: Map<string, Request[]> = new Map();
  readonly channels: Map<string, Set<End>> = new Map();
  /** Every message on a channel. */
  readonly log: unknown[] = [];
  /** Messages on their way to a tab, in order of arrival. No two arrive at the same time. */
  #underWay: { readonly atMs: number; readonly tab: FakeTab; readonly arrive: () => void }[] = [];
  #lastMs = 0;

  open(settings: { readonly visible?: boolean } = {}): FakeTab {
    const tab = new FakeTab(this, `tab-${this.tabs.length + 1}`, settings.visible ?? true);
    this.tabs.push(tab);
    return tab;
  }

  /** Calls `arrive` in a tab a moment later, in the order of the calls. */
  later(tab: FakeTab, arrive: () => void, ms: number = CHANNEL_MS): void {
    this.#lastMs = Math.max(this.world.now() + ms, this.#lastMs + 2 ** -12);
    this.#underWay.push({ atMs: this.#lastMs, tab, arrive });
  }

  request(name: string, steal: boolean, request: Request): Cancel {
    if (request.tab.gone) return () => {};
    const queue = this.locks.get(name) ?? [];
    this.locks.set(name, queue);
    let cancelled = false;
    const grant = (): void => {
      if (queue[0] === request)
        this.later(request.tab, () => !cancelled && queue[0] === request && request.granted());
    };
    if (steal) {
      const robbed = queue.shift();
      queue.unshift(request);
      if (robbed)
        this.later(robbed.tab, () => robbed.lost(Object.assign(new Error('stolen'), { name: 'AbortError' })));
      grant();
    } else {
      queue.push(request);
      if (queue.length === 1) grant();
    }
    return () => {
      cancelled = true;
      this.withdraw(name, request);
    };
  }

  withdraw(name: string, request: Request): void {
    const queue = this.locks.get(name) ?? [];
    const index = queue.indexOf(request);
    if (index < 0) return;
    queue.splice(index, 1);
    const [next] = queue;
    if (index === 0 && next) this.later(next.tab, () => queue[0] === next && next.granted());
  }

  /** Removes everything of a tab. */
  forget(tab: FakeTab): void {
    for (const ends of this.channels.values()) for (const end of ends) if (end.tab === tab) ends.delete(end);
    for (const [name, queue] of this.locks)
      for (const request of [...queue]) if (request.tab === tab) this.withdraw(name, request);
  }

  /** Lets time pass, from one event to the next. */
  async pass(ms: number): Promise<void> {
    const endMs = this.world.now() + ms;
    await settled();
    for (let steps = 0; ; steps += 1) {
      if (steps > 100_000) throw new Error(`timers that never end, within ${ms} ms`);
      const leftMs = endMs - this.world.now();
      if (leftMs <= 0) break;
      const waits = [this.world, ...this.tabs.filter(({ runs }) => runs).map((tab) => tab.clock)].map(
        (clock) => clock.waits[0] ?? Number.POSITIVE_INFINITY,
      );
      const [first] = this.#underWay;
      const arrivesMs = first ? first.atMs - this.world.now() : leftMs;
      const stepMs = Math.max(0, Math.min(leftMs, arrivesMs, ...waits));
      this.world.advance(stepMs);
      if (first && first.atMs <= this.world.now()) {
        this.#underWay.shift();
        first.tab.take(first.arrive, false);
      }
      for (const tab of this.tabs) {
        if (tab.runs) tab.clock.advance(stepMs);
        // Its timers are late.
        else tab.clock.sleep(stepMs);
      }
      await this.settle();
    }
  }

  async settle(): Promise<void> {
    await settled();
    for (let busy = true; busy; ) {
      busy = false;
      for (const tab of this.tabs) {
        if (!tab.next()) continue;
        busy = true;
        await settled();
      }
    }
  }
}

export class FakeTab extends FakeEnvironment implements TabPlatform {
  readonly missing = undefined;
  visible: boolean;
  readonly tabs: TabPlatform = this;
  /** Its script runs without a pause. */
  #hangs = false;
  #gone = false;
  #mail: { readonly task: () => void; readonly network: boolean }[] = [];
  readonly #listeners = new Set<(signal: TabSignal) => void>();
  readonly #browser: FakeBrowser;
  readonly #name: string;
  #made = 0;

  constructor(browser: FakeBrowser, name: string, visible: boolean) {
    super();
    this.#browser = browser;
    this.#name = name;
    this.visible = visible;
    this.clock.advance(browser.world.now() - this.clock.now());
  }

  override readonly randomId = (): string => `${this.#name}-${++this.#made}`;

  get runs(): boolean {
    return !this.#hangs && !this.#gone;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Something reaches the tab. @param network whether it came over the network, not from another tab or the browser */
  take(task: () => void, network = true): void {
    if (!this.#gone) this.#mail.push({ task, network });
  }

  /** Handles one of the messages that have arrived. */
  next(): boolean {
    if (!this.runs) return false;
    const next = this.#mail.shift();
    next?.task();
    return next !== undefined;
  }

  watch(listener: (signal: TabSignal) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  lock(name: string, steal: boolean, granted: () => void, lost: (error: unknown) => void): Cancel {
    return this.#browser.request(name, steal, { tab: this, granted, lost });
  }

  channel(name: string, heard: (message: unknown) => void): Channel {
    const { channels, log } = this.#browser;
    const ends = channels.get(name) ?? new Set<End>();
    channels.set(name, ends);
    const own: End = { tab: this, heard };
    if (!this.#gone) ends.add(own);
    return {
      post: (message) => {
        if (this.#gone) return;
        const copy: unknown = structuredClone(message);
        log.push(copy);
        for (const end of ends)
          if (end !== own)
            this.#browser.later(end.tab, () => ends.has(end) && end.heard(structuredClone(copy)));
      },
      close: () => void ends.delete(own),
    };
  }

  worker(): undefined {
    return undefined;
  }

  tell(signal: TabSignal): void {
    if (signal === 'visible' || signal === 'hidden') this.visible = signal === 'visible';
    for (const listener of [...this.#listeners]) listener(signal);
  }

  /** Its process ends silently. */
  crash(): void {
    this.#gone = true;
    this.#mail = [];
    this.#browser.forget(this);
  }

  hang(): void {
    this.#hangs = true;
  }

  /**
   * Continues, with the messages that have arrived meanwhile.
   *
   * @param networkFirst those of the network before those of other tabs, as Chromium prefers them; otherwise as they arrived
   */
  wake(networkFirst = false): void {
    this.#hangs = false;
    if (networkFirst) this.#mail.sort((one, other) => Number(other.network) - Number(one.network));
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
