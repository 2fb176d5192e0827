import { FaultProxy } from '../support/fault-proxy.js';
import { freePort } from '../support/ports.js';
import type { Environment, Network, SeenRequest } from './fixture.js';
import type { ServerName, Settings } from './names.js';
import { type Running, start } from './start-server.js';

/** A server that several tests share, or that one test restarts. */
export interface SharedServer {
  readonly name: ServerName;
  readonly running: Running;
  /** A server of the same version with other settings; tests with the same settings share it. */
  withSettings(settings: Settings): Promise<SharedServer>;
}

/** An environment in this process: a server behind a fault proxy. */
export class LocalEnvironment implements Environment {
  readonly network: Network;
  readonly #cleanUps: (() => unknown)[] = [];

  static async open(shared: SharedServer): Promise<LocalEnvironment> {
    const proxy = new FaultProxy(shared.running.port, await freePort());
    await proxy.up();
    return new LocalEnvironment(shared, proxy);
  }

  private constructor(
    private readonly shared: SharedServer,
    private readonly proxy: FaultProxy,
  ) {
    this.network = networkOf(proxy);
  }

  get server(): ServerName {
    return this.shared.name;
  }

  get url(): string {
    return this.proxy.url;
  }

  async withSettings(settings: Settings): Promise<LocalEnvironment> {
    return this.#addCleanUp(await LocalEnvironment.open(await this.shared.withSettings(settings)));
  }

  async isolated(): Promise<LocalEnvironment> {
    const port = await freePort();
    let running = await start(this.server, {}, port);
    this.#cleanUps.push(() => running.kill());
    const { withSettings } = this.shared;
    const own = this.#addCleanUp(await LocalEnvironment.open({ name: this.server, running, withSettings }));
    own.restart = async () => {
      await running.kill();
      running = await start(this.server, {}, port);
    };
    return own;
  }

  /** Only an isolated environment can restart its server. */
  restart(): Promise<void> {
    return Promise.reject(new Error('Other tests share this server.'));
  }

  async close(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
    await this.proxy.close();
  }

  #addCleanUp(environment: LocalEnvironment): LocalEnvironment {
    this.#cleanUps.push(() => environment.close());
    return environment;
  }
}

function networkOf(proxy: FaultProxy): Network {
  return {
    traffic: async () => ({
      requests: proxy.requests.map(
        ({ method, url, headers }): SeenRequest => ({ method, url, cookie: headers.get('cookie') ?? null }),
      ),
      ...proxy.counters,
    }),
    untilOpen: (count, limitMs) =>
      proxy.until(`${count} open connections`, ({ open }) => open === count, limitMs),
    refuseUpgrades: async (status) => void proxy.refuseUpgrades({ status }),
    swallowUpgrades: async () => void proxy.swallowUpgrades(),
    silenceAfterHandshake: async () => void proxy.handshakeOnly(),
    blockPolling: async (how) => void proxy.blockPolling(how),
    stall: async (direction) => void proxy.stall(direction),
    blackhole: async () => proxy.strand(),
    heal: async () => proxy.heal(),
    cut: async () => proxy.cut(),
    down: () => proxy.down(),
    up: () => proxy.up(),
  };
}
