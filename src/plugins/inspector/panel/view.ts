/** What the views of the panel have in common. */
import { isoTime } from '../../../platform/dates.js';
import type { Diagnosis, Finding } from '../../doctor.js';
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
  /** How much the program uses it: 0 for a closed one; absent for a log. */
  use?(): number;
  /** Finds out what stands between the page and the server; absent for a log. */
  diagnose?(onFinding: (finding: Finding) => void): Promise<Diagnosis>;
}

/** Whether it is one of a saved log: it tells what was, and nothing changes any more. */
export const isSaved = ({ waiting }: ShownConnection): boolean => waiting === undefined;

/** The time of day at which a log was saved, as `2026-11-27 00:57 UTC`. */
export const savedAt = ({ startedAtMs, nowMs }: ShownConnection): string =>
  `${isoTime(startedAtMs + nowMs())
    .slice(0, 16)
    .replace('T', ' ')} UTC`;

/** One of the tabs of the panel. */
export interface View {
  readonly title: string;
  readonly element: HTMLElement;
  /** Shows the current data. Called a few times a second while the view is visible and something has changed. */
  render(shown: ShownConnection): void;
}
