import { type ChildProcess, fork } from 'node:child_process';
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { createClient } from '@redis/client';
import { setupPrimary } from '@socket.io/cluster-adapter';
import { type Middlebox, nginx, redis } from '../faults/middleboxes.js';
import { freePort, host } from '../support/ports.js';
import { nextEvent, within } from '../support/waiting.js';
import type { Broadcast } from './delivery-check.js';

/** A cluster of three nodes, which can be stopped and restarted, and a clock node, which has no clients and only broadcasts. */

export interface Target {
  readonly nsp: string;
  readonly room?: string;
}

/** The settings of a node. */
export interface NodeSettings {
  readonly name: string;
  readonly port?: number;
  readonly redis?: string;
  readonly everyMs: number;
  readonly targets: readonly Target[];
}

type Order = 'start' | 'stop broadcasting' | 'cut' | 'stop';
type Launch = (settings: NodeSettings) => ChildProcess;

/** What connects the nodes. */
interface Backbone {
  /** The ports of the nodes: one for each, or one for all. */
  readonly ports: readonly number[];
  readonly launch: Launch;
  /** All broadcasts, in the order in which they were forwarded. */
  order(): Promise<{ from: string; n: number }[]>;
  close(): Promise<void>;
}

const file = fileURLToPath(new URL('node.mjs', import.meta.url));
/** Starting a process takes long on a busy machine. */
const startMs = 30_000;
export const nodeCount = 3;
/** The name of the node that has no clients, and runs as long as the cluster. */
export const clockName = 'clock';

export class Cluster {
  readonly url: string;
  readonly #backbone: Backbone;
  readonly #box: Middlebox | undefined;
  readonly #targets: readonly Target[];
  readonly #nodes = new Map<string, { name: string; process: ChildProcess }>();
  #starts = 0;
  #broadcasting = false;

  private constructor(backbone: Backbone, box: Middlebox | undefined, targets: readonly Target[]) {
    this.#backbone = backbone;
    this.#box = box;
    this.#targets = targets;
    this.url = `http://${host}:${box?.port ?? backbone.ports[0]}`;
  }

  /** Nodes connected by Redis streams, behind nginx with round robin. */
  static async withRedis(targets: readonly Target[]): Promise<Cluster> {
    const backbone = await redisBackbone();
    const box = await nginx({ upgrades: true, connections: 4_096, keepFailed: true })(backbone.ports);
    return Cluster.#start(backbone, box, targets);
  }

  /** Nodes connected by Node's cluster module, which distributes connections in turn. */
  static async withNodeCluster(targets: readonly Target[]): Promise<Cluster> {
    return Cluster.#start(await clusterBackbone(), undefined, targets);
  }

  static async #start(
    backbone: Backbone,
    box: Middlebox | undefined,
    targets: readonly Target[],
  ): Promise<Cluster> {
    const instance = new Cluster(backbone, box, targets);
    const starts = Array.from({ length: nodeCount }, (_, index) => instance.startNode(index));
    try {
      await Promise.all([...starts, instance.#launch(clockName, clockName, undefined, 40)]);
    } catch (error) {
      await instance.close();
      throw error;
    }
    return instance;
  }

  /** The current name of a node, which changes with each start. */
  name(index: number): string {
    return this.#nodes.get(String(index))?.name ?? 'none';
  }

  /** Starts a node; resolves when clients can connect. */
  async startNode(index: number): Promise<void> {
    this.#starts += 1;
    const port = this.#backbone.ports[index % this.#backbone.ports.length];
    await this.#launch(String(index), `node-${index}-${this.#starts}`, port, 110);
  }

  /** Kills a node. */
  async kill(index: number): Promise<void> {
    await this.#end(index, ({ process }) => process.kill('SIGKILL'));
  }

  /** Stops a node gracefully, as an update does. */
  async stop(index: number): Promise<void> {
    await this.#end(index, ({ process }) => send(process, 'stop'));
  }

  /** Resets every connection of a node, which keeps running. */
  cut(index: number): void {
    const node = this.#nodes.get(String(index));
    if (node) send(node.process, 'cut');
  }

  /** Starts the broadcasts of all nodes. */
  broadcast(): void {
    this.#broadcasting = true;
    for (const { process } of this.#nodes.values()) send(process, 'start');
  }

  /** Stops the broadcasts of the nodes. The clock continues: a client that receives it afterwards has received all of theirs. */
  async stopBroadcasts(): Promise<void> {
    this.#broadcasting = false;
    await Promise.all(
      [...this.#nodes].map(([key, { process }]) => key !== clockName && stopBroadcasting(process)),
    );
  }

  /** Stops the broadcasts of the clock, and returns their number. */
  async stopClock(): Promise<number> {
    const node = this.#nodes.get(clockName);
    return node ? stopBroadcasting(node.process) : 0;
  }

  /** All broadcasts, in the order in which they were forwarded. */
  async order(): Promise<Broadcast[]> {
    const forwarded = await this.#backbone.order();
    return forwarded.map(({ from, n }) => ({
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
    await this.#backbone.close();
  }

  async #launch(key: string, name: string, port: number | undefined, everyMs: number): Promise<void> {
    const targets = this.#targets;
    const process = this.#backbone.launch({ name, everyMs, targets, ...(port !== undefined && { port }) });
    this.#nodes.set(key, { name, process });
    await messageOf(process, 'ready', startMs);
    if (this.#broadcasting) send(process, 'start');
  }

  async #end(index: number, end: (node: { process: ChildProcess }) => void): Promise<void> {
    const node = this.#nodes.get(String(index));
    if (!node) throw new Error(`There is no node ${index}.`);
    const exit = nextEvent(node.process, 'exit');
    end(node);
    await exit;
    this.#nodes.delete(String(index));
  }
}

/** The node's message of this name. The cluster adapter uses the same channel. */
function messageOf(process: ChildProcess, what: 'ready' | 'sent', limitMs?: number): Promise<number> {
  const answer = new Promise<number>((resolve, reject) => {
    process.on('message', (message: Record<string, unknown>) => {
      if (what in message) resolve(Number(message[what]));
    });
    process.once('exit', (code) => reject(new Error(`A node exited (${code}) before it sent "${what}".`)));
  });
  return within(answer, `a node to send "${what}"`, limitMs);
}

function send(process: ChildProcess, order: Order): void {
  process.send({ order });
}

function stopBroadcasting(process: ChildProcess): Promise<number> {
  const answer = messageOf(process, 'sent');
  send(process, 'stop broadcasting');
  return answer;
}

const environment = (settings: NodeSettings): Record<string, string> => ({
  HOLDFAST_NODE: JSON.stringify(settings),
});

async function redisBackbone(): Promise<Backbone> {
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
      return (entries ?? []).flatMap(({ message }) => broadcastsIn(JSON.parse(message.data ?? '{}')));
    },
    close: () => store.stop(),
  };
}

async function clusterBackbone(): Promise<Backbone> {
  const order: { from: string; n: number }[] = [];
  cluster.setupPrimary({ exec: file, execArgv: [], serialization: 'advanced' });
  setupPrimary();
  cluster.on('message', (_, message: { data?: unknown }) => order.push(...broadcastsIn(message.data)));
  return {
    ports: [await freePort()],
    launch: (settings) => cluster.fork(environment(settings)).process,
    order: async () => order,
    close: async () => {
      cluster.removeAllListeners('message');
    },
  };
}

/** The broadcast in a message between nodes, if it is one. */
function broadcastsIn(data: unknown): { from: string; n: number }[] {
  const [event, from, n] = (data as { packet?: { data?: unknown[] } } | undefined)?.packet?.data ?? [];
  return event === 'count' ? [{ from: String(from), n: Number(n) }] : [];
}
