import type { Cancel, Clock } from '../platform/clock.js';
import { type ErrorCode, HoldfastError } from '../platform/errors.js';
import type { OutboxOptions } from '../platform/options.js';
import { type Chunk, weigh } from '../protocol/encode.js';
import type { EventPacket } from '../protocol/packet.js';
import { type Limits, limitsOf, makeRoom } from './limits.js';

/** A packet that waits for the socket to be connected. Its arguments are the program's own objects. */
export interface BufferedPacket extends EventPacket {
  readonly options: { readonly compress: boolean };
}

/** What is known of a packet that the program put here by itself: nothing. */
interface Details {
  readonly bytes: number;
  readonly sinceMs: number;
  /** What was encoded at the emit, for a packet that came back from the connection: its arguments may have changed since. */
  readonly chunks?: readonly Chunk[];
}

const full = (whenFull: string): string =>
  `the outbox is full (see the option "outbox"; whenFull is "${whenFull}")`;

/** The packets of one socket that wait for it to be connected: bounded, and open to the program as `sendBuffer`. */
export class Outbox {
  packets: BufferedPacket[] = [];
  private readonly details = new WeakMap<BufferedPacket, Details>();
  private readonly limits: Limits;
  private readonly maxAgeMs: number | undefined;
  private stopAging: Cancel | undefined;
  private known = { packets: this.packets, length: 0, bytes: 0 };

  /** @param lose tells whoever has to know that a packet will not be sent */
  constructor(
    private readonly clock: Clock,
    options: OutboxOptions | undefined,
    private readonly lose: (packet: BufferedPacket, error: HoldfastError) => void,
  ) {
    this.limits = limitsOf(options);
    this.maxAgeMs = options?.maxAgeMs;
  }

  /** How much waits here; a text counts a byte for each UTF-16 unit. */
  get bytes(): number {
    const { packets, known } = this;
    // The program may have taken some, or have put another list in place.
    if (known.packets !== packets || known.length !== packets.length) {
      this.count(packets.reduce((sum, packet) => sum + this.weight(packet), 0));
    }
    return this.known.bytes;
  }

  /** Keeps a packet, or has somebody told which one cannot be kept. */
  add(packet: BufferedPacket, chunks: readonly Chunk[]): void {
    const bytes = weigh(chunks);
    const { packets, limits } = this;
    const gone = makeRoom(packets, (one) => this.weight(one), this.bytes, bytes, limits);
    if (gone) {
      this.details.set(packet, { bytes, sinceMs: this.clock.now() });
      packets.push(packet);
      const freed = gone.reduce((sum, one) => sum + this.weight(one), 0);
      this.count(this.known.bytes + bytes - freed);
      this.age();
    }
    for (const one of gone ?? [packet]) this.fail(one, 'OUTBOX_FULL', full(limits.whenFull));
  }

  /** Puts back, in front of all others, what the connection had taken and never handed to its transport. */
  putBack(packets: readonly (readonly [BufferedPacket, readonly Chunk[]])[]): void {
    for (const [packet, chunks] of packets) {
      this.details.set(packet, { bytes: weigh(chunks), sinceMs: this.clock.now(), chunks });
    }
    this.packets = [...packets.map(([packet]) => packet), ...this.packets];
    this.age();
  }

  /** What was encoded when this packet was emitted, where that is what has to be sent. */
  encoded(packet: BufferedPacket): readonly Chunk[] | undefined {
    return this.details.get(packet)?.chunks;
  }

  /** Takes everything out. */
  take(): BufferedPacket[] {
    const { packets } = this;
    this.packets = [];
    return packets;
  }

  /** Removes the packets that `chosen` names. */
  remove(chosen: (packet: BufferedPacket) => boolean): BufferedPacket[] {
    const gone = this.packets.filter(chosen);
    for (const packet of gone) this.packets.splice(this.packets.indexOf(packet), 1);
    return gone;
  }

  private weight(packet: BufferedPacket): number {
    return this.details.get(packet)?.bytes ?? 0;
  }

  private count(bytes: number): void {
    this.known = { packets: this.packets, length: this.packets.length, bytes };
  }

  /** Looks again when the oldest packet has reached its age. */
  private age(): void {
    const { maxAgeMs } = this;
    const oldest = this.packets.find((packet) => this.details.has(packet));
    if (maxAgeMs === undefined || !oldest || this.stopAging) return;
    const { sinceMs } = this.details.get(oldest) as Details;
    this.stopAging = this.clock.after(Math.max(0, sinceMs + maxAgeMs - this.clock.now()), () => {
      this.stopAging = undefined;
      this.expire(maxAgeMs);
      this.age();
    });
  }

  private expire(maxAgeMs: number): void {
    const bornMs = this.clock.now() - maxAgeMs;
    const old = this.remove((packet) => (this.details.get(packet)?.sinceMs ?? Infinity) <= bornMs);
    for (const packet of old)
      this.fail(packet, 'EXPIRED', `not sent within ${maxAgeMs} ms (outbox.maxAgeMs)`);
  }

  private fail(packet: BufferedPacket, code: ErrorCode, message: string): void {
    this.lose(packet, new HoldfastError(code, `"${packet.data[0]}" was dropped: ${message}`));
  }
}
