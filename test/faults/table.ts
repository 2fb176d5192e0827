import { aligned, piped } from '../support/tables.js';
import type { Fault, Visit } from './catalogue.js';
import type { Result } from './cell.js';
import { summarize } from './summary.js';

/** The table of results. */

export interface Judged {
  /** Acknowledged or kept, but not delivered exactly once; or lost without an error. */
  readonly lost: readonly number[];
  /** In flight when the connection was cut: possibly lost, and their emits failed. */
  readonly failed: number;
  /**
   * Delivered twice, or delivered with its answer lost, because the browser silently repeated a request: the server
   * treats a repeated POST as new messages, and answers a repeated GET with the next packets.
   */
  readonly repeated: number;
}

export function judge({ report, arrived, repeated: repeatedRequests }: Result): Judged {
  const lost: number[] = [];
  let failed = 0;
  let repeated = 0;
  for (const { n, outcome, whileDisconnected } of report.messages) {
    const times = arrived.filter((other) => other === n).length;
    if (
      outcome === 'acknowledged' ? times === 1 : outcome !== undefined && !whileDisconnected && times <= 1
    ) {
      if (outcome !== 'acknowledged') failed += 1;
    } else if (repeatedRequests > 0 && times > 0) {
      repeated += 1;
    } else {
      lost.push(n);
    }
  }
  return { lost, failed, repeated };
}

/** How often the client connected: the servers must have created exactly as many sockets. */
export function connects({ report }: Result): number {
  return report.entries.filter(({ what }) => what === 'connect').length;
}

export interface Row {
  readonly fault: Fault;
  readonly where: string;
  readonly visit: Visit;
  readonly outcome: Result | string;
}

const head = ['fault', 'where', 'visit', 'what happened', 'usable after', 'lost', 'sockets'];

export function cellsOf({ fault, where, visit, outcome }: Row): string[] {
  const cell = [fault.name, where, visit];
  if (typeof outcome === 'string') return [...cell, outcome, '', '', ''];
  const { lost, failed, repeated } = judge(outcome);
  const notes = [failed && `${failed} failed`, repeated && `${repeated} repeated`].filter(Boolean);
  const sockets = `${outcome.created} for ${connects(outcome)}`;
  return [
    ...cell,
    happened(outcome),
    `${(outcome.usableMs / 1000).toFixed(2)} s`,
    `${lost.length}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`,
    outcome.leftOver > 0 ? `${sockets}, ${outcome.leftOver} left` : sockets,
  ];
}

export const markdown = (rows: readonly Row[]): string => piped(head, rows.map(cellsOf), '---');
export const plain = (rows: readonly Row[]): string => aligned([head, ...rows.map(cellsOf)]);

/** The client's log since the visit or the fault began, and the transport that it ended on. */
function happened({ report, sinceMs, repeated }: Result): string {
  const logged = summarize(report.entries.filter(({ atMs }) => atMs >= sinceMs));
  const requests = repeated > 0 ? `the browser repeated ${repeated} requests` : '';
  return [logged, requests, `on ${report.transport ?? 'nothing'}`].filter(Boolean).join('; ');
}
