/** The tab “Namespaces”: state and traffic of each namespace. */
import { type Dom, renderList, setAttribute, setText } from './dom.js';
import { duration, size } from './format.js';
import { groupTable } from './group.js';
import { newStoredTable } from './stored.js';
import { isSaved, type ShownConnection, type View } from './view.js';

const COLUMNS = ['Namespace', 'State', 'Socket id', 'For', 'In', 'Out', 'Dropped', 'Gaps', 'Reason'];

export function namespacesView(dom: Dom): View {
  const body = dom.el('tbody');
  const stored = newStoredTable(dom);
  const empty = dom.el('p', { class: 'empty' }, 'No namespace has been joined yet.');
  const table = dom.el(
    'table',
    { class: 'rows stacked' },
    dom.el('caption', { class: 'unseen' }, 'Namespaces of this connection'),
    dom.el('thead', {}, dom.el('tr', {}, ...COLUMNS.map((name) => dom.el('th', { scope: 'col' }, name)))),
    body,
  );
  const group = groupTable(dom);
  const element = dom.el(
    'div',
    { class: 'page scroll', tabindex: 0, role: 'group', 'aria-label': 'Namespaces' },
    table,
    empty,
    stored.element,
    group.element,
  );
  const make = (): HTMLTableRowElement =>
    dom.el(
      'tr',
      {},
      dom.el('th', { scope: 'row' }, dom.el('span')),
      dom.el('td', { 'data-label': COLUMNS[1] }, dom.el('i', { class: 'dot' }), dom.el('span')),
      ...COLUMNS.slice(2).map((name) => dom.el('td', { 'data-label': name }, dom.el('span'))),
    );

  return {
    title: 'Namespaces',
    element,
    render(shown: ShownConnection) {
      const { record } = shown;
      stored.render(shown);
      group.render(record);
      const rows = [...record.namespaces.values()];
      setAttribute(table, 'hidden', rows.length === 0);
      setAttribute(empty, 'hidden', rows.length > 0);
      renderList(body, rows, make, (row, one) => {
        setAttribute(row, 'data-state', one.state);
        const cells = [
          one.nsp,
          isSaved(shown) ? `was ${one.state}` : one.state,
          one.id ?? '–',
          duration(Math.max(0, shown.nowMs() - one.sinceMs)),
          `${one.packetsIn.toLocaleString('en-US')} · ${size(one.bytesIn)}`,
          `${one.packetsOut.toLocaleString('en-US')} · ${size(one.bytesOut)}`,
          one.dropped ? String(one.dropped) : '–',
          one.gaps ? String(one.gaps) : '–',
          one.reason ?? '',
        ];
        for (let i = 0; i < cells.length; i++) {
          const cell = row.children[i] as Element;
          // A narrow panel stacks the cells that are not empty.
          setAttribute(cell, 'data-empty', cells[i] === '–' || cells[i] === '');
          setText(cell.lastElementChild as Element, cells[i] as string);
        }
      });
    },
  };
}
