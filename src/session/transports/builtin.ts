/**
 * The transports that have names, in Node: those of engine.io-client for Node, which take its TLS options and a cookie jar.
 * The build for browsers has `builtin.browser.ts` in place of this file.
 */
import { NodeWebSocket, NodeXHR } from 'engine.io-client';
import { CookieJar } from '../../platform/cookies.js';
import { HttpPolling } from './polling.js';
import { WebTransport } from './web-transport.js';

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

export const websocket: TransportConstructor = NodeWebSocket;
export const webtransport: TransportConstructor = WebTransport;

export function polling(options: object): TransportConstructor {
  return NODE_OPTIONS.some((name) => name in options) ? NodeXHR : HttpPolling;
}

/** Keeps the server's cookies for the requests of one session, where the program asks for it. */
export const cookieJar = (wanted: unknown): object | undefined => (wanted ? new CookieJar() : undefined);

export const BINARY_TYPE = 'nodebuffer';
