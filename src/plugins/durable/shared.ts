/** The state that the parts of an outbox share: pending calls, queues, and attempts. */
import type { Disk } from '../../platform/disk.js';
import type { Listener } from '../../platform/emitter.js';
import type { Queue } from './queue.js';
import type { Store, Stored } from './store.js';

/** A call that waits for the end of an event. */
export interface Waiter {
  _record: Stored;
  readonly _queue: Queue;
  /** Called with an error or null, and with the first and the second value of the answer. */
  readonly _done: Listener;
}

export interface Shared {
  readonly _disk: Disk;
  readonly _store: Store;
  /** The name of this page in its records. */
  readonly _page: string;
  /** The pending calls by the event's id, the oldest first. */
  readonly _waiting: Map<string, Waiter>;
  /** The queues with a connected socket, and those with events that could not be stored. */
  readonly _live: Set<Queue>;
  /** How often each event was sent by this page, by its id. */
  readonly _tries: Map<string, number>;
  /** Called when no call is pending any longer. */
  _idle(): void;
  /** Builds the name of a lock, of a channel, or of the database. */
  _nameOf(...parts: readonly string[]): string;
  /** Reports a failure of the database that belongs to no call. */
  _trouble(cause: unknown): void;
}
