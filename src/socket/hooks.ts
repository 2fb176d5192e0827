/** The hooks of optional features on a socket. */
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
  /** @internal Whether a feature resends the event itself: then neither the outbox nor `retries` keeps it. */
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
   * Whether the callback belongs to a Promise or a feature. Such a callback is always called in the end: with an error or null, the first
   * and the second value of the answer, and the list of all values.
   */
  readonly awaited: boolean;
}

export interface SocketHooks {
  /**
   * An outgoing event, before it is kept or sent. May change it; an error is thrown by `emit`. The program's own plugins run first, in
   * reverse order.
   *
   * @returns `true` if the feature takes it over: it then sends it, and reports the outcome
   */
  outgoing?(event: OutgoingEvent): boolean | undefined;
  /**
   * An incoming event, before its listeners.
   *
   * @param event its name and its arguments, with the function for the acknowledgement at their end
   * @returns what the listeners get; null to skip them; undefined to skip them and not count the event as received
   */
  incoming?(event: unknown[]): unknown[] | null | undefined;
  /** @internal The offset at the end of an incoming event, if connection state recovery has added one. */
  _offsetOf?(event: readonly unknown[]): string | undefined;
  /** The listeners of an event have been called. */
  delivered?(event: unknown[]): void;
  /** `auth` is about to be requested for CONNECT. Returns a replacement for the socket's `auth`. */
  auth?(auth: Auth | undefined): Auth | undefined;
  /** CONNECT is about to be sent. Returns data to send along with `auth`. */
  connecting?(): object | undefined;
  /**
   * The server has answered CONNECT with `data`; nothing was delivered or sent yet.
   *
   * @returns whether the previous session was recovered
   */
  connected?(data: Readonly<Record<string, unknown>>): boolean | undefined;
  /** The waiting messages have been sent. */
  flushed?(): void;
  /**
   * The program has left the namespace (`byHand`), or the socket will not join it by itself: pending waits end.
   *
   * @param error why, unless the program has left
   */
  gaveUp?(byHand: boolean, error?: Error): void;
  /** Removes the messages that wait in the feature. Returns the events: each its name and its arguments. */
  clear?(): unknown[][];
  /** The size of the messages that wait in the feature, in bytes. */
  readonly bytes?: number;
}
