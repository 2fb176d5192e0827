/**
 * The door to engine.io-client: no other file imports it.
 *
 * holdfast builds on one engine for each try, and on what subclasses of its `Transport` may use. `Internals` names the
 * members of the engine that are protected there and that the race and the upgrade need.
 */
import { Socket as Engine, Transport, TransportError, transports } from 'engine.io-client';
import type { Ticket } from './link.js';

export {
  Fetch,
  NodeWebSocket,
  NodeXHR,
  TransportError,
  WebSocket,
  WebTransport,
  XHR,
} from 'engine.io-client';
export { Engine, Transport };

/** An Engine.IO packet as a transport gives it. */
export interface EnginePacket {
  readonly type: string;
  readonly data?: unknown;
}

/** What of a transport the race and the upgrade use. */
export interface RawTransport {
  readonly name: string;
  writable: boolean;
  query: Record<string, string>;
  open(): unknown;
  close(): unknown;
  send(packets: readonly EnginePacket[]): void;
  pause(done: () => void): void;
  on(event: string, listener: (value: never) => void): unknown;
  emit(event: string, value: unknown): unknown;
  removeAllListeners(): unknown;
}

export interface Internals {
  readonly id: string | null;
  readonly readyState: string;
  readonly transports: string[];
  transport: RawTransport;
  /** What was given and is not known to have left: the first `_prevBufferLen` of them are with the transport. */
  readonly writeBuffer: {
    readonly data?: unknown;
    readonly ticket?: Ticket;
    /** Whether it is the first part of its message. */
    readonly begins?: boolean;
  }[];
  readonly _prevBufferLen: number;
  readonly _maxPayload?: number;
  /** What goes into the next flush. */
  _getWritablePackets(): Internals['writeBuffer'];
  upgrading: boolean;
  createTransport(name: string): RawTransport;
  setTransport(transport: RawTransport): void;
  flush(): void;
  /** Node only. */
  readonly _cookieJar?: { appendCookies(headers: Headers): void; parseCookies(cookies: string[]): void };
  emit(event: string, value: unknown): unknown;
  on(event: string, listener: (value: never) => void): unknown;
  off(event: string, listener: (value: never) => void): unknown;
  _onClose(reason: string, details?: unknown): void;
  _resetPingTimeout(): void;
  _sendPacket(type: string, data?: string): void;
}

export const internals = (engine: object): Internals => engine as Internals;

export type TransportClass = new (options: never) => Transport;

/** The transports that engine.io-client brings for this platform. */
export const builtIn = transports as unknown as Readonly<Record<string, TransportClass>>;

export const isTransportError = (error: unknown): error is TransportError => error instanceof TransportError;
