/** What stages, servers and pages agree on; refers to nothing that only Node has. */

export const serverNames = ['1.3.7', '1.7.4', '2.5.1', '3.1.2', '4.8.4', 'python'] as const;
export type ServerName = (typeof serverNames)[number];

/** Servers of Engine.IO v3. */
export const oldOnes: readonly ServerName[] = ['1.3.7', '1.7.4', '2.5.1'];

export const transports = ['websocket', 'polling'] as const;
export type Transport = (typeof transports)[number];

export interface Settings {
  readonly path?: string;
  /** Of the heartbeat, in milliseconds. */
  readonly pingInterval?: number;
  readonly pingTimeout?: number;
  /** Keeps the sessions of those who are cut off, where the server can do that. */
  readonly recovery?: boolean;
  /** The largest message that it takes, in bytes, where it is one of today's. */
  readonly maxPayload?: number;
}
