import type { Connection } from './connection/connection.js';
import type { TransportMemory } from './connection/transport-memory.js';
import type { Ticket, Wire, WireEnd } from './namespace/wire.js';
import type { Clock } from './platform/clock.js';
import type { Environment } from './platform/environment.js';
import { type Options, settings } from './platform/options.js';
import type { Chunk } from './protocol/encode.js';
import type { Packet } from './protocol/packet.js';
import type { Oversize } from './protocol/size.js';
import { standardDelayMs } from './rules.js';

/** The namespaces that want to be connected or still wait for an answer, by name. */
export type Ends = Map<string, WireEnd>;

/** Browsers do not tell when a WebSocket has sent what it was given: one has to look. */
const LOOK_AGAIN_MS = 5;
const LOOK_AGAIN_AWAY_MS = 250;

/** What of its manager the wire needs. */
export interface WireOwner {
  readonly connection: Connection;
  readonly environment: Environment;
  readonly opts: Options;
  readonly memory: TransportMemory;
  measured(ms: number): void;
  registered(nsp: string): void;
  released(nsp: string): void;
}

/** Ties the namespaces of a manager to its connection. */
export class ManagerWire implements Wire {
  /** Those that hear of the connection. */
  readonly ends: Ends = new Map();

  constructor(private readonly owner: WireOwner) {}

  get clock(): Clock {
    return this.owner.environment.clock;
  }

  get link(): object | undefined {
    return this.owner.connection.link;
  }

  get live(): boolean {
    return this.owner.connection.live;
  }

  get bufferedAmount(): number {
    return this.owner.connection.link?.bufferedAmount ?? 0;
  }

  get writable(): boolean {
    const { link } = this.owner.connection;
    return link?.writable === true && link.bufferedAmount <= settings(this.owner.opts)('highWaterMark');
  }

  get timeoutMs(): number | false {
    return settings(this.owner.opts)('timeout');
  }

  get answerDeadlineMs(): number | false {
    const { timeoutMs } = this;
    if (!this.mayFallBack()) return timeoutMs;
    const fallBackMs = Math.min(8_000, 5_000 + 4 * (this.owner.memory.recall().rttMs ?? 0));
    return Math.min(fallBackMs, timeoutMs || Number.POSITIVE_INFINITY);
  }

  dateMs(): number {
    return this.owner.environment.dateMs();
  }

  pause(): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(this.link ? LOOK_AGAIN_MS : LOOK_AGAIN_AWAY_MS, resolve);
    });
  }

  uniqueId(): string {
    const { random } = this.owner.environment;
    return Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(36)).join('');
  }

  encode(packet: Packet): Chunk[] {
    return this.owner.connection.encode(packet);
  }

  write(chunks: readonly Chunk[], ticket?: Ticket): Oversize | undefined {
    return this.owner.connection.write(chunks, ticket);
  }

  takeBackFrom(sender: NonNullable<Ticket['sender']>): void {
    for (const ticket of this.owner.connection.link?.takeBackFrom(sender) ?? []) sender.giveBack(ticket);
  }

  measured(ms: number): void {
    this.owner.measured(ms);
  }

  retryDelayMs(failures: number): number {
    return standardDelayMs(this.owner.opts, this.owner.environment, failures, false);
  }

  register(nsp: string, end: WireEnd): void {
    this.ends.set(nsp, end);
    this.owner.registered(nsp);
  }

  hold(nsp: string): void {
    this.owner.registered(nsp);
  }

  release(nsp: string): void {
    this.ends.delete(nsp);
    this.owner.released(nsp);
  }

  want(): void {
    const { connection } = this.owner;
    // Between two tries, the retry loop decides when.
    if (!connection.between) connection.open(false);
  }

  unwant(): void {
    if (!this.some(({ active }) => active)) this.owner.connection.close('forced close');
  }

  fallBack(): boolean {
    if (!this.mayFallBack()) return false;
    this.owner.connection.fallBack('timeout');
    return true;
  }

  unanswered(): void {
    if (!this.some(({ connected }) => connected)) this.owner.connection.drop('ping timeout');
  }

  /** Whether another transport could be tried in place of the present one, over which the server has never answered. */
  private mayFallBack(): boolean {
    return this.owner.connection.link?.othersLeft === true && !this.some(({ connected }) => connected);
  }

  private some(wanted: (end: WireEnd) => boolean): boolean {
    return [...this.ends.values()].some(wanted);
  }
}
