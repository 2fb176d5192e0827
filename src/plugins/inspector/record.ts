import type { Observed, ObservedPacket, ObservedState } from './observed.js';
import { Ring } from './ring.js';
import { follow, type Round } from './rounds.js';

/** How much is kept of one connection: of each the newest. */
export const KEPT = {
  packets: 5_000,
  /** States, attempts, namespaces and what else happens but for packets and round trips. */
  events: 2_000,
  rtts: 600,
  rounds: 50,
  states: 500,
  namespaces: 500,
  /** One a second. */
  samples: 600,
  /** Of the payload of one packet, in UTF-16 units. */
  payload: 10_000,
  /** Of all payloads together. */
  payloads: 2_000_000,
} as const;

/** A packet in the list. */
export interface PacketRow extends Omit<ObservedPacket, 'payload'> {
  payload?: string | undefined;
  /** When its acknowledgement came, in milliseconds since it went. */
  answeredMs?: number;
}

export interface StateRow {
  readonly state: ObservedState;
  readonly atMs: number;
  readonly transport?: string | undefined;
  readonly reason?: string | undefined;
}

export interface NamespaceRow {
  readonly nsp: string;
  state: 'joining' | 'joined' | 'left' | 'refused';
  sinceMs: number;
  id?: string | undefined;
  reason?: string | undefined;
  packetsIn: number;
  packetsOut: number;
  bytesIn: number;
  bytesOut: number;
  dropped: number;
  gaps: number;
}

/** One second. */
export interface Sample {
  readonly second: number;
  packetsIn: number;
  packetsOut: number;
  bytesIn: number;
  bytesOut: number;
  /** What waited in the sockets, and in the connection, when it was looked at last, in bytes. */
  outbox: number;
  buffered: number;
}

export type EventRow = Exclude<Observed, { type: 'packet' | 'rtt' }>;

/** What is known of one connection: everything that the stream told, within bounds. */
export class ConnectionRecord {
  readonly packets: Ring<PacketRow> = new Ring<PacketRow>(KEPT.packets);
  readonly events: Ring<EventRow> = new Ring<EventRow>(KEPT.events);
  readonly rtts: Ring<{ readonly atMs: number; readonly ms: number }> = new Ring(KEPT.rtts);
  readonly rounds: Ring<Round> = new Ring<Round>(KEPT.rounds);
  readonly states: Ring<StateRow> = new Ring<StateRow>(KEPT.states);
  readonly samples: Ring<Sample> = new Ring<Sample>(KEPT.samples);
  readonly namespaces: Map<string, NamespaceRow> = new Map();
  /** Goes up with everything that is added. */
  version = 0;
  /** When the last thing happened, on the clock of the stream. */
  lastMs = 0;
  /** While it is on, packets are counted and not kept. */
  paused = false;
  /** How many came while it was. */
  passedBy = 0;
  private payloadLength = 0;
  /** The number of the oldest packet that may have a payload. */
  private oldestPayload = 1;

  add(event: Observed): void {
    this.version++;
    this.lastMs = event.atMs;
    if (event.type === 'packet') this.addPacket(event);
    else if (event.type === 'rtt') this.rtts.push(event);
    else this.addEvent(event);
    if (event.type === 'packet' && event.kind !== 'connect' && event.kind !== 'connect_error') return;
    const round = this.rounds.at(-1);
    if (round) follow(round, event);
  }

  /** Of the second in which `atMs` lies. */
  sample(atMs: number): Sample {
    const second = Math.floor(atMs / 1_000);
    const last = this.samples.at(-1);
    if (last && last.second >= second) return last;
    const fresh: Sample = {
      second,
      packetsIn: 0,
      packetsOut: 0,
      bytesIn: 0,
      bytesOut: 0,
      outbox: last?.outbox ?? 0,
      buffered: last?.buffered ?? 0,
    };
    this.samples.push(fresh);
    return fresh;
  }

  /** The packet with this number, while it is kept. */
  packet(no: number): PacketRow | undefined {
    // They are in order, but not all are there: none is kept while the list is paused.
    let low = 0;
    let high = this.packets.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const row = this.packets.at(middle) as PacketRow;
      if (row.no === no) return row;
      if (row.no < no) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /** Forgets all packets. */
  clearPackets(): void {
    this.packets.clear();
    this.payloadLength = 0;
    this.version++;
  }

  /** Forgets what was in them. */
  forgetPayloads(): void {
    for (const row of this.packets) row.payload = undefined;
    this.payloadLength = 0;
    this.version++;
  }

  namespace(nsp: string, atMs: number): NamespaceRow {
    const known = this.namespaces.get(nsp);
    if (known) return known;
    const row: NamespaceRow = {
      nsp,
      state: 'joining',
      sinceMs: atMs,
      packetsIn: 0,
      packetsOut: 0,
      bytesIn: 0,
      bytesOut: 0,
      dropped: 0,
      gaps: 0,
    };
    this.namespaces.set(nsp, row);
    if (this.namespaces.size > KEPT.namespaces) {
      this.namespaces.delete(this.namespaces.keys().next().value as string);
    }
    return row;
  }

  private addPacket(packet: ObservedPacket): void {
    const { way, nsp, bytes, answers, atMs } = packet;
    if (this.paused) this.passedBy++;
    else this.keep(packet);
    const question = answers && this.packet(answers.no);
    if (question) question.answeredMs = answers.ms;
    const sample = this.sample(atMs);
    const namespace = this.namespace(nsp, atMs);
    if (way === 'in') {
      sample.packetsIn++;
      sample.bytesIn += bytes;
      namespace.packetsIn++;
      namespace.bytesIn += bytes;
    } else {
      sample.packetsOut++;
      sample.bytesOut += bytes;
      namespace.packetsOut++;
      namespace.bytesOut += bytes;
    }
  }

  private keep(packet: ObservedPacket): void {
    const { payload } = packet;
    // Without a payload, the event itself is the row: nobody else has it.
    const row = (payload === undefined ? packet : { ...packet, payload: undefined }) as PacketRow;
    if (payload !== undefined) this.keepPayload(row, payload);
    const gone = this.packets.push(row);
    if (gone?.payload) this.payloadLength -= gone.payload.length;
  }

  private keepPayload(row: PacketRow, payload: unknown): void {
    row.payload = shortened(textOf(payload));
    this.payloadLength += row.payload.length;
    this.oldestPayload = Math.max(this.oldestPayload, this.packets.at(0)?.no ?? row.no);
    while (this.payloadLength > KEPT.payloads && this.oldestPayload < row.no) {
      const old = this.packet(this.oldestPayload++);
      if (!old?.payload) continue;
      this.payloadLength -= old.payload.length;
      old.payload = undefined;
    }
  }

  private addEvent(event: EventRow): void {
    this.events.push(event);
    const { atMs } = event;
    switch (event.type) {
      case 'state':
        this.states.push(event);
        break;
      case 'attempt':
        if (this.rounds.at(-1)?.number !== event.round) {
          this.rounds.push({ number: event.round, startMs: atMs, candidates: [] });
        }
        break;
      case 'namespace': {
        const { nsp, state, id, reason } = event;
        Object.assign(this.namespace(nsp, atMs), { state, id, reason, sinceMs: atMs });
        break;
      }
      case 'gap':
        this.namespace(event.nsp, atMs).gaps++;
        break;
      case 'dropped':
        this.namespace(event.nsp, atMs).dropped++;
    }
  }
}

function textOf(payload: unknown): string {
  if (typeof payload === 'string') return payload;
  try {
    return JSON.stringify(payload) ?? String(payload);
  } catch {
    return String(payload);
  }
}

/** A copy: a part of a text keeps the whole of it in memory. */
const shortened = (text: string): string =>
  text.length <= KEPT.payload ? text : `${JSON.parse(JSON.stringify(text.slice(0, KEPT.payload)))}…`;
