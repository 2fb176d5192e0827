/** The table of events in durable outboxes, below the table of namespaces. */
import { printable } from '../text.js';
import { type Dom, renderList, setAttribute, setText } from './dom.js';
import { duration, plural, size } from './format.js';
import type { ShownConnection } from './view.js';

/** How many events are listed: the oldest. */
const MAX_ROWS = 100;

const COLUMNS = ['Event', 'Namespace', 'Waits for', 'Tries', 'Size', 'Kept in'];

export interface StoredTable {
  readonly element: HTMLElement;
  render(shown: ShownConnection): void;
}

export function newStoredTable(dom: Dom): StoredTable {
  const body = dom.el('tbody');
  const caption = dom.el('caption');
  const more = dom.el('p', { class: 'empty' });
  const element = dom.el(
    'div',
    { class: 'stored', hidden: true },
    dom.el(
      'table',
      { class: 'rows stacked' },
      caption,
      dom.el('thead', {}, dom.el('tr', {}, ...COLUMNS.map((name) => dom.el('th', { scope: 'col' }, name)))),
      body,
    ),
    more,
  );
  const make = (): HTMLTableRowElement =>
    dom.el(
      'tr',
      {},
      dom.el('th', { scope: 'row' }),
      ...COLUMNS.slice(1).map((name) => dom.el('td', { 'data-label': name })),
    );

  return {
    element,
    render({ stored, startedAtMs, nowMs }) {
      const rows = stored?.();
      setAttribute(element, 'hidden', rows === undefined);
      if (!rows) return;
      setText(caption, `Durable outbox: ${plural(rows.length, 'message')} waiting`);
      setAttribute(more, 'hidden', rows.length <= MAX_ROWS);
      setText(more, `and ${plural(rows.length - MAX_ROWS, 'newer message')}`);
      renderList(body, rows.slice(0, MAX_ROWS), make, (row, one) => {
        const cells = [
          printable(String(one.event)),
          one.namespace,
          duration(Math.max(0, startedAtMs + nowMs() - one.sinceMs)),
          String(one.tries),
          size(one.bytes),
          one.stored ? 'database' : 'memory',
        ];
        for (let i = 0; i < cells.length; i++) setText(row.children[i] as Element, cells[i] as string);
      });
    },
  };
}
