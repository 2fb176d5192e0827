import { createServer, type RequestListener } from 'node:http';
import type { ManagerOptions, SocketOptions } from 'socket.io-client';
import * as officialClient from 'socket.io-client';
import { vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import * as holdfastClient from '../../../src/index.js';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.js';
import { freePort, host, listen } from '../../support/ports.js';
import { startServer, type TestServer, type TestServerOptions } from '../../support/server.js';
import { Announcements, nextEvent, within } from '../../support/waiting.js';

/** Runs one scenario with the official client and with holdfast, each on its own bench. */

export type Client = typeof officialClient;
export type Options = Partial<ManagerOptions & SocketOptions>;
export type Manager = officialClient.Manager;
export type Socket = officialClient.Socket;

const holdfast = holdfastClient as unknown as Client;

/** The results of both clients. */
export interface Outcome<T> {
  readonly theirs: T;
  readonly ours: T;
}

/** The official client first: if it does not show the fault, the check proves nothing. */
export async function withBoth<T>(scenario: (bench: Bench) => Promise<T>): Promise<Outcome<T>> {
  const theirs = await on(officialClient, scenario);
  const ours = await on(holdfast, scenario);
  return { theirs, ours };
}

async function on<T>(client: Client, scenario: (bench: Bench) => Promise<T>): Promise<T> {
  const bench = new Bench(client);
  try {
    return await scenario(bench);
  } finally {
    await bench.clear();
  }
}

/** What happened, in order. */
export class Log extends Announcements {
  readonly #entries: string[] = [];

  /** The current entries. */
  get entries(): string[] {
    return [...this.#entries];
  }

  add(entry: string): void {
    this.#entries.push(entry);
    this.announce();
  }

  has(entry: string): boolean {
    return this.#entries.includes(entry);
  }

  count(entry: string): number {
    return this.#entries.filter((one) => one === entry).length;
  }

  /** Resolves when the entry exists this many times. */
  holds(entry: string, times = 1): Promise<void> {
    return this.until(`"${entry}" for the ${times}. time`, () => this.count(entry) >= times);
  }
}

export class Bench {
  readonly client: Client;
  /** The program's log. */
  readonly log: Log = new Log();
  /** Uncaught errors, as messages. */
  readonly uncaught: Log = new Log();
  readonly #release: (() => unknown)[] = [];

  constructor(client: Client) {
    this.client = client;
    this.#catchUncaught();
  }

  /** The real server. Every namespace `/fence` answers at once: see `fence()`. */
  async serve(settings: TestServerOptions = {}): Promise<TestServer> {
    const server = await startServer({
      ...settings,
      setup: (app) => {
        app.of('/fence').on('connection', (socket) => socket.on('fence', (answer) => answer()));
        settings.setup?.(app);
      },
    });
    this.afterwards(() => server.crash());
    return server;
  }

  /** A server that sends over WebSocket whatever the test wants. */
  async speak(talk: (peer: WebSocket) => void): Promise<string> {
    const port = await freePort();
    const server = new WebSocketServer({ host, port });
    server.on('connection', talk);
    await nextEvent(server, 'listening');
    this.afterwards(() => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const peer of server.clients) peer.terminate();
      return closed;
    });
    return `http://${host}:${port}`;
  }

  /** A network in front of the server, which can be cut. */
  async proxy(server: TestServer): Promise<FaultProxy> {
    const proxy = await startFaultProxy(server.port);
    this.afterwards(() => proxy.close());
    return proxy;
  }

  /** An HTTP server that responds as the test wants. */
  async answer(listener: RequestListener): Promise<string> {
    const port = await freePort();
    const server = createServer(listener);
    await listen(server, port);
    this.afterwards(() => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      return closed;
    });
    return `http://${host}:${port}`;
  }

  /** The socket of a new manager; over WebSocket and with quick retries by default. */
  io(url: string, options: Options = {}): Socket {
    const socket = this.client.io(url, { ...quick, forceNew: true, ...options });
    this.#closeAfterwards(socket.io);
    return socket;
  }

  manager(url: string, options: Options = {}): Manager {
    const manager = new this.client.Manager(url, { ...quick, ...options });
    this.#closeAfterwards(manager);
    return manager;
  }

  async connected(url: string, options: Options = {}): Promise<Socket> {
    const socket = this.io(url, options);
    await nextEvent(socket, 'connect');
    return socket;
  }

  /**
   * Resolves when the server has handled everything sent before: with `true` if the connection is still open.
   * Messages keep their order, so no time must pass to be sure that something did not happen.
   */
  async fence(manager: Manager): Promise<boolean> {
    const socket = manager.socket('/fence');
    const passed = new Promise<boolean>((resolve) => socket.emit('fence', () => resolve(true)));
    const cut = new Promise<boolean>((resolve) => manager.once('close', () => resolve(false)));
    return within(Promise.race([passed, cut]), 'the fence');
  }

  /** Records the socket's own events. */
  watch(socket: Socket, name = 'socket'): void {
    socket.on('connect', () => this.log.add(`${name} connect`));
    socket.on('disconnect', (reason) => this.log.add(`${name} disconnect: ${reason}`));
    socket.on('connect_error', (error) => this.log.add(`${name} connect_error: ${error.message}`));
  }

  afterwards(release: () => unknown): void {
    this.#release.unshift(release);
  }

  async clear(): Promise<void> {
    for (const release of this.#release) await release();
  }

  #closeAfterwards(manager: Manager): void {
    this.afterwards(() => {
      manager.reconnection(false);
      manager.engine?.close();
    });
  }

  #catchUncaught(): void {
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      // The runner's own listeners would fail the test, and some errors here are thrown on purpose.
      const usual = process.listeners(event as 'uncaughtException');
      const note = (error: unknown): void => this.uncaught.add((error as Error).message);
      process.removeAllListeners(event);
      process.on(event, note);
      this.afterwards(() => {
        process.off(event, note);
        for (const listener of usual) process.on(event, listener as never);
      });
    }
  }
}

const quick: Options = {
  transports: ['websocket'],
  reconnectionDelay: 20,
  reconnectionDelayMax: 40,
  randomizationFactor: 0,
};

export const hourMs = 3_600_000;

/** Time stands still for timers and clocks, until `vi.advanceTimersByTimeAsync`; the network continues. */
export function useFakeTime(bench: Bench): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  bench.afterwards(() => vi.useRealTimers());
}

/** Lets fake time pass together with the network, until a condition holds. XMLHttpRequest in Node needs both. */
export async function passUntil(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await settled();
    await vi.advanceTimersByTimeAsync(1);
  }
}

/** Resolves when everything already due in this process has run. */
export const settled = (): Promise<void> =>
  new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** A handshake with long heartbeat times. */
export const handshake = (changes: object = {}): string =>
  `0${JSON.stringify({ sid: 'engine-id', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000, ...changes })}`;
