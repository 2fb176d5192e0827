import { timeOfDay } from '../../../platform/dates.js';
import type { ConnectionRecord, PacketRow } from '../record.js';
import { type Dom, each, say, set } from './dom.js';
import { duration } from './format.js';

export interface Details {
  readonly element: HTMLElement;
  render(row: PacketRow | undefined, record: ConnectionRecord, startedAtMs: number, payloads: boolean): void;
}

/** A payload as people read it, where it is JSON. */
function pretty(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), undefined, 2);
  } catch {
    return payload;
  }
}

function secretOf({ kind }: PacketRow, payloads: boolean): string {
  if (kind === 'connect') return 'CONNECT carries auth and session ids: its payload is never kept.';
  return payloads
    ? 'Not kept: it came before payloads were shown, or there was no room for it.'
    : 'Hidden. Payloads are kept only after “Payloads” is switched on.';
}

function factsOf(row: PacketRow, record: ConnectionRecord, startedAtMs: number): [string, string][] {
  const { answers } = row;
  const question = answers && record.packet(answers.no);
  const facts: [string, string | undefined][] = [
    ['Packet', `no. ${row.no}, ${row.kind}, ${row.way === 'in' ? 'received' : 'sent'}`],
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
        `no. ${answers.no}${question?.event ? ` (${question.event})` : ''}, after ${duration(answers.ms)}`,
    ],
  ];
  if (row.kind === 'event' && row.ackId !== undefined && row.answeredMs === undefined)
    facts.push(['Answered', 'not yet']);
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

/** Everything about one packet. */
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
    render(row, record, startedAtMs, payloads) {
      set(element, 'hidden', row === undefined);
      if (!row) return;
      each(
        list,
        factsOf(row, record, startedAtMs),
        () => dom.el('div', {}, dom.el('dt'), dom.el('dd')),
        (pair, [name, value]) => {
          say(pair.children[0] as Element, name);
          say(pair.children[1] as Element, value);
        },
      );
      set(payload, 'hidden', row.payload === undefined);
      set(why, 'hidden', row.payload !== undefined);
      say(why, secretOf(row, payloads));
      if (row.payload !== shown) {
        shown = row.payload;
        say(payload, shown === undefined ? '' : pretty(shown));
      }
    },
  };
}
