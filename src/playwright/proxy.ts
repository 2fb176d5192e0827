/**
 * A proxy on 127.0.0.1 between a browser and its servers, which breaks the network on demand; the page has real connections. It needs
 * only Node, and works for every browser that accepts a proxy.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Cancel, type Clock, nothing, systemClock } from '../platform/clock.js';
import { FrameReader, headOf, isUpgrade, withoutExtensions } from './frames.js';

/** What becomes of new WebSockets. */
export type WebSocketFault = 'refuse' | 'swallow' | 'mute';

/** Observes unencrypted traffic. */
export interface Tap {
  /** Called when a connection begins: a WebSocket, or one long-polling request. Returns an observer of the rest. */
  opened(transport: 'websocket' | 'polling', url: string): TappedConnection;
}

export interface TappedConnection {
  sent(message: string | Uint8Array): unknown;
  received(message: string | Uint8Array): unknown;
  /** @param failure if it did not end normally */
  closed(failure?: string): unknown;
}

const UNHEARD: TappedConnection = { sent: nothing, received: nothing, closed: nothing };

const HOST = '127.0.0.1';

/** One connection through the proxy. */
interface Flow {
  cut(): void;
  die(): void;
}

/** One direction: delivers in order, late or never. */
class Way {
  private _waitingFrames: { readonly dueAtMs: number; readonly deliver: () => void }[] = [];
  private _stop: Cancel = nothing;
  dead = false;

  constructor(private readonly _proxy: NetworkProxy) {}

  put(deliver: () => void): void {
    if (this.dead) return;
    const { latencyMs, _clock } = this._proxy;
    if (latencyMs === 0 && this._waitingFrames.length === 0) {
      deliver();
      return;
    }
    this._waitingFrames.push({ dueAtMs: _clock.now() + latencyMs, deliver });
    if (this._waitingFrames.length === 1) this._arm();
  }

  end(): void {
    this.dead = true;
    this._waitingFrames = [];
    this._stop();
  }

  private _arm(): void {
    const [head] = this._waitingFrames;
    if (!head) return;
    const { _clock } = this._proxy;
    this._stop = _clock.after(Math.max(0, head.dueAtMs - _clock.now()), () => {
      this._waitingFrames.shift();
      head.deliver();
      this._arm();
    });
  }
}

export class NetworkProxy {
  /** The delay of all data, in each direction, in milliseconds. */
  latencyMs = 0;
  /** What becomes of new WebSockets. */
  webSockets: WebSocketFault | undefined;
  /** Whether there is no network at all. */
  down = false;
  tap: Tap | undefined;

  readonly _clock: Clock = systemClock(true);
  private readonly _flows: Set<Flow> = new Set();
  private readonly _sockets: Set<Socket> = new Set();
  private readonly _server: Server;
  /** `http://127.0.0.1:port`, after it has started. */
  url = '';

  private constructor() {
    this._server = createServer((incoming, response) => this._request(incoming, response));
    this._server.keepAliveTimeout = 0;
    this._server.requestTimeout = 0;
    this._server.on('connection', (socket) => this._taken(socket));
    this._server.on('connect', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      const { hostname, port } = new URL(`http://${incoming.url}`);
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      this._tunnel(socket as Socket, hostname, Number(port) || 80, head, `${incoming.url}`);
    });
    // Some browsers request a WebSocket like any other address.
    this._server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      const { hostname, port, pathname, search, host } = new URL(
        `${incoming.url}`,
        `http://${incoming.headers.host}`,
      );
      const lines = [`${incoming.method} ${pathname}${search} HTTP/1.1`];
      for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
        lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`);
      }
      const text = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
      this._tunnel(socket as Socket, hostname, Number(port) || 80, Buffer.concat([text, head]), host);
    });
  }

  static async start(): Promise<NetworkProxy> {
    const proxy = new NetworkProxy();
    await new Promise<void>((resolve, reject) => {
      proxy._server.once('error', reject);
      proxy._server.listen(0, HOST, resolve);
    });
    proxy.url = `http://${HOST}:${(proxy._server.address() as AddressInfo).port}`;
    return proxy;
  }

  /** Resets every connection. New ones work. */
  cut(): void {
    for (const flow of [...this._flows]) flow.cut();
  }

  /** The existing connections carry nothing any more, in either direction, and neither end is notified. New ones work. */
  die(): void {
    for (const flow of [...this._flows]) flow.die();
  }

  /** Ends every fault; dead connections stay dead. */
  restore(): void {
    this.latencyMs = 0;
    this.webSockets = undefined;
    this.down = false;
  }

  async close(): Promise<void> {
    this.tap = undefined;
    const closed = new Promise<void>((resolve) => this._server.close(() => resolve()));
    for (const flow of [...this._flows]) flow.cut();
    for (const socket of this._sockets) socket.destroy();
    await closed;
  }

  private _taken(socket: Socket): void {
    this._sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', nothing);
    socket.on('close', () => this._sockets.delete(socket));
    if (this.down) socket.resetAndDestroy();
  }

  /** A request for `http:`; encrypted traffic uses a tunnel. */
  private _request(incoming: IncomingMessage, response: ServerResponse): void {
    const { socket } = incoming;
    const address = /^http:/.test(incoming.url ?? '') ? new URL(incoming.url as string) : undefined;
    if (!address || this.down) {
      socket.resetAndDestroy();
      return;
    }
    const polls = address.searchParams.get('transport') === 'polling';
    const tapped = (polls && this.tap?.opened('polling', address.href)) || UNHEARD;
    const out = new Way(this);
    const back = new Way(this);
    let over = false;
    const finish = (failure?: string): void => {
      if (over) return;
      over = true;
      this._flows.delete(flow);
      tapped.closed(failure);
    };
    const headers = { ...incoming.headers };
    delete headers['proxy-connection'];
    // So that the response can be read here.
    if (polls) delete headers['accept-encoding'];
    const outgoing = request({
      hostname: address.hostname.replace(/^\[|\]$/g, ''),
      port: address.port || 80,
      path: address.pathname + address.search,
      method: incoming.method,
      headers,
      agent: false,
    });
    const flow: Flow = {
      cut: () => {
        outgoing.destroy();
        socket.resetAndDestroy();
        finish('cut');
      },
      die: () => {
        out.end();
        back.end();
        // The browser waits for a response that never arrives, and is not notified of the end.
        outgoing.destroy();
      },
    };
    this._flows.add(flow);
    incoming.on('data', (chunk: Buffer) => {
      out.put(() => outgoing.write(chunk));
      if (polls) tapped.sent(chunk.toString());
    });
    incoming.on('end', () => out.put(() => outgoing.end()));
    response.on('close', () => {
      if (!response.writableFinished) outgoing.destroy();
      finish(response.writableFinished ? undefined : 'aborted');
    });
    outgoing.on('error', () => {
      if (back.dead) return;
      socket.destroy();
      finish('the server cannot be reached');
    });
    outgoing.on('response', (answer) => {
      back.put(() => response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders));
      let body = '';
      answer.on('data', (chunk: Buffer) => {
        back.put(() => response.write(chunk));
        if (polls) body += chunk.toString();
      });
      answer.on('end', () => {
        if (polls && incoming.method === 'GET') tapped.received(body);
        if ((answer.statusCode ?? 500) >= 400) tapped.closed(`HTTP ${answer.statusCode}`);
        back.put(() => response.end());
      });
    });
  }

  /** An unmodified connection to a server: a WebSocket, or encrypted traffic. */
  private _tunnel(client: Socket, hostname: string, port: number, early: Buffer, host: string): void {
    client.on('error', nothing);
    if (this.down) {
      client.resetAndDestroy();
      return;
    }
    const out = new Way(this);
    const back = new Way(this);
    let server: Socket | undefined;
    let tapped = UNHEARD;
    let over = false;
    const finish = (failure?: string): void => {
      if (over) return;
      over = true;
      this._flows.delete(flow);
      tapped.closed(failure);
    };
    const flow: Flow = {
      cut: () => {
        server?.destroy();
        client.resetAndDestroy();
        finish('cut');
      },
      die: () => {
        out.end();
        back.end();
      },
    };
    this._flows.add(flow);

    /** The server's bytes of a WebSocket so far, until its head is complete. */
    let answer: Buffer | undefined;
    let readOut: FrameReader | undefined;
    let readBack: FrameReader | undefined;
    let muted = false;

    const reach = (first: Buffer): void => {
      const made = connect(port, hostname.replace(/^\[|\]$/g, ''));
      server = made;
      made.setNoDelay(true);
      out.put(() => made.write(first));
      made.on('data', (chunk) => {
        if (answer === undefined) {
          if (muted) return;
          readBack?.add(chunk);
          back.put(() => client.write(chunk));
          return;
        }
        answer = Buffer.concat([answer, chunk]);
        const head = headOf(answer);
        if (head === undefined) return;
        const whole = answer;
        answer = undefined;
        const text = head?.text ?? '';
        if (/^HTTP\/1\.1 101/.test(text)) {
          const closes = (): unknown => tapped.closed();
          readOut = new FrameReader((message) => tapped.sent(message), closes);
          readBack = new FrameReader((message) => tapped.received(message), closes);
          readBack.add(head?.rest ?? new Uint8Array(0));
        } else
          tapped.closed(/^\S+ (\d+)/.exec(text)?.[1] ? `HTTP ${/^\S+ (\d+)/.exec(text)?.[1]}` : 'no HTTP');
        back.put(() => client.write(muted ? text : whole, 'latin1'));
      });
      made.on('error', () => {
        if (!back.dead) client.destroy();
      });
      made.on('close', () => {
        if (back.dead) return;
        back.put(() => client.end());
        finish();
      });
    };

    /** The bytes received before the protocol is known. */
    let first: Buffer | undefined = early;
    const begin = (): void => {
      const bytes = first as Buffer;
      if (bytes.length === 0) return;
      // The first byte of TLS differs from that of any HTTP method.
      const isText = /^[A-Z]/.test(bytes.subarray(0, 1).toString('latin1'));
      const head = isText ? headOf(bytes) : null;
      if (head === undefined) return;
      first = undefined;
      if (!head || !isUpgrade(head.text)) {
        reach(bytes);
        return;
      }
      const path = /^\S+ (\S+)/.exec(head.text)?.[1] ?? '/';
      tapped = this.tap?.opened('websocket', `ws://${host}${path}`) ?? UNHEARD;
      if (this.webSockets === 'refuse') {
        client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        finish('HTTP 403');
        return;
      }
      // It is accepted and never answered.
      if (this.webSockets === 'swallow') return;
      muted = this.webSockets === 'mute';
      answer = Buffer.alloc(0);
      reach(Buffer.concat([Buffer.from(withoutExtensions(head.text), 'latin1'), head.rest]));
    };
    client.on('data', (chunk: Buffer) => {
      if (first !== undefined) {
        first = Buffer.concat([first, chunk]);
        begin();
        return;
      }
      if (muted) return;
      readOut?.add(chunk);
      out.put(() => server?.write(chunk));
    });
    client.on('close', () => {
      // A page that gives up a dead connection does not reach the server.
      if (!out.dead) server?.destroy();
      finish();
    });
    begin();
  }
}
