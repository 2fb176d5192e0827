/** The events of a socket that the library itself fires, and what their listeners are given. */

import type { ConnectError, ErrorCode } from '../platform/errors.js';
import type { EventsMap } from '../platform/event-map.js';
import type { EmittedMessage } from './typing.js';

export type { ConnectError };

/** Why a connection ended, as far as the transport told. */
export type DisconnectDescription = Error | { description: string; context?: unknown };

/** The events of a socket that the library itself fires, as the official client has them. Programs cannot emit them. */
export interface SocketReservedEvents {
  /** The socket has connected or reconnected; what was kept has been sent. */
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
  /** Where the first fault is: the number of the argument or `'ack'`, then the properties below it. */
  readonly path: readonly PropertyKey[];
  /** What is expected there, in the words of the schema. */
  readonly expected: string;
  /** Every fault. */
  readonly issues: readonly { readonly message: string; readonly path: readonly PropertyKey[] }[];
}

/** The events of a socket that only this library fires. A program may have events of these names as well. */
export interface SocketOwnEvents<EmitEvents extends EventsMap> {
  /** The previous session is over and was not recovered: what the server sent meanwhile is missed. Comes after `connect`. */
  gap: (gap: { readonly awayMs: number }) => void;
  /** An event, given as its name and arguments, will not be sent; `error.code` tells why. */
  dropped: (error: Error & { code?: ErrorCode }, message: EmittedMessage<EmitEvents>) => void;
  /**
   * With `holdfast/contract`: what came from the server does not match the contract, and is withheld. `message` is the event's name and its
   * arguments; of an acknowledgement, those of the event that asked for it.
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
