/** The details of the selected packet. */
import { timeOfDay } from '../../../platform/dates.js';
import { pretty } from '../payload.js';
import type { PacketRow } from '../record.js';
import { printable } from '../text.js';
import { type Dom, renderList, setAttribute, setText } from './dom.js';
import { duration } from './format.js';
import { isSaved, type ShownConnection } from './view.js';

export interface Details {
  readonly element: HTMLElement;
  render(row: PacketRow | undefined, shown: ShownConnection, payloads: boolean): void;
}

/** Lines stay lines; other unprintable characters are written as escapes. */
const readable = (payload: string): string => pretty(payload).split('\n').map(printable).join('\n');

function whyNoPayload({ kind }: PacketRow, payloads: boolean, saved: boolean): string {
  if (kind === 'connect') return 'CONNECT carries auth and session ids: its payload is never kept.';
  if (saved) return 'The log was saved without it.';
  return payloads
    ? 'Not kept: the packet came before payloads were shown, or newer payloads needed the room.'
    : 'Hidden. Payloads are kept only after “Payloads” is switched on.';
}

function factsOf(row: PacketRow, shown: ShownConnection): [string, string][] {
  const { record, startedAtMs } = shown;
  const { answers } = row;
  const question = answers && record.packet(answers.number);
  const facts: [string, string | undefined][] = [
    ['Packet', `no. ${row.number}, ${row.kind}, ${row.direction === 'in' ? 'received' : 'sent'}`],
    ['Time', timeOfDay(startedAtMs + row.atMs)],
    ['Namespace', row.nsp],
    ['Event', row.event],
    ['Size', `${row.bytes.toLocaleString('en-US')} bytes`],
    ['Attachments', row.attachments ? String(row.attachments) : undefined],
    ['Ack id', row.ackId === undefined ? undefined : String(row.ackId)],
    ['Answered', row.answeredMs === undefined ? undefined : `after ${duration(row.answeredMs)}`],
    [
      'Answers',
      answers &&
        `no. ${answers.number}${question?.event ? ` (${question.event})` : ''}, after ${duration(answers.ms)}`,
    ],
  ];
  if (row.kind === 'event' && row.ackId !== undefined && row.answeredMs === undefined)
    facts.push(['Answered', isSaved(shown) ? 'not before the log was saved' : 'not yet']);
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

export function newDetails(dom: Dom, close: () => void): Details {
  const list = dom.el('dl');
  const payload = dom.el('pre', { tabindex: 0, role: 'group', 'aria-label': 'Payload' });
  const why = dom.el('p', { class: 'empty' });
  const element = dom.el(
    'aside',
    { class: 'details scroll', 'aria-label': 'Packet details', tabindex: 0, hidden: true },
    dom.el(
      'button',
      { type: 'button', class: 'tool', 'aria-label': 'Close details', title: 'Close details', click: close },
      '×',
    ),
    list,
    dom.el('h2', {}, 'Payload'),
    payload,
    why,
  );
  let shown: string | undefined;

  return {
    element,
    render(row, shownConnection, payloads) {
      setAttribute(element, 'hidden', row === undefined);
      if (!row) return;
      renderList(
        list,
        factsOf(row, shownConnection),
        () => dom.el('div', {}, dom.el('dt'), dom.el('dd')),
        (pair, [name, value]) => {
          setText(pair.children[0] as Element, name);
          setText(pair.children[1] as Element, value);
        },
      );
      setAttribute(payload, 'hidden', row.payload === undefined);
      setAttribute(why, 'hidden', row.payload !== undefined);
      setText(why, whyNoPayload(row, payloads, isSaved(shownConnection)));
      if (row.payload !== shown) {
        shown = row.payload;
        setText(payload, shown === undefined ? '' : readable(shown));
      }
    },
  };
}
