/** The tab “Packets”: the list of packets with its search, filters and details. */
import { newDetails } from './details.js';
import type { Dom } from './dom.js';
import { setAttribute, setText } from './dom.js';
import { grouped, plural } from './format.js';
import { ICONS } from './icons.js';
import { EVERYTHING, FilteredPackets, type PacketFilter } from './packet-filter.js';
import { PacketGrid } from './packet-grid.js';
import { isSaved, type ShownConnection, type View } from './view.js';

/** What the view needs of the inspector. */
export interface PacketsHost {
  readonly payloads: boolean;
  readonly paused: boolean;
  setPayloads(on: boolean): void;
  setPaused(on: boolean): void;
  clear(): void;
  /** Called after a change of the filters or the selection. */
  changed(): void;
}

export interface PacketsView extends View {
  resized(heightPx: number): void;
  readonly grid: HTMLElement;
}

export function packetsView(dom: Dom, host: PacketsHost): PacketsView {
  let filter: PacketFilter = EVERYTHING;
  const packets = new FilteredPackets();
  const grid = new PacketGrid(dom, packets, host.changed);
  const details = newDetails(dom, () => {
    grid.select(undefined);
    grid.element.focus();
  });
  const change = (part: Partial<PacketFilter>): void => {
    filter = { ...filter, ...part };
    host.changed();
  };

  const search = dom.el('input', {
    type: 'search',
    placeholder: 'Search packets',
    'aria-label': 'Search packets by event, namespace, kind or #ack',
    input: () => change({ search: search.value }),
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
  const direction = choice(
    'Direction',
    [
      ['all', 'In and out'],
      ['in', '← In'],
      ['out', '→ Out'],
    ],
    (value: PacketFilter['direction']) => change({ direction: value }),
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
        'Keep and show the payloads of packets. They may be private; while this is on, saved logs contain them.',
      click: () => host.setPayloads(!host.payloads),
    },
    dom.el('i', { 'aria-hidden': 'true' }),
    'Payloads',
  );
  const pauseIcon = dom.icon(ICONS.pause);
  const pauseLabel = dom.el('span');
  const pause = dom.el(
    'button',
    { type: 'button', class: 'tool word', click: () => host.setPaused(!host.paused) },
    pauseIcon,
    pauseLabel,
  );
  const clear = dom.el(
    'button',
    {
      type: 'button',
      class: 'tool',
      'aria-label': 'Clear packets',
      title: 'Clear packets',
      click: () => host.clear(),
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
      direction,
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
    render(shownConnection: ShownConnection) {
      const { record, startedAtMs } = shownConnection;
      const discarded = packets.update(record, filter);
      grid.render(startedAtMs, discarded);
      const row = grid.selected === undefined ? undefined : record.packet(grid.selected);
      details.render(row, shownConnection, host.payloads);
      // A log receives no more packets.
      setAttribute(pause, 'hidden', isSaved(shownConnection));
      setAttribute(clear, 'hidden', isSaved(shownConnection));
      setAttribute(payloads, 'aria-checked', host.payloads ? 'true' : 'false');
      setAttribute(pauseIcon.firstElementChild as Element, 'd', host.paused ? ICONS.play : ICONS.pause);
      setText(pauseLabel, host.paused ? 'Resume' : 'Pause');
      const all = record.packets.length;
      const shown =
        packets.length === all
          ? plural(all, 'packet')
          : `${grouped(packets.length)} of ${plural(all, 'packet')}`;
      const notes = [
        record.packets.discarded > 0 && `${grouped(record.packets.discarded)} older discarded`,
        record.skipped > 0 && `${grouped(record.skipped)} skipped while paused`,
      ].filter(Boolean);
      setText(count, [shown, ...notes].join(' · '));
      setAttribute(empty, 'hidden', packets.length > 0);
      setText(empty, all === 0 ? 'No packets yet.' : 'No packet matches the filter.');
    },
  };
}
