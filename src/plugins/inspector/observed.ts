import type { Attempt } from '../../platform/errors.js';

/** What a connection is doing: its status, with the wait between two tries told apart from the tries. */
export type ObservedState =
  | 'idle'
  | 'connecting'
  | 'connected'
  | 'waiting'
  | 'reconnecting'
  | 'offline'
  | 'closed';

/** What a packet is, by the Socket.IO protocol; `binary` is what no parser could read. */
export type PacketKind = 'connect' | 'disconnect' | 'event' | 'ack' | 'connect_error' | 'binary';

/** One Socket.IO packet on its way. What CONNECT carries, in either direction, is secret: it is never told. */
export interface ObservedPacket {
  readonly type: 'packet';
  readonly atMs: number;
  /** Counts the packets of a connection, from 1. */
  readonly no: number;
  readonly way: 'in' | 'out';
  readonly kind: PacketKind;
  readonly nsp: string;
  /** Of an event, and of the acknowledgement of one that was seen. */
  readonly event?: string | undefined;
  /** On the wire, in bytes, with all attachments. */
  readonly bytes: number;
  readonly attachments: number;
  /** The acknowledgement that it asks for or is. */
  readonly ackId?: number | undefined;
  /** Of an acknowledgement: the `no` of the event it answers, and after how many milliseconds. */
  readonly answers?: { readonly no: number; readonly ms: number } | undefined;
  /** Where payloads were asked for: the text on the wire, or what a custom parser read. */
  readonly payload?: unknown;
}

/** What happens to a connection, with the time on the page's monotonic clock. */
export type Observed =
  | ObservedPacket
  | {
      readonly type: 'state';
      readonly atMs: number;
      readonly state: ObservedState;
      /** Why, where there is more to say than that the program wanted it. */
      readonly reason?: string | undefined;
      readonly transport?: string | undefined;
      /** Until the next try, in milliseconds. */
      readonly retryInMs?: number | undefined;
    }
  | {
      /** A transport is tried: in a race of a new try, or as a `probe` for an upgrade. */
      readonly type: 'attempt';
      readonly atMs: number;
      /** Counts the tries to open the connection, from 1. */
      readonly round: number;
      readonly transport: string;
      readonly probe: boolean;
      readonly phase: 'start' | 'open' | 'failed' | 'won';
      /** Since this candidate's start. */
      readonly ms: number;
      readonly error?: string | undefined;
    }
  | {
      /** No transport opened, or the server refused a request of an open connection, which is lost by it. */
      readonly type: 'failure';
      readonly lost: boolean;
      readonly atMs: number;
      readonly round: number;
      readonly message: string;
      readonly hint?: string | undefined;
      readonly attempts: readonly Attempt[];
    }
  | { readonly type: 'rtt'; readonly atMs: number; readonly ms: number }
  | {
      readonly type: 'namespace';
      readonly atMs: number;
      readonly nsp: string;
      readonly state: 'joining' | 'joined' | 'left' | 'refused';
      readonly id?: string | undefined;
      readonly recovered?: boolean | undefined;
      readonly reason?: string | undefined;
    }
  | { readonly type: 'gap'; readonly atMs: number; readonly nsp: string; readonly awayMs: number }
  | {
      /** An event that will not be sent. */
      readonly type: 'dropped';
      readonly atMs: number;
      readonly nsp: string;
      readonly event: string;
      readonly code?: string | undefined;
      readonly message: string;
    };
