/** The input of a session, its reports to the connection, and its events. */
import type { Attempt, ConnectionError } from '../platform/errors.js';
import type { Handshake } from '../protocol/handshake.js';
import type { Negotiation, Won } from './negotiate.js';
import type { EnginePacket, Transport } from './transports/transport.js';

/** The events that programs listen to on `socket.io.engine`. */
export interface SessionEvents {
  /** The handshake is done. */
  open: () => void;
  handshake: (handshake: Handshake) => void;
  packet: (packet: EnginePacket) => void;
  packetCreate: (packet: EnginePacket) => void;
  data: (data: unknown) => void;
  message: (data: unknown) => void;
  /** All packets were handed to the network. */
  drain: () => void;
  flush: () => void;
  /** Something came. */
  heartbeat: () => void;
  ping: () => void;
  pong: () => void;
  upgrading: (transport: Transport) => void;
  upgrade: (transport: Transport) => void;
  upgradeError: (error: Error) => void;
  error: (error: Error) => void;
  close: (reason: string, details?: unknown) => void;
}

/** What a session reports to its connection. */
export interface SessionHost {
  opened(won: Won): void;
  message(data: unknown): void;
  /** The server's heartbeat came. */
  pinged(): void;
  /** The transport has changed, or an overdue heartbeat arrived after all (`revived`). */
  changed(revived: boolean): void;
  /** The transport reported an error; the end of the session follows. */
  troubled(error: Error): void;
  closed(reason: string, details: unknown): void;
  /** No transport opened. */
  failed(error: ConnectionError): void;
}

/** The arguments of a session. */
export interface SessionSetup extends Pick<Negotiation, 'clock' | 'plan' | 'timeoutMs' | 'told'> {
  /** Transports that opened in this attempt, but over which the server did not answer. */
  readonly unresponsive: readonly Attempt[];
  /** Creates a transport by its name. */
  readonly create: (name: string, options: object) => Transport;
  /** The program's options; copied, because transports write into them. */
  readonly opts: SessionOpts;
}

/** The options that reach a transport. */
export interface SessionOpts {
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly transportOptions: Readonly<Record<string, object>>;
  readonly extraHeaders?: object | undefined;
  readonly withCredentials?: boolean | undefined;
}
