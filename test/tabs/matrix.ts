import { readFile } from 'node:fs/promises';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { startServer, type TestServer } from '../support/server.js';
import { bundle, startTabPages, type TabPages, workerFile } from '../support/tab-pages.js';
import type { Tab, TabBrowser } from './browsers.js';
import type { Recorded, Setup } from './page.js';

/**
 * Faults of the leader of a group of tabs, in every situation. Each fault has three tabs: A, which leads, and B and C, which follow. Every
 * situation is a separate group in the same three tabs, so that the fault affects all of them at once.
 */

export const SITUATIONS = ['emit in flight', 'acknowledgement in flight', 'binary', 'burst', 'idle'] as const;

export interface Fault {
  readonly name: string;
  /** The only engine whose driver can cause it. */
  readonly only?: string;
  /** @returns ends the fault */
  apply(stage: Stage): Promise<(() => Promise<void>) | undefined>;
  /** How long it lasts, in milliseconds. */
  readonly lastsMs?: number;
  /** Whether the server knows that the leader's connection has ended, so that it can recover the session. */
  readonly recovers: boolean;
  /** Whether the leader still exists at the end. */
  readonly stays: boolean;
}

export interface Stage {
  readonly leader: Tab;
  readonly others: readonly Tab[];
  readonly origin: string;
  readonly servers: readonly TestServer[];
  readonly proxies: readonly FaultProxy[];
}

const BLOCKED_MS = 6_000;

export const FAULTS: readonly Fault[] = [
  {
    name: 'leader closed',
    recovers: true,
    stays: false,
    apply: async ({ leader }) => void (await leader.close()),
  },
  {
    name: 'leader navigated',
    recovers: true,
    stays: false,
    apply: async ({ leader, origin }) => void (await leader.go(`${origin}/empty`)),
  },
  {
    name: 'leader crashed',
    recovers: true,
    stays: false,
    only: 'Chromium',
    apply: async ({ leader }) => void (await leader.crash?.()),
  },
  {
    name: 'leader frozen',
    recovers: true,
    stays: true,
    lastsMs: 4_000,
    only: 'Chromium',
    apply: ({ leader }) => (leader.freeze as NonNullable<Tab['freeze']>)(),
  },
  {
    name: 'leader suspended silently',
    // Its connection is still open, and has the session.
    recovers: false,
    stays: true,
    lastsMs: 7_000,
    only: 'Chromium',
    apply: ({ leader }) => (leader.suspend as NonNullable<Tab['suspend']>)(),
  },
  {
    name: 'leader blocked by its own script',
    recovers: false,
    stays: true,
    lastsMs: BLOCKED_MS,
    apply: async ({ leader }) => void (await leader.evaluate(`program.block(${BLOCKED_MS})`)),
  },
  {
    name: 'offline',
    recovers: true,
    stays: true,
    lastsMs: 1_500,
    async apply({ leader, proxies }) {
      await leader.offline?.(true);
      await Promise.all(proxies.map((proxy) => proxy.down()));
      return async () => {
        await Promise.all(proxies.map((proxy) => proxy.up()));
        await leader.offline?.(false);
      };
    },
  },
  {
    name: 'network cut',
    recovers: true,
    stays: true,
    async apply({ proxies }) {
      for (const proxy of proxies) proxy.cut();
      return undefined;
    },
  },
  {
    name: 'server restart',
    recovers: false,
    stays: true,
    async apply({ servers }) {
      await Promise.all(servers.map((server) => server.restart()));
      return undefined;
    },
  },
  {
    name: 'two tabs steal leadership at once',
    recovers: false,
    stays: true,
    lastsMs: BLOCKED_MS,
    async apply({ leader, others }) {
      await leader.evaluate(`program.block(${BLOCKED_MS})`);
      await Promise.all(others.map((tab) => tab.evaluate(work)));
      return undefined;
    },
  },
];

/** With a shared worker, no tab leads; and the worker itself may end. */
export const WORKER_FAULTS: readonly Fault[] = [
  ...FAULTS,
  {
    name: 'worker terminated',
    recovers: true,
    stays: true,
    only: 'Chromium',
    apply: async ({ leader }) => void (await leader.endWorkers?.()),
  },
];

/** A tab's action in each situation, when the fault begins. */
const work = `(() => {
  for (const kept of ['', ' (recovery)']) {
    program.emit('emit in flight' + kept, 60, 25, false, 0);
    program.emit('acknowledgement in flight' + kept, 5, 100, false, 1500);
    program.emit('binary' + kept, 30, 50, true, 0);
    program.emit('burst' + kept, 200, 0, false, 0);
  }
})()`;

/** The emits of one group that the server's application received, in order. */
type Seen = Map<string, string[]>;

const OBSERVED_MS = 100;

/** After this time at the latest, a server drops a polling client that is gone: `pingInterval` and `pingTimeout` are 25 s and 20 s. */
const PING_TIMEOUT_MS = 50_000;

export interface Outcome {
  readonly fault: string;
  /** The violations, by situation, with or without recovery. */
  readonly faults: ReadonlyMap<string, readonly string[]>;
  /** The outcomes of the emits, and the events of the tabs. */
  readonly tally: Readonly<Record<string, number>>;
}

/** The program of the pages, and the script of the worker. */
const script = readFile(new URL('page.ts', import.meta.url), 'utf8').then(bundle);
const workerScript = workerFile();

/** Runs one fault in one browser. */
export async function play(browser: TabBrowser, fault: Fault, worker = false): Promise<Outcome> {
  const ends: (() => Promise<unknown>)[] = [];
  // A worker does not end with a tab.
  const recovers = fault.recovers || (worker && fault.name !== 'server restart');
  const faults = new Map<string, string[]>();
  const complain = (group: string, what: string): void => {
    faults.set(group, [...(faults.get(group) ?? []), what]);
  };
  try {
    const pages: TabPages = await startTabPages(await script, await workerScript);
    ends.push(() => pages.close());
    const seen: Seen = new Map();
    const servers: TestServer[] = [];
    const proxies: FaultProxy[] = [];
    for (const recovers of [false, true]) {
      let news = 0;
      const server = await startServer({
        options: recovers ? { connectionStateRecovery: { skipMiddlewares: true } } : {},
        setup(io) {
          io.on('connection', (socket) => {
            const group = String(socket.handshake.query.group);
            socket.on('e', (id: string, patienceMs: number, ...rest: unknown[]) => {
              seen.set(group, [...(seen.get(group) ?? []), id]);
              const answer = rest[rest.length - 1] as () => void;
              if (patienceMs > 0) setTimeout(answer, patienceMs);
              else answer();
            });
          });
        },
      });
      const proxy = await startFaultProxy(server.port);
      servers.push(server);
      proxies.push(proxy);
      const telling = setInterval(() => {
        try {
          server.io.emit('news', ++news);
        } catch {
          // It is being restarted.
        }
      }, OBSERVED_MS);
      ends.push(async () => clearInterval(telling));
      ends.push(() => proxy.close());
      ends.push(() => server.stop());
    }
    const groups = ['', ' (recovery)'].flatMap((kept, index) =>
      SITUATIONS.map(
        (situation): Setup => ({
          group: situation + kept,
          url: (proxies[index] as FaultProxy).url,
          ...(worker && { worker: '/worker.js' }),
        }),
      ),
    );
    const profile = await browser.profile();
    const open = async (name: string): Promise<Tab> => {
      const tab = await profile.open(`${pages.origin}/`);
      await tab.evaluate(`program.start(${JSON.stringify(name)}, ${JSON.stringify(groups)})`);
      await until(tab, name, (all) => Object.values(all).every(({ connected }) => connected));
      return tab;
    };
    const leader = await open('A');
    ends.push(() => leader.close().catch(() => {}));
    const others = [await open('B'), await open('C')];
    for (const tab of others) ends.push(() => tab.close());
    const [first] = others as [Tab];

    // Every tab has received an event, so that the session can be recovered.
    for (const tab of [leader, ...others])
      await until(tab, 'the first news', (all) =>
        Object.values(all).every(({ heard }) => heard.some((one) => typeof one === 'number')),
      );
    const everySocket = () => servers.flatMap(({ io }) => [...io.sockets.sockets.values()]);
    // A slow browser begins with polling. Then the server would notice the fault only by its ping timeout.
    await until(first, 'every WebSocket', () =>
      everySocket().every(({ conn }) => conn.transport.name === 'websocket'),
    );
    await first.evaluate(work);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const end = await fault.apply({ leader, others, origin: pages.origin, servers, proxies });
    if (fault.lastsMs) await new Promise((resolve) => setTimeout(resolve, fault.lastsMs));
    await end?.();
    const tabs = fault.stays ? [leader, ...others] : others;
    // Also tabs without pending emits: until the server answers again.
    for (const tab of tabs)
      await until(tab, 'the server to answer', async (all) => {
        const waiting = groups.filter(({ group }) => (all[group] as Recorded).emits.at(-1)?.end !== 'ok');
        for (const { group } of waiting) {
          const last = (all[group] as Recorded).emits.at(-1);
          if (!last || last.end !== undefined)
            await tab.evaluate(`program.emit(${JSON.stringify(group)}, 1, 0, false, 0)`);
        }
        return waiting.length === 0;
      });
    const records: Record<string, Recorded>[] = [];
    for (const tab of tabs) {
      records.push(
        await until(
          tab,
          'everything to end',
          (all) =>
            Object.values(all).every(
              ({ connected, emits, heard }) =>
                connected &&
                emits.every(({ end }) => end !== undefined) &&
                typeof heard[heard.length - 1] === 'number',
            ),
          40_000,
        ),
      );
    }
    const endsAtMs = performance.now() + PING_TIMEOUT_MS;
    for (const { group } of groups) {
      const counts = new Map<string, number>();
      for (const id of seen.get(group) ?? []) counts.set(id, (counts.get(id) ?? 0) + 1);
      const reached = new Map<string, number>();
      for (const id of seen.get(group) ?? []) {
        const [tab, number] = id.split(' ') as [string, string];
        if (Number(number) < (reached.get(tab) ?? 0)) complain(group, `${id} after ${reached.get(tab)}`);
        reached.set(tab, Number(number));
      }
      for (const [id, times] of counts) if (times > 1) complain(group, `${id} came ${times} times`);
      for (const [place, record] of records.entries()) {
        const { emits, heard, role } = record[group] as Recorded;
        if (worker !== (role === 'worker')) complain(group, `the role is ${role}`);
        for (const { id, end, maybeDelivered } of emits) {
          const times = counts.get(id) ?? 0;
          if (end === 'ok' && times === 0) complain(group, `${id} was acknowledged by nobody`);
          else if (end !== 'ok' && end !== 'DISCONNECTED') complain(group, `${id} ended with ${end}`);
          else if (end !== 'ok' && maybeDelivered !== true)
            complain(group, `${id} ended with ${end}, ${maybeDelivered}`);
        }
        checkNews(heard, `${role} ${place}`, recovers && group.includes('recovery'), (what) =>
          complain(group, what),
        );
      }
      const ownSockets = (): string[] =>
        everySocket()
          .filter(({ handshake }) => handshake.query.group === group)
          .map(({ id, conn }) => `${id} over ${conn.transport.name}, ${conn.readyState}`);
      // All groups wait at once.
      const leftMs = endsAtMs - performance.now();
      await until(first, 'one socket', () => ownSockets().length === 1, leftMs).catch(() => {});
      const left = ownSockets();
      if (left.length !== 1) complain(group, `the server has ${left.length} sockets: ${left.join('; ')}`);
    }
    const uncaught = await first.evaluate('JSON.stringify(uncaught)');
    if (uncaught !== '[]') complain('all', `uncaught: ${uncaught}`);
    const tally: Record<string, number> = {};
    const note = (what: string): void => {
      tally[what] = (tally[what] ?? 0) + 1;
    };
    for (const record of records)
      for (const { emits, heard, role } of Object.values(record)) {
        note(`${role}`);
        for (const { end } of emits) note(`${end}`);
        for (const one of heard) note(typeof one === 'number' ? 'news' : one);
      }
    return { fault: fault.name, faults, tally };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** A tab's received events are in order, without duplicates, and complete, unless it was notified of a gap. */
function checkNews(
  heard: readonly (number | string)[],
  who: string,
  recovers: boolean,
  complain: (what: string) => void,
): void {
  let last: number | undefined;
  let told = true;
  for (const one of heard) {
    if (one === 'gap') {
      told = true;
      if (recovers)
        complain(`${who} was told of a gap: ${heard.filter((each) => typeof each === 'string').join(', ')}`);
    }
    if (typeof one !== 'number') continue;
    if (last !== undefined && one <= last && !(one < last && told))
      complain(`${who} heard ${one} after ${last}`);
    if (last !== undefined && one > last + 1 && !told)
      complain(`${who} heard ${one} after ${last}, and of no gap`);
    last = one;
    told = false;
  }
}

type Condition = (all: Record<string, Recorded>) => boolean | Promise<boolean>;

async function until(
  tab: Tab,
  what: string,
  condition: Condition,
  limitMs = 20_000,
): Promise<Record<string, Recorded>> {
  const endsAtMs = performance.now() + limitMs;
  for (;;) {
    const all = JSON.parse(String(await tab.evaluate('JSON.stringify(program.record())'))) as Record<
      string,
      Recorded
    >;
    if (await condition(all)) return all;
    if (performance.now() > endsAtMs)
      throw new Error(
        `Still waiting for ${what} after ${limitMs} ms: ${JSON.stringify(all).slice(0, 3_000)}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
