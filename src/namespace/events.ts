import type { Attempt, ErrorCode } from '../platform/errors.js';

/** Why a connection ended, as far as the transport told. */
export type DisconnectDescription = Error | { description: string; context?: unknown };

export interface SocketReservedEvents {
  connect: () => void;
  connect_error: (error: ConnectError) => void;
  disconnect: (reason: SocketDisconnectReason, description?: DisconnectDescription) => void;
  /** The session of before is over and was not brought back: what the server sent meanwhile is missed. Comes after `connect`. */
  gap: (gap: { readonly awayMs: number }) => void;
  /** An event, given as its name and arguments, will not be sent; `error.code` tells why. */
  dropped: (error: Error & { code?: ErrorCode }, message: readonly unknown[]) => void;
}

/** What `connect_error` brings: `data` is what the server's middleware attached. */
export interface ConnectError extends Error {
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

export type SocketDisconnectReason =
  | 'io server disconnect'
  | 'io client disconnect'
  | 'ping timeout'
  | 'transport close'
  | 'transport error'
  | 'parse error'
  | 'forced close';
