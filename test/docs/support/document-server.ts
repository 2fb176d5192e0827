import { createServer, type Server as HttpServer } from 'node:http';
import { createClient } from '@redis/client';
import { Server } from 'socket.io';
import { type Middlebox, provideMiddleboxes, redis } from '../../faults/middleboxes.js';
import { freePort, host, listen } from '../../support/ports.js';
import { Announcements } from '../../support/waiting.js';
import { answerEverything } from '../prelude/server.js';
import type { Block } from './blocks.js';

/** The server of one document: with the document's server blocks, or with default answers. */

/** Addresses that documents use; all of them are the server of the test. */
const addresses = /(http|ws)s?:\/\/(localhost:3000|(old\.)?example\.com)\b/g;

export class DocumentServer {
  readonly port: number;
  readonly url: string;
  readonly #servers: Server[] = [];
  readonly #clients: { close(): Promise<void> }[] = [];
  readonly #announcements = new Announcements();
  #http: HttpServer | undefined;
  #redis: Middlebox | undefined;
  #visits = 0;

  readonly #pages: string;

  private constructor(port: number, pages: string) {
    this.port = port;
    this.#pages = pages;
    this.url = `http://${host}:${port}`;
  }

  /** @param pages the origin of the pages */
  static async open(blocks: readonly Block[], pages: string): Promise<DocumentServer> {
    const server = new DocumentServer(await freePort(), pages);
    await server.#play(blocks);
    return server;
  }

  /** Replaces the addresses of this server with those of the document. */
  here = (code: string): string => code.replace(addresses, `$1://${host}:${this.port}`);

  /** Resolves when this many sockets have connected in total, in any namespace. */
  async visited(count: number): Promise<void> {
    await this.#announcements.until(`socket ${count} on the server`, () => this.#visits >= count);
  }

  get visits(): number {
    return this.#visits;
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.disconnectSockets(true);
      await server.close();
    }
    for (const client of this.#clients) await client.close();
    this.#http?.closeAllConnections();
    await this.#redis?.stop();
  }

  async #play(blocks: readonly Block[]): Promise<void> {
    // A document creates its own server, on a port or on the existing HTTP server; otherwise the default server answers.
    const makesOne = blocks.some(({ code }) => /new Server\(/.test(code));
    this.#http = createServer();
    const own = makesOne ? undefined : this.#make(this.#http, { cors: { origin: '*' } });
    if (own) answerEverything(own);
    for (const block of blocks) await this.#run(block, own);
    if (!blocks.some(({ code }) => /new Server\(\d/.test(code))) await listen(this.#http, this.port);
  }

  #make(...args: ConstructorParameters<typeof Server>): Server {
    const io = new Server(...args);
    this.#servers.push(io);
    const count = (): void => {
      this.#visits += 1;
      this.#announcements.announce();
    };
    io.on('connection', count);
    io.on('new_namespace', (namespace) => namespace.on('connection', count));
    return io;
  }

  #client(options: object): unknown {
    const client = createClient(options);
    this.#clients.push(client);
    return client;
  }

  async #run({ code, place }: Block, own: Server | undefined): Promise<void> {
    if (/redis/.test(code) && !this.#redis) {
      const missing = await provideMiddleboxes(['redis-server']);
      if (missing) throw new Error(missing);
      this.#redis = await redis();
    }
    const self = this;
    class Counted extends Server {
      constructor(...args: ConstructorParameters<typeof Server>) {
        super();
        // biome-ignore lint/correctness/noConstructorReturn: so that `new Server()` of the block is known here
        return self.#make(...args);
      }
    }
    const modules: Readonly<Record<string, object>> = {
      'socket.io': { Server: Counted },
      redis: { createClient: (options: object) => this.#client(options) },
    };
    const load = async (name: string): Promise<unknown> => modules[name] ?? import(name);
    const body = code
      .replace(/^import (\{.*\}|\w+) from '(.*)';$/gm, (_, names, name) =>
        names.startsWith('{')
          ? `const ${names.replaceAll(' as ', ': ')} = await load('${name}');`
          : `const { default: ${names} } = await load('${name}');`,
      )
      .replaceAll('3000', String(this.port))
      .replaceAll('https://app.example.com', this.#pages);
    const program = new AsyncFunction('io', 'http', 'url', 'load', `{\n${body}\n}`);
    try {
      await program(own ?? this.#servers[0], this.#http, `redis://${host}:${this.#redis?.port}`, load);
    } catch (cause) {
      throw new Error(`${place}: ${cause}`, { cause });
    }
  }
}

const AsyncFunction = (async () => {}).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<void>;
