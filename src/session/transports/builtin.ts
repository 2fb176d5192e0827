/**
 * The transports that have names, in Node: those of engine.io-client for Node, which take its TLS options and a cookie jar.
 * The build for browsers has `builtin.browser.ts` in place of this file.
 */
import { NodeWebSocket, NodeXHR, WebTransport } from 'engine.io-client';
import { CookieJar } from '../../platform/cookies.js';
import { HttpPolling, isBlob, readBlobs } from './polling.js';
import type { EnginePacket } from './transport.js';

/** A transport class, as engine.io-client exports them: `Fetch`, `WebSocket`, … */
export type TransportConstructor = new (options: never) => object;

/** What `fetch` does not take: then long-polling goes over Node's own http module. */
const NODE_OPTIONS = [
  'agent',
  'pfx',
  'key',
  'passphrase',
  'cert',
  'ca',
  'ciphers',
  'rejectUnauthorized',
] as const;

/** The protected members of engine.io-client's transport that a subclass may use. */
interface Inherited {
  readonly readyState: string;
  writable: boolean;
  write(packets: readonly EnginePacket[]): void;
  onError(reason: string): unknown;
}

const Base = NodeWebSocket as unknown as new (options: never) => Inherited;

/** engine.io-parser makes text of a Blob in Node: it is read first. */
class WebSocketWithBlobs extends Base {
  override write(packets: readonly EnginePacket[]): void {
    if (!packets.some(isBlob)) {
      super.write(packets);
      return;
    }
    this.writable = false;
    readBlobs(packets).then(
      (read) => {
        if (this.readyState === 'open') super.write(read);
      },
      () => this.onError('an attachment could not be read'),
    );
  }
}

export const websocket: TransportConstructor = WebSocketWithBlobs;
export const webtransport: TransportConstructor = WebTransport;

export function polling(options: object): TransportConstructor {
  return NODE_OPTIONS.some((name) => name in options) ? NodeXHR : HttpPolling;
}

/** Keeps the server's cookies for the requests of one session, where the program asks for it. */
export const cookieJar = (wanted: unknown): object | undefined => (wanted ? new CookieJar() : undefined);

export const BINARY_TYPE = 'nodebuffer';
