/** The named transports, in browsers, workers and every other runtime with a global WebSocket and `fetch`. */
import { WebSocket } from 'engine.io-client';
import { HttpPolling } from './polling.js';
import { WebTransport } from './web-transport.js';

/** A transport class, as engine.io-client exports them: `Fetch`, `WebSocket`, … */
export type TransportConstructor = new (options: never) => object;

export const websocket: TransportConstructor = WebSocket;
export const webtransport: TransportConstructor = WebTransport;
export const polling = (_options: object): TransportConstructor => HttpPolling;

/** Browsers keep cookies by themselves. */
export const cookieJar = (_wanted: unknown): object | undefined => undefined;

/** Browsers send no headers with a WebSocket. */
export const WEBSOCKET_HEADERS: boolean = false;

/** No page has to be kept alive. engine.io-client's WebSocket throws for the option `autoUnref`. */
export const UNREF: boolean = false;

export const BINARY_TYPE = 'arraybuffer';
