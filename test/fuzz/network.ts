import { NodeWebSocket, XHR } from 'engine.io-client';

/**
 * A simulated network below engine.io-client's own transports: they get a fake WebSocket or XMLHttpRequest, and everything above
 * those, including their parsing, is real.
 */

export type Frame = string | Buffer;

/** The server's end of one transport. */
export interface Line {
  readonly kind: 'websocket' | 'polling';
  readonly open: boolean;
  /** Whether the client can receive now: a long poll may be between two requests. */
  readonly ready: boolean;
  /** Delivers frames at once: as one polling payload, or as successive messages. */
  give(frames: readonly Frame[]): void;
  cut(): void;
}

/** The callbacks of the server's side. */
export interface Listening {
  opened(line: Line): void;
  sent(line: Line, frame: Frame): void;
  closed(line: Line): void;
}

const SEPARATOR = '\x1e';

/** A frame in a polling payload. */
export const asText = (frame: Frame): string =>
  typeof frame === 'string' ? frame : `b${frame.toString('base64')}`;

type TransportClass = new (options: never) => object;

/** The two transports of a client, as classes for the `transports` option. */
export function transportsOver(server: Listening): Record<Line['kind'], TransportClass> {
  class WebSocketOverNothing extends NodeWebSocket {
    override createSocket(): never {
      return new FakeWebSocket(server) as never;
    }
  }

  class PollingOverNothing extends XHR {
    readonly line: PollingLine = new PollingLine(server);

    override request(options: { method?: string; data?: string } = {}): never {
      // Like the real one; it throws for an invalid address.
      this.uri();
      return (options.method === 'POST' ? this.line.post(options.data ?? '') : this.line.get()) as never;
    }
  }

  return { websocket: WebSocketOverNothing, polling: PollingOverNothing };
}

type Handler = ((event: object) => void) | null;

class FakeWebSocket implements Line {
  readonly kind = 'websocket';
  open = false;
  onopen: Handler = null;
  onmessage: Handler = null;
  onclose: Handler = null;
  onerror: Handler = null;
  #closed = false;
  readonly #server: Listening;

  constructor(server: Listening) {
    this.#server = server;
    queueMicrotask(() => {
      if (this.#closed) return;
      this.open = true;
      this.onopen?.({});
      if (this.open) server.opened(this);
    });
  }

  get ready(): boolean {
    return this.open;
  }

  send(data: Frame): void {
    if (this.open) this.#server.sent(this, data);
  }

  /** Called by the client. */
  close(): void {
    this.#end();
  }

  cut(): void {
    this.#end();
  }

  give(frames: readonly Frame[]): void {
    for (const data of frames) if (this.open) this.onmessage?.({ data });
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    const wasOpen = this.open;
    this.open = false;
    if (wasOpen) this.#server.closed(this);
    queueMicrotask(() => this.onclose?.({ code: 1006 }));
  }
}

/** Replaces one XMLHttpRequest, with the interface of the transport's own wrapper. */
class FakeRequest {
  readonly #listeners = new Map<string, (...args: unknown[]) => void>();

  on(event: string, listener: (...args: unknown[]) => void): this {
    this.#listeners.set(event, listener);
    return this;
  }

  tell(event: string, ...args: unknown[]): void {
    this.#listeners.get(event)?.(...args);
  }

  abort(): void {
    this.#listeners.clear();
  }
}

class PollingLine implements Line {
  readonly kind = 'polling';
  open = false;
  #waiting: FakeRequest | undefined;
  readonly #payloads: string[] = [];
  #cut = false;
  readonly #server: Listening;

  constructor(server: Listening) {
    this.#server = server;
  }

  get ready(): boolean {
    return this.open && this.#waiting !== undefined;
  }

  get(): FakeRequest {
    const request = new FakeRequest();
    this.#waiting = request;
    if (!this.open && !this.#cut) {
      this.open = true;
      this.#server.opened(this);
    }
    queueMicrotask(() => this.#flush());
    return request;
  }

  post(payload: string): FakeRequest {
    const request = new FakeRequest();
    queueMicrotask(() => {
      if (this.#cut) {
        request.tell('error', 400);
        return;
      }
      for (const text of payload.split(SEPARATOR)) {
        this.#server.sent(this, text.startsWith('b') ? Buffer.from(text.slice(1), 'base64') : text);
      }
      request.tell('success');
    });
    return request;
  }

  give(frames: readonly Frame[]): void {
    if (this.#cut) return;
    this.#payloads.push(frames.map(asText).join(SEPARATOR));
    this.#flush();
  }

  cut(): void {
    if (this.#cut) return;
    this.#cut = true;
    this.open = false;
    this.#server.closed(this);
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    while (this.#waiting && (this.#cut || this.#payloads.length > 0)) {
      const request = this.#waiting;
      this.#waiting = undefined;
      if (this.#cut) request.tell('error', 400);
      else request.tell('data', this.#payloads.shift());
    }
  }
}
