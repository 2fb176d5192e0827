/**
 * The named transports, in runtimes that are neither a page nor Node: Bun, Deno, and server workers. They have a global WebSocket and
 * `fetch`, but store no cookies. Builds for them use this file in place of `builtin.ts`.
 */
import { WebSocket } from 'engine.io-client';
import { CookieJar } from '../../platform/cookies.js';
import { makeWebSocket, SENDS_HEADERS } from '../../platform/web-socket.js';
import { encode } from './packets.js';
import { HttpPolling } from './polling.js';
import { WebTransport } from './web-transport.js';

/** A transport class, as engine.io-client exports them: `Fetch`, `WebSocket`, … */
export type TransportConstructor = new (options: never) => object;

/** The protected members of engine.io-client's transport that a subclass may use. */
interface Inherited {
  readonly opts: { readonly forceBase64?: boolean };
  readonly socket: { readonly _cookieJar?: CookieJar };
  readonly ws: { send(data: unknown): void };
  supportsBinary: boolean;
}

const Base = WebSocket as unknown as new (options: never) => Inherited;

class WebSocketWithHeaders extends Base {
  createSocket(
    uri: string,
    protocols: string | string[] | undefined,
    { headers }: { readonly headers?: Record<string, string> },
  ): unknown {
    // The address tells the server to send base64; outgoing data is encoded below.
    this.supportsBinary = true;
    const all = { ...headers };
    this.socket._cookieJar?.appendTo(all);
    return makeWebSocket(uri, protocols, all);
  }

  /** Replaces that of engine.io-parser, which encodes base64 with the `FileReader` of browsers. */
  doWrite({ type }: { readonly type: string }, data: unknown): void {
    const isBytes = data instanceof ArrayBuffer || ArrayBuffer.isView(data);
    this.ws.send(this.opts.forceBase64 && isBytes ? encode({ type, data }) : data);
  }
}

export const websocket: TransportConstructor = WebSocketWithHeaders;
export const webtransport: TransportConstructor = WebTransport;
export const polling = (_options: object): TransportConstructor => HttpPolling;

/** Keeps the server's cookies for the requests of one session, if the program requests it. */
export const cookieJar = (wanted: unknown): object | undefined => (wanted ? new CookieJar() : undefined);

/** Whether `extraHeaders` are sent with a WebSocket. */
export const WEBSOCKET_HEADERS: boolean = SENDS_HEADERS;

/** Timers of these runtimes can be unreferenced, but connections cannot. */
export const UNREF: boolean = false;

export const BINARY_TYPE = 'arraybuffer';
