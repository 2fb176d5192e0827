/** The WebSocket that a page has opened before its bundle loaded; see `early-snippet.ts`. */
import { attempt } from './attempt.js';

/** An event of the early WebSocket: a message, an error, or its end. */
export type EarlyEvent = Event & { readonly data?: unknown };

/** The value that the snippet stores in the global `earlyIo`. */
export type EarlySocket = [
  socket: WebSocket,
  /** The sub-protocols that it asked for. */
  protocols: string | readonly string[] | undefined,
  /** When it was opened, on the clock of `performance`. */
  startedAtMs: number,
  /** The packet CONNECT that was sent, or will be sent after the handshake. */
  join: string | undefined,
  /** The events so far, in order. */
  events: EarlyEvent[],
];

export interface EarlyPage {
  /** Empty once it was taken over. */
  earlyIo?: EarlySocket | [];
}

/** Takes over the early WebSocket, once: after that, the snippet no longer closes it. */
export function takeEarly(): EarlySocket | undefined {
  // An element of the page may have this name for its id.
  const taken = attempt(() => (globalThis as EarlyPage).earlyIo?.splice(0)) as EarlySocket | undefined;
  // The last entry is missing if the snippet has closed it.
  return taken?.[4] ? taken : undefined;
}
