/** Storage that survives a page and is shared by its tabs: a database, locks, and a channel between the tabs. */
import { attempt } from './attempt.js';
import { type Cancel, type Clock, nothing, systemClock } from './clock.js';
import { randomId } from './random.js';
import { systemSignals } from './signals.js';

/** What a durable outbox needs from the browser; tests pass their own. */
export interface Disk {
  readonly clock: Clock;
  /** The time of day in milliseconds since 1970. */
  dateMs(): number;
  /** A globally unique id. */
  randomId(): string;
  /**
   * Opens a database.
   *
   * @throws if there are none, or the page may not use them
   */
  open(name: string, version: number): IDBOpenDBRequest;
  /** Every key from `lower` to `upper`. */
  range(lower: number, upper: number): IDBKeyRange;
  /**
   * Asks for a lock that one tab at a time has.
   *
   * @returns gives it back, or stops waiting for it
   */
  lock(name: string, granted: () => void): Cancel;
  /** The names of the locks that are held. */
  held(): Promise<readonly (string | undefined)[]>;
  /** @returns posts a message to all other tabs */
  channel(name: string, heard: (message: unknown) => void): (message: unknown) => void;
  /** Calls `listener` when the page enters the back/forward cache. */
  onStored(listener: () => void): void;
  /** Asks the browser not to evict this site's data. */
  persist(): void;
}

export const systemDisk: Disk = {
  clock: systemClock(),
  // Looked up at each call: pages replace it.
  dateMs: () => Date.now(),
  randomId,
  open(name, version) {
    // Insecure pages have databases, but no locks.
    if (!navigator.locks?.request) throw new TypeError('no Web Locks');
    return indexedDB.open(name, version);
  },
  range: (lower, upper) => IDBKeyRange.bound(lower, upper),
  lock(name, granted) {
    const waiting = attempt(() => new AbortController());
    let over = false;
    let release: Cancel = nothing;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hold = (): Promise<void> => {
      if (!over) granted();
      return held;
    };
    // It rejects if the wait is cancelled, or if the page is no longer active.
    attempt(() =>
      navigator.locks.request(name, waiting ? { signal: waiting.signal } : {}, hold).catch(nothing),
    );
    return () => {
      over = true;
      waiting?.abort();
      release();
    };
  },
  held: async () => (await navigator.locks.query()).held?.map(({ name }) => name) ?? [],
  channel(name, heard) {
    const channel = attempt(() => new BroadcastChannel(name));
    if (channel) channel.onmessage = ({ data }) => heard(data);
    // In Node, it would keep the process alive.
    (channel as { unref?(): void } | undefined)?.unref?.();
    return (message) => attempt(() => channel?.postMessage(message));
  },
  onStored(listener) {
    systemSignals.watch((signal) => {
      if (signal === 'stored') listener();
    });
  },
  persist() {
    attempt(() => navigator.storage.persist().catch(nothing));
  },
};
