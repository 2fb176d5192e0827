import { aligned, piped } from '../support/tables.js';
import type { Fault, Visit } from './catalogue.js';
import type { Result } from './cell.js';
import { story } from './summary.js';

/** What the cells have shown, in one table. */

export interface Judged {
  /** Acknowledged or buffered, and not there exactly once; or gone and nobody was told. */
  readonly lost: readonly number[];
  /** In flight when the connection was cut: lost perhaps, and their emitters were told. */
  readonly told: number;
  /**
   * There twice, or there and the answer lost, because the browser repeated a request behind the library's back: the server
   * takes a repeated POST as new messages, and answers a repeated GET with what comes next.
   */
  readonly blurred: number;
}

export function judge({ report, arrived, repeated }: Result): Judged {
  const lost: number[] = [];
  let told = 0;
  let blurred = 0;
  for (const { n, outcome, away } of report.messages) {
    const times = arrived.filter((other) => other === n).length;
    if (outcome === 'acknowledged' ? times === 1 : outcome !== undefined && !away && times <= 1) {
      if (outcome !== 'acknowledged') told += 1;
    } else if (repeated > 0 && times > 0) {
      blurred += 1;
    } else {
      lost.push(n);
    }
  }
  return { lost, told, blurred };
}

/** How often the client was connected: the server must have made so many sockets, and no other. */
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
  const { lost, told, blurred } = judge(outcome);
  const notes = [told && `${told} told`, blurred && `${blurred} blurred`].filter(Boolean);
  const sockets = `${outcome.made} for ${connects(outcome)}`;
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

/** What the client was told since the visit or the fault began, and the transport that it ended on. */
function happened({ report, sinceMs, repeated }: Result): string {
  const told = story(report.entries.filter(({ atMs }) => atMs >= sinceMs));
  const untold = repeated > 0 ? `the browser repeated ${repeated} of its requests` : '';
  return [told, untold, `on ${report.transport ?? 'nothing'}`].filter(Boolean).join('; ');
}
