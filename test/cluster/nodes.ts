import { type ChildProcess, fork } from 'node:child_process';
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { createClient } from '@redis/client';
import { setupPrimary } from '@socket.io/cluster-adapter';
import { type Middlebox, nginx, redis } from '../faults/middleboxes.js';
import { freePort, host } from '../support/ports.js';
import { nextEvent, within } from '../support/waiting.js';
import type { Broadcast } from './delivery-check.js';

/** A site of three nodes, and one that serves nobody and only broadcasts; the nodes may be ended and come back. */

export interface Target {
  readonly nsp: string;
  readonly room?: string;
}

/** What a node is told at its start. */
export interface NodeSettings {
  readonly name: string;
  readonly port?: number;
  readonly redis?: string;
  readonly everyMs: number;
  readonly targets: readonly Target[];
}

type Order = 'start' | 'quiet' | 'cut' | 'stop';
type Launch = (settings: NodeSettings) => ChildProcess;

/** What joins the nodes. */
interface Joint {
  /** Where the nodes listen: each at a port of its own, or all at the same. */
  readonly ports: readonly number[];
  readonly launch: Launch;
  /** Everything that was broadcast, in the order in which it was passed on. */
  order(): Promise<{ from: string; n: number }[]>;
  close(): Promise<void>;
}

const file = fileURLToPath(new URL('node.mjs', import.meta.url));
/** Starting a process takes its time where others keep the machine busy. */
const startMs = 30_000;
export const nodeCount = 3;
/** The name of the one that serves nobody, and lives as long as the site. */
export const tower = 'tower';

export class Site {
  readonly url: string;
  readonly #joint: Joint;
  readonly #box: Middlebox | undefined;
  readonly #targets: readonly Target[];
  readonly #nodes = new Map<string, { name: string; process: ChildProcess }>();
  #births = 0;
  #broadcasting = false;

  private constructor(joint: Joint, box: Middlebox | undefined, targets: readonly Target[]) {
    this.#joint = joint;
    this.#box = box;
    this.#targets = targets;
    this.url = `http://${host}:${box?.port ?? joint.ports[0]}`;
  }

  /** Nodes joined by Redis streams, behind nginx, which goes round robin. */
  static async withRedis(targets: readonly Target[]): Promise<Site> {
    const joint = await redisJoint();
    const box = await nginx({ upgrades: true, connections: 4_096, keepFailed: true })(joint.ports);
    return Site.#start(joint, box, targets);
  }

  /** Nodes joined by Node's own cluster, which hands out connections in turn. */
  static async withNodeCluster(targets: readonly Target[]): Promise<Site> {
    return Site.#start(await clusterJoint(), undefined, targets);
  }

  static async #start(joint: Joint, box: Middlebox | undefined, targets: readonly Target[]): Promise<Site> {
    const site = new Site(joint, box, targets);
    const places = Array.from({ length: nodeCount }, (_, place) => site.revive(place));
    try {
      await Promise.all([...places, site.#launch(tower, tower, undefined, 40)]);
    } catch (error) {
      await site.close();
      throw error;
    }
    return site;
  }

  /** The present name of the node at this place: another one after each start. */
  name(place: number): string {
    return this.#nodes.get(String(place))?.name ?? 'nobody';
  }

  /** Starts the node at this place; resolves when clients can come. */
  async revive(place: number): Promise<void> {
    this.#births += 1;
    const port = this.#joint.ports[place % this.#joint.ports.length];
    await this.#launch(String(place), `node-${place}-${this.#births}`, port, 110);
  }

  /** Ends a node without a word. */
  async kill(place: number): Promise<void> {
    await this.#end(place, ({ process }) => process.kill('SIGKILL'));
  }

  /** Ends a node in order, as an update does. */
  async stop(place: number): Promise<void> {
    await this.#end(place, ({ process }) => tell(process, 'stop'));
  }

  /** Resets every connection of a node, which lives on. */
  cut(place: number): void {
    const node = this.#nodes.get(String(place));
    if (node) tell(node.process, 'cut');
  }

  /** From now on, all broadcast. */
  broadcast(): void {
    this.#broadcasting = true;
    for (const { process } of this.#nodes.values()) tell(process, 'start');
  }

  /** Ends the broadcasts of the nodes. The tower goes on: who has heard it after this has heard all that they said. */
  async hush(): Promise<void> {
    this.#broadcasting = false;
    await Promise.all([...this.#nodes].map(([key, { process }]) => key !== tower && quiet(process)));
  }

  /** Ends the broadcasts of the tower; how many there were. */
  async quiet(): Promise<number> {
    const node = this.#nodes.get(tower);
    return node ? quiet(node.process) : 0;
  }

  /** Everything that was broadcast, in the order in which it was passed on. */
  async order(): Promise<Broadcast[]> {
    const passed = await this.#joint.order();
    return passed.map(({ from, n }) => ({
      from,
      n,
      ...(this.#targets[(n - 1) % this.#targets.length] as Target),
    }));
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#nodes.values()].map(async ({ process }) => {
        if (process.exitCode !== null || process.signalCode !== null) return;
        const exit = nextEvent(process, 'exit');
        process.kill('SIGKILL');
        await exit;
      }),
    );
    await this.#box?.stop();
    await this.#joint.close();
  }

  async #launch(key: string, name: string, port: number | undefined, everyMs: number): Promise<void> {
    const targets = this.#targets;
    const process = this.#joint.launch({ name, everyMs, targets, ...(port !== undefined && { port }) });
    this.#nodes.set(key, { name, process });
    await said(process, 'ready', startMs);
    if (this.#broadcasting) tell(process, 'start');
  }

  async #end(place: number, end: (node: { process: ChildProcess }) => void): Promise<void> {
    const node = this.#nodes.get(String(place));
    if (!node) throw new Error(`There is no node ${place}.`);
    const exit = nextEvent(node.process, 'exit');
    end(node);
    await exit;
    this.#nodes.delete(String(place));
  }
}

/** What a node says under this name. The adapter of the cluster talks over the same channel. */
function said(process: ChildProcess, what: 'ready' | 'told', limitMs?: number): Promise<number> {
  const answer = new Promise<number>((resolve, reject) => {
    process.on('message', (message: Record<string, unknown>) => {
      if (what in message) resolve(Number(message[what]));
    });
    process.once('exit', (code) => reject(new Error(`A node ended (${code}) before it had said "${what}".`)));
  });
  return within(answer, `a node to say "${what}"`, limitMs);
}

function tell(process: ChildProcess, order: Order): void {
  process.send({ order });
}

function quiet(process: ChildProcess): Promise<number> {
  const answer = said(process, 'told');
  tell(process, 'quiet');
  return answer;
}

const environment = (settings: NodeSettings): Record<string, string> => ({
  HOLDFAST_NODE: JSON.stringify(settings),
});

async function redisJoint(): Promise<Joint> {
  const store = await redis();
  const url = `redis://${host}:${store.port}`;
  const ports: number[] = [];
  while (ports.length < nodeCount) ports.push(await freePort());
  return {
    ports,
    launch: (settings) =>
      fork(file, { env: { ...process.env, ...environment({ ...settings, redis: url }) }, execArgv: [] }),
    async order() {
      const client = await createClient({ url }).connect();
      const entries = await client.xRange('socket.io', '-', '+');
      client.destroy();
      return (entries ?? []).flatMap(({ message }) => counted(JSON.parse(message.data ?? '{}')));
    },
    close: () => store.stop(),
  };
}

async function clusterJoint(): Promise<Joint> {
  const order: { from: string; n: number }[] = [];
  cluster.setupPrimary({ exec: file, execArgv: [], serialization: 'advanced' });
  setupPrimary();
  cluster.on('message', (_, message: { data?: unknown }) => order.push(...counted(message.data)));
  return {
    ports: [await freePort()],
    launch: (settings) => cluster.fork(environment(settings)).process,
    order: async () => order,
    close: async () => {
      cluster.removeAllListeners('message');
    },
  };
}

/** The broadcast in a message between the nodes, where it is one. */
function counted(data: unknown): { from: string; n: number }[] {
  const [event, from, n] = (data as { packet?: { data?: unknown[] } } | undefined)?.packet?.data ?? [];
  return event === 'count' ? [{ from: String(from), n: Number(n) }] : [];
}
