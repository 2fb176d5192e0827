import { newDetails } from './details.js';
import type { Dom } from './dom.js';
import { say, set } from './dom.js';
import { plural } from './format.js';
import { ICONS } from './icons.js';
import { EVERYTHING, FilteredPackets, type PacketFilter } from './packet-filter.js';
import { PacketGrid } from './packet-grid.js';
import type { Shown, View } from './view.js';

/** What the list of packets needs of the inspector it is part of. */
export interface PacketsOwner {
  readonly payloads: boolean;
  readonly paused: boolean;
  setPayloads(on: boolean): void;
  setPaused(on: boolean): void;
  clear(): void;
  /** Something of the view's own has changed. */
  changed(): void;
}

export interface PacketsView extends View {
  resized(heightPx: number): void;
  readonly grid: HTMLElement;
}

/** The list of packets: searched, filtered, paused; what is in them only where that was asked for. */
export function packetsView(dom: Dom, owner: PacketsOwner): PacketsView {
  let filter: PacketFilter = EVERYTHING;
  const packets = new FilteredPackets();
  const grid = new PacketGrid(dom, packets, owner.changed);
  const details = newDetails(dom, () => {
    grid.select(undefined);
    grid.element.focus();
  });
  const change = (part: Partial<PacketFilter>): void => {
    filter = { ...filter, ...part };
    owner.changed();
  };

  const search = dom.el('input', {
    type: 'search',
    placeholder: 'Search packets',
    'aria-label': 'Search packets by event, namespace, kind or #ack',
    input: () => change({ words: search.value }),
  });
  const choice = <Value extends string>(
    label: string,
    options: readonly (readonly [Value, string])[],
    chosen: (value: Value) => void,
  ): HTMLSelectElement => {
    const select = dom.el(
      'select',
      { 'aria-label': label, change: () => chosen(select.value as Value) },
      ...options.map(([value, text]) => dom.el('option', { value }, text)),
    );
    return select;
  };
  const way = choice(
    'Direction',
    [
      ['all', 'In and out'],
      ['in', '← In'],
      ['out', '→ Out'],
    ],
    (value: PacketFilter['way']) => change({ way: value }),
  );
  const kind = choice(
    'Kind',
    [
      ['all', 'All kinds'],
      ['event', 'Events'],
      ['ack', 'Acks'],
      ['other', 'Control'],
    ],
    (value: PacketFilter['kind']) => change({ kind: value }),
  );
  const payloads = dom.el(
    'button',
    {
      type: 'button',
      class: 'switch',
      role: 'switch',
      title:
        'Keep and show what is in packets. It may be private: saved logs hold it, too, while this is on.',
      click: () => owner.setPayloads(!owner.payloads),
    },
    dom.el('i', { 'aria-hidden': 'true' }),
    'Payloads',
  );
  const pauseIcon = dom.icon(ICONS.pause);
  const pauseWord = dom.el('span');
  const pause = dom.el(
    'button',
    { type: 'button', class: 'tool word', click: () => owner.setPaused(!owner.paused) },
    pauseIcon,
    pauseWord,
  );
  const clear = dom.el(
    'button',
    {
      type: 'button',
      class: 'tool',
      'aria-label': 'Clear packets',
      title: 'Clear packets',
      click: () => owner.clear(),
    },
    dom.icon(ICONS.clear),
  );
  const count = dom.el('span', { class: 'count' });
  const empty = dom.el('p', { class: 'empty' });
  const element = dom.el(
    'div',
    { class: 'page packets' },
    dom.el(
      'div',
      { class: 'bar', role: 'group', 'aria-label': 'Filters' },
      search,
      way,
      kind,
      payloads,
      pause,
      clear,
      count,
    ),
    dom.el('div', { class: 'split' }, dom.el('div', { class: 'list' }, grid.element, empty), details.element),
  );

  return {
    title: 'Packets',
    element,
    grid: grid.element,
    resized: (heightPx) => grid.resized(heightPx),
    render({ record, startedAtMs }: Shown) {
      const gone = packets.update(record, filter);
      grid.render(startedAtMs, gone);
      const row = grid.selected === undefined ? undefined : record.packet(grid.selected);
      details.render(row, record, startedAtMs, owner.payloads);
      set(payloads, 'aria-checked', owner.payloads ? 'true' : 'false');
      set(pauseIcon.firstElementChild as Element, 'd', owner.paused ? ICONS.play : ICONS.pause);
      say(pauseWord, owner.paused ? 'Resume' : 'Pause');
      const all = record.packets.length;
      const shown =
        packets.length === all
          ? plural(all, 'packet')
          : `${packets.length.toLocaleString('en-US')} of ${plural(all, 'packet')}`;
      const notes = [
        record.packets.gone > 0 && `${record.packets.gone.toLocaleString('en-US')} older gone`,
        record.passedBy > 0 && `${record.passedBy.toLocaleString('en-US')} passed by while paused`,
      ].filter(Boolean);
      say(count, [shown, ...notes].join(' · '));
      set(empty, 'hidden', packets.length > 0);
      say(empty, all === 0 ? 'No packets yet.' : 'No packet matches the filter.');
    },
  };
}
