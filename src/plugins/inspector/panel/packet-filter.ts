/** Filters the list of packets by direction, kind and words. */
import type { ConnectionRecord, PacketRow } from '../record.js';

export interface PacketFilter {
  /** Each word must occur in the event's name, the namespace, the kind, the ack id or the payload. */
  readonly search: string;
  readonly direction: 'all' | 'in' | 'out';
  readonly kind: 'all' | 'event' | 'ack' | 'other';
}

export const EVERYTHING: PacketFilter = { search: '', direction: 'all', kind: 'all' };

const isEverything = ({ search, direction, kind }: PacketFilter): boolean =>
  search.trim() === '' && direction === 'all' && kind === 'all';

/** Whether a packet passes the filter. */
export function matches(row: PacketRow, { search, direction, kind }: PacketFilter): boolean {
  if (direction !== 'all' && row.direction !== direction) return false;
  const group = row.kind === 'event' || row.kind === 'ack' ? row.kind : 'other';
  if (kind !== 'all' && kind !== group) return false;
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const id = row.ackId === undefined ? '' : `#${row.ackId}`;
  const text = `${row.event ?? ''} ${row.nsp} ${row.kind} ${id} ${row.payload ?? ''}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The packets of a record that pass a filter. Each packet is checked once. */
export class FilteredPackets {
  private record: ConnectionRecord | undefined;
  private filter: PacketFilter = EVERYTHING;
  private found: PacketRow[] = [];
  /** The number of the last packet that was checked. */
  private checkedNumber = 0;
  private version = -1;

  /** Checks new packets. @returns how many packets at the beginning of the list were discarded */
  update(record: ConnectionRecord, filter: PacketFilter): number {
    const { packets } = record;
    const restart = record !== this.record || filter !== this.filter;
    if (restart) {
      this.record = record;
      this.filter = filter;
      this.found = [];
      this.checkedNumber = 0;
    }
    if (!restart && record.version === this.version) return 0;
    this.version = record.version;
    const oldest = packets.at(0)?.number ?? Number.POSITIVE_INFINITY;
    const kept = this.found.findIndex(({ number }) => number >= oldest);
    const discarded = kept < 0 ? this.found.length : kept;
    if (discarded > 0) this.found.splice(0, discarded);
    let from = packets.length;
    while (from > 0 && (packets.at(from - 1) as PacketRow).number > this.checkedNumber) from--;
    const all = isEverything(filter);
    for (let i = from; i < packets.length; i++) {
      const row = packets.at(i) as PacketRow;
      if (all || matches(row, filter)) this.found.push(row);
    }
    this.checkedNumber = packets.at(-1)?.number ?? this.checkedNumber;
    return restart ? 0 : discarded;
  }

  get length(): number {
    return this.found.length;
  }

  at(index: number): PacketRow | undefined {
    return this.found[index];
  }

  indexOf(number: number): number {
    return this.found.findIndex((row) => row.number === number);
  }
}
