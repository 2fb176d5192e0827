/** Names that fixtures, servers and pages share; uses no API of Node. */

export const serverNames = ['1.3.7', '1.7.4', '2.5.1', '3.1.2', '4.8.4', 'python', 'foreign'] as const;
export type ServerName = (typeof serverNames)[number];

/** Servers of Engine.IO v3. */
export const oldServers: readonly ServerName[] = ['1.3.7', '1.7.4', '2.5.1'];

export const transports = ['websocket', 'polling'] as const;
export type Transport = (typeof transports)[number];

export interface Settings {
  readonly path?: string;
  /** The heartbeat, in milliseconds. */
  readonly pingInterval?: number;
  readonly pingTimeout?: number;
  /** Enables connection state recovery, if the server supports it. */
  readonly recovery?: boolean;
  /** The largest message accepted, in bytes; only for servers of the current protocol version. */
  readonly maxPayload?: number;
}
