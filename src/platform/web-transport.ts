/** A session of the platform's WebTransport. */
import { DEVELOPMENT } from './build.js';

/** The part of `WebTransport` that is used. */
export interface WebTransportSession {
  readonly ready: Promise<unknown>;
  /** Resolves when either side has closed the session, and rejects when it was lost. */
  readonly closed: Promise<unknown>;
  createBidirectionalStream(): Promise<WebTransportStream>;
  close(): void;
}

export interface WebTransportStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

type WebTransportClass = new (url: string, options?: object) => WebTransportSession;

/** @throws Error if the platform has no WebTransport, and for an address or options that it does not accept */
export function openWebTransport(url: string, options: object | undefined): WebTransportSession {
  const { WebTransport } = globalThis as { WebTransport?: WebTransportClass };
  if (!WebTransport) {
    throw new Error(
      DEVELOPMENT
        ? 'WebTransport is not available: the browser does not support it, or the page was not loaded over https'
        : 'no WebTransport',
    );
  }
  return new WebTransport(url, options);
}
