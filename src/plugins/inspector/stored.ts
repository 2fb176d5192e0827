/** Lists the events in the durable outboxes of a connection, through their public methods: the inspector does not import them. */
import type { Manager } from '../../manager/manager.js';
import { attempt } from '../../platform/attempt.js';

/** A stored event. Its arguments are not shown: they may be secret. */
export interface StoredRow {
  readonly id: string;
  readonly namespace: string;
  readonly event: string | number;
  /** When it was emitted, in milliseconds since 1970. */
  readonly sinceMs: number;
  readonly bytes: number;
  /** How often this page has sent it. */
  readonly tries: number;
  /** Whether it is in the database, and not only in the memory of the page. */
  readonly stored: boolean;
}

interface Outbox {
  pending(): Promise<StoredRow[]>;
}

/** The shortest interval between two reads of all stored events, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

/**
 * @param changed called when there is something new to show
 * @returns the events of the last read; undefined if the connection has no durable outbox. Each call schedules another read
 */
export function storedOf(
  manager: Manager,
  now: () => number,
  changed: () => void,
): () => readonly StoredRow[] | undefined {
  let rows: readonly StoredRow[] = [];
  let looking = false;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    const outboxes = manager._plugins.filter(
      (plugin) => 'onSettled' in plugin && 'pending' in plugin,
    ) as unknown as Outbox[];
    if (outboxes.length === 0) return undefined;
    if (!looking && now() - lookedAtMs >= LOOK_EVERY_MS) {
      looking = true;
      lookedAtMs = now();
      // The outbox itself reports a failed read.
      const all = outboxes.map(
        async (outbox) => (await attempt(() => outbox.pending())?.catch(() => [])) ?? [],
      );
      Promise.all(all).then((found) => {
        looking = false;
        rows = found.flat();
        changed();
      });
    }
    return rows;
  };
}
