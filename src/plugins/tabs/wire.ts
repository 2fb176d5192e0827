/** The messages between tabs. Each version of this format has its own groups: tabs of two releases of a site never mix. */
import type { Attempt, ErrorCode } from '../../platform/errors.js';

export const WIRE_VERSION = 1;

/** The end of the name of a worker's lock; the beginning is the name of the group. */
export const WORKER_LOCK = ':worker';

/** Added to the time of a visible tab, so that it sorts before all hidden ones, in milliseconds. */
export const VISIBLE_MS = 1e15;

/** The last broadcast that a tab has received: the leader's epoch, and the number of the event. */
export type Position = readonly [epoch: number, number: number];

/** A tab's earlier session of a namespace: the server's private id, and the offset of the last event. */
export interface Claim {
  readonly pid?: unknown;
  readonly offset?: unknown;
}

/** A tab in the list of members. */
export type Member = readonly [key: string, leads: boolean, seenMs: number];

/** The names of options, with a hash of each value. */
export type Signature = Readonly<Record<string, number>>;

/**
 * From a tab to the leader. Each message begins with its type and the key of the tab's link: the tab's id and a number.
 *
 * - `open`: the tab needs a connection
 * - `data`: chunks of Socket.IO packets to send
 * - `ok`: the leader may send the messages that it announced by `taken`; with the date of this permission
 * - `ask`: is the leader alive?
 * - `seen`: when the tab was last visible
 * - `pass`: the tab has no listener for an event that requests an answer
 * - `auth`: the data for CONNECT, or why there is none
 * - `close`: the tab no longer needs the connection; with `all`, everything it has sent must go to the server, because it will not send it again
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
 * From the leader to one tab, or to all. Each message begins with its type, the leader's epoch, and the key of the link if it is for one tab.
 *
 * - `lead`: this tab leads from now on; `stolen` if the earlier leader may still exist without knowing
 * - `seat`: the tab is accepted; with the leader's options
 * - `up`: the server's handshake was received
 * - `down`: the session has ended; `fail`: an attempt to open one
 * - `taken`: the number of handled chunks; if it requests permission, they are handed to the transport after the tab's `ok`. Also proves that the leader is alive
 * - `packet`: from the server; with the number of the last event that the tab then has
 * - `refused`: an event of the tab cannot be sent
 * - `auth`: requests the data for CONNECT
 * - `info`: the round-trip time, the transport in use, the number of tabs, and their list if it is short
 * - `yield`: asks the tab to take the lead
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

/** Whether this has the form of a message: any script of the page's origin can write to the channels. */
export const isMessage = (message: unknown): message is readonly [string, ...unknown[]] =>
  Array.isArray(message) && typeof message[0] === 'string';

/** Below 0 if `one` is earlier than `other`. */
export const compare = (one: Position, other: Position): number => one[0] - other[0] || one[1] - other[1];
