import { io } from '../../src/index.js';
import { legacy } from '../../src/legacy/index.js';
import type { Options } from '../../src/platform/options.js';
import type { Socket } from '../../src/socket.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { freePort } from '../support/ports.js';
import { nextEvent, within } from '../support/waiting.js';
import type { Account } from './application.js';
import { type Running, type ServerName, type Settings, start } from './fixtures.js';

export type Transport = 'websocket' | 'polling';

/** A server that several tests share, or that one test stops and starts again. */
export interface Host {
  readonly name: ServerName;
  readonly running: Running;
  /** Another one of its kind; tests with the same settings share it. */
  shared(settings: Settings): Promise<Host>;
}

/** What holdfast remembers, it remembers by the address: nobody gets one that was somebody else's. */
const takenPorts = new Set<number>();
async function newPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (takenPorts.has(port)) continue;
    takenPorts.add(port);
    return port;
  }
}

let clients = 0;

/** One client of one server, with a proxy in between that sees and breaks. */
export class Stage {
  readonly who: string = `client ${++clients}`;
  readonly #cleanUps: (() => unknown)[] = [];

  static async over(host: Host, transport: Transport, patienceMs: number): Promise<Stage> {
    const proxy = new FaultProxy(host.running.port, await newPort());
    await proxy.up();
    return new Stage(host, transport, patienceMs, proxy);
  }

  private constructor(
    readonly host: Host,
    readonly transport: Transport,
    /** How long a single event may take, in milliseconds. */
    readonly patienceMs: number,
    readonly proxy: FaultProxy,
  ) {}

  get server(): ServerName {
    return this.host.name;
  }

  /** A socket that is on its way. */
  io(namespace = '/', options: Options = {}): Socket {
    const { query, ...others } = options;
    const socket = io(`${this.proxy.url}${namespace}`, {
      legacy,
      transports: [this.transport],
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
      randomizationFactor: 0,
      // One in the address counts only where there is no other.
      ...(!namespace.includes('?') && { query: { who: this.who, ...(query as object) } }),
      ...others,
    });
    this.#cleanUps.push(() => {
      socket.io.reconnection(false);
      socket.disconnect();
      socket.io.engine?.close();
    });
    return socket;
  }

  async connected(namespace?: string, options?: Options): Promise<Socket> {
    const socket = this.io(namespace, options);
    await this.next(socket, 'connect');
    return socket;
  }

  /** Another namespace over the connection of this socket. */
  async beside(socket: Socket, namespace: string, auth?: object): Promise<Socket> {
    const other = socket.io.socket(namespace, auth && { auth });
    await this.next(other, 'connect');
    return other as unknown as Socket;
  }

  // biome-ignore lint/suspicious/noExplicitAny: what comes is checked by the test
  next(emitter: Parameters<typeof nextEvent>[0], event: string): Promise<any[]> {
    const come = nextEvent(emitter, event, this.patienceMs);
    // A test that has failed already waits for nothing any more.
    come.catch(() => {});
    return come;
  }

  /** The arguments of so many events, from now on. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  collect(socket: Socket, event: string, count: number): Promise<any[][]> {
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const collected: any[][] = [];
    const all = new Promise<typeof collected>((resolve) => {
      socket.on(event, (...args: unknown[]) => {
        collected.push(args);
        if (collected.length === count) resolve(collected);
      });
    });
    const come = within(all, `${count} events "${event}"`, this.patienceMs);
    come.catch(() => {});
    return come;
  }

  /** Emits, and resolves with all arguments of the acknowledgement. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  ask(socket: Socket, event: string, ...args: unknown[]): Promise<any[]> {
    const answered = new Promise<unknown[]>((resolve) => {
      socket.emit(event, ...args, (...answer: unknown[]) => resolve(answer));
    });
    return within(answered, `the answer to "${event}"`, this.patienceMs);
  }

  /** What the server knows of this client. */
  async account(socket: Socket): Promise<Account> {
    const [account] = await this.ask(socket, 'account');
    return account as Account;
  }

  /** A stage like this one over a server with other settings. */
  async with(settings: Settings): Promise<Stage> {
    return this.#also(await Stage.over(await this.host.shared(settings), this.transport, this.patienceMs));
  }

  /** A stage like this one over a server that nobody else uses, and how to start that anew. */
  async alone(): Promise<{ stage: Stage; restart(): Promise<void> }> {
    const port = await newPort();
    let running = await start(this.server, {}, port);
    this.#cleanUps.push(() => running.kill());
    const host: Host = { name: this.server, running, shared: this.host.shared };
    return {
      stage: this.#also(await Stage.over(host, this.transport, this.patienceMs)),
      restart: async () => {
        await running.kill();
        running = await start(this.server, {}, port);
      },
    };
  }

  #also(stage: Stage): Stage {
    this.#cleanUps.push(() => stage.close());
    return stage;
  }

  async close(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
    await this.proxy.close();
  }
}
