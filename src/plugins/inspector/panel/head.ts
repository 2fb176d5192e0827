import type { StateRow } from '../record.js';
import { type Dom, each, say, set } from './dom.js';
import { duration } from './format.js';
import { ICONS } from './icons.js';
import type { Shown } from './view.js';
import { STATE_WORDS } from './words.js';

/** What the panel's head can do. */
export interface HeadOwner {
  readonly shown: readonly Shown[];
  readonly at: number;
  readonly collapsed: boolean;
  readonly dock: 'bottom' | 'right' | 'inside';
  choose(index: number): void;
  save(): void;
  open(): void;
  turn(): void;
  collapse(): void;
  close(): void;
}

export interface Head {
  readonly element: HTMLElement;
  render(): void;
}

const factsOf = ({ record, waiting }: Shown, state: StateRow | undefined): string => {
  const rtt = record.rtts.at(-1);
  return [state?.transport, state?.transport && rtt && duration(rtt.ms), waiting ? undefined : 'saved log']
    .filter(Boolean)
    .join(' · ');
};

/** The state in words, which connection is shown, the tabs, and the buttons. */
export function newHead(dom: Dom, owner: HeadOwner, tabs: HTMLElement): Head {
  const word = dom.el('b');
  const facts = dom.el('span', { class: 'facts' });
  const state = dom.el('div', { class: 'state' }, dom.el('span', { class: 'dot' }), word, facts);
  const live = dom.el('p', { class: 'unseen', role: 'status' });
  const which = dom.el('select', {
    class: 'which',
    'aria-label': 'Connection',
    change: () => owner.choose(which.selectedIndex),
  });
  const tool = (label: string, icon: string, click: () => void): HTMLButtonElement =>
    dom.el(
      'button',
      { type: 'button', class: 'tool', title: label, 'aria-label': label, click },
      dom.icon(icon),
    );
  const turn = tool('Dock', ICONS.right, () => owner.turn());
  const collapse = tool('Collapse', ICONS.collapse, () => owner.collapse());
  const tools = dom.el(
    'div',
    { class: 'tools' },
    tool('Save log', ICONS.save, () => owner.save()),
    tool('Open a saved log', ICONS.open, () => owner.open()),
    turn,
    collapse,
    tool('Close the inspector', ICONS.close, () => owner.close()),
  );
  let told = '';

  function relabel(button: HTMLButtonElement, label: string, icon: string): void {
    set(button, 'title', label);
    set(button, 'aria-label', label);
    set(button.querySelector('path') as Element, 'd', icon);
  }

  return {
    element: dom.el('header', {}, state, which, tabs, tools, live),
    render() {
      const { shown, at, collapsed, dock } = owner;
      const one = shown[at];
      const row = one?.record.states.at(-1);
      const name = one ? STATE_WORDS[row?.state ?? 'idle'] : 'No connection yet';
      set(state, 'data-state', row?.state ?? 'idle');
      say(word, name);
      say(facts, one ? factsOf(one, row) : '');
      // Only what is new: a screen reader is not to hear of each round trip.
      const next =
        one &&
        `${name}${row?.transport ? ` over ${row.transport}` : ''}${row?.reason ? `, ${row.reason}` : ''}`;
      if (next && next !== told) say(live, next);
      told = next ?? '';
      set(which, 'hidden', shown.length < 2);
      each(
        which,
        shown,
        () => dom.el('option'),
        (option, { address, waiting }, i) => {
          say(option, `${i + 1}: ${address}${waiting ? '' : ' (log)'}`);
        },
      );
      if (which.selectedIndex !== at) which.selectedIndex = at;
      set(turn, 'hidden', dock === 'inside' || collapsed);
      if (dock === 'bottom') relabel(turn, 'Dock at the right', ICONS.right);
      else relabel(turn, 'Dock at the bottom', ICONS.bottom);
      relabel(collapse, collapsed ? 'Expand' : 'Collapse', collapsed ? ICONS.expand : ICONS.collapse);
      set(collapse, 'aria-expanded', collapsed ? 'false' : 'true');
    },
  };
}
