/** The WebSocket that a page has opened before its bundle was there; see `early-snippet.ts`. */
import { attempt } from './attempt.js';

/** What the early WebSocket has told: a message, an error, or its end. */
export type EarlyEvent = Event & { readonly data?: unknown };

/** What the snippet keeps under the global `earlyIo`. */
export type EarlySocket = [
  socket: WebSocket,
  /** The sub-protocols that it asked for. */
  protocols: string | readonly string[] | undefined,
  /** When it was opened, on the clock of `performance`. */
  startedAtMs: number,
  /** What has come so far, in order. */
  events: EarlyEvent[],
];

export interface EarlyPage {
  /** Empty once it was taken over. */
  earlyIo?: EarlySocket | [];
}

/** Takes the early WebSocket over, once: from then on, the snippet does not close it any more. */
export function takeEarly(): EarlySocket | undefined {
  // An element of the page may have this name for its id.
  const taken = attempt(() => (globalThis as EarlyPage).earlyIo?.splice(0)) as EarlySocket | undefined;
  // The last entry is missing where the snippet has closed it.
  return taken?.[3] ? taken : undefined;
}
