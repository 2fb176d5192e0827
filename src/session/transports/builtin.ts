/**
 * The named transports, in Node: those of engine.io-client for Node, which support TLS options and a cookie jar.
 * Builds for browsers use `builtin.browser.ts` in place of this file.
 */
import { NodeWebSocket, NodeXHR } from 'engine.io-client';
import type { Clock } from '../../platform/clock.js';
import { CookieJar } from '../../platform/cookies.js';
import { withoutBlobs } from './blobs.js';
import { HttpPolling } from './polling.js';
import type { EnginePacket } from './transport.js';
import { WebTransport } from './web-transport.js';

/** A transport class, as engine.io-client exports them: `Fetch`, `WebSocket`, … */
export type TransportConstructor = new (options: never) => object;

/** Options that `fetch` does not support: long-polling then uses Node's own http module. */
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

interface Writing {
  readonly opts: { readonly _clock: Clock };
  readonly readyState: string;
  writable: boolean;
  write(packets: readonly EnginePacket[]): void;
  onError(reason: string): unknown;
}

/** In Node, engine.io-client sends `[object Blob]` in place of a Blob, and the server closes the connection. */
function readingBlobs<Class extends TransportConstructor>(given: Class): Class {
  const Base = given as unknown as new (options: never) => Writing;
  return class extends Base {
    override write(packets: readonly EnginePacket[]): void {
      this.writable = false;
      withoutBlobs(
        packets,
        this.opts._clock,
        (read) => {
          if (this.readyState === 'open') super.write(read);
        },
        () => this.onError('an attachment could not be read'),
      );
    }
  } as unknown as Class;
}

export const websocket: TransportConstructor = readingBlobs(NodeWebSocket);
export const webtransport: TransportConstructor = WebTransport;
const nodePolling: TransportConstructor = readingBlobs(NodeXHR);

export function polling(options: { autoUnref?: unknown }): TransportConstructor {
  // A connection of `fetch` would also keep the process alive.
  return options.autoUnref || NODE_OPTIONS.some((name) => name in options) ? nodePolling : HttpPolling;
}

/** Keeps the server's cookies for the requests of one session, if the program requests it. */
export const cookieJar = (wanted: unknown): object | undefined => (wanted ? new CookieJar() : undefined);

/** `extraHeaders` are sent with a WebSocket. */
export const WEBSOCKET_HEADERS: boolean = true;

/** Whether the option `autoUnref` applies to connections. */
export const UNREF: boolean = true;

export const BINARY_TYPE = 'nodebuffer';
