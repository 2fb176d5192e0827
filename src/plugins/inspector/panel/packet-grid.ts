/** A list of packets of any length, of which only the visible rows are in the page. A row is selected by click or arrow keys. */
import { timeOfDay } from '../../../platform/dates.js';
import type { PacketRow } from '../record.js';
import { type Dom, setAttribute, setText } from './dom.js';
import { duration, size } from './format.js';
import type { FilteredPackets } from './packet-filter.js';

/** The height of a row, in pixels; also in `styles.ts`. */
export const ROW_PX = 22;

const COLUMNS = ['Time', 'Dir.', 'Namespace', 'Event', 'Size', 'Ack', 'Took'];

/** The text of the column “Event” for other packets. */
const KIND_LABELS = {
  connect: 'CONNECT',
  disconnect: 'DISCONNECT',
  connect_error: 'CONNECT_ERROR',
  ack: 'ACK',
  event: '',
  binary: 'binary',
} as const;

function textsOf(row: PacketRow, startedAtMs: number): string[] {
  const { kind, event, ackId, answers, answeredMs } = row;
  const name = kind === 'event' ? (event ?? '?') : event === undefined ? KIND_LABELS[kind] : `ACK ${event}`;
  const tookMs = answers?.ms ?? answeredMs;
  const pending = kind === 'event' && ackId !== undefined ? '…' : '';
  return [
    timeOfDay(startedAtMs + row.atMs),
    row.direction === 'in' ? '← in' : '→ out',
    row.nsp,
    name,
    size(row.bytes),
    ackId === undefined ? '' : `#${ackId}`,
    tookMs === undefined ? pending : duration(tookMs),
  ];
}

interface RowElements {
  readonly element: HTMLElement;
  readonly cells: readonly HTMLElement[];
  texts: readonly string[];
}

export class PacketGrid {
  readonly element: HTMLElement;
  /** The number of the selected packet. */
  selected: number | undefined;
  private readonly space: HTMLElement;
  private readonly visible: HTMLElement;
  private readonly rows: RowElements[] = [];
  private heightPx = 0;
  private follows = true;
  private scrolledPx = 0;

  constructor(
    private readonly dom: Dom,
    private readonly packets: FilteredPackets,
    private readonly changed: () => void,
  ) {
    this.visible = dom.el('div', {
      class: 'visible',
      role: 'rowgroup',
      click: (event: MouseEvent) => this.click(event),
    });
    this.space = dom.el('div', { class: 'space', role: 'presentation' }, this.visible);
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

  /** @param heightPx the visible height */
  resized(heightPx: number): void {
    if (heightPx === this.heightPx) return;
    this.heightPx = heightPx;
    this.changed();
  }

  /** @param discarded how many rows at the beginning were discarded since the last time */
  render(startedAtMs: number, discarded: number): void {
    const { element, packets, space, visible } = this;
    const height = `${packets.length * ROW_PX}px`;
    if (space.style.height !== height) {
      space.style.height = height;
      // Keep the rows in place that the user is reading.
      if (!this.follows && discarded > 0) element.scrollTop = this.scrolledPx - discarded * ROW_PX;
    }
    const bodyPx = Math.max(0, this.heightPx - ROW_PX);
    const endPx = Math.max(0, packets.length * ROW_PX - bodyPx);
    if (this.follows) {
      if (this.scrolledPx !== endPx) element.scrollTop = endPx;
      this.scrolledPx = endPx;
    } else this.scrolledPx = Math.min(element.scrollTop, endPx);
    const first = Math.max(0, Math.floor(this.scrolledPx / ROW_PX) - 2);
    const count = Math.min(packets.length - first, Math.ceil(bodyPx / ROW_PX) + 5);
    visible.style.transform = `translateY(${first * ROW_PX}px)`;
    setAttribute(element, 'aria-rowcount', packets.length + 1);
    while (this.rows.length > count) this.rows.pop()?.element.remove();
    while (this.rows.length < count) this.addRow();
    let active: string | undefined;
    for (let i = 0; i < this.rows.length; i++) {
      const row = this.rows[i] as RowElements;
      const packet = packets.at(first + i) as PacketRow;
      this.show(row, packet, first + i, startedAtMs);
      if (packet.number === this.selected) active = row.element.id;
    }
    setAttribute(element, 'aria-activedescendant', active);
  }

  private addRow(): void {
    const { dom } = this;
    const cells = COLUMNS.map((_, i) => dom.el('span', { role: 'gridcell', class: `c${i}` }));
    const id = `packet-${this.rows.length}`;
    const element = dom.el('div', { role: 'row', class: 'row', id }, ...cells);
    this.visible.append(element);
    this.rows.push({ element, cells, texts: [] });
  }

  private show(row: RowElements, packet: PacketRow, index: number, startedAtMs: number): void {
    const texts = textsOf(packet, startedAtMs);
    for (let i = 0; i < texts.length; i++) {
      if (texts[i] !== row.texts[i]) setText(row.cells[i] as Element, texts[i] as string);
    }
    row.texts = texts;
    const { element } = row;
    setAttribute(element, 'data-direction', packet.direction);
    setAttribute(element, 'data-kind', packet.kind);
    setAttribute(element, 'data-odd', index % 2 === 1);
    setAttribute(element, 'aria-rowindex', index + 2);
    setAttribute(element, 'aria-selected', packet.number === this.selected ? 'true' : 'false');
    element.dataset.number = String(packet.number);
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
    const row = (event.target as Element).closest<HTMLElement>('[data-number]');
    if (row) this.select(Number(row.dataset.number));
  }

  /** @param number `undefined` to select none */
  select(number: number | undefined): void {
    this.selected = number;
    if (number !== undefined) this.scrollTo(this.packets.indexOf(number));
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
      this.select(packets.at(Math.min(last, Math.max(0, index)))?.number);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private scrollTo(index: number): void {
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
