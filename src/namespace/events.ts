import type { Attempt, ErrorCode } from '../platform/errors.js';

/** Why a connection ended, as far as the transport told. */
export type DisconnectDescription = Error | { description: string; context?: unknown };

/** The events of a socket that the library itself fires. Programs cannot emit the first three. */
export interface SocketReservedEvents {
  /** The server has let the socket in, at first or again; what was kept has been sent. */
  connect: () => void;
  /** The socket could not connect: no transport opened, the server refused it, or did not answer. */
  connect_error: (error: ConnectError) => void;
  /** The session is over. Unless the server or the program ended it, the socket comes back by itself. */
  disconnect: (reason: SocketDisconnectReason, description?: DisconnectDescription) => void;
  /** The session of before is over and was not brought back: what the server sent meanwhile is missed. Comes after `connect`. */
  gap: (gap: { readonly awayMs: number }) => void;
  /** An event, given as its name and arguments, will not be sent; `error.code` tells why. */
  dropped: (error: Error & { code?: ErrorCode }, message: readonly unknown[]) => void;
}

/** What `connect_error` brings: `data` is what the server's middleware attached. */
export interface ConnectError extends Error {
  /** What the server's middleware attached to its refusal (`err.data`). */
  // biome-ignore lint/suspicious/noExplicitAny: the server's own data, typed as in the official client
  data?: any;
  /** What went wrong, in one word. */
  code?: ErrorCode;
  /** Where it says what the code means and what to do. */
  help?: string;
  /** Where no transport opened: what was tried. */
  attempts?: readonly Attempt[];
  /** Where no transport opened: what to do about it. */
  hint?: string;
}

/** Why a socket was disconnected: by the server, by the program, or by the network. */
export type SocketDisconnectReason =
  | 'io server disconnect'
  | 'io client disconnect'
  | 'ping timeout'
  | 'transport close'
  | 'transport error'
  | 'parse error'
  | 'forced close';
