import type { Status } from './connection/lifecycle.js';
import type { CandidateNews } from './connection/race.js';
import type { DisconnectDescription } from './namespace/events.js';
import type { Packet } from './protocol/packet.js';

export interface ManagerReservedEvents {
  open: () => void;
  error: (error: Error) => void;
  ping: () => void;
  packet: (packet: Packet) => void;
  close: (reason: string, description?: DisconnectDescription) => void;
  reconnect_attempt: (attempt: number) => void;
  reconnect: (attempt: number) => void;
  reconnect_error: (error: Error) => void;
  reconnect_failed: () => void;
  /** The state of the connection, its transport, or its round-trip time is another one. */
  status: (status: Status) => void;
  /** A transport is being tried, has failed, or has won. */
  attempt: (news: CandidateNews) => void;
}
