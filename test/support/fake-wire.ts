import type { Oversize, Wire, WireEnd } from '../../src/namespace/wire.js';
import type { SocketOptions } from '../../src/platform/options.js';
import { Decoder } from '../../src/protocol/decode.js';
import { type Chunk, encode } from '../../src/protocol/encode.js';
import type { Packet } from '../../src/protocol/packet.js';
import { Socket } from '../../src/socket.js';
import { SimulatedClock } from './simulated-clock.js';

/** The connection of one namespace, in the hands of a test. Other namespaces keep it open. */
export class FakeWire implements Wire {
  readonly clock: SimulatedClock = new SimulatedClock();
  up = false;
  /** Whether the server's heartbeat is late. */
  late = false;
  busy = false;
  answerDeadlineMs: number | false = 20_000;
  /** Messages larger than this are refused. */
  maxBytes: number = Number.POSITIVE_INFINITY;
  /** What was written, text as text and each attachment as its bytes, since the last look. */
  readonly written: string[] = [];
  /** The `compress` of each message written. */
  readonly compressed: (boolean | undefined)[] = [];
  /** How often the connection was told that this namespace no longer wants it, while it did not. */
  unwanted = 0;
  wanted = 0;
  missed = 0;
  date: number = Date.UTC(2026, 0, 1);
  end: WireEnd | undefined;

  private readonly decoder = new Decoder(100);

  get live(): boolean {
    return this.up && !this.late;
  }

  get writable(): boolean {
    return this.up && !this.busy;
  }

  dateMs(): number {
    return this.date;
  }

  encode(packet: Packet): Chunk[] {
    return encode(packet);
  }

  write(chunks: readonly Chunk[], compress?: boolean): Oversize | undefined {
    if (!this.up) return undefined;
    const texts = chunks.map((chunk) =>
      typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString('hex'),
    );
    const bytes = Math.max(...texts.map(({ length }) => length));
    if (bytes > this.maxBytes) return { bytes, maxBytes: this.maxBytes };
    this.written.push(...texts);
    this.compressed.push(compress);
    return undefined;
  }

  want(end: WireEnd): void {
    this.wanted++;
    this.end = end;
  }

  unwant(): void {
    if (!this.end?.active) this.unwanted++;
  }

  release(): void {
    this.end = undefined;
  }

  unanswered(): void {
    this.missed++;
  }

  /** What was written since the last look. */
  sent(): string[] {
    return this.written.splice(0);
  }

  linkUp(): void {
    this.up = true;
    this.end?.linkUp();
  }

  linkDown(reason = 'transport close', details?: unknown): void {
    this.up = false;
    this.end?.linkDown(reason, details);
  }

  /** Lets the server say this. */
  receive(...chunks: unknown[]): void {
    for (const chunk of chunks) {
      const packet = this.decoder.add(chunk);
      if (packet) this.end?.receive(packet);
    }
  }

  accept(sid = 'sid1', pid?: string): void {
    this.receive(`0${JSON.stringify({ sid, pid })}`);
  }

  /** Loses the link, gets a new one, and is let in again. */
  reconnect(sid = 'sid2', pid?: string): void {
    this.linkDown();
    this.linkUp();
    this.accept(sid, pid);
  }
}

/** A socket of `/` over a fake wire, not connecting yet. */
export function idleSocket(options: Partial<SocketOptions> = {}): { socket: Socket; wire: FakeWire } {
  const wire = new FakeWire();
  return { wire, socket: new Socket({} as never, wire, '/', options) };
}

/** A socket of `/` that the server has let in; what was written for that is forgotten. */
export function joinedSocket(options: Partial<SocketOptions> = {}): { socket: Socket; wire: FakeWire } {
  const both = idleSocket(options);
  both.socket.connect();
  both.wire.linkUp();
  both.wire.accept();
  both.wire.sent();
  return both;
}
