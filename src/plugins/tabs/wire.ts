/** What tabs say to each other. Another version of this makes another group: tabs of two releases of a site never mix. */
import type { Attempt, ErrorCode } from '../../platform/errors.js';

export const WIRE_VERSION = 1;

/** How the name of the lock ends that a worker has; it begins with the group's. */
export const WORKER_LOCK = ':worker';

/** Added to when a visible tab was brought to the front: it comes before all hidden ones. */
export const VISIBLE_MS = 1e15;

/** How far a tab has heard what a leader tells all of them: by the leader's epoch, and the number of the event. */
export type Position = readonly [epoch: number, number: number];

/** The session of a namespace that a tab had: the server's private id of it, and the offset of the last event. */
export interface Claim {
  readonly pid?: unknown;
  readonly offset?: unknown;
}

/** A tab, as the others are told of it. */
export type Member = readonly [key: string, leads: boolean, seenMs: number];

/** Names of options with a hash of each value. */
export type Signature = Readonly<Record<string, number>>;

/**
 * From a tab to the leader. All begin with a word and the key of the tab's link: the tab's id, and a number.
 *
 * - `open`: the tab needs a connection
 * - `data`: what it sends: chunks of packets of Socket.IO
 * - `ok`: what the leader has named with `taken` may be handed over; and when this was said, by the date
 * - `ask`: is the leader there?
 * - `seen`: the tab was last looked at then
 * - `pass`: it does not listen to an event that asks for an answer
 * - `auth`: what goes along with CONNECT, or why there is nothing
 * - `close`: it needs the connection no more; `all` if what it has sent is to go to the server: it never says it again
 */
export type Up =
  | readonly [
      'open',
      key: string,
      seenMs: number,
      position: Position,
      claims: Readonly<Record<string, Claim>>,
    ]
  | readonly ['data', key: string, chunks: readonly unknown[]]
  | readonly ['ok', key: string, atMs: number]
  | readonly ['ask', key: string]
  | readonly ['seen', key: string, seenMs: number]
  | readonly ['pass', key: string, nsp: string, id: number]
  | readonly ['auth', key: string, nsp: string, error: string | undefined, data?: unknown]
  | readonly ['close', key: string, all?: boolean | undefined];

/**
 * From the leader to one tab, or to all. All begin with a word, the leader's epoch, and the key of the link, if it is for one.
 *
 * - `lead`: this tab leads from now on; `stolen` if the one before may still be there, and not know
 * - `seat`: the tab has a place; the leader's options
 * - `up`: the server's handshake was received
 * - `down`: the session has ended; `fail`: an attempt to open one
 * - `taken`: so many chunks are dealt with; if it asks, they will be handed to the transport once the tab says `ok`. The leader is there
 * - `packet`: from the server; and the number of the last event that the tab has then heard
 * - `refused`: an event of the tab cannot be sent
 * - `auth`: what goes along with CONNECT?
 * - `info`: the round-trip time, the transport in use, how many tabs there are, and which, if they are not too many
 * - `yield`: takes the lead over
 */
export type Down =
  | readonly ['lead', epoch: number, key: undefined, stolen: boolean]
  | readonly ['seat', epoch: number, key: string, signature: Signature]
  | readonly ['up', epoch: number, key: string | undefined, sid: string]
  | readonly [
      'down',
      epoch: number,
      key: undefined,
      reason: string,
      number: number,
      taken: Readonly<Record<string, number>>,
    ]
  | readonly ['fail', epoch: number, key: undefined, message: string, attempts: readonly Attempt[]]
  | readonly ['taken', epoch: number, key: string, chunks: number, asks: boolean]
  | readonly [
      'packet',
      epoch: number,
      key: string | undefined,
      nsp: string,
      chunks: readonly unknown[],
      number: number,
    ]
  | readonly [
      'refused',
      epoch: number,
      key: string,
      nsp: string,
      id: number | undefined,
      data: readonly unknown[],
      code: ErrorCode,
      message: string,
    ]
  | readonly ['auth', epoch: number, key: string, nsp: string]
  | readonly [
      'info',
      epoch: number,
      key: undefined,
      latencyMs: number | undefined,
      transport: string | undefined,
      tabs: number,
      members: readonly Member[],
    ]
  | readonly ['yield', epoch: number, key: string];

/** A message, if it has the form of one: any script of the page's origin can write to its channels. */
export const isMessage = (message: unknown): message is readonly [string, ...unknown[]] =>
  Array.isArray(message) && typeof message[0] === 'string';

/** Below 0 where `one` is behind `other`. */
export const compare = (one: Position, other: Position): number => one[0] - other[0] || one[1] - other[1];
