/**
 * A WebSocket over the platform's WebSocketStream, which only Chromium has: the page reads the next message when it has time. A plain
 * WebSocket gives each message a task of its own, and Chromium prefers those tasks to painting.
 */
import { nothing } from './clock.js';
import { callAll } from './emitter.js';

/** How a connection ended; a lost one rejects with an error that has both, if it was open. */
interface CloseInfo {
  readonly closeCode?: number;
  readonly reason?: string;
}

interface Opened {
  readonly readable: ReadableStream<string | Uint8Array<ArrayBuffer> | ArrayBuffer>;
  readonly writable: WritableStream<string | ArrayBuffer>;
}

/** The part of `WebSocketStream` that is used. */
export type WebSocketStreamClass = new (
  url: string,
  options: { readonly protocols: readonly string[]; readonly signal: AbortSignal },
) => { readonly opened: Promise<Opened>; readonly closed: Promise<CloseInfo> };

interface Page {
  readonly document?: unknown;
  readonly WebSocketStream?: WebSocketStreamClass;
  readonly WebSocket?: unknown;
}

/** In a page that has it, and has not replaced `WebSocket`, as test tools do that answer in the server's place. */
export function webSocketStreamClass(): WebSocketStreamClass | undefined {
  const { document, WebSocketStream, WebSocket } = globalThis as Page;
  return document && /native code/.test(`${WebSocket}`) ? WebSocketStream : undefined;
}

/** `WebSocket.readyState` */
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** The members of `WebSocket` that engine.io-client's transport uses, with the same meaning. */
export class StreamedWebSocket {
  readyState = 0;
  bufferedAmount = 0;
  onopen: (event?: Event) => void = nothing;
  onmessage: (event: { readonly data: unknown }) => void = nothing;
  onerror: (event: unknown) => void = nothing;
  onclose: (event: CloseEvent) => void = nothing;
  private readonly _aborter = new AbortController();
  private _writer: WritableStreamDefaultWriter<string | ArrayBuffer> | undefined;
  /** Resolves when everything so far is written. */
  private _written: Promise<unknown> = Promise.resolve();

  /**
   * @param pause called after each message: a promise lets the next one wait
   * @throws DOMException for an address or sub-protocols that the platform does not accept
   */
  constructor(
    Class: WebSocketStreamClass,
    url: string,
    protocols: string | readonly string[] | undefined,
    pause: () => Promise<void> | undefined,
  ) {
    const { opened, closed } = new Class(url, {
      protocols: [protocols ?? []].flat(),
      signal: this._aborter.signal,
    });
    opened
      .then(
        ({ readable, writable }) => {
          this._writer = writable.getWriter();
          this.readyState = OPEN;
          this.onopen();
          return this._read(readable.getReader(), pause);
        },
        (error) => this.onerror(error),
      )
      // The end is reported below.
      .catch(nothing);
    const end = ({ closeCode: code = 1006, reason = '' }: CloseInfo): void => {
      this.readyState = CLOSED;
      this.onclose(new CloseEvent('close', { code, reason, wasClean: code !== 1006 }));
    };
    closed.then(end, end);
  }

  private async _read(
    reader: ReadableStreamDefaultReader<string | Uint8Array<ArrayBuffer> | ArrayBuffer>,
    pause: () => Promise<void> | undefined,
  ): Promise<void> {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      // What comes after `close()` is read to its end, so that the server's answer is seen.
      if (this.readyState === OPEN) {
        const data = value instanceof Uint8Array ? value.buffer : value;
        callAll(this, [this.onmessage], [{ data }]);
      }
      await pause();
    }
  }

  /** Bytes are copied at once: the program may change its own. */
  send(data: string | ArrayBuffer | ArrayBufferView<ArrayBuffer> | Blob): void {
    const blob = typeof data !== 'string' && new Blob([data]);
    const size = blob ? blob.size : (data as string).length;
    this.bufferedAmount += size;
    this._written = this._written
      .then(async () => this._writer?.write(blob ? await blob.arrayBuffer() : (data as string)))
      .then(
        () => {
          this.bufferedAmount -= size;
        },
        // What could not be written stays in the count, as in a WebSocket.
        nothing,
      );
  }

  /** What was sent before still leaves. */
  close(): void {
    if (this.readyState >= CLOSING) return;
    this.readyState = CLOSING;
    this._written.then(() => (this._writer ? this._writer.close() : this._aborter.abort())).catch(nothing);
  }
}
