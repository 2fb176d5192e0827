/** The revision of the Socket.IO protocol that is spoken here. */
export const PROTOCOL = 5;

/** Socket.IO protocol v5, "Packet types". 5 and 6 are 2 and 3 with attachments, and exist only on the wire. */
export const CONNECT = 0;
export const DISCONNECT = 1;
export const EVENT = 2;
export const ACK = 3;
export const CONNECT_ERROR = 4;
export const BINARY_EVENT = 5;
export const BINARY_ACK = 6;

/** A packet as programs see it that listen to `packet` or read `sendBuffer`. */
export interface AnyPacket {
  /** 0 CONNECT, 1 DISCONNECT, 2 EVENT, 3 ACK, 4 CONNECT_ERROR. */
  type: number;
  /** The namespace. */
  nsp: string;
  /** What it carries: of an event, its name and its arguments. */
  // biome-ignore lint/suspicious/noExplicitAny: the server's own data, typed as in the official client
  data?: any;
  /** By which an acknowledgement is found. */
  id?: number | undefined;
  /** How many attachments it had, where a `parser` of the program's own tells. */
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

/** What a server may not send and a program may not emit as an event: the socket's own events. */
export const RESERVED_EVENTS: ReadonlySet<unknown> = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);

/** What cannot be read as a packet. The connection that it came over is closed with `parse error`. */
export class ProtocolError extends Error {}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Narrows what a decoder made of the wire to a packet, or throws a `ProtocolError`.
 *
 * Lenient where servers differ without harm: an ACK or a CONNECT_ERROR may lack its payload, and a CONNECT_ERROR may
 * be a bare string, as servers of the 2.x generation send it.
 */
export function checkPacket(packet: unknown): Packet {
  if (!isObject(packet)) throw new ProtocolError('not a packet');
  const { type, data, id } = packet;
  const nsp = packet.nsp ?? '/';
  if (typeof nsp !== 'string') throw new ProtocolError('namespace is not a string');
  switch (type) {
    case CONNECT:
      if (data !== undefined && !isObject(data)) break;
      return { type, nsp, data };
    case DISCONNECT:
      if (data !== undefined) break;
      return { type, nsp };
    case EVENT:
    case BINARY_EVENT:
      if (!Array.isArray(data) || !isEventName(data[0])) break;
      if (id !== undefined && !isAckId(id)) break;
      return { type: EVENT, nsp, data: data as EventData, id };
    case ACK:
    case BINARY_ACK:
      if ((id !== undefined && !isAckId(id)) || (data !== undefined && !Array.isArray(data))) break;
      return { type: ACK, nsp, data: data ?? [], id: id ?? NOBODY };
    case CONNECT_ERROR:
      return { type, nsp, data: connectErrorOf(data) };
  }
  throw new ProtocolError(
    typeof type === 'number' && type <= BINARY_ACK
      ? 'invalid payload'
      : `unknown packet type ${String(type)}`,
  );
}

/** The id of an acknowledgement that came without one: nobody waits for it. */
const NOBODY = -1;

const isAckId = (id: unknown): id is number => Number.isSafeInteger(id);

const isEventName = (name: unknown): boolean =>
  (typeof name === 'string' && !RESERVED_EVENTS.has(name)) || typeof name === 'number';

function connectErrorOf(data: unknown): ConnectErrorPacket['data'] {
  const { message, data: details } = isObject(data) ? data : { message: data, data: undefined };
  return { message: typeof message === 'string' ? message : 'rejected by the server', data: details };
}
