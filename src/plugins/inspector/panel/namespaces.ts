/** The tab “Namespaces”: state and traffic of each namespace. */
import { type Dom, renderList, setAttribute, setText } from './dom.js';
import { duration, size } from './format.js';
import { newStoredTable } from './stored.js';
import type { ShownConnection, View } from './view.js';

const COLUMNS = ['Namespace', 'State', 'Socket id', 'For', 'In', 'Out', 'Dropped', 'Gaps', 'Reason'];

export function namespacesView(dom: Dom): View {
  const body = dom.el('tbody');
  const stored = newStoredTable(dom);
  const empty = dom.el('p', { class: 'empty' }, 'No namespace has been joined yet.');
  const table = dom.el(
    'table',
    { class: 'rows' },
    dom.el('caption', { class: 'unseen' }, 'Namespaces of this connection'),
    dom.el('thead', {}, dom.el('tr', {}, ...COLUMNS.map((name) => dom.el('th', { scope: 'col' }, name)))),
    body,
  );
  const element = dom.el(
    'div',
    { class: 'page scroll', tabindex: 0, role: 'group', 'aria-label': 'Namespaces' },
    table,
    empty,
    stored.element,
  );
  const make = (): HTMLTableRowElement =>
    dom.el(
      'tr',
      {},
      dom.el('th', { scope: 'row' }, dom.el('span')),
      dom.el('td', {}, dom.el('i', { class: 'dot' }), dom.el('span')),
      ...COLUMNS.slice(2).map(() => dom.el('td', {}, dom.el('span'))),
    );

  return {
    title: 'Namespaces',
    element,
    render(shown: ShownConnection) {
      const { record, nowMs } = shown;
      stored.render(shown);
      const rows = [...record.namespaces.values()];
      setAttribute(table, 'hidden', rows.length === 0);
      setAttribute(empty, 'hidden', rows.length > 0);
      renderList(body, rows, make, (row, one) => {
        setAttribute(row, 'data-state', one.state);
        const cells = [
          one.nsp,
          one.state,
          one.id ?? '–',
          duration(Math.max(0, nowMs() - one.sinceMs)),
          `${one.packetsIn.toLocaleString('en-US')} · ${size(one.bytesIn)}`,
          `${one.packetsOut.toLocaleString('en-US')} · ${size(one.bytesOut)}`,
          one.dropped ? String(one.dropped) : '–',
          one.gaps ? String(one.gaps) : '–',
          one.reason ?? '',
        ];
        for (let i = 0; i < cells.length; i++) {
          setText(row.children[i]?.lastElementChild as Element, cells[i] as string);
        }
      });
    },
  };
}
