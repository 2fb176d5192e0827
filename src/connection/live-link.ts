import { beacon } from '../platform/http.js';
import type { Codec } from '../protocol/codec.js';
import type { Chunk } from '../protocol/encode.js';
import { type Engine, internals } from './engine.js';
import { bufferedBytes, give, isTaking, takeBack, takeBackFrom } from './engine-queue.js';
import type { Grace } from './heartbeat.js';
import type { Link, Ticket } from './link.js';

/** A polling transport, as far as it tells where it writes to. */
interface Addressed {
  uri?(): string;
}

/** What is known of a link from its handshake and from the race that it won. */
export interface LinkFacts {
  readonly maxPayload: number;
  readonly othersLeft: boolean;
  readonly codec: Codec | undefined;
  readonly improve: () => void;
}

/** An engine that is open. */
export class LiveLink implements Link {
  constructor(
    private readonly engine: Engine,
    private readonly grace: Grace,
    private readonly facts: LinkFacts,
  ) {}

  get maxPayload(): number {
    return this.facts.maxPayload;
  }

  get othersLeft(): boolean {
    return this.facts.othersLeft;
  }

  get codec(): Codec | undefined {
    return this.facts.codec;
  }

  get transport(): string {
    return this.engine.transport.name;
  }

  get open(): boolean {
    return isTaking(internals(this.engine));
  }

  get writable(): boolean {
    return this.engine.readyState === 'open' && this.engine.transport.writable;
  }

  get lastSeenMs(): number {
    return this.grace.lastSeenMs;
  }

  get bufferedAmount(): number {
    return bufferedBytes(internals(this.engine));
  }

  overdue(nowMs: number): boolean {
    if (nowMs - this.grace.lastSeenMs <= this.grace.limitMs) return false;
    queueMicrotask(() => internals(this.engine)._onClose('ping timeout'));
    return true;
  }

  send(chunk: Chunk, ticket: Ticket, begins: boolean): void {
    give(this.engine, chunk, ticket, begins);
  }

  takeBack(): ReadonlySet<Ticket> {
    return takeBack(internals(this.engine));
  }

  takeBackFrom(sender: object): ReadonlySet<Ticket> {
    return takeBackFrom(internals(this.engine), sender);
  }

  improve(): void {
    this.facts.improve();
  }

  close(): void {
    this.engine.close();
  }

  closeNow(): void {
    const inner = internals(this.engine);
    if (inner.readyState === 'closed') return;
    const address = (this.engine.transport as unknown as Addressed).uri?.();
    if (address && this.engine.transport.name === 'polling') beacon(address, '1');
    inner._onClose('transport close');
  }
}
