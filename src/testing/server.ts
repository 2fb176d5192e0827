/** A Socket.IO server in memory: the API of a real one, with faults and inspection for tests. */
import type { Cancel, Clock } from '../platform/clock.js';
import { dateText } from '../platform/dates.js';
import { HoldfastError } from '../platform/errors.js';
import type { EventNames, EventParams, EventsMap, Listener } from '../platform/event-map.js';
import { nodeBuffer } from '../platform/node-buffer.js';
import type { TransportConstructor } from '../platform/options.js';
import { report } from '../platform/report.js';
import { show } from '../platform/show.js';
import { adaptParser, type Codec, type CustomParser, createCodec } from '../protocol/codec.js';
import { CONNECT_ERROR, type EventPacket } from '../protocol/packet.js';
import type { AllButLast, ErrorFirstAcks, FirstArg, Last } from '../socket/typing.js';
import type { BroadcastOperator } from './broadcast.js';
import { TestClient } from './client.js';
import { idFrom, type World } from './clock.js';
import { type Carrier, TestConnection, type TestRequest } from './engine.js';
import { type Caller, type EventName, Events } from './events.js';
import { type AnyReceived, type Expectation, Inspection, type ReceivedEvent } from './inspection.js';
import { type Frame, Link, Network } from './link.js';
import {
  type AnyNamespace,
  type AnySocket,
  DynamicNamespace,
  type Middleware,
  type NamespaceHost,
  type NamespaceMatcher,
  type Refusal,
  TestNamespace,
  type TestNamespaceEvents,
} from './namespace.js';
import type { Settings } from './options.js';
import {
  headersFor,
  PollingCarrier,
  type PollingRequest,
  type PollingResponse,
  receivePayload,
} from './polling.js';
import type { Room } from './rooms.js';
import type { Handshake, TestSocket } from './socket.js';
import { type Dialling, type DialRequest, transportClass } from './transport.js';

/** A client that is connected, as `server.connections` lists it. */
export interface OpenConnection {
  readonly id: string;
  /** The namespaces that it is in. */
  readonly namespaces: readonly string[];
  /** Where in the test's code the client was made. */
  readonly where: string;
}

/** What is lost on its way. */
export interface DropOptions {
  /** So many, and then no more. @defaultValue Infinity */
  readonly times?: number;
  /** Only what one side sends. @defaultValue both */
  readonly from?: 'client' | 'server';
}

export interface RestartOptions {
  /** How long nobody can connect, in milliseconds. @defaultValue 0 */
  readonly downMs?: number;
}

interface PollingSession {
  readonly conn: TestConnection;
  readonly polling: PollingCarrier;
}

/** A socket of `page.routeWebSocket`, as far as it is used. */
export interface RoutedWebSocket {
  url(): string;
  // biome-ignore lint/suspicious/noExplicitAny: text or a Buffer; this file knows no types of Node
  send(message: any): void;
  // biome-ignore lint/suspicious/noExplicitAny: the same
  onMessage(handler: (message: any) => void): void;
  onClose(handler: (code?: number, reason?: string) => void): void;
  close(options?: { code?: number; reason?: string }): unknown;
}

/** Why a client was not let in below Socket.IO; the codes are those of a real server. */
export interface TestConnectionError {
  readonly code: number;
  readonly message: string;
  readonly req: TestRequest;
  readonly context: object;
}

const UNKNOWN_SESSION: readonly [number, string] = [1, 'Session ID unknown'];
const BAD_REQUEST: readonly [number, string] = [3, 'Bad request'];
const UNSUPPORTED_VERSION: readonly [number, string] = [5, 'Unsupported protocol version'];

/** What handlers reach as `server.engine`. */
export class TestEngine extends Events {
  /** How ids of sessions are made: a program may put its own here. */
  generateId: (request: TestRequest) => string | Promise<string>;

  constructor(
    private readonly _count: () => number,
    newId: () => string,
  ) {
    super();
    this.generateId = newId;
  }

  get clientsCount(): number {
    return this._count();
  }

  /** @throws HoldfastError `NOT_SUPPORTED`: there is no HTTP */
  use(): never {
    throw new HoldfastError(
      'NOT_SUPPORTED',
      'server.engine.use(): a server in memory has no HTTP, so there are no requests for a middleware; use server.use()',
    );
  }
}

/** A Socket.IO server in memory. */
export class TestServer<Listen extends EventsMap, Emit extends EventsMap, Data>
  extends Events<TestNamespaceEvents<Listen, Emit, Data>>
  implements Dialling
{
  /** The namespace `/`. */
  readonly sockets: TestNamespace<Listen, Emit, Data>;
  /** The server below Socket.IO. */
  readonly engine: TestEngine;
  /** @internal */
  readonly _clock: Clock;
  /** A transport class for clients that are not made by `io`: `transports: [server.transport]`. */
  readonly transport: TransportConstructor;
  /** What handlers have thrown, oldest first. */
  readonly errors: HoldfastError[] = [];

  /** @internal */
  readonly _network: Network;
  private readonly _namespaces: Map<string, AnyNamespace> = new Map();
  private readonly _dynamic: Map<NamespaceMatcher, DynamicNamespace<Listen, Emit, Data>> = new Map();
  private readonly _clients: Map<string, TestClient> = new Map();
  /** The sessions that are carried by long-polling, by id. */
  private readonly _polling: Map<string, PollingSession> = new Map();
  private readonly _inspection: Inspection = new Inspection();
  private readonly _host: NamespaceHost;
  private readonly _codec: Codec;
  private readonly _call: Caller;
  private _drops: { readonly event: string; readonly from: string | undefined; left: number }[] = [];
  private _refusals: Refusal[] = [];
  private _downUntilMs = 0;
  private _closed = false;
  /** @internal Ends what `io` has opened. Returns those that were trying to connect, and where they were made. */
  _endClients: () => string[] = () => [];

  constructor(
    private readonly _settings: Settings,
    private readonly _world: World,
  ) {
    super();
    const { environment } = _world;
    this._clock = environment.clock;
    this._network = new Network(this._clock, _world.turn);
    this._codec = this._newCodec();
    this._call = this._caller('/');
    const newId = (): string => idFrom(environment.random);
    this._host = {
      clock: this._clock,
      recoveryMs: _settings.recoveryMs,
      skipMiddlewares: _settings.skipMiddlewares,
      dateMs: () => environment.dateMs(),
      newId,
      caller: (namespace) => this._caller(namespace),
      encode: (packet) => this._codec.encode(packet),
      refusal: () => this._refusals[0],
      drops: (event) => this._isDropped(event, 'server'),
      emptied: (namespace) => this._emptied(namespace),
    };
    this.engine = new TestEngine(() => this._clients.size, newId);
    this.sockets = this.of('/');
    this.transport = transportClass(this);
  }

  /** The path of the addresses that it answers to. */
  path(): string {
    return this._settings.path;
  }

  // Namespaces

  /**
   * A namespace by its name, or all those whose name fits an expression or a function: they are made as clients ask for them.
   *
   * @param listener called with each client that is let in
   */
  of(
    name: string | RegExp | NamespaceMatcher,
    listener?: (socket: TestSocket<Listen, Emit, Data>) => unknown,
  ): TestNamespace<Listen, Emit, Data> {
    const namespace = typeof name === 'string' ? this._named(name) : this._matching(name);
    if (listener) namespace.on('connect', listener);
    return namespace;
  }

  private _named(given: string): TestNamespace<Listen, Emit, Data> {
    const name = given.startsWith('/') ? given : `/${given}`;
    const known = this._namespaces.get(name);
    if (known) return known;
    const parent = [...this._dynamic].find(([matcher]) => expressionOf(matcher)?.test(name))?.[1];
    return this._keep(parent?._child(name) ?? new TestNamespace<Listen, Emit, Data>(name, this._host));
  }

  private _keep(namespace: TestNamespace<Listen, Emit, Data>): TestNamespace<Listen, Emit, Data> {
    this._namespaces.set(namespace.name, namespace);
    if (namespace.name !== '/') this.sockets._fire('new_namespace', [namespace], this._call);
    return namespace;
  }

  private _matching(given: RegExp | NamespaceMatcher): DynamicNamespace<Listen, Emit, Data> {
    const matcher = typeof given === 'function' ? given : matcherOf(given);
    const parent = new DynamicNamespace<Listen, Emit, Data>(`/_${this._dynamic.size}`, this._host);
    this._dynamic.set(matcher, parent);
    return parent;
  }

  /** Asks each of the dynamic namespaces, in their order, whether a client may have this name. */
  private _find(
    name: string,
    auth: Readonly<Record<string, unknown>>,
    found: (namespace: TestNamespace<Listen, Emit, Data> | undefined) => void,
  ): void {
    const known = this._namespaces.get(name);
    if (known) {
      found(known);
      return;
    }
    const parents = [...this._dynamic];
    const step = (at: number): void => {
      const entry = parents[at];
      if (!entry) {
        found(undefined);
        return;
      }
      const [matcher, parent] = entry;
      this._call('of', () =>
        matcher(name, auth, (error, allowed) => {
          if (error || !allowed) step(at + 1);
          // Another client may have asked for it in the meantime.
          else found(this._namespaces.get(name) ?? this._keep(parent._child(name)));
        }),
      );
    };
    step(0);
  }

  private _emptied(namespace: AnyNamespace): void {
    if (!this._settings.cleanup) return;
    for (const parent of this._dynamic.values()) {
      if (parent.children.delete(namespace)) this._namespaces.delete(namespace.name);
    }
  }

  // The API of the namespace `/`, which the server has as well. As on a real server, these return the namespace.

  override on<Name extends keyof TestNamespaceEvents<Listen, Emit, Data>>(
    event: Name,
    listener: TestNamespaceEvents<Listen, Emit, Data>[Name],
  ): this {
    return this.sockets.on(event, listener as never) as unknown as this;
  }

  override once<Name extends keyof TestNamespaceEvents<Listen, Emit, Data>>(
    event: Name,
    listener: TestNamespaceEvents<Listen, Emit, Data>[Name],
  ): this {
    return this.sockets.once(event, listener as never) as unknown as this;
  }

  override off<Name extends keyof TestNamespaceEvents<Listen, Emit, Data>>(
    event: Name,
    listener: TestNamespaceEvents<Listen, Emit, Data>[Name],
  ): this {
    return this.sockets.off(event, listener as never) as unknown as this;
  }

  override prependListener<Name extends keyof TestNamespaceEvents<Listen, Emit, Data>>(
    event: Name,
    listener: TestNamespaceEvents<Listen, Emit, Data>[Name],
  ): this {
    return this.sockets.prependListener(event, listener as never) as unknown as this;
  }

  override prependOnceListener<Name extends keyof TestNamespaceEvents<Listen, Emit, Data>>(
    event: Name,
    listener: TestNamespaceEvents<Listen, Emit, Data>[Name],
  ): this {
    return this.sockets.prependOnceListener(event, listener as never) as unknown as this;
  }

  override removeAllListeners(event?: EventName): this {
    return this.sockets.removeAllListeners(event) as unknown as this;
  }

  override listeners(event: EventName): Listener[] {
    return this.sockets.listeners(event);
  }

  override listenerCount(event: EventName): number {
    return this.sockets.listenerCount(event);
  }

  override eventNames(): EventName[] {
    return this.sockets.eventNames();
  }

  /** Adds a middleware to the namespace `/`. */
  use(middleware: Middleware<TestSocket<Listen, Emit, Data>>): this {
    this.sockets.use(middleware);
    return this;
  }

  /** Sends an event to every client of `/`. */
  emit<Name extends EventNames<Emit>>(event: Name, ...args: EventParams<Emit, Name>): boolean {
    return this.sockets.emit(event, ...args);
  }

  /** Sends an event to every client of `/`, and waits for every answer. */
  emitWithAck<Name extends EventNames<Emit>>(
    event: Name,
    ...args: AllButLast<EventParams<Emit, Name>>
  ): Promise<FirstArg<Last<EventParams<Emit, Name>>>[]> {
    return this.sockets.emitWithAck(event, ...args);
  }

  /** Sends an event `message` to every client of `/`. */
  send(...args: unknown[]): this {
    this.sockets.send(...args);
    return this;
  }

  /** Alias of `send`. */
  write(...args: unknown[]): this {
    return this.send(...args);
  }

  /** Broadcasts to a room of `/`. */
  to(room: Room | Room[]): BroadcastOperator<Emit, TestSocket<Listen, Emit, Data>> {
    return this.sockets.to(room);
  }

  /** Alias of `to`. */
  in(room: Room | Room[]): BroadcastOperator<Emit, TestSocket<Listen, Emit, Data>> {
    return this.sockets.in(room);
  }

  /** Broadcasts to all of `/` but these rooms. */
  except(room: Room | Room[]): BroadcastOperator<Emit, TestSocket<Listen, Emit, Data>> {
    return this.sockets.except(room);
  }

  /** The event may be lost where a client cannot take it now. */
  get volatile(): BroadcastOperator<Emit, TestSocket<Listen, Emit, Data>> {
    return this.sockets.volatile;
  }

  /** Only to the clients of this server, which are all. */
  get local(): BroadcastOperator<Emit, TestSocket<Listen, Emit, Data>> {
    return this.sockets.local;
  }

  /** Accepted; nothing is compressed in memory. */
  compress(compress: boolean): BroadcastOperator<Emit, TestSocket<Listen, Emit, Data>> {
    return this.sockets.compress(compress);
  }

  /** How long answers are waited for, in milliseconds. */
  timeout(timeout: number): BroadcastOperator<ErrorFirstAcks<Emit>, TestSocket<Listen, Emit, Data>> {
    return this.sockets.timeout(timeout);
  }

  /** The clients of `/`. */
  fetchSockets(): Promise<TestSocket<Listen, Emit, Data>[]> {
    return this.sockets.fetchSockets();
  }

  /** Lets every client of `/` join. */
  socketsJoin(room: Room | Room[]): void {
    this.sockets.socketsJoin(room);
  }

  /** Lets every client of `/` leave. */
  socketsLeave(room: Room | Room[]): void {
    this.sockets.socketsLeave(room);
  }

  /** Disconnects every client of `/`; with `close`, the connections, too. */
  disconnectSockets(close = false): void {
    this.sockets.disconnectSockets(close);
  }

  /** @throws HoldfastError `NOT_SUPPORTED`: there is no other server */
  serverSideEmit(...args: unknown[]): never {
    return this.sockets.serverSideEmit(...args);
  }

  /** Disconnects everybody; nobody can connect any more. */
  async close(done?: (error?: Error) => void): Promise<void> {
    this._closed = true;
    for (const namespace of this._namespaces.values()) {
      for (const socket of [...namespace.sockets.values()]) socket._closed('server shutting down');
    }
    for (const { conn } of [...this._clients.values()]) conn.close();
    done?.();
  }

  // Faults

  /** Cuts every connection, as a network does that resets them. Clients can connect again at once. */
  cut(): void {
    this._network.cut();
  }

  /**
   * Nothing arrives for so many milliseconds, in either direction, and nobody is told: a network that is gone. What is sent in the
   * meantime arrives afterwards, over connections that are still there.
   *
   * @param ms without it, until `restore()`
   * @returns ends it
   */
  silence(ms: number = Number.POSITIVE_INFINITY): Cancel {
    checkMs('silence', ms);
    return this._network.silence(ms);
  }

  /** Every message is on its way for so many milliseconds, in each direction. Returns what ends it. */
  delay(ms: number): Cancel {
    checkMs('delay', ms);
    this._network.delayMs = ms;
    return () => {
      this._network.delayMs = 0;
    };
  }

  /**
   * Every client that asks to be let in from now on is refused, in every namespace, as by a middleware.
   *
   * @param reason the message, or an error, whose `data` reaches the client as well
   * @returns ends it
   */
  refuse(
    reason: string | { readonly message: string; readonly data?: unknown } = 'refused by the test',
  ): Cancel {
    const { message, data } =
      typeof reason === 'string' ? { message: reason, data: undefined } : (reason ?? {});
    if (typeof message !== 'string') {
      throw new HoldfastError('BAD_OPTION', `refuse(${show(reason)}): accepted are a text, or an error`);
    }
    const refusal: Refusal = Object.assign(new Error(message), data !== undefined && { data });
    this._refusals = [refusal, ...this._refusals];
    return () => {
      this._refusals = this._refusals.filter((one) => one !== refusal);
    };
  }

  /** Events of this name are lost on their way; nobody is told. Returns what ends it. */
  drop(
    event: (EventNames<Listen> | EventNames<Emit>) & string,
    { times = Number.POSITIVE_INFINITY, from }: DropOptions = {},
  ): Cancel {
    if (typeof event !== 'string' || event === '') {
      throw new HoldfastError('BAD_EVENT', `drop(${show(event)}): accepted is the name of an event`);
    }
    const drop = { event, from, left: times };
    this._drops.push(drop);
    return () => {
      drop.left = 0;
    };
  }

  /**
   * The server process ends and another one starts: every connection is closed, and no session is known any more. Handlers stay.
   *
   * @throws HoldfastError `BAD_OPTION`
   */
  restart({ downMs = 0 }: RestartOptions = {}): void {
    checkMs('restart', downMs);
    this._downUntilMs = this._clock.now() + downMs;
    for (const namespace of this._namespaces.values()) namespace._recovery?.clear();
    this._network.cut();
    for (const { conn } of [...this._clients.values()]) conn._end('transport close', undefined, true);
    for (const namespace of this._namespaces.values()) namespace._recovery?.clear();
  }

  /** Ends every fault. */
  restore(): void {
    this._network.restore();
    this._refusals = [];
    this._drops = [];
    this._downUntilMs = 0;
  }

  // Inspection

  /** The events that have come from clients, oldest first. */
  get received(): readonly AnyReceived<Listen>[] {
    return this._inspection.received as unknown as readonly AnyReceived<Listen>[];
  }

  /** Forgets what has come. */
  clearReceived(): void {
    this._inspection.clear();
  }

  /**
   * The next event of this name that no earlier call has taken: one that has come already, or one that comes in time.
   *
   * @throws HoldfastError `EXPECTATION_FAILED` that says what has come instead
   */
  expectEvent<Name extends EventNames<Listen> & string>(
    event: Name,
    options: Expectation<ReceivedEvent<Listen, Name>> = {},
  ): Promise<ReceivedEvent<Listen, Name>> {
    const hint = this._world.manual
      ? '. The clock of this server is manual: what waits for time comes when the test calls clock.advance()'
      : '';
    return this._inspection.expect(event, options as never, this._world.watch, hint) as never;
  }

  /** The clients that are connected. */
  get connections(): readonly OpenConnection[] {
    return [...this._clients.values()].map(({ id, conn, _sockets }) => ({
      id,
      namespaces: [..._sockets.keys()],
      where: conn._where,
    }));
  }

  /**
   * Ends the test: closes the clients that `io` has made, and the server.
   *
   * @throws HoldfastError `HANDLER_FAILED` where a handler has thrown and there was no `onError`, and `CONNECTIONS_OPEN` where clients were
   * left connected, with where they were made
   */
  async finish(): Promise<void> {
    await this._world.clock.settle();
    // A client that has said goodbye may still be on its way through a slow network.
    const open = [...this._clients.values()]
      .filter(({ conn }) => !conn._isLeft())
      .map(
        ({ conn, _sockets }) =>
          `in ${[..._sockets.keys()].join(', ') || 'no namespace'}, made at ${conn._where}`,
      );
    open.push(...this._endClients());
    await this.close();
    await this._world.clock.settle();
    const [failed] = this._settings.onError ? [] : this.errors;
    if (failed) throw failed;
    if (open.length === 0) return;
    const lines = open.map((one) => `\n- ${one}`);
    throw new HoldfastError(
      'CONNECTIONS_OPEN',
      `the test has left ${open.length === 1 ? 'a client' : `${open.length} clients`} connected; call disconnect() before finish()${lines.join('')}`,
    );
  }

  // Ways in

  /** @internal */
  _dial(
    request: DialRequest,
    opened: (link: Link) => void,
    failed: (error: Error) => void,
  ): { readonly cancel: () => void } {
    let given = false;
    const refuse = (message: string): void => {
      if (!given) failed(new Error(message));
    };
    const stop = this._network.whenAudible(() => {
      if (given) return;
      const problem = this._problemOf(request.url, request.headers);
      if (problem) {
        refuse(problem[1]);
        return;
      }
      const link = new Link(this._network, request.where);
      opened(link);
      this._accept(link, request);
    });
    return {
      cancel: () => {
        given = true;
        stop();
      },
    };
  }

  /** Why nobody can connect by this address now: code and message of a real server. */
  private _problemOf(
    url: string,
    headers: Readonly<Record<string, string>>,
  ): readonly [number, string] | undefined {
    if (this._isDown()) return [-1, 'the test server is down'];
    const { EIO, sid } = queryOf(url);
    const problem =
      EIO !== '4'
        ? UNSUPPORTED_VERSION
        : sid !== undefined && !this._clients.has(sid)
          ? UNKNOWN_SESSION
          : undefined;
    if (!problem) return undefined;
    const [code, message] = problem;
    const spoken =
      code === 5
        ? `${message}: the client speaks revision ${show(EIO)} of the Engine.IO protocol, and this server 4 (Socket.IO 3 and 4). Clients of Socket.IO 2 speak 3`
        : message;
    const error: TestConnectionError = {
      code,
      message,
      req: requestOf(url, headers),
      context: code === 5 ? { protocol: Number(EIO) } : { sid },
    };
    if (code === 5 && this.engine.listenerCount('connection_error') === 0) {
      this._fail(new HoldfastError('NOT_SUPPORTED', spoken));
    }
    this.engine._fire('connection_error', [error], this._call);
    return [code, spoken];
  }

  private _isDown(): boolean {
    return this._closed || this._clock.now() < this._downUntilMs;
  }

  private _accept(link: Link, { url, headers, where }: DialRequest): void {
    const carrier: Carrier = {
      name: 'websocket',
      send: (frame) => link.send('toClient', frame),
      close: () => link.close('toClient'),
      left: () => !link.open,
    };
    const { sid } = queryOf(url);
    const polling = sid === undefined ? undefined : this._polling.get(sid);
    if (polling) {
      this._takeOver(link, carrier, polling);
      return;
    }
    this._begin(carrier, { url, headers, where }, [], (conn) =>
      link.attach('toServer', { frame: (frame) => conn._receive(frame), closed: () => conn._lost(carrier) }),
    );
  }

  /** A WebSocket that is to take a session of long-polling over. */
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

  /**
   * Answers a request of long-polling, for pages whose requests a test answers: `page.route`, doubles of `fetch`. `holdfast/playwright`
   * does so with `routeServer`.
   *
   * @throws Error where a fault has cut the request
   */
  async handleRequest({ method, url, headers = {}, body = '' }: PollingRequest): Promise<PollingResponse> {
    const { origin } = headers;
    const answer = (status: number, text: string): PollingResponse => ({
      status,
      headers: headersFor(origin),
      body: text,
    });
    if (method === 'OPTIONS') return answer(204, '');
    await new Promise<void>((resolve) => this._network.whenAudible(resolve));
    if (this._isDown()) throw new Error('the test server is down');
    const problem = this._problemOf(url, headers);
    if (problem) return answer(400, JSON.stringify({ code: problem[0], message: problem[1] }));
    const { sid } = queryOf(url);
    if (sid === undefined) {
      if (method !== 'GET') return answer(400, JSON.stringify({ code: 2, message: 'Bad handshake method' }));
      const request = { url, headers, where: `a page, by ${url}` };
      const polling: PollingCarrier = new PollingCarrier(this._network, () => lost());
      let lost = (): void => {};
      this._begin(polling, request, ['websocket'], (conn) => {
        lost = () => conn._end('transport error', undefined, true);
        this._polling.set(conn.id, { conn, polling });
        conn.once('close', () => this._polling.delete(conn.id));
      });
      return answer(200, await polling.poll());
    }
    const session = this._polling.get(sid);
    if (!session) {
      const [code, message] = BAD_REQUEST;
      return answer(400, JSON.stringify({ code, message }));
    }
    if (method === 'GET') return answer(200, await session.polling.poll());
    receivePayload(session.conn, body);
    return answer(200, 'ok');
  }

  /**
   * Plays the server behind `page.routeWebSocket`, for holdfast and for the official client:
   * `page.routeWebSocket(/socket\.io/, (ws) => server.fromWebSocketRoute(ws))`.
   */
  readonly fromWebSocketRoute = (ws: RoutedWebSocket): void => {
    let link: Link | undefined;
    let early: Frame[] | undefined = [];
    const url = ws.url();
    const { cancel } = this._dial(
      { url, headers: {}, where: `a page, by ${url}` },
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
  };

  /** @internal A session begins over this carrier; `made` is called before its handshake. */
  _begin(
    carrier: Carrier,
    { url, headers, where }: DialRequest,
    upgrades: readonly string[],
    made: (conn: TestConnection) => void,
  ): void {
    const request = requestOf(url, headers);
    const begin = (id: string): void => {
      const { pingIntervalMs, pingTimeoutMs, maxPayloadBytes, connectTimeoutMs } = this._settings;
      const conn = new TestConnection(id, request, where, carrier, {
        clock: this._clock,
        pingIntervalMs,
        pingTimeoutMs,
        maxPayloadBytes,
        call: this._call,
      });
      made(conn);
      const client = new TestClient(conn, {
        clock: this._clock,
        connectTimeoutMs,
        codec: () => this._newCodec(),
        join: (from, name, auth, admitted) => this._join(from, name, auth, admitted),
        received: (socket, packet) => this._received(socket, packet),
        closed: () => void this._clients.delete(id),
      });
      this._clients.set(id, client);
      this.engine._fire('connection', [conn], this._call);
      conn._open(
        upgrades,
        (data) => client._message(data),
        (reason, description) => client._closed(reason, description),
      );
    };
    const id = this.engine.generateId(request);
    if (typeof id === 'string') begin(id);
    else this._call('generateId', () => id.then(begin));
  }

  private _join(
    client: TestClient,
    name: string,
    auth: Readonly<Record<string, unknown>>,
    admitted: (socket: AnySocket) => void,
  ): void {
    this._find(name, auth, (namespace) => {
      if (namespace) namespace._add(client, this._handshakeOf(client, auth), auth, admitted);
      else {
        const data = { message: 'Invalid namespace' };
        client._put(this._codec.encode({ type: CONNECT_ERROR, nsp: name, data }));
      }
    });
  }

  private _handshakeOf({ request }: TestClient, auth: Readonly<Record<string, unknown>>): Handshake {
    const issued = this._world.environment.dateMs();
    const { headers, url } = request;
    return {
      headers,
      time: dateText(issued),
      issued,
      address: request.connection.remoteAddress,
      xdomain: headers.origin !== undefined,
      secure: false,
      url,
      query: queryOf(url),
      auth: { ...auth },
    };
  }

  private _received(socket: AnySocket, { data, id }: EventPacket): boolean {
    const [event, ...args] = data;
    if (this._isDropped(event, 'client')) return false;
    this._inspection.add({
      event: String(event),
      args,
      namespace: socket.nsp.name,
      id: socket.id,
      asks: id !== undefined,
      atMs: this._clock.now(),
    });
    return true;
  }

  private _isDropped(event: unknown, from: string): boolean {
    const drop = this._drops.find(
      (one) => one.left > 0 && one.event === event && (one.from === undefined || one.from === from),
    );
    if (drop) drop.left--;
    return drop !== undefined;
  }

  private _newCodec(): Codec {
    const { parser } = this._settings;
    return parser
      ? adaptParser(parser as CustomParser)
      : createCodec({
          maxAttachments: 10,
          maxReceivedBytes: Number.POSITIVE_INFINITY,
          maxSentAttachments: Number.POSITIVE_INFINITY,
        });
  }

  private _caller(namespace: string): Caller {
    return (what, run) => {
      const fail = (cause: unknown): void => {
        const message = (cause as Error | undefined)?.message ?? show(cause);
        const error = new HoldfastError(
          'HANDLER_FAILED',
          `the handler of "${String(what)}" in namespace "${namespace}" has thrown: ${message}`,
          cause,
        );
        // What people look at is where the handler threw.
        const { stack } = (cause ?? {}) as Error;
        if (stack) error.stack = `${error.name}: ${error.message}\n${stack.split('\n').slice(1).join('\n')}`;
        this._fail(error);
      };
      try {
        const result = run() as
          | { then?(done: unknown, failed: (error: unknown) => void): unknown }
          | undefined;
        if (typeof result?.then === 'function') result.then(undefined, fail);
      } catch (error) {
        fail(error);
      }
    };
  }

  private _fail(error: HoldfastError): void {
    this.errors.push(error);
    const { onError } = this._settings;
    if (onError) onError(error);
    else report(error);
  }
}

/** The expression of each matcher that was made from one. */
const expressions: WeakMap<NamespaceMatcher, RegExp> = new WeakMap();

const expressionOf = (matcher: NamespaceMatcher): RegExp | undefined => expressions.get(matcher);

function matcherOf(expression: RegExp): NamespaceMatcher {
  const matcher: NamespaceMatcher = (name, _auth, next) => next(null, expression.test(name));
  expressions.set(matcher, expression);
  return matcher;
}

function checkMs(method: string, ms: unknown): void {
  if (typeof ms === 'number' && ms >= 0) return;
  throw new HoldfastError('BAD_OPTION', `${method}(${show(ms)}): accepted are milliseconds, 0 or more`);
}

function queryOf(url: string): Record<string, string> {
  return Object.fromEntries(new URL(url, 'http://localhost').searchParams);
}

function requestOf(url: string, headers: Readonly<Record<string, string>>): TestRequest {
  const { pathname, search, host } = new URL(url, 'http://localhost');
  return {
    method: 'GET',
    url: pathname + search,
    headers: { host, ...headers },
    connection: { remoteAddress: '127.0.0.1' },
  };
}
