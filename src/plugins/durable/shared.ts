/** What the parts of an outbox share: who waits, by which sockets events are sent, and what is known of each. */
import type { Disk } from '../../platform/disk.js';
import type { Listener } from '../../platform/emitter.js';
import type { Queue } from './queue.js';
import type { Store, Stored } from './store.js';

/** Who waits for the end of an event. */
export interface Waiter {
  _record: Stored;
  readonly _queue: Queue;
  /** Called with an error or null, and with the first and the second value of the answer. */
  readonly _done: Listener;
}

export interface Shared {
  readonly _disk: Disk;
  readonly _store: Store;
  /** This page, as its records name it. */
  readonly _page: string;
  /** By id, the oldest first. */
  readonly _waiting: Map<string, Waiter>;
  /** Those whose sockets are connected, and those that keep what could not be stored. */
  readonly _live: Set<Queue>;
  /** How often each event was sent by this page, by its id. */
  readonly _tries: Map<string, number>;
  /** Nobody waits any more. */
  _idle(): void;
  /** The name of a lock, of a channel, or of the database. */
  _nameOf(...parts: readonly string[]): string;
  /** Something is wrong with the database, and no call can tell. */
  _trouble(cause: unknown): void;
}
