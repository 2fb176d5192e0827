import type { SharingState } from '../../manager/manager-events.js';
/** The events of `observe`: what happens to a connection. Their texts are clean: cut, without secrets, printable. */

/** What a connection is doing: its status, with the wait between two attempts as a state of its own. */
export type ObservedState =
  | 'idle'
  | 'connecting'
  | 'connected'
  | 'waiting'
  | 'reconnecting'
  | 'offline'
  | 'closed';

/** The type of a Socket.IO packet; `binary` is a packet that no parser could read. */
export type PacketKind = 'connect' | 'disconnect' | 'event' | 'ack' | 'connect_error' | 'binary';

/** One Socket.IO packet. The payload of CONNECT is secret in both directions: it is never observed. */
export interface ObservedPacket {
  readonly type: 'packet';
  readonly atMs: number;
  /** Counts the packets of a connection, from 1. */
  readonly number: number;
  readonly direction: 'in' | 'out';
  readonly kind: PacketKind;
  readonly nsp: string;
  /** The name of an event, also for an acknowledgement whose event was observed; at most 200 characters. */
  readonly event?: string | undefined;
  /** The size on the wire with all attachments, in bytes. */
  readonly bytes: number;
  readonly attachments: number;
  /** The id of the acknowledgement that an event requests, or that this packet is. */
  readonly ackId?: number | undefined;
  /** For an acknowledgement: the `number` of the event that it answers, and the time in between in milliseconds. */
  readonly answers?: { readonly number: number; readonly ms: number } | undefined;
  /** Only if payloads were requested: the text on the wire, or the value that a custom parser decoded. Neither cut nor redacted. */
  readonly payload?: unknown;
}

/** One transport of a failed attempt. */
export interface ObservedFailure {
  readonly transport: string;
  readonly phase: string;
  readonly ms: number;
  /** The HTTP status, if there was a response. */
  readonly status?: number | undefined;
  readonly message: string;
  /** The beginning of the response of the server or a proxy. */
  readonly responseText?: string | undefined;
  /** How long the server asked the client to wait, in milliseconds (HTTP `Retry-After`). */
  readonly retryAfterMs?: number | undefined;
}

/** What happens to a connection, with the time on the page's monotonic clock in milliseconds. */
export type ObservedEvent =
  | ObservedPacket
  | {
      readonly type: 'state';
      readonly atMs: number;
      readonly state: ObservedState;
      /** Why the state changed, unless the program asked for it. */
      readonly reason?: string | undefined;
      readonly transport?: string | undefined;
      /** Until the next attempt, in milliseconds. */
      readonly retryInMs?: number | undefined;
    }
  | {
      /** A transport is tried: as a candidate of a new attempt, or as a `probe` for an upgrade. */
      readonly type: 'attempt';
      readonly atMs: number;
      /** Counts the attempts to open the connection, from 1. */
      readonly round: number;
      readonly transport: string;
      readonly probe: boolean;
      readonly phase: 'start' | 'open' | 'failed' | 'won';
      /** Since this candidate's start, in milliseconds. */
      readonly ms: number;
      readonly error?: string | undefined;
    }
  | {
      /** No transport opened; or, if `lost`, the server refused a request of an open connection, which ended it. */
      readonly type: 'failure';
      readonly lost: boolean;
      readonly atMs: number;
      readonly round: number;
      readonly message: string;
      readonly hint?: string | undefined;
      readonly attempts: readonly ObservedFailure[];
    }
  /** A round-trip time was measured. */
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
  | {
      /** With the plugin `tabs`: this tab's part in the shared connection has changed. */
      readonly type: 'sharing';
      readonly atMs: number;
      readonly role: 'leader' | 'follower' | 'worker' | 'off';
      /** Why it is `off`. */
      readonly reason?: string | undefined;
      /** The transport of the shared connection. */
      readonly transport?: string | undefined;
      /** How many tabs share it. */
      readonly tabs?: number | undefined;
      /** These tabs. */
      readonly members?: SharingState['members'];
    }
  /** A namespace missed the events that the server sent during an outage. */
  | { readonly type: 'gap'; readonly atMs: number; readonly nsp: string; readonly awayMs: number }
  | {
      /** An event will not be sent. */
      readonly type: 'dropped';
      readonly atMs: number;
      readonly nsp: string;
      readonly event: string;
      readonly code?: string | undefined;
      readonly message: string;
    }
  | {
      /** An event or an acknowledgement does not match the contract of its socket. */
      readonly type: 'invalid';
      readonly atMs: number;
      readonly nsp: string;
      readonly event: string;
      /** The place of the mismatch: the number of the argument or `ack`, and the properties below it. */
      readonly path: string;
      /** What is wrong, without the value. */
      readonly message: string;
    };
