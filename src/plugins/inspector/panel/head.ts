/** The header of the panel: the state, the choice of a connection, the tabs and the buttons. */
import type { StateRow } from '../record.js';
import { type Dom, renderList, setAttribute, setText } from './dom.js';
import { duration } from './format.js';
import { ICONS } from './icons.js';
import { STATE_LABELS } from './state-labels.js';
import { isSaved, type ShownConnection, savedAt } from './view.js';

/** What the header shows, and what its buttons do. */
export interface HeadHost {
  readonly connections: readonly ShownConnection[];
  readonly shown: ShownConnection | undefined;
  readonly collapsed: boolean;
  readonly dock: 'bottom' | 'right' | 'inside';
  choose(shown: ShownConnection | undefined): void;
  save(): void;
  open(): void;
  closeLog(): void;
  changeDock(): void;
  collapse(): void;
  close(): void;
}

export interface Head {
  readonly element: HTMLElement;
  render(): void;
}

function factsOf(shown: ShownConnection, state: StateRow | undefined): string {
  const rtt = shown.record.rtts.at(-1);
  if (isSaved(shown)) return `${savedAt(shown)} · was ${STATE_LABELS[state?.state ?? 'idle'].toLowerCase()}`;
  return [state?.transport, state?.transport && rtt && duration(rtt.ms)].filter(Boolean).join(' · ');
}

export function newHead(dom: Dom, host: HeadHost, tabs: HTMLElement): Head {
  const label = dom.el('b');
  const facts = dom.el('span', { class: 'facts' });
  const state = dom.el('div', { class: 'state' }, dom.el('span', { class: 'dot' }), label, facts);
  const live = dom.el('p', { class: 'unseen', role: 'status' });
  const which = dom.el('select', {
    class: 'which',
    'aria-label': 'Connection',
    change: () => host.choose(host.connections[which.selectedIndex]),
  });
  const tool = (name: string, icon: string, click: () => void): HTMLButtonElement =>
    dom.el(
      'button',
      { type: 'button', class: 'tool', title: name, 'aria-label': name, click },
      dom.icon(icon),
    );
  const dockButton = tool('Dock', ICONS.right, () => host.changeDock());
  const collapse = tool('Collapse', ICONS.collapse, () => host.collapse());
  const closeLog = tool('Close this log', ICONS.closeLog, () => host.closeLog());
  const tools = dom.el(
    'div',
    { class: 'tools' },
    tool('Save log', ICONS.save, () => host.save()),
    tool('Open a saved log', ICONS.open, () => host.open()),
    closeLog,
    dockButton,
    collapse,
    tool('Close the inspector', ICONS.close, () => host.close()),
  );
  let announced = '';

  function relabel(button: HTMLButtonElement, name: string, icon: string): void {
    setAttribute(button, 'title', name);
    setAttribute(button, 'aria-label', name);
    setAttribute(button.querySelector('path') as Element, 'd', icon);
  }

  return {
    element: dom.el('header', {}, state, which, tabs, tools, live),
    render() {
      const { connections, shown, collapsed, dock } = host;
      const row = shown?.record.states.at(-1);
      const saved = shown !== undefined && isSaved(shown);
      const name = saved ? 'Saved log' : shown ? STATE_LABELS[row?.state ?? 'idle'] : 'No connection yet';
      setAttribute(state, 'data-state', saved ? 'saved' : (row?.state ?? 'idle'));
      setText(label, name);
      setText(facts, shown ? factsOf(shown, row) : '');
      // Screen readers announce only changes of the state, not each round trip.
      const announcement = saved
        ? `${name} of ${savedAt(shown)}`
        : shown
          ? `${name}${row?.transport ? ` over ${row.transport}` : ''}${row?.reason ? `, ${row.reason}` : ''}`
          : '';
      if (announcement && announcement !== announced) setText(live, announcement);
      announced = announcement;
      setAttribute(which, 'hidden', connections.length < 2);
      renderList(
        which,
        connections,
        () => dom.el('option'),
        (option, one, i) => {
          const note = isSaved(one)
            ? ' (log)'
            : one.record.states.at(-1)?.state === 'closed'
              ? ' (closed)'
              : '';
          setText(option, `${i + 1}: ${one.address}${note}`);
        },
      );
      const index = shown ? connections.indexOf(shown) : -1;
      if (which.selectedIndex !== index) which.selectedIndex = index;
      setAttribute(closeLog, 'hidden', !saved);
      setAttribute(dockButton, 'hidden', dock === 'inside' || collapsed);
      if (dock === 'bottom') relabel(dockButton, 'Dock at the right', ICONS.right);
      else relabel(dockButton, 'Dock at the bottom', ICONS.bottom);
      relabel(collapse, collapsed ? 'Expand' : 'Collapse', collapsed ? ICONS.expand : ICONS.collapse);
      setAttribute(collapse, 'aria-expanded', collapsed ? 'false' : 'true');
    },
  };
}
