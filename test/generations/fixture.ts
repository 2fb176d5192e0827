import { io } from '../../src/index.js';
import type { Options } from '../../src/platform/options.js';
import { legacy } from '../../src/plugins/legacy/index.js';
import type { Socket } from '../../src/socket/socket.js';
import { nextEvent, within } from '../support/waiting.js';
import type { ClientRecord } from './application.js';
import type { ServerName, Settings, Transport } from './names.js';

/** A request that passed through the network. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly cookie: string | null;
}

/** The traffic of a network so far. */
export interface Traffic {
  /** The oldest first. */
  readonly requests: readonly SeenRequest[];
  readonly connections: number;
  readonly open: number;
  readonly upgrades: number;
  readonly polling: number;
}

/** The network between a client and its server, which observes traffic and injects faults; see `test/support/fault-proxy.ts`. */
export interface Network {
  traffic(): Promise<Traffic>;
  untilOpen(count: number, limitMs: number): Promise<void>;
  refuseUpgrades(status: number): Promise<void>;
  swallowUpgrades(): Promise<void>;
  silenceAfterHandshake(): Promise<void>;
  blockPolling(how: 'reset' | 'swallow'): Promise<void>;
  stall(direction: 'to-client' | 'to-server'): Promise<void>;
  blackhole(): Promise<void>;
  /** Ends all faults, except being down. */
  heal(): Promise<void>;
  cut(): Promise<void>;
  down(): Promise<void>;
  up(): Promise<void>;
}

/** The server of a fixture and the network in front of it; for a fixture in a page, they are in another process. */
export interface Environment {
  readonly server: ServerName;
  /** The address that the client connects to. */
  readonly url: string;
  readonly network: Network;
  /** The same environment with other server settings. */
  withSettings(settings: Settings): Promise<Environment>;
  /** The same environment with a server that no other test uses. */
  isolated(): Promise<Environment>;
  /** Kills and restarts the server of an isolated environment. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

let clients = 0;
/** Tells the clients of different pages apart. */
const pageId = Math.random().toString(36).slice(2, 8);

/** One client of one server, with a network in between. Runs in Node and in pages. */
export class Fixture {
  readonly client: string = `client ${pageId} ${++clients}`;
  readonly #cleanUps: (() => unknown)[] = [];

  constructor(
    private readonly environment: Environment,
    readonly transport: Transport,
    /** How long a single event may take, in milliseconds. */
    readonly patienceMs: number,
  ) {}

  get server(): ServerName {
    return this.environment.server;
  }

  /** The address that the client connects to. */
  get url(): string {
    return this.environment.url;
  }

  get network(): Network {
    return this.environment.network;
  }

  /** A socket that is connecting. */
  io(namespace = '/', options: Options = {}): Socket {
    const { query, ...others } = options;
    const socket = io(`${this.environment.url}${namespace}`, {
      plugins: legacy === undefined ? undefined : [legacy()],
      transports: [this.transport],
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
      randomizationFactor: 0,
      // A query in the address is used only if there is no other.
      ...(!namespace.includes('?') && { query: { client: this.client, ...(query as object) } }),
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

  /** Joins another namespace over the connection of this socket. */
  async join(socket: Socket, namespace: string, auth?: object): Promise<Socket> {
    const other = socket.io.socket(namespace, auth && { auth });
    await this.next(other, 'connect');
    return other as unknown as Socket;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the test checks what arrives
  next(emitter: Parameters<typeof nextEvent>[0], event: string): Promise<any[]> {
    const received = nextEvent(emitter, event, this.patienceMs);
    // A test that has already failed no longer awaits this.
    received.catch(() => {});
    return received;
  }

  /** The arguments of the next `count` events. */
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
    const received = within(all, `${count} events "${event}"`, this.patienceMs);
    received.catch(() => {});
    return received;
  }

  /** Emits, and resolves with all arguments of the acknowledgement. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  ask(socket: Socket, event: string, ...args: unknown[]): Promise<any[]> {
    const answered = new Promise<unknown[]>((resolve) => {
      socket.emit(event, ...args, (...answer: unknown[]) => resolve(answer));
    });
    return within(answered, `the answer to "${event}"`, this.patienceMs);
  }

  /** What the server knows about this client. */
  async record(socket: Socket): Promise<ClientRecord> {
    const [record] = await this.ask(socket, 'record');
    return record as ClientRecord;
  }

  /** Waits until `count` connections are open. */
  untilOpen(count: number): Promise<void> {
    return this.network.untilOpen(count, this.patienceMs);
  }

  /** The same fixture with other server settings. */
  async withSettings(settings: Settings): Promise<Fixture> {
    return this.#in(await this.environment.withSettings(settings));
  }

  /** The same fixture with a server that no other test uses, and a function that restarts it. */
  async isolated(): Promise<{ fixture: Fixture; restart(): Promise<void> }> {
    const own = await this.environment.isolated();
    return { fixture: this.#in(own), restart: () => own.restart() };
  }

  #in(environment: Environment): Fixture {
    const fixture = new Fixture(environment, this.transport, this.patienceMs);
    this.#cleanUps.push(() => fixture.closeClient());
    return fixture;
  }

  /** Closes the client; the server and the network keep running. */
  async closeClient(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
  }

  async close(): Promise<void> {
    await this.closeClient();
    await this.environment.close();
  }
}
