/** The library's own events of a socket, and the arguments of their listeners. */

import type { ConnectError, ErrorCode } from '../platform/errors.js';
import type { EventsMap } from '../platform/event-map.js';
import type { EmittedMessage } from './typing.js';

export type { ConnectError };

/** Why a connection ended, as reported by the transport. */
export type DisconnectDescription = Error | { description: string; context?: unknown };

/** The library's own events of a socket that the official client also has. Programs cannot emit them. */
export interface SocketReservedEvents {
  /** The socket has connected or reconnected; kept events have been sent. */
  connect: () => void;
  /** The socket could not connect: no transport opened, the server refused it, or did not answer. */
  connect_error: (error: ConnectError) => void;
  /** The session is over. Unless the server or the program ended it, the socket reconnects by itself. */
  disconnect: (reason: SocketDisconnectReason, description?: DisconnectDescription) => void;
}

/** Why an event or an acknowledgement does not match the contract of a socket. */
export interface ContractViolation extends Error {
  readonly code: ErrorCode;
  /** The event's name. */
  readonly event: string;
  /** Where the first mismatch is: the number of the argument or `'ack'`, then the properties below it. */
  readonly path: readonly PropertyKey[];
  /** The value that the schema expects there. */
  readonly expected: string;
  /** Every fault. */
  readonly issues: readonly { readonly message: string; readonly path: readonly PropertyKey[] }[];
}

/** The events of a socket that only this library has. A program may have events with the same names. */
export interface SocketOwnEvents<EmitEvents extends EventsMap> {
  /** The previous session has ended and was not recovered: events that the server sent meanwhile were missed. Fires after `connect`. */
  gap: (gap: { readonly awayMs: number }) => void;
  /** An event, given as its name and arguments, will not be sent; `error.code` says why. */
  dropped: (error: Error & { code?: ErrorCode }, message: EmittedMessage<EmitEvents>) => void;
  /**
   * With `holdfast/contract`: an event or acknowledgement of the server does not match the contract, and is not delivered. `message` is the
   * event's name and arguments; for an acknowledgement, those of the event that requested it.
   */
  invalid: (error: ContractViolation, message: readonly unknown[]) => void;
}

/** Why a socket was disconnected: by the server, by the program, or by the network. */
export type SocketDisconnectReason =
  | 'io server disconnect'
  | 'io client disconnect'
  | 'ping timeout'
  | 'transport close'
  | 'transport error'
  | 'parse error';
