import type { Cancel } from '../platform/clock.js';
import type { AckPacket, EventPacket } from '../protocol/packet.js';
import type { AuthOwner } from './auth.js';

/**
 * Where a namespace stands:
 *
 * - `inactive`: not wanted by the program
 * - `stranded`: wanted, and the connection has given up; joins when somebody opens it again
 * - `away`: wanted, and there is no link
 * - `settling`: the namespace was left on this very link, and the server may not have read that yet
 * - `resting`: the server refused it or threw it out, and the program's policy wants another try
 * - `asking`: `auth` has not answered yet
 * - `joining`: CONNECT was sent
 * - `joined`: the server has answered
 * - `leaving`: no longer wanted while the answer to CONNECT is still to come. The server would close the whole
 *   connection at a DISCONNECT before it, or at a second CONNECT, so both wait for the answer.
 */
export type SessionState =
  | { readonly name: 'inactive' }
  | { readonly name: 'stranded' }
  | { readonly name: 'away' }
  | { readonly name: 'settling'; readonly stop: Cancel }
  | { readonly name: 'resting'; readonly stop: Cancel }
  | { readonly name: 'asking'; readonly stop: Cancel }
  | { readonly name: 'joining'; readonly stop: Cancel }
  | { readonly name: 'joined' }
  | { readonly name: 'leaving'; readonly rejoin: boolean; readonly stop: Cancel };

/** Whose session it is. */
export interface Member extends AuthOwner {
  readonly nsp: string;
}

/** What the socket gives to its session and hears from it. */
export interface SessionOwner {
  /** A session begins. Returns what is sent with CONNECT beside `auth`, for connection state recovery. */
  begin(): object | undefined;
  joined(sid: string, pid: string | undefined): void;
  /** Takes an event or an acknowledgement. */
  received(packet: EventPacket | AckPacket): void;
  /**
   * The server refused CONNECT, or threw the socket out: when to try again, in milliseconds, or nothing.
   *
   * @param attempt how many times in a row this has happened
   */
  retryAfterMs(error: Error, attempt: number): number | undefined;
  /** CONNECT failed. Whether the session is still wanted, `active` tells. */
  failed(error: Error): void;
  /** The link of a joined session has proved to be alive after all. */
  resumed(): void;
  /** The session will not be joined unless the program asks for it again. */
  givenUp(error?: Error): void;
  /** A joined session is over. */
  ended(reason: string, details?: unknown): void;
}
