import type { ConnectionRecord, PacketRow } from '../record.js';

/** Which packets are wanted. */
export interface PacketFilter {
  /** Found in the event's name, the namespace, the kind, the ack id, or what is in the packet. */
  readonly words: string;
  readonly way: 'all' | 'in' | 'out';
  readonly kind: 'all' | 'event' | 'ack' | 'other';
}

export const EVERYTHING: PacketFilter = { words: '', way: 'all', kind: 'all' };

const isEverything = ({ words, way, kind }: PacketFilter): boolean =>
  words.trim() === '' && way === 'all' && kind === 'all';

/** Whether a packet is wanted: each of the words must be found in it. */
export function matches(row: PacketRow, { words, way, kind }: PacketFilter): boolean {
  if (way !== 'all' && row.way !== way) return false;
  const group = row.kind === 'event' || row.kind === 'ack' ? row.kind : 'other';
  if (kind !== 'all' && kind !== group) return false;
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return true;
  const id = row.ackId === undefined ? '' : `#${row.ackId}`;
  const text = `${row.event ?? ''} ${row.nsp} ${row.kind} ${id} ${row.payload ?? ''}`.toLowerCase();
  return wanted.every((word) => text.includes(word));
}

/** The packets of a record that a filter wants. Packets that are looked at once are not looked at again. */
export class FilteredPackets {
  private record: ConnectionRecord | undefined;
  private filter: PacketFilter = EVERYTHING;
  private found: PacketRow[] = [];
  /** The number of the packet that was looked at last. */
  private seenNo = 0;
  private version = -1;

  /** Looks at what is new. @returns how many of those found before are gone */
  update(record: ConnectionRecord, filter: PacketFilter): number {
    const { packets } = record;
    const anew = record !== this.record || filter !== this.filter;
    if (anew) {
      this.record = record;
      this.filter = filter;
      this.found = [];
      this.seenNo = 0;
    }
    if (!anew && record.version === this.version) return 0;
    this.version = record.version;
    const oldest = packets.at(0)?.no ?? Number.POSITIVE_INFINITY;
    const kept = this.found.findIndex(({ no }) => no >= oldest);
    const gone = kept < 0 ? this.found.length : kept;
    if (gone > 0) this.found.splice(0, gone);
    let from = packets.length;
    while (from > 0 && (packets.at(from - 1) as PacketRow).no > this.seenNo) from--;
    const all = isEverything(filter);
    for (let i = from; i < packets.length; i++) {
      const row = packets.at(i) as PacketRow;
      if (all || matches(row, filter)) this.found.push(row);
    }
    this.seenNo = packets.at(-1)?.no ?? this.seenNo;
    return anew ? 0 : gone;
  }

  get length(): number {
    return this.found.length;
  }

  at(index: number): PacketRow | undefined {
    return this.found[index];
  }

  indexOf(no: number): number {
    return this.found.findIndex((row) => row.no === no);
  }
}
