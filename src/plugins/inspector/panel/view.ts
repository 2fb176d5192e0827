import type { ConnectionRecord } from '../record.js';

/** A connection in the panel: one of this page, or one from a saved log. */
export interface Shown {
  readonly record: ConnectionRecord;
  /** Where the server is, without secrets. */
  readonly address: string;
  /** The time of day at the zero of the record's clock, in milliseconds since 1970. */
  readonly startedAtMs: number;
  /** The record's clock. */
  nowMs(): number;
  /** What waits to be sent now, in bytes, by where it waits; nothing in a log. */
  waiting?(): { readonly outbox: number; readonly buffered: number };
}

/** One of the panel's pages. */
export interface View {
  readonly title: string;
  readonly element: HTMLElement;
  /** Shows what there is now. Called when something has changed and the view can be seen, a few times a second. */
  render(shown: Shown): void;
}
