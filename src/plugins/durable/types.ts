/** What programs see of a durable outbox. Nothing of this file is left at run time. */
import type { Plugin } from '../../manager/plugin.js';
import type { HoldfastError } from '../../platform/errors.js';
import type { EventNames, EventParams, EventsMap } from '../../platform/event-map.js';
import type { ErrorFirstSocket, Socket } from '../../socket/socket.js';
import type { AllButLast, FirstArg, Last, SecondArg, WithoutKey } from '../../socket/typing.js';

/** What `durable` takes. */
export interface DurableOptions {
  /** Names the database. Tabs with the same name and owner share what waits. */
  readonly name: string;
  /** Whose messages these are, such as the id of the user who is logged in. Those of another owner are neither sent nor listed. */
  readonly owner: string | number;
  /** How many events may wait; one more is refused. @defaultValue 10000 */
  readonly maxEntries?: number | undefined;
  /** How many bytes may wait; a text counts one for each UTF-16 unit. @defaultValue 67108864 (64 MiB) */
  readonly maxBytes?: number | undefined;
  /** How long an event may wait, in milliseconds, by the time of day. @defaultValue 604800000 (7 days) */
  readonly maxAgeMs?: number | undefined;
  /** An event is sent only after the disk has it, and not just the operating system: slower. @defaultValue false */
  readonly strict?: boolean | undefined;
  /** `'memory'`: what cannot be stored is kept in this page, and `onError` tells. @defaultValue the emit fails */
  readonly fallback?: 'memory' | undefined;
  /** Ask the browser not to evict what this site stores (`navigator.storage.persist()`). @defaultValue false */
  readonly persist?: boolean | undefined;
}

/** An event that waits until the server has acknowledged it. */
export interface DurableEntry {
  readonly id: string;
  readonly namespace: string;
  readonly event: string | number;
  /** As they go over the wire: what JSON makes of them, with binary data as `Uint8Array`, `Blob` or `File`. */
  readonly args: readonly unknown[];
  /** By which the server recognises it. */
  readonly idempotencyKey: string;
  /** When it was emitted, in milliseconds since 1970. */
  readonly sinceMs: number;
  readonly bytes: number;
  /** How often this page has sent it. */
  readonly tries: number;
  /** Whether it is stored; false for one that is only in the memory of this page (`fallback`). */
  readonly stored: boolean;
}

/** How an event has ended: with the values of the server's acknowledgement, or with an error. */
export type DurableOutcome =
  | { readonly answer: readonly unknown[]; readonly error?: undefined }
  | { readonly error: HoldfastError; readonly answer?: undefined };

/** A plugin of `io()`, for one server: with another address, `io()` throws `BAD_OPTION`. */
export interface DurableOutbox extends Plugin {
  /**
   * Stores an event, sends it as soon as the socket is connected, and again until the server acknowledges it: after a cut, a reload, or a
   * crash. Resolves with the acknowledgement. The server gets `{ idempotencyKey }` as the last argument.
   *
   * Rejects with a `HoldfastError`: what `emit` throws, `BAD_OPTION` for a socket without this outbox, `OUTBOX_FULL`, `EXPIRED`, `CLEARED`,
   * `TOO_LARGE`, and `STORAGE_…` where it cannot be stored.
   */
  emitWithAck<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    Name extends EventNames<EmitEvents>,
  >(
    socket: ErrorFirstSocket<ListenEvents, EmitEvents>,
    event: Name,
    ...args: AllButLast<EventParams<WithoutKey<EmitEvents>, Name>>
  ): Promise<SecondArg<Last<EventParams<EmitEvents, Name>>>>;
  emitWithAck<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    Name extends EventNames<EmitEvents>,
  >(
    socket: Socket<ListenEvents, EmitEvents>,
    event: Name,
    ...args: AllButLast<EventParams<WithoutKey<EmitEvents>, Name>>
  ): Promise<FirstArg<Last<EventParams<EmitEvents, Name>>>>;
  /** What waits, the oldest first, also of other tabs. Rejects with a code `STORAGE_…`. */
  pending(): Promise<DurableEntry[]>;
  /** Calls `listener` once if events of pages that are gone wait. Returns what removes it. */
  onRestored(listener: (entries: readonly DurableEntry[]) => void): () => void;
  /** Calls `listener` when an event ends whose page is gone, in every tab. Returns what removes it. */
  onSettled(listener: (entry: DurableEntry, outcome: DurableOutcome) => void): () => void;
  /** Calls `listener` for each trouble with the storage that no call can tell; without one, a warning does. Returns what removes it. */
  onError(listener: (error: HoldfastError) => void): () => void;
  /**
   * Removes an event: its emit fails with `CLEARED`.
   *
   * @returns whether it was waiting. It may have reached the server all the same (`error.maybeDelivered`).
   */
  cancel(id: string): Promise<boolean>;
  /** Removes all events of this owner, as at a logout: their emits fail with `CLEARED`, in every tab. */
  clear(): Promise<void>;
}
