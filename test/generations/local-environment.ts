import { FaultProxy } from '../support/fault-proxy.js';
import { freePort } from '../support/ports.js';
import type { Backstage, Network, Seen } from './fixture.js';
import type { ServerName, Settings } from './names.js';
import { type Running, start } from './start-server.js';

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

/** Servers and proxies of this process. */
export class LocalBackstage implements Backstage {
  readonly network: Network;
  readonly #cleanUps: (() => unknown)[] = [];

  static async over(host: Host): Promise<LocalBackstage> {
    const proxy = new FaultProxy(host.running.port, await newPort());
    await proxy.up();
    return new LocalBackstage(host, proxy);
  }

  private constructor(
    private readonly host: Host,
    private readonly proxy: FaultProxy,
  ) {
    this.network = networkOf(proxy);
  }

  get server(): ServerName {
    return this.host.name;
  }

  get url(): string {
    return this.proxy.url;
  }

  async with(settings: Settings): Promise<LocalBackstage> {
    return this.#also(await LocalBackstage.over(await this.host.shared(settings)));
  }

  async alone(): Promise<LocalBackstage> {
    const port = await newPort();
    let running = await start(this.server, {}, port);
    this.#cleanUps.push(() => running.kill());
    const host: Host = { name: this.server, running, shared: this.host.shared };
    const own = this.#also(await LocalBackstage.over(host));
    own.restart = async () => {
      await running.kill();
      running = await start(this.server, {}, port);
    };
    return own;
  }

  /** Of one that is alone. */
  restart(): Promise<void> {
    return Promise.reject(new Error('Others use this server, too.'));
  }

  async close(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
    await this.proxy.close();
  }

  #also(one: LocalBackstage): LocalBackstage {
    this.#cleanUps.push(() => one.close());
    return one;
  }
}

function networkOf(proxy: FaultProxy): Network {
  return {
    seen: async () => ({
      requests: proxy.requests.map(
        ({ url, headers }): Seen => ({ url, cookie: headers.get('cookie') ?? null }),
      ),
      ...proxy.counters,
    }),
    untilOpen: (count, limitMs) =>
      proxy.until(`${count} open connections`, ({ open }) => open === count, limitMs),
    refuseUpgrades: async (status) => void proxy.refuseUpgrades({ status }),
    swallowUpgrades: async () => void proxy.swallowUpgrades(),
    deafenUpgrades: async () => void proxy.deafenUpgrades(),
    blockPolling: async (how) => void proxy.blockPolling(how),
    stall: async (direction) => void proxy.stall(direction),
    strand: async () => proxy.strand(),
    heal: async () => proxy.heal(),
    cut: async () => proxy.cut(),
    down: () => proxy.down(),
    up: () => proxy.up(),
  };
}
