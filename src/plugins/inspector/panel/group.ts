/** The tabs that share the connection: which one has it, and which are visible. */
import type { ConnectionRecord } from '../record.js';
import { type Dom, renderList, setAttribute, setText } from './dom.js';

const COLUMNS = ['Tab', 'Part', 'Page'];

export interface GroupTable {
  readonly element: HTMLElement;
  render(record: ConnectionRecord): void;
}

export function groupTable(dom: Dom): GroupTable {
  const body = dom.el('tbody');
  const element = dom.el(
    'table',
    { class: 'rows stacked' },
    dom.el('caption', { class: 'unseen' }, 'Tabs that share this connection'),
    dom.el('thead', {}, dom.el('tr', {}, ...COLUMNS.map((name) => dom.el('th', { scope: 'col' }, name)))),
    body,
  );
  const make = (): HTMLTableRowElement =>
    dom.el(
      'tr',
      {},
      dom.el('th', { scope: 'row' }, dom.el('span')),
      ...COLUMNS.slice(1).map((name) => dom.el('td', { 'data-label': name }, dom.el('span'))),
    );
  return {
    element,
    render({ sharing }) {
      const members = sharing?.members ?? [];
      setAttribute(element, 'hidden', members.length === 0);
      renderList(body, members, make, (row, { id, leads, visible, self }) => {
        const cells = [
          self ? `${id} (this tab)` : id,
          leads ? 'has the connection' : sharing?.role === 'worker' ? 'uses the worker' : 'follows',
          visible ? 'visible' : 'hidden',
        ];
        for (let i = 0; i < cells.length; i++)
          setText((row.children[i] as Element).lastElementChild as Element, cells[i] as string);
      });
    },
  };
}
