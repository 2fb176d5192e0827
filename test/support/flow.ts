import type { Wire } from './faults.js';

/** One direction of one connection: bytes go in, and come out in order when the wire lets them. */

export interface FlowEnds {
  deliver(bytes: Buffer): void;
  /** The source has sent its last byte. */
  end(): void;
  /** The source was closed, normally or by a reset. */
  gone(byReset: boolean): void;
  /** The wire was cut in the middle of these bytes. */
  cut(): void;
  /** Whether the source should pause, because much data is under way. */
  rest(resting: boolean): void;
}

type Item = Buffer | 'end' | 'closed' | 'reset';

const restingBytes = 256 * 1024;
// A slow wire delivers bytes in pieces of this duration.
const pieceMs = 50;

export class Flow {
  readonly #wire: Wire;
  readonly #ends: FlowEnds;
  readonly #queue: { readonly item: Item; readonly dueAt: number }[] = [];
  #queuedBytes = 0;
  #lastDueAt = 0;
  #freeAt = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #closing = new AbortController();

  constructor(wire: Wire, ends: FlowEnds) {
    this.#wire = wire;
    this.#ends = ends;
    wire.watch(() => this.#pump(), this.#closing.signal);
  }

  push(bytes: Buffer): void {
    if (this.#closing.signal.aborted) return;
    const { bytesPerSecond } = this.#wire.now;
    const pieceBytes = Number.isFinite(bytesPerSecond)
      ? Math.max(1, Math.floor((bytesPerSecond * pieceMs) / 1000))
      : bytes.length;
    for (let start = 0; start < bytes.length; start += pieceBytes) {
      this.#enqueue(bytes.subarray(start, start + pieceBytes));
    }
    this.#pump();
  }

  /** The end of the source follows its bytes, so a stalled wire also holds it back. */
  say(what: 'end' | 'closed' | 'reset'): void {
    if (this.#closing.signal.aborted) return;
    this.#enqueue(what);
    this.#pump();
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #enqueue(item: Item): void {
    const { delayMs, jitterMs, bytesPerSecond } = this.#wire.now;
    const now = performance.now();
    const bytes = typeof item === 'string' ? 0 : item.length;
    this.#freeAt = Math.max(this.#freeAt, now) + (bytes / bytesPerSecond) * 1000;
    // A jitter never reorders what TCP would deliver in order.
    this.#lastDueAt = Math.max(this.#lastDueAt, this.#freeAt + delayMs + Math.random() * jitterMs);
    this.#queue.push({ item, dueAt: this.#lastDueAt });
    this.#queuedBytes += bytes;
    if (this.#queuedBytes > restingBytes) this.#ends.rest(true);
  }

  #pump(): void {
    clearTimeout(this.#timer);
    while (!this.#wire.now.stalled) {
      const next = this.#queue[0];
      if (next === undefined) return;
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(waitMs));
        return;
      }
      this.#queue.shift();
      this.#hand(next.item);
    }
  }

  #hand(item: Item): void {
    if (typeof item === 'string') {
      if (item === 'end') this.#ends.end();
      else this.#ends.gone(item === 'reset');
      return;
    }
    const wasResting = this.#queuedBytes > restingBytes;
    this.#queuedBytes -= item.length;
    if (wasResting && this.#queuedBytes <= restingBytes) this.#ends.rest(false);
    const allowed = this.#wire.spend(item.length);
    if (allowed > 0) this.#ends.deliver(item.subarray(0, allowed));
    if (allowed < item.length) this.#ends.cut();
  }
}
