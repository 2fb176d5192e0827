import type { Ticket } from '../connection/link.js';
import type { Clock } from '../platform/clock.js';
import type { Chunk } from '../protocol/encode.js';
import type { Packet } from '../protocol/packet.js';
import type { Oversize } from '../protocol/size.js';

export type { Ticket };

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
  /** There is no try to come, for the program wants none. */
  rest(error?: Error): void;
}

/** What a namespace needs of the connection it travels over. */
export interface Wire {
  readonly clock: Clock;
  /** The time of day in milliseconds since 1970. */
  dateMs(): number;
  /** Identifies the link in use, while there is one. */
  readonly link: object | undefined;
  /** Whether there is one and its heartbeat is on time. */
  readonly live: boolean;
  /** What waits in the connection until the network takes it, in bytes. */
  readonly bufferedAmount: number;
  /** A moment that is worth waiting before one looks at it again. */
  pause(): Promise<void>;
  /** Another one at each call, everywhere. */
  uniqueId(): string;
  /** Whether a message given now leaves now. */
  readonly writable: boolean;
  /** The program's own limit, in milliseconds; `false` for none. */
  readonly timeoutMs: number | false;
  /** How long the server may take to answer CONNECT, in milliseconds; `false` for no limit. */
  readonly answerDeadlineMs: number | false;
  /** @throws TypeError for what cannot be serialised */
  encode(packet: Packet): Chunk[];
  /** Hands an encoded packet to the link; one that the server would not take is refused. */
  write(chunks: readonly Chunk[], ticket?: Ticket): Oversize | undefined;
  /** Gives back what the connection has not handed to its transport of one sender, and goes on with the others. */
  takeBackFrom(sender: NonNullable<Ticket['sender']>): void;
  /** From now on, `end` hears of the connection, and takes the packets for `nsp`. */
  register(nsp: string, end: WireEnd): void;
  /** Nothing is to come for `nsp` any more, not even an answer: the connection may forget it. */
  release(nsp: string): void;
  /** Something waits in this namespace's socket: it stays, whether the program holds it or not. */
  hold(nsp: string): void;
  /** The wait before a further try, in milliseconds, by the policy of the retry loop. */
  retryDelayMs(failures: number): number;
  /** A question was answered after `ms`. */
  measured(ms: number): void;
  /** A link is needed. */
  want(): void;
  /** A namespace no longer needs it; the last one to go closes the connection. */
  unwant(): void;
  /** The server has not answered CONNECT in time: whether another transport is tried instead. */
  fallBack(): boolean;
  /** The server has not answered CONNECT in time, and the program was told. */
  unanswered(): void;
}
