/** The base class of engine.io-client's transports, with the protected members that a subclass may use. */
import { Transport } from 'engine.io-client';
import type { CookieJar } from '../../platform/cookies.js';
import type { EnginePacket } from './transport.js';

export interface EngineTransport<Options> {
  readonly opts: Options;
  readonly socket: { readonly id: string | null; readonly _cookieJar?: CookieJar };
  readonly supportsBinary: boolean;
  readyState: string;
  query: Record<string, unknown>;
  writable: boolean;
  onOpen(): void;
  onClose(details?: object): void;
  onError(reason: string, description?: unknown, context?: unknown): unknown;
  onPacket(packet: EnginePacket): void;
  onData(data: unknown): void;
  createUri(scheme: string, query: object): string;
  emitReserved(event: string): void;
}

export const EngineTransport = Transport as unknown as new <Options>(
  options: never,
) => EngineTransport<Options>;
