import type { Ticket, Wire, WireEnd } from '../../src/namespace/wire.js';
import type { SocketOptions } from '../../src/platform/options.js';
import { Decoder } from '../../src/protocol/decode.js';
import { type Chunk, encode } from '../../src/protocol/encode.js';
import type { Packet } from '../../src/protocol/packet.js';
import type { Oversize } from '../../src/protocol/size.js';
import { Socket } from '../../src/socket/socket.js';
import { SimulatedClock } from './simulated-clock.js';

/** The connection of a namespace, in the hands of a test. Other namespaces keep it open. */
export class FakeWire implements Wire {
  readonly clock: SimulatedClock = new SimulatedClock();
  link: object | undefined;
  /** Whether the server's heartbeat is late. */
  late = false;
  busy = false;
  bufferedAmount = 0;
  /** Whether what is written goes no further than the connection. */
  stuck = false;
  private unsent: Ticket[] = [];
  private ids = 0;
  answerDeadlineMs: number | false = 20_000;
  timeoutMs: number | false = 20_000;
  /** How long the answers to CONNECT took, in milliseconds. */
  readonly measurements: number[] = [];
  /** Messages larger than this are refused. */
  maxBytes: number = Number.POSITIVE_INFINITY;
  /** What was written, text as text and each attachment as its bytes, since the last look. */
  readonly written: string[] = [];
  /** The `compress` of each message written. */
  readonly compressed: (boolean | undefined)[] = [];
  /** How often the connection was told that nobody wants it any more. */
  unwanted = 0;
  wanted = 0;
  missed = 0;
  /** Whether another transport is left to be tried. */
  transportLeft = false;
  fellBack = 0;
  date: number = Date.UTC(2026, 0, 1);
  readonly ends: Map<string, WireEnd> = new Map();

  private readonly decoder = new Decoder(100);

  get live(): boolean {
    return this.link !== undefined && !this.late;
  }

  get writable(): boolean {
    return this.link !== undefined && !this.busy;
  }

  /** What the connection knows of `/`, while it knows of it. */
  get end(): WireEnd | undefined {
    return this.ends.get('/');
  }

  async pause(): Promise<void> {}

  uniqueId(): string {
    return `id-${++this.ids}`;
  }

  takeBackFrom(sender: NonNullable<Ticket['sender']>): void {
    for (const ticket of new Set(this.unsent.splice(0))) sender.giveBack(ticket);
  }

  dateMs(): number {
    return this.date;
  }

  encode(packet: Packet): Chunk[] {
    return encode(packet);
  }

  write(chunks: readonly Chunk[], ticket?: Ticket): Oversize | undefined {
    if (!this.link) return undefined;
    const texts = chunks.map((chunk) =>
      typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString('hex'),
    );
    const bytes = Math.max(...texts.map(({ length }) => length));
    if (bytes > this.maxBytes) return { bytes, maxBytes: this.maxBytes };
    this.written.push(...texts);
    this.compressed.push(ticket?.compress);
    if (this.stuck && ticket) this.unsent.push(ticket);
    return undefined;
  }

  register(nsp: string, end: WireEnd): void {
    this.ends.set(nsp, end);
  }

  hold(): void {}

  release(nsp: string): void {
    this.ends.delete(nsp);
  }

  want(): void {
    this.wanted++;
  }

  unwant(): void {
    if (![...this.ends.values()].some(({ active }) => active)) this.unwanted++;
  }

  measured(ms: number): void {
    this.measurements.push(ms);
  }

  retryDelayMs(failures: number): number {
    return 1_000 * 2 ** failures;
  }

  fallBack(): boolean {
    if (this.transportLeft) this.fellBack++;
    return this.transportLeft;
  }

  unanswered(): void {
    this.missed++;
  }

  /** What was written since the last look. */
  sent(): string[] {
    return this.written.splice(0);
  }

  linkUp(): void {
    this.link = {};
    for (const end of [...this.ends.values()]) end.linkUp();
  }

  linkDown(reason = 'transport close', details?: unknown): void {
    this.link = undefined;
    for (const ticket of new Set(this.unsent.splice(0))) ticket.sender?.giveBack(ticket);
    for (const end of [...this.ends.values()]) end.linkDown(reason, details);
  }

  /** Lets the server say this. */
  receive(...chunks: unknown[]): void {
    for (const chunk of chunks) {
      const packet = this.decoder.add(chunk);
      if (packet) this.ends.get(packet.nsp)?.receive(packet);
    }
  }

  accept(sid = 'sid1', pid?: string): void {
    this.receive(`0${JSON.stringify({ sid, pid })}`);
  }

  /**
   * Lets the server read on after a DISCONNECT: it answers the CONNECT to a namespace that does not exist.
   *
   * @returns what was sent before the answer, without the question
   */
  readOn(): string[] {
    const before = this.sent();
    const nsp = before.map((text) => /^0(\/[^,]+),$/.exec(text)?.[1]).find((name) => name !== undefined);
    this.receive(`4${nsp},{"message":"Invalid namespace"}`);
    return before.filter((text) => text !== `0${nsp},`);
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
  return { wire, socket: new Socket({ wire } as never, '/', options) };
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
