import { timeOfDay } from '../../../platform/dates.js';
import type { PacketRow } from '../record.js';
import { type Dom, say, set } from './dom.js';
import { duration, size } from './format.js';
import type { FilteredPackets } from './packet-filter.js';

/** The height of a row, in pixels; also in `styles.ts`. */
export const ROW_PX = 22;

const COLUMNS = ['Time', 'Way', 'Namespace', 'Event', 'Size', 'Ack', 'Took'];

/** What stands in the place of an event's name. */
const KIND_WORDS = {
  connect: 'CONNECT',
  disconnect: 'DISCONNECT',
  connect_error: 'CONNECT_ERROR',
  ack: 'ACK',
  event: '',
  binary: 'binary',
} as const;

function textsOf(row: PacketRow, startedAtMs: number): string[] {
  const { kind, event, ackId, answers, answeredMs } = row;
  const name = kind === 'event' ? (event ?? '?') : event === undefined ? KIND_WORDS[kind] : `ACK ${event}`;
  const tookMs = answers?.ms ?? answeredMs;
  const waits = kind === 'event' && ackId !== undefined ? '…' : '';
  return [
    timeOfDay(startedAtMs + row.atMs),
    row.way === 'in' ? '← in' : '→ out',
    row.nsp,
    name,
    size(row.bytes),
    ackId === undefined ? '' : `#${ackId}`,
    tookMs === undefined ? waits : duration(tookMs),
  ];
}

interface RowElements {
  readonly element: HTMLElement;
  readonly cells: readonly HTMLElement[];
  texts: readonly string[];
}

/** A list of any length of which only the rows in sight are in the page. One row is selected by click or by the arrow keys. */
export class PacketGrid {
  readonly element: HTMLElement;
  /** The number of the selected packet. */
  selected: number | undefined;
  private readonly space: HTMLElement;
  private readonly sight: HTMLElement;
  private readonly rows: RowElements[] = [];
  private heightPx = 0;
  private follows = true;
  private scrolledPx = 0;

  constructor(
    private readonly dom: Dom,
    private readonly packets: FilteredPackets,
    private readonly changed: () => void,
  ) {
    this.sight = dom.el('div', {
      class: 'sight',
      role: 'rowgroup',
      click: (event: MouseEvent) => this.click(event),
    });
    this.space = dom.el('div', { class: 'space', role: 'presentation' }, this.sight);
    const head = COLUMNS.map((name, i) =>
      dom.el('span', { role: 'columnheader', class: `c${i}`, 'aria-colindex': i + 1 }, name),
    );
    this.element = dom.el(
      'div',
      {
        class: 'grid',
        role: 'grid',
        tabindex: 0,
        'aria-label': 'Packets',
        'aria-colcount': COLUMNS.length,
        'aria-readonly': 'true',
        scroll: () => this.scrolled(),
        keydown: (event: KeyboardEvent) => this.key(event),
      },
      dom.el(
        'div',
        { role: 'rowgroup', class: 'heads' },
        dom.el('div', { role: 'row', 'aria-rowindex': 1, class: 'row' }, ...head),
      ),
      this.space,
    );
  }

  /** @param heightPx how much of it can be seen */
  resized(heightPx: number): void {
    if (heightPx === this.heightPx) return;
    this.heightPx = heightPx;
    this.changed();
  }

  /** @param gone how many rows at its beginning are no more */
  render(startedAtMs: number, gone: number): void {
    const { element, packets, space, sight } = this;
    const wanted = `${packets.length * ROW_PX}px`;
    if (space.style.height !== wanted) {
      space.style.height = wanted;
      // What is being read stays where it is.
      if (!this.follows && gone > 0) element.scrollTop = this.scrolledPx - gone * ROW_PX;
    }
    const bodyPx = Math.max(0, this.heightPx - ROW_PX);
    const endPx = Math.max(0, packets.length * ROW_PX - bodyPx);
    if (this.follows) {
      if (this.scrolledPx !== endPx) element.scrollTop = endPx;
      this.scrolledPx = endPx;
    } else this.scrolledPx = Math.min(element.scrollTop, endPx);
    const first = Math.max(0, Math.floor(this.scrolledPx / ROW_PX) - 2);
    const count = Math.min(packets.length - first, Math.ceil(bodyPx / ROW_PX) + 5);
    sight.style.transform = `translateY(${first * ROW_PX}px)`;
    set(element, 'aria-rowcount', packets.length + 1);
    while (this.rows.length > count) this.rows.pop()?.element.remove();
    while (this.rows.length < count) this.addRow();
    let active: string | undefined;
    for (const [i, row] of this.rows.entries()) {
      const packet = packets.at(first + i) as PacketRow;
      this.show(row, packet, first + i, startedAtMs);
      if (packet.no === this.selected) active = row.element.id;
    }
    set(element, 'aria-activedescendant', active);
  }

  private addRow(): void {
    const { dom } = this;
    const cells = COLUMNS.map((_, i) => dom.el('span', { role: 'gridcell', class: `c${i}` }));
    const id = `packet-${this.rows.length}`;
    const element = dom.el('div', { role: 'row', class: 'row', id }, ...cells);
    this.sight.append(element);
    this.rows.push({ element, cells, texts: [] });
  }

  private show(row: RowElements, packet: PacketRow, index: number, startedAtMs: number): void {
    const texts = textsOf(packet, startedAtMs);
    for (const [i, text] of texts.entries()) {
      if (text !== row.texts[i]) say(row.cells[i] as Element, text);
    }
    row.texts = texts;
    const { element } = row;
    set(element, 'data-way', packet.way);
    set(element, 'data-kind', packet.kind);
    set(element, 'data-odd', index % 2 === 1);
    set(element, 'aria-rowindex', index + 2);
    set(element, 'aria-selected', packet.no === this.selected ? 'true' : 'false');
    element.dataset.no = String(packet.no);
  }

  private scrolled(): void {
    const { element, packets } = this;
    const { scrollTop } = element;
    if (scrollTop === this.scrolledPx) return;
    const endPx = packets.length * ROW_PX - Math.max(0, this.heightPx - ROW_PX);
    this.follows = scrollTop >= endPx - ROW_PX;
    this.scrolledPx = scrollTop;
    this.changed();
  }

  private click(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>('[data-no]');
    if (row) this.select(Number(row.dataset.no));
  }

  /** @param no nothing to select none */
  select(no: number | undefined): void {
    this.selected = no;
    if (no !== undefined) this.bringIntoSight(this.packets.indexOf(no));
    this.changed();
  }

  private key(event: KeyboardEvent): void {
    const { packets } = this;
    const page = Math.max(1, Math.floor(this.heightPx / ROW_PX) - 2);
    const at = this.selected === undefined ? -1 : packets.indexOf(this.selected);
    const last = packets.length - 1;
    const from = at < 0 ? last + 1 : at;
    const to: { [key: string]: number } = {
      ArrowUp: from - 1,
      ArrowDown: at < 0 ? last : at + 1,
      PageUp: from - page,
      PageDown: at < 0 ? last : at + page,
      Home: 0,
      End: last,
    };
    const index = to[event.key];
    if (event.key === 'Escape' && this.selected !== undefined) this.select(undefined);
    else if (index !== undefined && last >= 0) {
      this.select(packets.at(Math.min(last, Math.max(0, index)))?.no);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private bringIntoSight(index: number): void {
    const { element } = this;
    const bodyPx = Math.max(ROW_PX, this.heightPx - ROW_PX);
    const topPx = index * ROW_PX;
    if (topPx < this.scrolledPx) this.scrolledPx = topPx;
    else if (topPx + ROW_PX > this.scrolledPx + bodyPx) this.scrolledPx = topPx + ROW_PX - bodyPx;
    else return;
    this.follows = index === this.packets.length - 1;
    element.scrollTop = this.scrolledPx;
  }
}
