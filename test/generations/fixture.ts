import { io } from '../../src/index.js';
import { legacy } from '../../src/plugins/legacy/index.js';
import type { Options } from '../../src/platform/options.js';
import type { Socket } from '../../src/socket/socket.js';
import { nextEvent, within } from '../support/waiting.js';
import type { Account } from './application.js';
import type { ServerName, Settings, Transport } from './names.js';

/** A request that went over a network. */
export interface Seen {
  readonly url: string;
  readonly cookie: string | null;
}

/** What went over a network so far. */
export interface Sights {
  /** The oldest first. */
  readonly requests: readonly Seen[];
  readonly connections: number;
  readonly open: number;
  readonly upgrades: number;
  readonly polling: number;
}

/** The way between one client and its server: it sees, and breaks. `test/support/fault-proxy.ts` says what each fault is. */
export interface Network {
  seen(): Promise<Sights>;
  untilOpen(count: number, limitMs: number): Promise<void>;
  refuseUpgrades(status: number): Promise<void>;
  swallowUpgrades(): Promise<void>;
  deafenUpgrades(): Promise<void>;
  blockPolling(how: 'reset' | 'swallow'): Promise<void>;
  stall(direction: 'to-client' | 'to-server'): Promise<void>;
  strand(): Promise<void>;
  /** Switches all faults off, except being down. */
  heal(): Promise<void>;
  cut(): Promise<void>;
  down(): Promise<void>;
  up(): Promise<void>;
}

/** The server of a stage, and the network before it: in this process, or, for a stage in a page, in another one. */
export interface Backstage {
  readonly server: ServerName;
  /** Where the client goes. */
  readonly url: string;
  readonly network: Network;
  /** One like this, with a server of other settings. */
  with(settings: Settings): Promise<Backstage>;
  /** One like this, with a server that nobody else uses. */
  alone(): Promise<Backstage>;
  /** Kills the server of one that is alone, and starts it anew. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

let clients = 0;
/** Those of other pages are others. */
const visit = Math.random().toString(36).slice(2, 8);

/** One client of one server, with a network in between. Runs in Node and in pages. */
export class Stage {
  readonly who: string = `client ${visit} ${++clients}`;
  readonly #cleanUps: (() => unknown)[] = [];

  constructor(
    private readonly backstage: Backstage,
    readonly transport: Transport,
    /** How long a single event may take, in milliseconds. */
    readonly patienceMs: number,
  ) {}

  get server(): ServerName {
    return this.backstage.server;
  }

  /** Where the client goes. */
  get url(): string {
    return this.backstage.url;
  }

  get network(): Network {
    return this.backstage.network;
  }

  /** A socket that is on its way. */
  io(namespace = '/', options: Options = {}): Socket {
    const { query, ...others } = options;
    const socket = io(`${this.backstage.url}${namespace}`, {
      plugins: legacy === undefined ? undefined : [legacy()],
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

  /** Until so many connections are open. */
  untilOpen(count: number): Promise<void> {
    return this.network.untilOpen(count, this.patienceMs);
  }

  /** A stage like this one over a server with other settings. */
  async with(settings: Settings): Promise<Stage> {
    return this.#over(await this.backstage.with(settings));
  }

  /** A stage like this one over a server that nobody else uses, and how to start that anew. */
  async alone(): Promise<{ stage: Stage; restart(): Promise<void> }> {
    const own = await this.backstage.alone();
    return { stage: this.#over(own), restart: () => own.restart() };
  }

  #over(backstage: Backstage): Stage {
    const stage = new Stage(backstage, this.transport, this.patienceMs);
    this.#cleanUps.push(() => stage.leave());
    return stage;
  }

  /** The client leaves; the server and the network stay. */
  async leave(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
  }

  async close(): Promise<void> {
    await this.leave();
    await this.backstage.close();
  }
}
