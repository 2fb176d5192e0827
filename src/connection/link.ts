import type { Attempt } from '../platform/errors.js';
import type { Codec } from '../protocol/codec.js';
import type { Chunk } from '../protocol/encode.js';

/** Goes with a message through a link. */
export interface Ticket {
  /** Whether WebSocket compression may be used. */
  readonly compress: boolean;
  /** Who takes it back where the link was lost before its transport had the whole message. */
  readonly sender?: { giveBack(ticket: Ticket): void };
}

/** One negotiated connection to the server, in use. */
export interface Link {
  /** The transport that carries it now: `websocket`, `polling`, `webtransport`. */
  readonly transport: string;
  /** Whether, in this try, another transport has neither failed nor been found deaf. */
  readonly othersLeft: boolean;
  /** Whether the transport takes messages: a WebSocket that is closing swallows them, before it tells that it is. */
  readonly open: boolean;
  /** Whether a message given now leaves now. */
  readonly writable: boolean;
  /** When something last came over it, on the monotonic clock. */
  readonly lastSeenMs: number;
  /** Whether the server's heartbeat is late; a link that is, ends with `ping timeout`. */
  overdue(nowMs: number): boolean;
  /** The largest message that the server takes, in bytes; 0 where it did not tell. */
  readonly maxPayload: number;
  /** Where the server speaks another generation of the protocol: how it is written and read. */
  readonly codec?: Codec | undefined;
  /** What waits here or in the transport until the network takes it, in bytes. */
  readonly bufferedAmount: number;
  /** @param begins whether this is the first chunk of its message */
  send(chunk: Chunk, ticket: Ticket, begins: boolean): void;
  /** Gives up what the transport has not had yet, for good: nobody will send it any more. In the order it was given. */
  takeBack(): ReadonlySet<Ticket>;
  /** The same, for whole messages of one sender, while the link goes on. */
  takeBackFrom(sender: object): ReadonlySet<Ticket>;
  /** Tries a better transport now, where there is one. */
  improve(): void;
  /** Ends it, after what was sent. */
  close(): void;
  /** Ends it on the spot: the page is about to freeze, and what is still to be sent will not be. */
  closeNow(): void;
}

/** What a link tells whoever opened it. */
export interface LinkHandlers {
  /** Negotiation is over and the link is in use. */
  won(link: Link): void;
  /** Every candidate failed. */
  exhausted(error: Error): void;
  data(chunk: unknown): void;
  /** A link that had been won is gone. */
  lost(reason: string, details?: unknown): void;
}

/** A link being opened; `abandon` gives it up, and does nothing once it was won. */
export interface Opening {
  abandon(): void;
}

/**
 * Opens a link, without the transports that are known to be `deaf`: by a negotiation of its own, or, for instance, by joining
 * one that another tab has open.
 */
export type OpenLink = (handlers: LinkHandlers, deaf: readonly Attempt[]) => Opening;
