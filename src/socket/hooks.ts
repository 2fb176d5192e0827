/** What optional features add to a socket; each member is a seam of its own. */
import type { Listener } from '../platform/emitter.js';
import type { Auth } from '../platform/options.js';

/** The modifiers of one emit. */
export interface Flags {
  compress?: boolean;
  volatile?: boolean;
  timeout?: number;
  signal?: AbortSignal | undefined;
  /** @internal The key that `idempotent()` has set. */
  _key?: string;
  /** @internal Whether a feature sends the event again by itself: neither the outbox nor `retries` keep it. */
  _again?: boolean;
  /** @internal Takes the event when all features have seen it, in the place of the sender. */
  _store?: (event: OutgoingEvent) => void;
}

/** An event that the program emits. */
export interface OutgoingEvent {
  /** The event's name and its arguments, without the callback. */
  data: unknown[];
  readonly flags: Flags;
  /** For the acknowledgement. */
  callback: Listener | undefined;
  /**
   * Whether a Promise or a feature stands behind the callback, which has to be called in the end: with an error or null, with the first
   * and the second value of the answer, and with the list of all.
   */
  readonly awaited: boolean;
}

export interface SocketHooks {
  /**
   * An event on its way out, before it is kept or sent. May change it, or throw, which the caller of `emit` sees. The program's own
   * plugins come first, the last one before the others.
   *
   * @returns `true` if the feature takes it over: it then sends it, and tells how it ended
   */
  outgoing?(event: OutgoingEvent): boolean | undefined;
  /**
   * An event on its way in, before its listeners.
   *
   * @param event its name and its arguments, with the function for the acknowledgement at their end
   * @returns what the listeners get; null if they get nothing, and undefined if it does not even count as received
   */
  incoming?(event: unknown[]): unknown[] | null | undefined;
  /** The listeners of an event have had it. */
  delivered?(event: unknown[]): void;
  /** What goes along with CONNECT is about to be asked for. Returns what is asked in place of the socket's `auth`. */
  auth?(auth: Auth | undefined): Auth | undefined;
  /** CONNECT is about to be sent. Returns what goes along with `auth`. */
  connecting?(): object | undefined;
  /**
   * The server has answered CONNECT with `data`, and nothing was delivered or sent yet.
   *
   * @returns whether the session of before goes on
   */
  connected?(data: Readonly<Record<string, unknown>>): boolean | undefined;
  /** What waited has been sent. */
  flushed?(): void;
  /** The program has left the namespace, or it will not be joined by itself: what is awaited ends. */
  gaveUp?(byHand: boolean): void;
  /** Removes what waits in the feature. Returns the events: each its name and its arguments. */
  clear?(): unknown[][];
  /** How much waits in the feature, in bytes. */
  readonly bytes?: number;
}
