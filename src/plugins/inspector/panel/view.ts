/** The common parts of the panel's views. */
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
  /** The events in durable outboxes; undefined if there are none. */
  stored?(): readonly StoredRow[] | undefined;
  /** The bytes queued now, by place; absent for a log. */
  waiting?(): { readonly outbox: number; readonly buffered: number };
  /** How much the program uses it: 0 for a closed one; absent for a log. */
  use?(): number;
  /** Examines the path to the server; absent for a log. */
  diagnose?(onFinding: (finding: Finding) => void): Promise<Diagnosis>;
}

/** Whether it is one of a saved log, which never changes. */
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
