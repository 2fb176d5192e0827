import { createServer } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { Server, type ServerOptions, type Socket } from 'socket.io';
import { freePort, host, listen } from './ports.js';
import { Announcements } from './waiting.js';

/** The real socket.io server on 127.0.0.1, with a record of every socket of its application. */

/** How long a client may take to answer the server's close, before its connection is reset. */
const goodbyeMs = 300;

export interface TestServerOptions {
  readonly port?: number;
  readonly options?: Partial<ServerOptions>;
  /** Sets up the application; called at every start. */
  readonly setup?: (io: Server) => void;
}

export async function startServer(settings: TestServerOptions = {}): Promise<TestServer> {
  const server = new TestServer(settings, settings.port ?? (await freePort()));
  await server.start();
  return server;
}

export class TestServer {
  readonly port: number;
  readonly url: string;
  readonly #settings: TestServerOptions;
  readonly #made: Socket[] = [];
  readonly #announcements = new Announcements();
  readonly #connections = new Set<NetSocket>();
  #io: Server | undefined;

  constructor(settings: TestServerOptions, port: number) {
    this.#settings = settings;
    this.port = port;
    this.url = `http://${host}:${port}`;
  }

  /** The running server. */
  get io(): Server {
    if (this.#io === undefined) throw new Error('The server is stopped.');
    return this.#io;
  }

  /** How many sockets the application has got in this namespace since the first start. */
  serverSockets(namespace = '/'): number {
    return this.#of(namespace).length;
  }

  /** The newest socket of the application in this namespace. */
  latest(namespace = '/'): Socket {
    const socket = this.#of(namespace).at(-1);
    if (socket === undefined) throw new Error(`No socket was made in ${namespace}.`);
    return socket;
  }

  /** Resolves to the `count`-th socket of its namespace, which may already exist. */
  async socket(namespace = '/', count = 1): Promise<Socket> {
    const there = (): Socket | undefined => this.#of(namespace)[count - 1];
    await this.#announcements.until(`socket ${count} in ${namespace}`, () => there() !== undefined);
    return there() as Socket;
  }

  async start(): Promise<void> {
    const http = createServer();
    http.on('connection', (connection) => {
      this.#connections.add(connection);
      connection.on('close', () => this.#connections.delete(connection));
    });
    const io = new Server(http, { cors: { origin: '*' }, ...this.#settings.options });
    this.#record(io);
    this.#settings.setup?.(io);
    this.#io = io;
    await listen(http, this.port);
  }

  /** Disconnects every client, then closes the remaining connections. Resolves when the port is free. */
  async stop(): Promise<void> {
    const io = this.#io;
    if (io === undefined) return;
    this.#io = undefined;
    const closed = io.close();
    const impatience = setTimeout(() => this.#dropConnections(), goodbyeMs);
    await closed;
    clearTimeout(impatience);
  }

  /** Ends like a killed process: every connection is reset, without any packet. */
  async crash(): Promise<void> {
    this.#dropConnections();
    await this.stop();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  #record(io: Server): void {
    const record = (socket: Socket): void => {
      this.#made.push(socket);
      this.#announcements.announce();
    };
    io.on('connection', record);
    io.on('new_namespace', (namespace) => namespace.on('connection', record));
  }

  #of(namespace: string): Socket[] {
    return this.#made.filter((socket) => socket.nsp.name === namespace);
  }

  #dropConnections(): void {
    for (const connection of this.#connections) connection.resetAndDestroy();
  }
}
