/** What the views of the panel have in common. */
import type { ConnectionRecord } from '../record.js';
import type { StoredRow } from '../stored.js';

/** A connection in the panel: one of this page, or one of a saved log. */
export interface ShownConnection {
  readonly record: ConnectionRecord;
  /** The server's address, without secrets. */
  readonly address: string;
  /** The time of day at the zero of the record's clock, in milliseconds since 1970. */
  readonly startedAtMs: number;
  /** The record's clock. */
  nowMs(): number;
  /** What waits in durable outboxes; undefined where there are none. */
  stored?(): readonly StoredRow[] | undefined;
  /** What waits to be sent now, in bytes, by where it waits; absent for a log. */
  waiting?(): { readonly outbox: number; readonly buffered: number };
}

/** One of the tabs of the panel. */
export interface View {
  readonly title: string;
  readonly element: HTMLElement;
  /** Shows the current data. Called a few times a second while the view is visible and something has changed. */
  render(shown: ShownConnection): void;
}
