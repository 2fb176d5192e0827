import type { Clock } from '../platform/clock.js';
import type { Chunk } from '../protocol/encode.js';
import type { Packet } from '../protocol/packet.js';

/** What the connection tells a namespace. */
export interface WireEnd {
  /** Whether it wants to be connected. */
  readonly active: boolean;
  readonly connected: boolean;
  receive(packet: Packet): void;
  linkUp(): void;
  linkDown(reason: string, details?: unknown): void;
  /** A try failed, or the link is in trouble. */
  failed(error: Error): void;
  /** There will be no further try. */
  giveUp(): void;
}

/** What a namespace needs of the connection it travels over. */
export interface Wire {
  /** Makes `end` hear of the connection. To be called once. */
  attach(end: WireEnd): void;
  readonly clock: Clock;
  /** Whether there is a link in use. */
  readonly up: boolean;
  /** Whether there is one and its heartbeat is on time. */
  readonly live: boolean;
  /** Whether a message given now leaves now. */
  readonly writable: boolean;
  /** How long the server may take to answer CONNECT, in milliseconds; `false` for no limit. */
  readonly answerDeadlineMs: number | false;
  /** @throws TypeError for what cannot be serialised */
  encode(packet: Packet): Chunk[];
  write(chunks: readonly Chunk[], compress?: boolean): void;
  /** A namespace wants to be connected: packets for it are wanted, and a link is needed. */
  want(): void;
  /** It no longer does; the last one to go closes the connection. */
  unwant(): void;
  /** The server has not answered CONNECT in time. */
  unanswered(): void;
}
