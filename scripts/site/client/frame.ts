/**
 * Prepares the frame in which an example runs: its connections lead to an in-memory server, and its output and the traffic of its
 * connections are reported to the page around it. Runs before everything else in the frame.
 */
import { described } from './describe.js';

/** The reports to the page around the frame. */
export type Report =
  | { readonly kind: 'console'; readonly level: 'log' | 'info' | 'warn' | 'error'; readonly text: string }
  | { readonly kind: 'wire'; readonly way: 'in' | 'out'; readonly text: string };

interface Route {
  url(): string;
  send(message: string | Uint8Array): void;
  onMessage(handler: (message: string | Uint8Array) => void): void;
  onClose(handler: () => void): void;
  close(): void;
}

interface MemoryServer {
  fromWebSocketRoute(route: Route): void;
  handleRequest(request: {
    method: string;
    url: string;
    headers: Record<string, string>;
    body: string | undefined;
  }): Promise<{ status: number; headers: Record<string, string>; body: string }>;
}

declare global {
  interface Window {
    /** Called by the replacement of `socket.io` with the server that a program creates. */
    provideServer(server: MemoryServer): void;
  }
  interface Element {
    /** Set by the page around the frame. */
    report?(report: Report): void;
    program?: string;
  }
}

const frame = window.frameElement;
const report = (one: Report): void => frame?.report?.(one);

for (const level of ['log', 'info', 'warn', 'error'] as const) {
  const original = console[level].bind(console);
  console[level] = (...values: unknown[]) => {
    original(...values);
    report({ kind: 'console', level, text: values.map((value) => described(value)).join(' ') });
  };
}
const failed = (error: unknown): void =>
  report({ kind: 'console', level: 'error', text: `Uncaught ${described(error)}` });
addEventListener('error', (event) => failed(event.error ?? event.message));
addEventListener('unhandledrejection', (event) => failed(event.reason));

let provide: (server: MemoryServer) => void = () => {};
const server = new Promise<MemoryServer>((resolve) => {
  provide = resolve;
});
window.provideServer = (made) => provide(made);

/** Describes a frame of Engine.IO 4 and Socket.IO 5. `undefined` for heartbeats. */
function inWords(data: string | Uint8Array): string | undefined {
  if (typeof data !== 'string') return `${data.byteLength.toLocaleString('en')} bytes`;
  const [, engineType, type, body = ''] = /^(\d)(\d?)([\s\S]*)$/.exec(data) ?? [];
  if (engineType !== '4') return engineType === '0' ? 'open' : engineType === '1' ? 'close' : undefined;
  const [, attachments, name = '/', id = '', json = ''] =
    /^(?:(\d+)-)?(?:(\/[^,]*),)?(\d*)([\s\S]*)$/.exec(body) ?? [];
  const place = name === '/' ? '' : ` in ${name}`;
  const short = json.length > 160 ? `${json.slice(0, 160)}…` : json;
  const with_ = attachments ? ` with ${attachments} attachment${attachments === '1' ? '' : 's'}` : '';
  const kinds: Record<string, string> = {
    '0': `CONNECT${place} ${short}`,
    '1': `DISCONNECT${place}`,
    '2': `event${place} ${short}`,
    '3': `acknowledgement ${id}${place} ${short}`,
    '4': `refused${place} ${short}`,
    '5': `event${place} ${short}${with_}`,
    '6': `acknowledgement ${id}${place} ${short}${with_}`,
  };
  const words = kinds[type ?? '']?.trim();
  return words && (type === '2' || type === '5') && id ? `${words}, asks for acknowledgement ${id}` : words;
}

function wire(way: 'in' | 'out', data: string | Uint8Array): void {
  const text = inWords(data);
  if (text) report({ kind: 'wire', way, text });
}

/** A WebSocket to the in-memory server. */
class MemoryWebSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readonly url: string;
  readonly protocol = '';
  readonly extensions = '';
  readonly bufferedAmount = 0;
  binaryType: 'blob' | 'arraybuffer' = 'blob';
  readyState = 0;
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  #message: (message: string | Uint8Array) => void = () => {};
  #closed: () => void = () => {};

  constructor(url: string | URL) {
    super();
    this.url = `${new URL(url, location.href)}`.replace(/^http/, 'ws');
    server.then((memory) => {
      if (this.readyState !== 0) return;
      memory.fromWebSocketRoute({
        url: () => this.url,
        onMessage: (handler) => {
          this.#message = handler;
        },
        onClose: (handler) => {
          this.#closed = handler;
        },
        send: (message) => {
          const own = typeof message === 'string' ? message : new Uint8Array(message);
          wire('in', own);
          if (this.readyState !== 1) return;
          const data =
            typeof own === 'string' ? own : this.binaryType === 'blob' ? new Blob([own]) : own.buffer;
          this.#fire(new MessageEvent('message', { data }));
        },
        close: () => this.#end(),
      });
      this.readyState = 1;
      this.#fire(new Event('open'));
    });
  }

  send(data: string | ArrayBuffer | ArrayBufferView | Blob): void {
    if (data instanceof Blob) void data.arrayBuffer().then((bytes) => this.send(bytes));
    else {
      const sent =
        typeof data === 'string'
          ? data
          : ArrayBuffer.isView(data)
            ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
            : new Uint8Array(data).slice();
      wire('out', sent);
      this.#message(sent);
    }
  }

  close(): void {
    if (this.readyState > 1) return;
    this.readyState = 2;
    this.#closed();
    setTimeout(() => this.#end());
  }

  #end(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#fire(new CloseEvent('close', { code: 1000, wasClean: true }));
  }

  #fire(event: Event): void {
    this.dispatchEvent(event);
    const handler = { open: this.onopen, message: this.onmessage, close: this.onclose }[event.type];
    (handler as ((event: Event) => void) | null | undefined)?.call(this, event);
  }
}

const realFetch = window.fetch.bind(window);
/** Sends long-polling to the in-memory server, and everything else to the network. */
async function memoryFetch(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : `${input}`, location.href);
  if (!url.searchParams.has('EIO')) return realFetch(input, init);
  const body = typeof init.body === 'string' ? init.body : undefined;
  for (const part of body?.split('\x1e') ?? []) wire('out', part);
  const headers = Object.fromEntries(new Headers(init.headers));
  const memory = await server;
  const answer = await memory.handleRequest({ method: init.method ?? 'GET', url: `${url}`, headers, body });
  if (init.signal?.aborted) throw new DOMException('The request was aborted.', 'AbortError');
  if ((init.method ?? 'GET') === 'GET') for (const part of answer.body.split('\x1e')) wire('in', part);
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
}

Object.assign(window, {
  WebSocket: MemoryWebSocket,
  fetch: memoryFetch,
  WebTransport: undefined,
  // Handlers of servers use Node's.
  setImmediate: (task: () => void) => setTimeout(task),
});
