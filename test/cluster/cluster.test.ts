import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { provideMiddleboxes } from '../faults/middleboxes.js';
import { Clients, targets } from './clients.js';
import { Cluster, nodeCount } from './nodes.js';

/**
 * Three nodes without sticky sessions, 200 clients, and nodes that die. Every client reconnects, and receives every broadcast
 * exactly once or is notified of a gap.
 *
 * HOLDFAST_CLUSTER_SECONDS: for how long nodes are stopped, each time a different node in a different way; by default, each way once.
 */

const clientCount = 200;
const seconds = Number(process.env.HOLDFAST_CLUSTER_SECONDS ?? 0);
const limitMs = seconds * 1_000 + 60_000;

let missing: string | undefined;
beforeAll(async () => {
  missing = await provideMiddleboxes(['nginx', 'redis-server']);
  // In CI, missing programs are a failure.
  if (missing && process.env.CI) throw new Error(missing);
});

let close: (() => Promise<void>) | undefined;
afterEach(async () => {
  await close?.();
  close = undefined;
});

const interruptions = ['kill', 'cut', 'stop'] as const;

/** Interrupts a node in one of the ways, waits until all clients are back, and returns how its own clients reconnected. */
async function interrupt(
  cluster: Cluster,
  clients: Clients,
  index: number,
  how: (typeof interruptions)[number],
): Promise<Interruption> {
  const name = cluster.name(index);
  const affected = clients.sockets.filter(({ node }) => node === name);
  const connects = affected.map((socket) => socket.connects.length);
  if (how === 'cut') {
    cluster.cut(index);
    await clients.reconnected(affected, connects);
  } else {
    await cluster[how](index);
    await cluster.startNode(index);
  }
  await clients.allReady();
  // Every session needs an event, and with it an offset, before it can be recovered.
  await clients.untilNextClock();
  const reconnects = affected.map((socket, i) => socket.connects[connects[i] as number]);
  return { how, reconnects, name };
}

interface Interruption {
  readonly how: (typeof interruptions)[number];
  readonly name: string;
  readonly reconnects: readonly ({ recovered: boolean; to: string } | undefined)[];
}

interface Run {
  readonly cluster: Cluster;
  readonly clients: Clients;
  readonly interruptions: readonly Interruption[];
}

async function run(start: Promise<Cluster>): Promise<Run> {
  const cluster = await start;
  const clients = new Clients(cluster.url, clientCount);
  close = async () => {
    clients.disconnect();
    await cluster.close();
  };
  await clients.allReady();
  cluster.broadcast();
  await clients.untilNextClock();

  const done: Interruption[] = [];
  const until = performance.now() + seconds * 1_000;
  do {
    for (const how of interruptions)
      done.push(await interrupt(cluster, clients, done.length % nodeCount, how));
  } while (performance.now() < until);

  // A rolling update, and one more killed node, without waiting for the clients in between.
  for (let index = 0; index < nodeCount; index += 1) {
    await cluster.stop(index);
    await cluster.startNode(index);
  }
  await cluster.kill(0);
  await cluster.startNode(0);
  await clients.allReady();
  await cluster.stopBroadcasts();
  await clients.untilNextClock();
  await clients.untilComplete(await cluster.stopClock());
  return { cluster, clients, interruptions: done };
}

async function expectDelivery({ cluster, clients, interruptions }: Run): Promise<void> {
  const order = await cluster.order();
  const { lost, duplicated, late, notified, received, gaps } = clients.check(order);
  const counts = interruptions.map(
    ({ how, reconnects }) => `${how} ${reconnects.length} (${recoveredOf(reconnects)})`,
  );
  console.log(
    `${order.length} broadcasts, ${received} received, ${notified} missing in ${gaps} gaps. Interrupted sockets (recovered): ${counts.join(', ')}`,
  );
  expect(lost, 'missing without a gap').toEqual([]);
  expect(duplicated, 'received twice').toEqual([]);
  expect(late, 'out of order').toEqual([]);
  expect(clients.withoutGap, 'sockets with a new session but without a gap').toEqual([]);
  expect(
    interruptions.every(({ reconnects }) => reconnects.length > 0),
    'every node had clients',
  ).toBe(true);
}

const recoveredOf = (reconnects: Interruption['reconnects']): number =>
  reconnects.filter((connect) => connect?.recovered).length;

describe('three nodes, 200 clients, and nodes that die', () => {
  test('connected by Redis streams, behind nginx with round robin', { timeout: limitMs }, async ({
    skip,
  }) => {
    if (missing) skip(missing);
    const all = await run(Cluster.withRedis(targets));
    await expectDelivery(all);
    for (const { how, name, reconnects } of all.interruptions) {
      // A killed node saves no sessions. Of the others, nearly every session is recovered: a client that reconnects before
      // its session is in Redis gets a new one and a gap, as checked above.
      const recovered = recoveredOf(reconnects) / reconnects.length;
      if (how === 'kill') expect(recovered, 'recovered after kill').toBe(0);
      else expect(recovered, `recovered after ${how}`).toBeGreaterThan(0.9);
      expect(
        reconnects.filter((connect) => connect?.to !== name).length,
        'sockets on another node',
      ).toBeGreaterThan(0);
    }
  });

  test('connected by Node’s cluster module', { timeout: limitMs }, async () => {
    const all = await run(Cluster.withNodeCluster(targets));
    await expectDelivery(all);
    // This adapter stores no sessions: every disconnected client gets a gap.
    for (const { reconnects } of all.interruptions) expect(recoveredOf(reconnects)).toBe(0);
  });
});
