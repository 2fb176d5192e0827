/** The entrances of a test server: its own transport, long-polling requests, and sockets that Playwright routes. */
import type { Clock } from '../platform/clock.js';
import { nodeBuffer } from '../platform/node-buffer.js';
import { show } from '../platform/show.js';
import { type Carrier, TestConnection } from './engine.js';
import type { Caller } from './events.js';
import { type Frame, Link, type Network, type Route } from './link.js';
import type { Settings } from './options.js';
import {
  headersFor,
  PollingCarrier,
  type PollingRequest,
  type PollingResponse,
  receivePayload,
} from './polling.js';
import { queryOf, requestOf, type TestRequest } from './request.js';
import { type Problem, problem, type TestEngine } from './test-engine.js';
import type { DialRequest } from './transport.js';

/** The used members of a `page.routeWebSocket` socket. */
export interface RoutedWebSocket {
  url(): string;
  // biome-ignore lint/suspicious/noExplicitAny: text or a Buffer; this file knows no types of Node
  send(message: any): void;
  // biome-ignore lint/suspicious/noExplicitAny: the same
  onMessage(handler: (message: any) => void): void;
  onClose(handler: (code?: number, reason?: string) => void): void;
  close(options?: { code?: number; reason?: string }): unknown;
}

/** The parts of the server that the entrances use. */
export interface EntranceHost {
  readonly clock: Clock;
  readonly network: Network;
  readonly settings: Settings;
  readonly engine: TestEngine;
  readonly call: Caller;
  /** Whether no client can connect now. */
  isDown(): boolean;
  /** Whether a session with this id exists. */
  knows(sid: string): boolean;
  /** Called when a client uses an unknown protocol version, and nothing listens. */
  failed(message: string): void;
  /** Called before a session begins. Returns its handler. */
  began(conn: TestConnection): {
    message(data: unknown): void;
    closed(reason: string, description?: unknown): void;
  };
}

interface PollingSession {
  readonly conn: TestConnection;
  readonly polling: PollingCarrier;
}

const DOWN: Problem = { code: -1, message: 'the test server is down', context: {} };

export class Entrance {
  /** The sessions that are carried by long-polling, by id. */
  private readonly _polling: Map<string, PollingSession> = new Map();

  constructor(private readonly _host: EntranceHost) {}

  /**
   * Opens a WebSocket for a client.
   *
   * @param opened called when the server has accepted it, before its handshake; otherwise, `failed` is called
   */
  dial(
    { url, headers, route }: DialRequest,
    opened: (link: Link) => void,
    failed: (error: Error) => void,
  ): { readonly cancel: () => void } {
    const { network } = this._host;
    let over = false;
    const give = (found: Problem | undefined, id: string): void => {
      if (over) return;
      over = true;
      network.cuts.delete(pending);
      if (found) {
        failed(new Error(this._words(found)));
        return;
      }
      const link = new Link(network, route);
      opened(link);
      this._accept(link, url, request, id);
    };
    // A cut also ends a running attempt.
    const pending = {
      route,
      cut: () => give({ ...DOWN, message: 'the network has cut the connection' }, ''),
    };
    const request = requestOf(url, headers);
    const stop = network.whenAudible(route, () => {
      if (over) return;
      network.cuts.add(pending);
      this._admit(request, true, give);
    });
    return {
      cancel: () => {
        over = true;
        network.cuts.delete(pending);
        stop();
      },
    };
  }

  /** Decides, in the order of a real server, whether a request may pass. */
  private _admit(
    request: TestRequest,
    upgrade: boolean,
    done: (found: Problem | undefined, id: string, headers: Record<string, string>) => void,
  ): void {
    const { engine } = this._host;
    if (this._host.isDown()) {
      done(DOWN, '', {});
      return;
    }
    engine._pass(request, (refused, headers) => {
      const end = (found: Problem | undefined, id: string): void => {
        if (found) this._refused(found, request);
        else engine._answers(headers, request);
        done(found, id, headers);
      };
      const { sid, EIO, transport } = request._query;
      const found = refused ?? this._problem(request, upgrade);
      if (found || sid !== undefined) end(found, sid ?? '');
      else {
        engine._admit(request, (forbidden, id) => {
          const unknown =
            EIO === '4'
              ? undefined
              : problem(5, { protocol: EIO === undefined ? 3 : Number(EIO), transport });
          end(forbidden ?? unknown, id);
        });
      }
    });
  }

  private _problem(
    { _query: { sid, transport = '' }, method }: TestRequest,
    upgrade: boolean,
  ): Problem | undefined {
    if (!this._host.settings.transports.includes(transport)) return problem(0, { transport });
    if (sid !== undefined) return this._host.knows(sid) ? undefined : problem(1, { sid });
    if (method !== 'GET') return problem(2, { method });
    return transport === 'websocket' && !upgrade
      ? problem(3, { name: 'TRANSPORT_HANDSHAKE_ERROR' })
      : undefined;
  }

  private _refused(found: Problem, request: TestRequest): void {
    const { engine } = this._host;
    if (found.code === 5 && engine.listenerCount('connection_error') === 0)
      this._host.failed(this._words(found));
    engine._refused(found, request);
  }

  /** The error for a client. */
  private _words({ code, message, context }: Problem): string {
    const { protocol } = context as { protocol?: unknown };
    return code === 5
      ? `${message}: the client speaks revision ${show(`${protocol}`)} of the Engine.IO protocol, and this server 4 (Socket.IO 3 and 4). Clients of Socket.IO 2 speak 3`
      : message;
  }

  private _accept(link: Link, url: string, request: TestRequest, id: string): void {
    const carrier: Carrier = {
      name: 'websocket',
      send: (frame) => link.send('toClient', frame),
      close: () => link.close('toClient'),
      left: () => !link.open,
    };
    const { sid } = queryOf(url);
    const polling = sid === undefined ? undefined : this._polling.get(sid);
    if (polling) this._takeOver(link, carrier, polling);
    // A second WebSocket cannot replace the first.
    else if (sid !== undefined) carrier.close(true);
    else {
      this._begin(carrier, request, link.route, id, [], (conn) =>
        link.attach('toServer', {
          frame: (frame) => conn._receive(frame),
          closed: () => conn._lost(carrier),
        }),
      );
    }
  }

  /** A WebSocket that should take over a long-polling session. */
  private _takeOver(link: Link, carrier: Carrier, { conn, polling }: PollingSession): void {
    let taken = false;
    link.attach('toServer', {
      frame: (frame) => {
        if (taken) conn._receive(frame);
        else if (frame === '2probe') {
          carrier.send('3probe');
          polling.leaving();
        } else if (frame === '5' && conn.readyState === 'open') {
          taken = true;
          this._polling.delete(conn.id);
          conn._upgrade(carrier, polling.leave());
        } else carrier.close(true);
      },
      closed: () => conn._lost(carrier),
    });
  }

  /** @throws Error if a fault has cut the request */
  async handleRequest({ method, url, headers = {}, body = '' }: PollingRequest): Promise<PollingResponse> {
    const { network } = this._host;
    const { origin } = headers;
    const { sid } = queryOf(url);
    const session = sid === undefined ? undefined : this._polling.get(sid);
    let more: Record<string, string> = {};
    const answer = (status: number, text: string): PollingResponse => ({
      status,
      headers: { ...more, ...headersFor(origin) },
      body: text,
    });
    const refuse = ({ code, message, status = code === 4 ? 403 : 400 }: Problem): PollingResponse =>
      answer(status, status === 400 || code === 4 ? JSON.stringify({ code, message }) : message);
    if (method === 'OPTIONS') return answer(204, '');
    const route = session?.polling.route ?? { owner: undefined, where: `a page, by ${url}` };
    await new Promise<void>((resolve) => network.whenAudible(route, resolve));
    const request = requestOf(url, headers, method);
    const [found, id] = await new Promise<[Problem | undefined, string]>((resolve) =>
      this._admit(request, false, (refused, given, own) => {
        more = own;
        resolve([refused, given]);
      }),
    );
    if (found === DOWN) throw new Error(DOWN.message);
    if (found) return refuse(found);
    if (sid === undefined) {
      const polling: PollingCarrier = new PollingCarrier(network, route, () => lost());
      let lost = (): void => {};
      this._begin(
        polling,
        request,
        route,
        id,
        this._host.settings.transports.includes('websocket') ? ['websocket'] : [],
        (conn) => {
          lost = () => conn._end('transport error', undefined, true);
          this._polling.set(conn.id, { conn, polling });
          conn.once('close', () => this._polling.delete(conn.id));
        },
      );
      return answer(200, await polling.poll());
    }
    if (!session) return refuse(problem(3));
    if (method === 'GET') return answer(200, await session.polling.poll());
    receivePayload(session.conn, body);
    return answer(200, 'ok');
  }

  /** A socket that Playwright routed. */
  routed(ws: RoutedWebSocket): void {
    let link: Link | undefined;
    let early: Frame[] | undefined = [];
    const url = ws.url();
    const route: Route = { owner: undefined, where: `a page, by ${url}` };
    const { cancel } = this.dial(
      { url, headers: {}, route },
      (opened) => {
        link = opened;
        opened.attach('toClient', {
          frame: (frame) => ws.send(typeof frame === 'string' ? frame : nodeBuffer(frame)),
          closed: (cut) => void ws.close(cut ? { code: 1011, reason: 'cut' } : undefined),
        });
        for (const frame of early ?? []) opened.send('toServer', frame);
        early = undefined;
      },
      ({ message }) => void ws.close({ code: 1008, reason: message.slice(0, 120) }),
    );
    ws.onMessage((message: string | Uint8Array) => {
      const frame = typeof message === 'string' ? message : new Uint8Array(message);
      if (link) link.send('toServer', frame);
      else early?.push(frame);
    });
    ws.onClose(() => {
      cancel();
      link?.close('toServer');
      // Without an answer, the page would wait for its own close.
      void ws.close();
    });
  }

  /** A session begins over this carrier; `made` is called before its handshake. */
  private _begin(
    carrier: Carrier,
    request: TestRequest,
    route: Route,
    id: string,
    upgrades: readonly string[],
    made: (conn: TestConnection) => void,
  ): void {
    const { clock, settings, call, engine } = this._host;
    const { pingIntervalMs, pingTimeoutMs, maxPayloadBytes } = settings;
    const conn = new TestConnection(id, request, route, carrier, {
      clock,
      pingIntervalMs,
      pingTimeoutMs,
      maxPayloadBytes,
      call,
    });
    made(conn);
    const client = this._host.began(conn);
    engine._fire('connection', [conn], call);
    conn._open(
      upgrades,
      (data) => client.message(data),
      (reason, description) => client.closed(reason, description),
    );
  }
}
