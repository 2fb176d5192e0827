/** Keeps the observed events of one connection, bounded in number and in bytes. */
import { BoundedList } from './bounded-list.js';
import type { ObservedEvent, ObservedPacket, ObservedState } from './observed.js';
import { previewOf } from './payload.js';
import { addToRound, type Round } from './rounds.js';
import { copy, cut, memoryOf } from './text.js';

/** How much of one connection is kept: the newest items of each list. */
export const LIMITS = {
  packets: 5_000,
  /** All packets without their payloads, in bytes. */
  packetBytes: 2_000_000,
  /** Everything but packets and round-trip times. */
  events: 2_000,
  eventBytes: 1_000_000,
  rtts: 600,
  rounds: 50,
  states: 500,
  stateBytes: 250_000,
  namespaces: 500,
  /** One for each second. */
  samples: 600,
  /** The payload of one packet, in UTF-16 units. */
  payload: 10_000,
  /** All payloads, in bytes. */
  payloadBytes: 2_000_000,
  /** The reason of a namespace, in UTF-16 units: the events hold the whole text. */
  reason: 300,
} as const;

/** A packet in the list. */
export interface PacketRow extends Omit<ObservedPacket, 'payload'> {
  payload?: string | undefined;
  /** When its acknowledgement arrived, in milliseconds since the event. */
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

/** The sums of one second. */
export interface Sample {
  readonly second: number;
  packetsIn: number;
  packetsOut: number;
  bytesIn: number;
  bytesOut: number;
  /** The bytes queued in the sockets and in the connection, when last sampled. */
  outbox: number;
  buffered: number;
}

export type EventRow = Exclude<ObservedEvent, { type: 'packet' | 'rtt' }>;

type SharingRow = Extract<EventRow, { type: 'sharing' }>;

/** The approximate size of a list item without its texts, in bytes. */
const PACKET_BYTES = 220;
const EVENT_BYTES = 150;

const bytesOfPacket = ({ event, nsp }: PacketRow): number => PACKET_BYTES + memoryOf(event) + memoryOf(nsp);

const bytesOfState = ({ reason, transport }: StateRow): number =>
  EVENT_BYTES + memoryOf(reason) + memoryOf(transport);

function bytesOfEvent(event: EventRow): number {
  let bytes = 0;
  for (const value of Object.values(event) as unknown[])
    if (typeof value === 'string') bytes += memoryOf(value);
  if (event.type === 'failure') {
    for (const { message, responseText, transport } of event.attempts) {
      bytes += EVENT_BYTES + memoryOf(message) + memoryOf(responseText) + memoryOf(transport);
    }
  }
  if (event.type === 'sharing') for (const { id } of event.members ?? []) bytes += EVENT_BYTES + memoryOf(id);
  return EVENT_BYTES + bytes;
}

/** Everything known about one connection. */
export class ConnectionRecord {
  readonly packets: BoundedList<PacketRow> = new BoundedList(
    LIMITS.packets,
    LIMITS.packetBytes,
    bytesOfPacket,
    (row) => {
      // The oldest packet has the oldest payload.
      if (row.payload !== undefined) this.withPayload.shift();
    },
  );
  readonly events: BoundedList<EventRow> = new BoundedList(LIMITS.events, LIMITS.eventBytes, bytesOfEvent);
  readonly rtts: BoundedList<{ readonly atMs: number; readonly ms: number }> = new BoundedList(LIMITS.rtts);
  readonly rounds: BoundedList<Round> = new BoundedList<Round>(LIMITS.rounds);
  readonly states: BoundedList<StateRow> = new BoundedList(LIMITS.states, LIMITS.stateBytes, bytesOfState);
  readonly samples: BoundedList<Sample> = new BoundedList<Sample>(LIMITS.samples);
  readonly namespaces: Map<string, NamespaceRow> = new Map();
  /** This tab's part in the shared connection, as last reported. */
  sharing?: SharingRow;
  /** Increases with every addition. */
  version = 0;
  /** When the last event happened, on the clock of the events. */
  lastMs = 0;
  /** While true, packets are counted and not kept. */
  paused = false;
  /** How many packets arrived while it was paused. */
  skipped = 0;
  /** The packets with a payload, in order; a discarded one loses its payload. */
  private readonly withPayload = new BoundedList<PacketRow>(
    LIMITS.packets,
    LIMITS.payloadBytes,
    (row) => memoryOf(row.payload),
    (row) => {
      row.payload = undefined;
    },
  );

  /** @param event a clean one: see `cleanEvent` */
  add(event: ObservedEvent): void {
    this.version++;
    this.lastMs = event.atMs;
    if (event.type === 'packet') this.addPacket(event);
    else if (event.type === 'rtt') this.rtts.push(event);
    else this.addEvent(event);
    if (event.type === 'packet' && event.kind !== 'connect' && event.kind !== 'connect_error') return;
    const round = this.rounds.at(-1);
    if (round) addToRound(round, event);
  }

  /** The sample of the second that contains `atMs`. */
  sample(atMs: number): Sample {
    const second = Math.floor(atMs / 1_000);
    const last = this.samples.at(-1);
    if (last && last.second >= second) return last;
    const sample: Sample = {
      second,
      packetsIn: 0,
      packetsOut: 0,
      bytesIn: 0,
      bytesOut: 0,
      outbox: last?.outbox ?? 0,
      buffered: last?.buffered ?? 0,
    };
    this.samples.push(sample);
    return sample;
  }

  /** The packet with this number, while it is kept. */
  packet(number: number): PacketRow | undefined {
    // They are in order, but with holes: none is kept while the list is paused.
    let low = 0;
    let high = this.packets.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const row = this.packets.at(middle) as PacketRow;
      if (row.number === number) return row;
      if (row.number < number) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /** Forgets all packets. */
  clearPackets(): void {
    this.packets.clear();
    this.withPayload.clear();
    this.version++;
  }

  /** Forgets all payloads. */
  forgetPayloads(): void {
    while (this.withPayload.length > 0) this.withPayload.shift();
    this.version++;
  }

  private namespace(nsp: string, atMs: number): NamespaceRow {
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
    if (this.namespaces.size >= LIMITS.namespaces) this.discardNamespace();
    this.namespaces.set(nsp, row);
    return row;
  }

  /** The oldest unjoined namespace is removed first: a server can invent any number of names. */
  private discardNamespace(): void {
    let oldest: string | undefined;
    for (const [nsp, { state }] of this.namespaces) {
      oldest ??= nsp;
      if (state === 'joined') continue;
      oldest = nsp;
      break;
    }
    this.namespaces.delete(oldest as string);
  }

  private addPacket(packet: ObservedPacket): void {
    const { direction, nsp, bytes, answers, atMs, kind } = packet;
    if (this.paused) this.skipped++;
    else this.keep(packet);
    const question = answers && this.packet(answers.number);
    if (question) question.answeredMs = answers.ms;
    const sample = this.sample(atMs);
    // A server may send packets for namespaces that the program never joined.
    const known = direction === 'out' || kind === 'connect' || this.namespaces.has(nsp);
    const namespace = known ? this.namespace(nsp, atMs) : undefined;
    for (const sums of namespace ? [sample, namespace] : [sample]) {
      if (direction === 'in') {
        sums.packetsIn++;
        sums.bytesIn += bytes;
      } else {
        sums.packetsOut++;
        sums.bytesOut += bytes;
      }
    }
  }

  private keep(packet: ObservedPacket): void {
    const { payload } = packet;
    // Without a payload, the event itself can be the row: nothing else refers to it.
    const row = (payload === undefined ? packet : { ...packet, payload: undefined }) as PacketRow;
    this.packets.push(row);
    if (payload === undefined) return;
    row.payload =
      typeof payload === 'string' ? copy(cut(payload, LIMITS.payload)) : previewOf(payload, LIMITS.payload);
    this.withPayload.push(row);
  }

  private addEvent(event: EventRow): void {
    this.events.push(event);
    const { atMs } = event;
    switch (event.type) {
      case 'sharing':
        this.sharing = event;
        break;
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
        const shortReason = reason && copy(cut(reason, LIMITS.reason));
        Object.assign(this.namespace(nsp, atMs), { state, id, reason: shortReason, sinceMs: atMs });
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
