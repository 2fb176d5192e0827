/** The events of a manager, which report on the connection. */
import type { Status } from '../connection/lifecycle.js';
import type { AnyPacket } from '../protocol/packet.js';
import type { TransportAttemptEvent } from '../session/negotiate.js';
import type { DisconnectDescription } from '../socket/events.js';

/** The official client's events of a manager, about the connection. `socket.io.on(…)` listens to them. */
export interface ManagerReservedEvents {
  /** A transport has opened; the namespaces are joined next. */
  open: () => void;
  /** An attempt has failed. */
  error: (error: Error) => void;
  /** The server's heartbeat has arrived. */
  ping: () => void;
  /** A packet of any namespace has arrived. */
  packet: (packet: AnyPacket) => void;
  /** The connection was lost, or closed. */
  close: (reason: string, description?: DisconnectDescription) => void;
  /** A retry begins; the first one is 1. */
  reconnect_attempt: (attempt: number) => void;
  /** A retry has succeeded. */
  reconnect: (attempt: number) => void;
  /** A retry has failed. */
  reconnect_error: (error: Error) => void;
  /** `reconnectionAttempts` are used up, or `retryPolicy` returned `null`: there will be no further attempt. */
  reconnect_failed: () => void;
}

/** One of the tabs that share a connection. */
export interface SharedTab {
  /** Different for each tab, and for each visit. */
  readonly id: string;
  /** Whether it has the connection; never with a shared worker. */
  readonly leads: boolean;
  /** Whether the tab is visible. */
  readonly visible: boolean;
  /** Whether it is this one. */
  readonly self: boolean;
}

/** How a tab takes part in the connection of all tabs. */
export interface SharingState {
  /**
   * - `leader`: this tab holds the connection of all tabs
   * - `follower`: another tab holds it
   * - `worker`: a shared worker holds it
   * - `off`: this tab has its own connection
   */
  readonly role: 'leader' | 'follower' | 'worker' | 'off';
  /** Why it is `off`. */
  readonly reason?: string | undefined;
  /** The transport of the shared connection, while it is open. */
  readonly transport?: string | undefined;
  /** How many tabs share it, including this one. */
  readonly tabs?: number | undefined;
  /** Which tabs these are, in the order in which they came; none where they are more than 20. */
  readonly members?: readonly SharedTab[] | undefined;
}

/** The events of a manager that only this library fires. */
export interface ManagerOwnEvents {
  /** The state of the connection, its transport or its round-trip time has changed. */
  status: (status: Status) => void;
  /** A transport is being tried, has failed, or has won. */
  attempt: (event: TransportAttemptEvent) => void;
  /** With the plugin `tabs`: how this tab takes part in the connection of all tabs has changed. */
  sharing: (sharing: SharingState) => void;
}
