import type { Cancel, Clock } from '../platform/clock.js';
import { type ErrorCode, HoldfastError } from '../platform/errors.js';
import type { OutboxOptions } from '../platform/options.js';
import { type Chunk, weigh } from '../protocol/encode.js';
import type { EventPacket } from '../protocol/packet.js';
import { expired, full, type Limits, limitsOf, makeRoom } from './limits.js';

/** A packet that waits for the socket to be connected. Its arguments are the program's own objects. */
export interface BufferedPacket extends EventPacket {
  readonly options: { readonly compress: boolean };
}

interface Details {
  readonly bytes: number;
  readonly sinceMs: number;
  /** What was encoded at the emit, for a packet that came back from the connection: its arguments may have changed since. */
  readonly chunks?: readonly Chunk[];
  /** Whether those who watch all events that go out have seen it. */
  readonly seen: boolean;
}

/** Who an outbox belongs to. */
export interface OutboxOwner {
  /** Tells whoever has to know that a packet will not be sent. */
  lose(packet: BufferedPacket, error: HoldfastError): void;
  /** How large a packet is that the program has put here by itself, in bytes. */
  measure(packet: BufferedPacket): number;
}

/** The packets of one socket that wait for it to be connected: bounded, and open to the program as `sendBuffer`. */
export class Outbox {
  private list: BufferedPacket[] = [];
  private readonly details = new WeakMap<BufferedPacket, Details>();
  private readonly limits: Limits;
  private readonly maxAgeMs: number | undefined;
  private stopAging: Cancel | undefined;
  /** What was counted last; the program may have changed the list since. */
  private counted = { length: 0, first: undefined as unknown, last: undefined as unknown, bytes: 0 };

  constructor(
    private readonly clock: Clock,
    options: OutboxOptions | undefined,
    private readonly owner: OutboxOwner,
  ) {
    this.limits = limitsOf(options);
    this.maxAgeMs = options?.maxAgeMs;
  }

  get packets(): BufferedPacket[] {
    return this.list;
  }

  set packets(packets: BufferedPacket[]) {
    this.list = packets;
    this.age();
  }

  /** How much waits here; a text counts a byte for each UTF-16 unit. */
  get bytes(): number {
    const { list, counted } = this;
    if (counted.length !== list.length || counted.first !== list[0] || counted.last !== list.at(-1)) {
      this.count(list.reduce((sum, packet) => sum + this.weight(packet), 0));
    }
    return this.counted.bytes;
  }

  /**
   * Keeps a packet, or has somebody told which one cannot be kept.
   *
   * @param seen whether those who watch all events that go out have seen it
   */
  add(packet: BufferedPacket, chunks: readonly Chunk[], seen: boolean): void {
    const bytes = weigh(chunks);
    const before = this.bytes;
    const gone = makeRoom(this.list, (one) => this.weight(one), before, bytes, this.limits);
    if (gone) {
      this.details.set(packet, { bytes, sinceMs: this.clock.now(), seen });
      this.list.push(packet);
      this.count(before + bytes - gone.reduce((sum, one) => sum + this.weight(one), 0));
      this.age();
    }
    for (const one of gone ?? [packet]) this.fail(one, 'OUTBOX_FULL', full(this.limits));
  }

  /** Puts back, in front of all others, what the connection had taken and never handed to its transport. */
  putBack(returned: readonly (readonly [BufferedPacket, readonly Chunk[]])[]): void {
    const sinceMs = this.clock.now();
    for (const [packet, chunks] of returned) {
      this.details.set(packet, { bytes: weigh(chunks), sinceMs, chunks, seen: true });
    }
    this.packets = [...returned.map(([packet]) => packet), ...this.list];
  }

  /** Keeps what could not be sent after all, in front of what was added meanwhile. */
  restore(packets: readonly BufferedPacket[]): void {
    this.packets = [...packets, ...this.list];
  }

  /** What was encoded when this packet was emitted, where that is what has to be sent. */
  encoded(packet: BufferedPacket): readonly Chunk[] | undefined {
    return this.details.get(packet)?.chunks;
  }

  wasSeen(packet: BufferedPacket): boolean {
    return this.details.get(packet)?.seen === true;
  }

  setSeen(packet: BufferedPacket): void {
    const { bytes, sinceMs } = this.details.get(packet) ?? { bytes: 0, sinceMs: this.clock.now() };
    this.details.set(packet, { bytes, sinceMs, ...this.details.get(packet), seen: true });
  }

  /** Takes everything out. */
  take(): BufferedPacket[] {
    const { list } = this;
    this.packets = [];
    return list;
  }

  /** Removes what `chosen` names. */
  remove(chosen: (packet: BufferedPacket) => boolean): BufferedPacket[] {
    const gone = this.list.filter(chosen);
    // In place: the program may hold this very list.
    if (gone.length > 0)
      this.list.splice(0, this.list.length, ...this.list.filter((one) => !gone.includes(one)));
    return gone;
  }

  private weight(packet: BufferedPacket): number {
    return this.details.get(packet)?.bytes ?? this.owner.measure(packet);
  }

  private count(bytes: number): void {
    const { list } = this;
    this.counted = { length: list.length, first: list[0], last: list.at(-1), bytes };
  }

  /** Looks again when the oldest packet has reached its age. */
  private age(): void {
    const { maxAgeMs } = this;
    this.stopAging?.();
    this.stopAging = undefined;
    if (maxAgeMs === undefined) return;
    const oldestMs = Math.min(...this.list.map((packet) => this.sinceMs(packet)));
    if (oldestMs === Number.POSITIVE_INFINITY) return;
    this.stopAging = this.clock.after(Math.max(0, oldestMs + maxAgeMs - this.clock.now()), () => {
      const now = this.clock.now();
      const old = this.remove((packet) => this.sinceMs(packet) + maxAgeMs <= now);
      this.age();
      for (const packet of old) this.fail(packet, 'EXPIRED', expired(maxAgeMs));
    });
  }

  private sinceMs(packet: BufferedPacket): number {
    return this.details.get(packet)?.sinceMs ?? Number.POSITIVE_INFINITY;
  }

  private fail(packet: BufferedPacket, code: ErrorCode, message: string): void {
    this.owner.lose(packet, new HoldfastError(code, `"${packet.data[0]}" was not sent: ${message}`));
  }
}
