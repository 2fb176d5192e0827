import { inspect } from 'node:util';
import type { Server as App, ServerOptions, Socket as ServerSocket } from 'socket.io';
import type * as official from 'socket.io-client';
import type {
  ManagerOptions,
  Manager as OfficialManager,
  Socket as OfficialSocket,
  io as officialIo,
  SocketOptions,
} from 'socket.io-client';
import { freePort } from '../support/ports.js';
import { startServer, type TestServer } from '../support/server.js';
import { Announcements, nextEvent, patienceMs } from '../support/waiting.js';

/** Runs a program written for the official client, and records the events of the program and the server, in order. */

/** Ids of socket.io: 96 random bits, then a counter. */
const ids = /(?<![\w-])[\w-]{16}AA[\w-]{2}(?![\w-])/g;
/** Offsets that connection state recovery adds to each event: encoded times. */
const offsets = /(?<=')[A-Z][\w-]{6}(\.[\w-]+)?(?=')/g;
/** How long a scenario waits for an event that must not occur. */
const settleMs = 60;

export type Client = typeof official;
export type Options = Partial<ManagerOptions & SocketOptions>;
export type { OfficialSocket as Socket };

export interface Scenario {
  readonly name: string;
  /** @defaultValue ["websocket"] */
  readonly transports?: readonly string[];
  readonly server?: Partial<ServerOptions>;
  /** Sets up the server, in addition to `echo`; called at each start. */
  readonly setup?: (app: App, fixture: Fixture) => void;
  readonly run: (fixture: Fixture) => Promise<void>;
}

export interface Recording {
  readonly program: readonly string[];
  readonly server: readonly string[];
}

/** Programs read these; the official types hide them. */
export const nspOf = (socket: OfficialSocket): string => (socket as unknown as { nsp: string }).nsp;
export const idOf = (engine: object): string => (engine as { id: string }).id;

/** Runs a scenario with one client and its own server. */
export async function play(client: Client, scenario: Scenario): Promise<Recording> {
  const fixture = new Fixture(client, scenario);
  await fixture.start();
  try {
    await scenario.run(fixture);
    await fixture.settle();
    fixture.census();
  } catch (error) {
    fixture.note('the scenario ended with', error);
  }
  const recording = { program: [...fixture.program.entries], server: [...fixture.onServer.entries] };
  await fixture.stop();
  return recording;
}

const used = new Set<number>();

/** Both clients remember their managers by address: each scenario needs its own. */
async function newPort(): Promise<number> {
  const port = await freePort();
  if (used.has(port)) return newPort();
  used.add(port);
  return port;
}

/** An ordered log in which every id is replaced by its number, so that two runs can be compared. */
class Log {
  readonly entries: string[] = [];
  readonly #announcements = new Announcements();
  readonly #ids: string[] = [];
  readonly #patterns: readonly RegExp[];

  constructor(patterns: readonly RegExp[]) {
    this.#patterns = patterns;
  }

  add(what: string, values: readonly unknown[]): void {
    let text = [what, ...values.map(describe)].join(' ').replaceAll(/127\.0\.0\.1:\d+/g, '<server>');
    for (const pattern of this.#patterns) text = text.replaceAll(pattern, (id) => this.#number(id));
    this.entries.push(text);
    this.#announcements.announce();
  }

  until(prefix: string, count: number): Promise<void> {
    const seen = (): boolean => this.entries.filter((entry) => entry.startsWith(prefix)).length >= count;
    return this.#announcements.until(`"${prefix}" for the ${count}. time`, seen, patienceMs);
  }

  #number(id: string): string {
    if (!this.#ids.includes(id)) this.#ids.push(id);
    return `<id ${this.#ids.indexOf(id) + 1}>`;
  }
}

function describe(value: unknown): string {
  if (value instanceof Error) {
    const { message, data, type } = value as Error & { data?: unknown; type?: unknown };
    return `Error(${[message, data, type].filter((part) => part !== undefined).map(show)})`;
  }
  // The details of a disconnect: the context is an event or a request of the platform.
  if (typeof value === 'object' && value !== null && 'description' in value && 'context' in value) {
    return `details(${show(value.description)}, ${(value.context as object | undefined)?.constructor.name})`;
  }
  return show(value);
}

const show = (value: unknown): string =>
  inspect(value, { depth: 10, breakLength: Number.POSITIVE_INFINITY, compact: true });

export class Fixture {
  readonly program: Log;
  readonly onServer: Log;
  readonly client: Client;
  readonly #scenario: Scenario;
  readonly #managers = new Set<OfficialManager>();
  #server: TestServer | undefined;

  constructor(client: Client, scenario: Scenario) {
    this.client = client;
    this.#scenario = scenario;
    const patterns = scenario.server?.connectionStateRecovery ? [ids, offsets] : [ids];
    this.program = new Log(patterns);
    this.onServer = new Log(patterns);
  }

  get server(): TestServer {
    return this.#server as TestServer;
  }

  get url(): string {
    return this.server.url;
  }

  /** The options of each client. */
  get options(): Options {
    const transports = [...(this.#scenario.transports ?? ['websocket'])];
    return { transports, reconnectionDelay: 20, reconnectionDelayMax: 40, randomizationFactor: 0 };
  }

  async start(): Promise<void> {
    const { server: options = {}, setup } = this.#scenario;
    this.#server = await startServer({
      port: await newPort(),
      options,
      setup: (app) => {
        app.on('connection', (socket) => this.#record(socket));
        app.on('new_namespace', (namespace) => {
          namespace.on('connection', (socket) => this.#record(socket));
        });
        setup?.(app, this);
      },
    });
  }

  async stop(): Promise<void> {
    for (const manager of this.#managers) {
      manager.reconnection(false);
      manager.engine?.close();
    }
    await this.server.crash();
  }

  /** `io()` at this server; `path` may hold a namespace and a query. */
  io(path = '', options: Options = {}): OfficialSocket {
    const socket = (this.client.io as typeof officialIo)(`${this.url}${path}`, {
      ...this.options,
      ...options,
    });
    this.#managers.add(socket.io);
    return socket;
  }

  /** A connected socket. */
  async connected(path = '', options: Options = {}): Promise<OfficialSocket> {
    const socket = this.io(path, options);
    await nextEvent(socket, 'connect', patienceMs);
    return socket;
  }

  manager(options: Options = {}, url: string = this.url): OfficialManager {
    const manager = new this.client.Manager(url, { ...this.options, ...options });
    this.#managers.add(manager);
    return manager;
  }

  /** Adds an entry to the program's log. */
  note(what: string, ...values: unknown[]): void {
    this.program.add(what, values);
  }

  /** Waits until this many entries of the program's log begin with this text. */
  noted(prefix: string, count = 1): Promise<void> {
    return this.program.until(prefix, count);
  }

  /** Waits until this many entries of the server's log begin with this text. */
  served(prefix: string, count = 1): Promise<void> {
    return this.onServer.until(prefix, count);
  }

  /** Leaves time for events that must not occur. */
  settle(ms: number = settleMs): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Waits until the transport can send at once: a volatile emit is dropped while a request of long-polling is under way. */
  async writable(socket: OfficialSocket): Promise<void> {
    const endsAtMs = performance.now() + patienceMs;
    while (!socket.io.engine.transport.writable) {
      if (performance.now() > endsAtMs) throw new Error('the transport is not writable');
      await this.settle(5);
    }
  }

  /** Records the result or exception of `attempt`. */
  attempt(what: string, attempt: () => unknown): void {
    try {
      this.note(what, attempt());
    } catch (error) {
      this.note(`${what} throws`, error);
    }
  }

  state(socket: OfficialSocket): object {
    return {
      id: socket.id,
      connected: socket.connected,
      disconnected: socket.disconnected,
      active: socket.active,
      // It may be undefined in the official client: see the differences.
      recovered: Boolean(socket.recovered),
      waiting: [socket.sendBuffer.length, socket.receiveBuffer.length],
    };
  }

  /** Records the socket's own events. */
  watch(socket: OfficialSocket, name = 'socket'): OfficialSocket {
    socket.on('connect', () => this.note(`${name} connect`, this.state(socket)));
    socket.on('connect_error', (error) => this.note(`${name} connect_error`, error, this.state(socket)));
    socket.on('disconnect', (reason, details) => {
      this.note(`${name} disconnect`, reason, details, this.state(socket));
    });
    return socket;
  }

  /** Records the events of the manager, except packets and pings. */
  watchManager(manager: OfficialManager): OfficialManager {
    const events = [
      'open',
      'error',
      'close',
      'reconnect_attempt',
      'reconnect',
      'reconnect_error',
      'reconnect_failed',
    ] as const;
    this.#watch(manager, 'manager', events);
    return manager;
  }

  /** Records events of any object with `on`. */
  watchEngine(engine: OfficialManager['engine'], events: readonly string[]): void {
    this.#watch(engine, 'engine', events);
  }

  /** Records these events of a socket with their arguments. */
  hear(socket: OfficialSocket, ...events: string[]): void {
    this.#watch(socket, 'heard', events);
  }

  /** Records how many sockets and connections the server has. */
  census(): void {
    let app: App;
    try {
      app = this.server.io;
    } catch {
      return;
    }
    const sockets = [...app._nsps].map(([name, namespace]) => `${name}: ${namespace.sockets.size}`).sort();
    this.onServer.add('at the end', [sockets, app.engine.clientsCount]);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the three kinds of emitters have nothing but `on` in common
  #watch(emitter: any, name: string, events: readonly string[]): void {
    for (const event of events) {
      emitter.on(event, (...args: unknown[]) => this.note(`${name} ${event}`, ...args));
    }
  }

  #record(socket: ServerSocket): void {
    const { name } = socket.nsp;
    const { EIO, t, transport, sid, j, b64, ...query } = socket.handshake.query;
    this.onServer.add(`${name} connection`, [{ EIO, ...query }, socket.handshake.auth]);
    socket.onAny((...args) => {
      const isAck = typeof args.at(-1) === 'function';
      this.onServer.add(`${name} event`, isAck ? [...args.slice(0, -1), 'and wants an ack'] : args);
    });
    socket.on('disconnect', (reason) => this.onServer.add(`${name} disconnect`, [reason]));
    // The same for every scenario: acknowledges events that request it, and sends back the rest.
    socket.on('echo', (...args) => {
      const answer = args.at(-1);
      if (typeof answer === 'function') answer(...args.slice(0, -1));
      else socket.emit('echo', ...args);
    });
  }
}
