/** An in-memory Socket.IO server: the API of a real one, with faults and inspection for tests. */
import { type Cancel, type Clock, nothing } from '../platform/clock.js';
import { dateText } from '../platform/dates.js';
import { HoldfastError } from '../platform/errors.js';
import type { EventNames, EventsMap } from '../platform/event-map.js';
import type { TransportConstructor } from '../platform/options.js';
import { report } from '../platform/report.js';
import { show } from '../platform/show.js';
import { adaptParser, type Codec, type CustomParser, createCodec } from '../protocol/codec.js';
import { CONNECT_ERROR, type EventPacket } from '../protocol/packet.js';
import type { BroadcastOperator } from './broadcast.js';
import { TestClient } from './client.js';
import { idFrom, realTime, type World } from './clock.js';
import { Entrance, type RoutedWebSocket } from './entrance.js';
import type { Caller } from './events.js';
import { Everyone } from './everyone.js';
import {
  checkMs,
  checkNames,
  type DropOptions,
  type FaultOptions,
  Faults,
  type RefuseOptions,
  type RestartOptions,
} from './faults.js';
import { type AnyReceived, type Expectation, Inspection, type ReceivedEvent } from './inspection.js';
import { Network } from './link.js';
import type {
  AnySocket,
  DynamicNamespace,
  Middleware,
  NamespaceHost,
  NamespaceMatcher,
  TestNamespace,
  TestNamespaceEvents,
} from './namespace.js';
import { Namespaces } from './namespaces.js';
import type { Settings } from './options.js';
import type { PollingRequest, PollingResponse } from './polling.js';
import { queryOf } from './request.js';
import type { Handshake, TestSocket } from './socket.js';
import { TestEngine } from './test-engine.js';
import { type Dialling, placeOf, transportClass, UNKNOWN_PLACE } from './transport.js';

/** `finish()` waits this long for clients to leave, in milliseconds: longer than sockets of unmounted components stay connected. */
const LEAVING_MS = 500;

/** It looks at this interval, in milliseconds. */
const STEP_MS = 25;

/** A connected client in `server.connections`. */
export interface OpenConnection {
  readonly id: string;
  /** The namespaces that it has joined. */
  readonly namespaces: readonly string[];
  /** The place in the test's code that created the client. */
  readonly where: string;
}

/**
 * An in-memory Socket.IO server.
 *
 * @typeParam Listen the events of clients, as handlers get them
 * @typeParam Emit the events that the server sends
 * @typeParam Seen the events of clients, as they arrive over the wire
 */
export class TestServer<
    Listen extends EventsMap,
    Emit extends EventsMap,
    Data,
    Seen extends EventsMap = Listen,
  >
  extends Everyone<TestNamespaceEvents<Listen, Emit, Data>, Emit, TestSocket<Listen, Emit, Data>>
  implements Dialling
{
  /** The namespace `/`. */
  readonly sockets: TestNamespace<Listen, Emit, Data>;
  /** The Engine.IO server. */
  readonly engine: TestEngine;
  /** The errors that handlers threw, oldest first. */
  readonly errors: HoldfastError[] = [];

  /** @internal */
  readonly _clock: Clock;
  /** @internal */
  readonly _network: Network;
  private readonly _namespaces: Namespaces<Listen, Emit, Data>;
  private readonly _clients: Map<string, TestClient> = new Map();
  private readonly _inspection: Inspection;
  private readonly _faults: Faults;
  private readonly _entrance: Entrance;
  private readonly _codec: Codec;
  private readonly _call: Caller;
  private _downUntilMs = 0;
  private _closed = false;
  /** @internal Closes the connections of `io`. */
  _endClients: () => void = nothing;
  /** @internal The clients of `io` that are connecting, and where they were created. */
  _connecting: () => string[] = () => [];

  constructor(
    private readonly _settings: Settings,
    private readonly _world: World,
  ) {
    super();
    const { environment } = _world;
    const clock = environment.clock;
    const network = new Network(clock, _world.turn);
    this._clock = clock;
    this._network = network;
    this._codec = this._newCodec();
    this._call = this._caller('/');
    this._faults = new Faults(network, (id) => this._clientOf(id)?.conn._route);
    this._inspection = new Inspection(this._faults.lost);
    const newId = (): string => idFrom(environment.random);
    const host: NamespaceHost = {
      clock,
      recoveryMs: _settings.recoveryMs,
      skipMiddlewares: _settings.skipMiddlewares,
      server: () => this,
      dateMs: () => environment.dateMs(),
      newId,
      caller: (namespace) => this._caller(namespace),
      encode: (packet) => this._codec.encode(packet),
      refusal: (route) => this._faults.refusal(route),
      drops: (event, route) => this._faults.drops(event, 'server', route),
      emptied: (namespace) => _settings.cleanup && this._namespaces.forget(namespace),
    };
    this._namespaces = new Namespaces<Listen, Emit, Data>(host, this._call);
    this.sockets = this._namespaces.main;
    // As on a real server, listeners are those of the namespace `/`, and `on` returns it.
    this._home = this.sockets as never;
    this.engine = new TestEngine(() => this._clients.size, newId, _settings.allowRequest, this._call);
    this._entrance = new Entrance({
      clock,
      network,
      settings: _settings,
      engine: this.engine,
      call: this._call,
      isDown: () => this._closed || clock.now() < this._downUntilMs,
      knows: (sid) => this._clients.has(sid),
      failed: (message) => this._fail(new HoldfastError('NOT_SUPPORTED', message)),
      began: (conn) => this._began(conn),
    });
  }

  /** A transport class for clients that this bench's `io` did not create: `transports: [server.transport]`. */
  get transport(): TransportConstructor {
    // If a client is created elsewhere, as after a reconnect, the line that reads this property is named.
    return transportClass(this, { owner: undefined, where: placeOf(new Error().stack) ?? UNKNOWN_PLACE });
  }

  /** The path that it serves. */
  path(): string {
    return this._settings.path;
  }

  /**
   * A namespace by its name; or, by a regular expression or a function, a dynamic one, whose children are created when clients join them.
   *
   * @param listener called with each client that connects
   */
  of(
    name: RegExp | NamespaceMatcher,
    listener?: (socket: TestSocket<Listen, Emit, Data>) => unknown,
  ): DynamicNamespace<Listen, Emit, Data>;
  of(
    name: string | RegExp | NamespaceMatcher,
    listener?: (socket: TestSocket<Listen, Emit, Data>) => unknown,
  ): TestNamespace<Listen, Emit, Data>;
  of(
    name: string | RegExp | NamespaceMatcher,
    listener?: (socket: TestSocket<Listen, Emit, Data>) => unknown,
  ): TestNamespace<Listen, Emit, Data> {
    const namespace =
      typeof name === 'string' ? this._namespaces.named(name) : this._namespaces.matching(name);
    if (listener) namespace.on('connect', listener);
    return namespace;
  }

  /** Adds a middleware to the namespace `/`. */
  use(middleware: Middleware<TestSocket<Listen, Emit, Data>>): this {
    this.sockets.use(middleware);
    return this;
  }

  /** @internal */
  _all(): BroadcastOperator<Emit, TestSocket<Listen, Emit, Data>> {
    return this.sockets._all();
  }

  /** @internal */
  _later(task: () => unknown): void {
    this.sockets._later(task);
  }

  /** Disconnects every client; no client can connect any more. */
  async close(done?: (error?: Error) => void): Promise<void> {
    this._closed = true;
    for (const namespace of this._namespaces.all()) {
      for (const socket of [...namespace.sockets.values()]) socket._closed('server shutting down');
    }
    for (const { conn } of [...this._clients.values()]) conn.close();
    if (done) this._call('close', done);
  }

  /** @throws HoldfastError `NOT_SUPPORTED`: there is no port */
  listen(..._args: unknown[]): never {
    throw new HoldfastError(
      'NOT_SUPPORTED',
      'server.listen(): an in-memory server has no port and no HTTP; clients reach it through the io that createTestServer() returns, or through server.transport',
    );
  }

  /** @throws HoldfastError `NOT_SUPPORTED`: there is no HTTP */
  attach(...args: unknown[]): never {
    return this.listen(...args);
  }

  // Faults

  /** Cuts every connection, like a network reset. Clients can reconnect at once. @throws HoldfastError `BAD_OPTION` */
  cut(options: FaultOptions = {}): void {
    this._faults.cut(options);
  }

  /**
   * Nothing arrives for the given milliseconds, in either direction, and neither side is notified, like a dead network. Messages sent
   * meanwhile arrive afterwards, over connections that still exist.
   *
   * @param ms the duration; without it, until `restore()`
   * @returns ends the silence
   * @throws HoldfastError `BAD_OPTION`
   */
  silence(ms: number = Number.POSITIVE_INFINITY, options: FaultOptions = {}): Cancel {
    return this._faults.silence(ms, options);
  }

  /**
   * Delays every message by the given milliseconds, in each direction. Of several delays, the newest applies.
   *
   * @returns ends the delay
   * @throws HoldfastError `BAD_OPTION`
   */
  delay(ms: number, options: FaultOptions = {}): Cancel {
    return this._faults.delay(ms, options);
  }

  /**
   * Refuses every client that connects from now on, in every namespace, like a middleware. Of several refusals, the newest applies.
   *
   * @param reason the message, or an error, whose `data` also reaches the client
   * @returns ends the refusal
   * @throws HoldfastError `BAD_OPTION`
   */
  refuse(
    reason: string | { readonly message: string; readonly data?: unknown } = 'refused by the test',
    options: RefuseOptions = {},
  ): Cancel {
    return this._faults.refuse(reason, options);
  }

  /**
   * Drops events of this name silently. Returns a function that ends it.
   *
   * @throws HoldfastError `BAD_EVENT`, `BAD_OPTION`
   */
  drop(event: (EventNames<Listen> | EventNames<Emit>) & string, options: DropOptions = {}): Cancel {
    return this._faults.drop(event, options);
  }

  /**
   * Simulates a restart of the server process: every connection is closed, and every session is lost. Handlers stay.
   *
   * @throws HoldfastError `BAD_OPTION`
   */
  restart(options: RestartOptions = {}): void {
    checkNames('restart', options, 'downMs');
    const { downMs = 0 } = options;
    checkMs('restart', downMs);
    this._downUntilMs = this._clock.now() + downMs;
    for (const { conn } of [...this._clients.values()]) conn._end('transport close', undefined, true);
    for (const link of [...this._network.links]) link.close('toClient');
    for (const namespace of this._namespaces.all()) namespace._recovery?.clear();
  }

  /** Ends every fault. */
  restore(): void {
    this._faults.restore();
    this._downUntilMs = 0;
  }

  // Inspection

  /** The events received from clients, oldest first. */
  get received(): readonly AnyReceived<Seen>[] {
    return this._inspection.received as unknown as readonly AnyReceived<Seen>[];
  }

  /** Clears the received events. */
  clearReceived(): void {
    this._inspection.clear();
  }

  /**
   * The next event of this name that no earlier call has returned: one that has arrived, or one that arrives in time.
   *
   * @throws HoldfastError `EXPECTATION_FAILED` that names the events that arrived instead
   */
  expectEvent<Name extends EventNames<Seen> & string>(
    event: Name,
    options: Expectation<ReceivedEvent<Seen, Name>> = {},
  ): Promise<ReceivedEvent<Seen, Name>> {
    const hint = (): string => {
      if (this._world.manual) {
        return '. The clock of this server is manual: timers run only when the test calls clock.advance()';
      }
      return this._clients.size === 0 ? '. No client is connected' : '';
    };
    return this._inspection.expect(event, options as never, this._world.watch, hint) as never;
  }

  /** The connected clients. */
  get connections(): readonly OpenConnection[] {
    return [...this._clients.values()].map(({ id, conn, _sockets }) => ({
      id,
      namespaces: [..._sockets.keys()],
      where: conn._route.where,
    }));
  }

  /**
   * Ends the test: closes the clients of `io`, and the server. Waits up to 500 ms for clients to leave, on the clock of this server: those of
   * components that were unmounted leave a moment later.
   *
   * @throws HoldfastError `HANDLER_FAILED` if a handler threw and there was no `onError`; `CONNECTIONS_OPEN` if clients were left connected,
   * with the places that created them
   */
  async finish(): Promise<void> {
    const { clock } = this._world;
    await clock.settle();
    const failed = (): HoldfastError | undefined => (this._settings.onError ? undefined : this.errors[0]);
    for (
      let waitedMs = 0;
      waitedMs < LEAVING_MS && !failed() && this._unfinished().length > 0;
      waitedMs += STEP_MS
    )
      await this._pass(STEP_MS);
    const open = this._unfinished();
    this._endClients();
    await this.close();
    await clock.settle();
    const error = failed();
    if (error) throw error;
    if (open.length === 0) return;
    const lines = open.map((one) => `\n- ${one}`);
    throw new HoldfastError(
      'CONNECTIONS_OPEN',
      `the test has left ${open.length === 1 ? 'a client' : `${open.length} clients`} connected; call disconnect() before finish()${lines.join('')}`,
    );
  }

  /** The clients that are connected or connecting. */
  private _unfinished(): string[] {
    // The close of a disconnected client may still be on its way through a slow network.
    const connected = [...this._clients.values()].filter(({ conn }) => !conn._isLeft());
    return [
      ...connected.map(
        ({ conn, _sockets }) =>
          `in ${[..._sockets.keys()].join(', ') || 'no namespace'}, made at ${conn._route.where}`,
      ),
      ...this._connecting(),
    ];
  }

  /** Lets time pass: that of the test, and for clients that have a clock of their own the real one. */
  private async _pass(ms: number): Promise<void> {
    const { manual, clock } = this._world;
    if (manual) await clock.advance(ms);
    if (manual && [...this._clients.values()].every(({ conn }) => conn._route.owner)) return;
    await realTime(ms);
    await clock.settle();
  }

  // Ways in

  /** @internal */
  _dial(...given: Parameters<Entrance['dial']>): ReturnType<Entrance['dial']> {
    const [{ url }, , failed] = given;
    const { pathname } = new URL(url);
    const { path } = this._settings;
    if (pathname.startsWith(path)) return this._entrance.dial(...given);
    let over = false;
    this._clock.soon(() => {
      if (!over)
        failed(new Error(`the test server answers at the path ${show(path)}, not at ${show(pathname)}`));
    });
    return {
      cancel: () => {
        over = true;
      },
    };
  }

  /**
   * Answers a long-polling request, for pages whose requests the test answers: `page.route`, mocks of `fetch`. `routeServer` of
   * `holdfast/playwright` uses it.
   *
   * @throws Error if a fault has cut the request
   */
  handleRequest(request: PollingRequest): Promise<PollingResponse> {
    return this._entrance.handleRequest(request);
  }

  /**
   * Acts as the server behind `page.routeWebSocket`, for holdfast and for the official client:
   * `page.routeWebSocket(/socket\.io/, (ws) => server.fromWebSocketRoute(ws))`.
   */
  readonly fromWebSocketRoute = (ws: RoutedWebSocket): void => this._entrance.routed(ws);

  private _began(conn: ConstructorParameters<typeof TestClient>[0]): {
    message(data: unknown): void;
    closed(reason: string, description?: unknown): void;
  } {
    const client = new TestClient(conn, {
      clock: this._clock,
      connectTimeoutMs: this._settings.connectTimeoutMs,
      codec: () => this._newCodec(),
      join: (from, name, auth, admitted) => this._join(from, name, auth, admitted),
      received: (socket, packet) => this._received(socket, packet),
      closed: () => void this._clients.delete(conn.id),
    });
    this._clients.set(conn.id, client);
    return {
      message: (data) => client._message(data),
      closed: (reason, description) => client._closed(reason, description),
    };
  }

  private _join(
    client: TestClient,
    given: string,
    auth: Readonly<Record<string, unknown>>,
    admitted: (socket: AnySocket) => void,
  ): void {
    // Socket.IO v5: a namespace may have a query.
    const [name = '', query = ''] = given.split(/\?(.*)/s);
    this._namespaces.find(name, auth, (namespace) => {
      if (namespace) namespace._add(client, this._handshakeOf(client, auth, query), auth, admitted);
      else {
        const data = { message: 'Invalid namespace' };
        client._put(this._codec.encode({ type: CONNECT_ERROR, nsp: name, data }));
      }
    });
  }

  private _handshakeOf(
    { request }: TestClient,
    auth: Readonly<Record<string, unknown>>,
    query: string,
  ): Handshake {
    const issued = this._world.environment.dateMs();
    const { headers, url, connection, _query } = request;
    return {
      headers,
      time: dateText(issued),
      issued,
      address: connection.remoteAddress,
      xdomain: headers.origin !== undefined,
      secure: connection.encrypted,
      url,
      query: { ..._query, ...(query && queryOf(`/?${query}`)) },
      auth: { ...auth },
    };
  }

  private _received(socket: AnySocket, { data, id }: EventPacket): boolean {
    const [event, ...args] = data;
    if (this._faults.drops(event, 'client', socket.conn._route)) return false;
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

  private _clientOf(id: string): AnySocket | undefined {
    for (const namespace of this._namespaces.all()) {
      const socket = namespace.sockets.get(id);
      if (socket) return socket;
    }
    return undefined;
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
          `the handler of "${String(what)}" in namespace "${namespace}" threw an error: ${message}`,
          cause,
        );
        // The stack should show where the handler threw.
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
    const { onError = report } = this._settings;
    try {
      onError(error);
    } catch (failed) {
      report(failed);
    }
  }
}
