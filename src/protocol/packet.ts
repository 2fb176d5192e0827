/** The packets of the Socket.IO protocol, revision 5. */

import { DEVELOPMENT } from '../platform/build.js';

/** The revision of the Socket.IO protocol. */
export const PROTOCOL = 5;

/** Socket.IO protocol v5, "Packet types". 5 and 6 are 2 and 3 with attachments, and exist only on the wire. */
export const CONNECT = 0;
export const DISCONNECT = 1;
export const EVENT = 2;
export const ACK = 3;
export const CONNECT_ERROR = 4;
export const BINARY_EVENT = 5;
export const BINARY_ACK = 6;

/** A packet, as seen by programs that listen to `packet` or read `sendBuffer`. */
export interface AnyPacket {
  /** 0 CONNECT, 1 DISCONNECT, 2 EVENT, 3 ACK, 4 CONNECT_ERROR. */
  type: number;
  /** The namespace. */
  nsp: string;
  /** Its payload: for an event, its name and arguments. */
  // biome-ignore lint/suspicious/noExplicitAny: the server's own data, typed as in the official client
  data?: any;
  /** Identifies the acknowledgement. */
  id?: number | undefined;
  /** The number of attachments, if the program's own `parser` sets it. */
  attachments?: number | undefined;
}

export type EventData = [name: string | number, ...args: unknown[]];

export interface ConnectPacket {
  readonly type: typeof CONNECT;
  readonly nsp: string;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}
export interface DisconnectPacket {
  readonly type: typeof DISCONNECT;
  readonly nsp: string;
}
export interface EventPacket {
  readonly type: typeof EVENT;
  readonly nsp: string;
  readonly data: EventData;
  readonly id?: number | undefined;
}
export interface AckPacket {
  readonly type: typeof ACK;
  readonly nsp: string;
  readonly data: unknown[];
  readonly id: number;
}
export interface ConnectErrorPacket {
  readonly type: typeof CONNECT_ERROR;
  readonly nsp: string;
  readonly data: { readonly message: string; readonly data?: unknown };
}

/** One message of the Socket.IO protocol, after its attachments were put back. */
export type Packet = ConnectPacket | DisconnectPacket | EventPacket | AckPacket | ConnectErrorPacket;

/** Event names that a server may not send and a program may not emit: the socket's own events. */
export const RESERVED_EVENTS: ReadonlySet<unknown> = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);

/** Received data is not a packet. Its connection is closed with `parse error`. */
export class ProtocolError extends Error {}

/** @param why given in development only */
export const invalid = (why?: string): ProtocolError => new ProtocolError(why || 'invalid packet');

/** The id of an acknowledgement that came without one: no callback waits for it. */
const NO_ID = -1;

/** An object whose properties are read. */
export type Properties = Record<string | number, unknown>;

export const isObject = (value: unknown): value is Properties => typeof value === 'object' && value !== null;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && !Array.isArray(value);

/**
 * Narrows a decoder's result to a packet, or throws a `ProtocolError`.
 *
 * Lenient where servers differ without harm: an ACK or a CONNECT_ERROR may lack its payload, and a CONNECT_ERROR may
 * be a bare string, as servers of the 2.x generation send it.
 */
export function checkPacket(packet: unknown): Packet {
  const { type, nsp: name, id, data } = (packet ?? {}) as Record<string, unknown>;
  const nsp = name ?? '/';
  const list = Array.isArray(data) ? (data as EventData) : undefined;
  // Of those that have one.
  const idIsSound = id === undefined || Number.isSafeInteger(id);
  if (typeof nsp !== 'string') throw invalid();
  if (type === CONNECT && (data === undefined || isRecord(data))) return { type, nsp, data };
  if (type === DISCONNECT && data === undefined) return { type, nsp };
  if ((type === EVENT || type === BINARY_EVENT) && idIsSound && list && isEventName(list[0]))
    return { type: EVENT, nsp, data: list, id: id as number };
  if ((type === ACK || type === BINARY_ACK) && idIsSound && (list || data === undefined))
    return { type: ACK, nsp, data: list ?? [], id: (id as number) ?? NO_ID };
  if (type === CONNECT_ERROR) {
    const { message, data: details } = isRecord(data) ? data : { message: data };
    return {
      type,
      nsp,
      data: { message: typeof message === 'string' ? message : 'rejected by the server', data: details },
    };
  }
  throw invalid(DEVELOPMENT ? 'not a packet, or one with an invalid payload' : '');
}

const isEventName = (name: unknown): boolean =>
  typeof name === 'string' ? !RESERVED_EVENTS.has(name) : typeof name === 'number';
