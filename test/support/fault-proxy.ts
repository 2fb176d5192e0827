import { createServer, type Server, type Socket } from 'node:net';
import { type Direction, type Dispose, Faults } from './faults.js';
import type { RequestHead, RequestKind } from './http-head.js';
import { freePort, host, listen } from './ports.js';
import { ProxiedConnection } from './proxied-connection.js';
import { Announcements } from './waiting.js';

/** A TCP proxy on 127.0.0.1 in front of a server, which breaks the network on demand. */

export interface Refusal {
  readonly status: number;
  readonly body?: string;
}

export interface Counters {
  /** TCP connections taken. */
  readonly connections: number;
  /** Of these, still there. */
  readonly open: number;
  /** Requests seen, whatever became of them. */
  readonly upgrades: number;
  readonly polling: number;
  readonly other: number;
}

export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const proxy = new FaultProxy(targetPort, await freePort());
  await proxy.up();
  return proxy;
}

export class FaultProxy {
  readonly port: number;
  readonly url: string;
  /** The heads of all requests seen, oldest first. */
  readonly requests: RequestHead[] = [];
  readonly #targetPort: number;
  readonly #faults = new Faults();
  readonly #connections = new Set<ProxiedConnection>();
  readonly #announcements = new Announcements();
  #listener: Server | undefined;
  #connectionsTaken = 0;

  constructor(targetPort: number, port: number) {
    this.#targetPort = targetPort;
    this.port = port;
    this.url = `http://${host}:${port}`;
  }

  get counters(): Counters {
    return {
      connections: this.#connectionsTaken,
      open: this.#connections.size,
      upgrades: this.#seen('upgrade'),
      polling: this.#seen('polling'),
      other: this.#seen('other'),
    };
  }

  /** Resolves as soon as the counters fulfil the condition. */
  until(what: string, condition: (counters: Counters) => boolean, limitMs?: number): Promise<void> {
    return this.#announcements.until(what, () => condition(this.counters), limitMs);
  }

  /** Upgrades are answered with this status. */
  refuseUpgrades(refusal: Refusal): Dispose {
    return this.#faults.onRequest('upgrade', { type: 'refuse', body: '', ...refusal });
  }

  /** Upgrades are taken and never answered. Those already swallowed stay so when this is switched off. */
  swallowUpgrades(): Dispose {
    return this.#faults.onRequest('upgrade', { type: 'swallow' });
  }

  /** Upgrades are answered with a correct 101, and nothing ever follows. */
  silenceUpgrades(): Dispose {
    return this.#faults.onRequest('upgrade', { type: 'silence' });
  }

  /**
   * Upgrades succeed and bring the server's handshake. Nothing else comes through, in either direction, or the connection is
   * reset as soon as the client says anything.
   */
  handshakeOnly(then: 'silence' | 'reset' = 'silence'): Dispose {
    return this.#faults.onRequest('upgrade', { type: 'handshakeOnly', then });
  }

  /** Upgrades are passed on only after so many milliseconds. */
  holdUpgrades(ms: number): Dispose {
    return this.#faults.onRequest('upgrade', { type: 'hold', ms });
  }

  /** New polling requests are reset, never answered, or refused; those already passed on go on. */
  blockPolling(how: 'reset' | 'swallow' | Refusal): Dispose {
    const fault = typeof how === 'string' ? { type: how } : { type: 'refuse' as const, body: '', ...how };
    return this.#faults.onRequest('polling', fault);
  }

  /** Everything from now on is taken and not delivered in this direction; it comes when this is switched off. */
  stall(direction: Direction): Dispose {
    return this.#faults.wires[direction].apply({ stalled: true });
  }

  /** So many milliseconds more each way, and up to `jitterMs` on top at random. */
  delay(delayMs: number, jitterMs = 0): Dispose {
    const disposers = Object.values(this.#faults.wires).map((wire) => wire.apply({ delayMs, jitterMs }));
    return () => {
      for (const dispose of disposers) dispose();
    };
  }

  /** For each connection and direction. */
  limitRate(bytesPerSecond: number): Dispose {
    const disposers = Object.values(this.#faults.wires).map((wire) => wire.apply({ bytesPerSecond }));
    return () => {
      for (const dispose of disposers) dispose();
    };
  }

  /** Once so many more bytes went in this direction, over whichever connection, the one that has the next is cut. */
  cutAfter(bytes: number, direction: Direction): Dispose {
    return this.#faults.wires[direction].allow(bytes);
  }

  /** A TCP reset to everyone, now. New connections are taken. */
  cut(): void {
    for (const connection of [...this.#connections]) connection.cut();
  }

  /**
   * The connections that there are deliver nothing any more, in either direction, and their ends are not told: what a
   * change of network or a long sleep leaves behind. New connections work.
   */
  strand(): void {
    for (const connection of this.#connections) connection.strand();
  }

  /**
   * The same for WebSockets; all else is cut. After a change of network a browser lets go of its idle connections by
   * itself: nobody's next request goes into one of these.
   */
  strandUpgraded(): void {
    for (const connection of [...this.#connections]) {
      if (connection.upgraded) connection.strand();
      else connection.cut();
    }
  }

  /** Cuts everything and listens no more: connections are refused by the operating system. */
  async down(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    const closed = new Promise<void>((resolve) => {
      if (listener === undefined) resolve();
      else listener.close(() => resolve());
    });
    this.cut();
    await closed;
  }

  /** Listens again on the same port. */
  async up(): Promise<void> {
    if (this.#listener !== undefined) return;
    const listener = createServer({ allowHalfOpen: true }, (client) => this.#take(client));
    this.#listener = listener;
    await listen(listener, this.port);
  }

  /** Switches all faults off, except being down. */
  heal(): void {
    this.#faults.heal();
  }

  async close(): Promise<void> {
    await this.down();
    this.heal();
  }

  #take(client: Socket): void {
    this.#connectionsTaken += 1;
    const connection = new ProxiedConnection(client, this.#targetPort, this.#faults, {
      request: (head) => {
        this.requests.push(head);
        this.#announcements.announce();
      },
      gone: () => {
        this.#connections.delete(connection);
        this.#announcements.announce();
      },
    });
    this.#connections.add(connection);
    this.#announcements.announce();
  }

  #seen(kind: RequestKind): number {
    return this.requests.filter((head) => head.kind === kind).length;
  }
}
