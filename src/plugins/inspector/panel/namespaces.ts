import { type Dom, each, say, set } from './dom.js';
import { duration, size } from './format.js';
import type { Shown, View } from './view.js';

const COLUMNS = ['Namespace', 'State', 'Socket id', 'For', 'In', 'Out', 'Dropped', 'Gaps', 'Why'];

/** The namespaces of a connection, and what went through each. */
export function namespacesView(dom: Dom): View {
  const body = dom.el('tbody');
  const empty = dom.el('p', { class: 'empty' }, 'No namespace has been asked for yet.');
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
    render({ record, nowMs }: Shown) {
      const rows = [...record.namespaces.values()];
      set(table, 'hidden', rows.length === 0);
      set(empty, 'hidden', rows.length > 0);
      each(body, rows, make, (row, one) => {
        set(row, 'data-state', one.state);
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
        for (const [i, text] of cells.entries()) say(row.children[i]?.lastElementChild as Element, text);
      });
    },
  };
}
