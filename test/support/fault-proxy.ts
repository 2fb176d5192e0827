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
  /** Accepted TCP connections. */
  readonly connections: number;
  /** Connections that are still open. */
  readonly open: number;
  /** All requests, whatever their outcome. */
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
  /** The heads of all requests, oldest first. */
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

  /** Resolves as soon as the counters satisfy the condition. */
  until(what: string, condition: (counters: Counters) => boolean, limitMs?: number): Promise<void> {
    return this.#announcements.until(what, () => condition(this.counters), limitMs);
  }

  /** Upgrades are answered with this status. */
  refuseUpgrades(refusal: Refusal): Dispose {
    return this.#faults.onRequest('upgrade', { type: 'refuse', body: '', ...refusal });
  }

  /** Upgrades are accepted and never answered. Swallowed ones stay so when this is switched off. */
  swallowUpgrades(): Dispose {
    return this.#faults.onRequest('upgrade', { type: 'swallow' });
  }

  /** Upgrades are answered with a correct 101, and nothing ever follows. */
  silenceUpgrades(): Dispose {
    return this.#faults.onRequest('upgrade', { type: 'silence' });
  }

  /**
   * Upgrades succeed and deliver the server's handshake. Nothing else passes, in either direction, or the connection is reset as
   * soon as the client sends anything.
   */
  handshakeOnly(then: 'silence' | 'reset' = 'silence'): Dispose {
    return this.#faults.onRequest('upgrade', { type: 'handshakeOnly', then });
  }

  /** Upgrades are forwarded only after this many milliseconds. */
  holdUpgrades(ms: number): Dispose {
    return this.#faults.onRequest('upgrade', { type: 'hold', ms });
  }

  /** New polling requests are reset, never answered, or refused; forwarded ones continue. */
  blockPolling(how: 'reset' | 'swallow' | Refusal): Dispose {
    const fault = typeof how === 'string' ? { type: how } : { type: 'refuse' as const, body: '', ...how };
    return this.#faults.onRequest('polling', fault);
  }

  /** From now on, data in this direction is accepted and held back; it is delivered when this is switched off. */
  stall(direction: Direction): Dispose {
    return this.#faults.wires[direction].apply({ stalled: true });
  }

  /** Delays each direction by this many milliseconds, plus up to `jitterMs` at random. */
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

  /** After this many further bytes in this direction, over all connections, the connection with the next byte is cut. */
  cutAfter(bytes: number, direction: Direction): Dispose {
    return this.#faults.wires[direction].allow(bytes);
  }

  /** Resets every TCP connection now. New connections are accepted. */
  cut(): void {
    for (const connection of [...this.#connections]) connection.cut();
  }

  /**
   * The existing connections deliver nothing any more, in either direction, and their ends are not notified, as after a change of
   * network or a long sleep. New connections work.
   */
  strand(): void {
    for (const connection of this.#connections) connection.strand();
  }

  /**
   * The same for WebSockets; everything else is cut. After a change of network a browser closes its idle connections by itself: no
   * later request uses one of them.
   */
  strandUpgraded(): void {
    for (const connection of [...this.#connections]) {
      if (connection.upgraded) connection.strand();
      else connection.cut();
    }
  }

  /** Cuts everything and stops listening: the operating system refuses connections. */
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
