import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright';
import type { ServerOptions } from 'socket.io';
import type {} from '../test/support/page-tools.js';
import type { Client, Fixture, ServerLink } from './fixture.js';
import type { Outcome, Scenario } from './scenario.js';

/**
 * Measures how long a connected page stays cut off, in Chromium. Most of the time is waiting, so the rounds run in parallel: a
 * page for each client, with a socket, a server and a link for each round, and both clients at the same time.
 */

/** Rounds run in parallel, so a quick run has the same number. */
const rounds = 15;

/** Times of the page's clock, in milliseconds; 0 if it has not happened. */
interface Moments {
  connect: number;
  disconnect: number;
  /** The event that the scenario waits for: the page is online, the network changed, or the server listens. */
  triggeredMs: number;
  /** The acknowledgement of what was emitted after the disconnect. */
  acknowledgedMs: number;
}

declare global {
  interface Window {
    /** When each event last happened to the socket of each round. */
    moments: Moments[];
    /** The socket of each round. */
    sockets: ReturnType<Window['io']>[];
  }
}

interface ConnectedPage {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly links: readonly ServerLink[];
}

/** Opens a socket to each server in turn, `apartMs` apart, and waits until all are connected over WebSocket. */
async function connectPage(
  fixture: Fixture,
  client: Client,
  links: readonly ServerLink[],
  apartMs: number,
): Promise<ConnectedPage> {
  const context = await fixture.newContext();
  const page = await fixture.openPage(context, client);
  await page.evaluate(
    async ({ urls, apartMs }) => {
      const onWebSocket: Promise<unknown>[] = [];
      window.moments = [];
      window.sockets = [];
      const triggered = (): void => {
        for (const one of window.moments) one.triggeredMs = performance.now();
      };
      window.addEventListener('online', triggered);
      const { connection } = navigator as unknown as { connection: EventTarget };
      connection.addEventListener('change', triggered);
      for (const url of urls) {
        const moments = { connect: 0, disconnect: 0, triggeredMs: 0, acknowledgedMs: 0 };
        const socket = window.io(url, { forceNew: true });
        socket.on('connect', () => {
          moments.connect = performance.now();
        });
        socket.on('disconnect', () => {
          moments.disconnect = performance.now();
        });
        window.moments.push(moments);
        window.sockets.push(socket);
        onWebSocket.push(
          new Promise<void>((resolve) => {
            socket.once('connect', () => {
              const { engine } = socket.io;
              if (engine.transport.name === 'websocket') resolve();
              else engine.once('upgrade', () => resolve());
            });
          }),
        );
        await new Promise((resolve) => setTimeout(resolve, apartMs));
      }
      await Promise.all(onWebSocket);
    },
    { urls: links.map(({ url }) => url), apartMs },
  );
  return { context, page, links };
}

/** For each socket: the time from the trigger, or from its own disconnect, until it is connected again. */
function recoveryTimes(page: Page, from: 'triggeredMs' | 'disconnect'): Promise<number[]> {
  return page.evaluate(async (from) => {
    const back = (one: Moments): boolean =>
      one.disconnect > 0 && one.connect > one.disconnect && one.connect > one[from];
    while (!window.moments.every(back)) await new Promise((resolve) => setTimeout(resolve, 20));
    return window.moments.map((one) => one.connect - one[from]);
  }, from);
}

/** For each socket: the time from the trigger until its disconnect. */
function detectionTimes(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const found = ({ disconnect, triggeredMs }: Moments): boolean =>
      triggeredMs > 0 && disconnect > triggeredMs;
    while (!window.moments.every(found)) await new Promise((resolve) => setTimeout(resolve, 100));
    return window.moments.map(({ disconnect, triggeredMs }) => disconnect - triggeredMs);
  });
}

/** Measures both clients at the same time, each with a socket for every round. */
async function both(
  fixture: Fixture,
  measure: (connected: ConnectedPage) => Promise<number[][]>,
  { apartMs = 0, options = {} }: { apartMs?: number; options?: Partial<ServerOptions> } = {},
): Promise<Outcome> {
  const [holdfast, official] = await Promise.all(
    (['holdfast', 'official'] as const).map(async (client) =>
      measure(await connectPage(fixture, client, await fixture.links(rounds, options), apartMs)),
    ),
  );
  return { ...(holdfast && { holdfast }), ...(official && { official }) };
}

const forEachLink = <Result>(
  links: readonly ServerLink[],
  act: (link: ServerLink) => Promise<Result>,
): Promise<Result[]> => Promise.all(links.map(act));

/** Longer than the five seconds after which holdfast considers a connection stable. */
const stableMs = 5_300;
/** The delays are random, so there are many of them to make the median meaningful. */
const cuts = { full: 8, quick: 1 };
const restarts = { full: 4, quick: 1 };

const paced = (fixture: Fixture, value: { full: number; quick: number }): number =>
  fixture.quick ? value.quick : value.full;

/** Breaks the stable connections and waits until all are back, `count` times. */
async function repeatedly(
  count: number,
  links: readonly ServerLink[],
  breakConnections: () => Promise<number[]>,
): Promise<number[][]> {
  const figures: number[][] = links.map(() => []);
  for (let time = 0; time < count; time += 1) {
    await pause(stableMs);
    (await breakConnections()).forEach((ms, round) => {
      figures[round]?.push(ms);
    });
  }
  return figures;
}

async function cut({ page, links }: ConnectedPage): Promise<number[]> {
  for (const { proxy } of links) proxy.cut();
  await page.waitForFunction(() => window.moments.every((one) => one.disconnect > one.connect));
  return recoveryTimes(page, 'disconnect');
}

/** How long the servers are down: a single duration could fall just before or just after a retry of one client. */
const awayMs = { from: 1_000, to: 5_000 };

async function restart({ page, links }: ConnectedPage): Promise<number[]> {
  await Promise.all(
    links.map(async ({ server, proxy }, round) => {
      // In between nothing listens: the operating system refuses connections.
      await proxy.down();
      await server.crash();
      await pause(awayMs.from + ((awayMs.to - awayMs.from) * round) / (links.length - 1));
      await server.start();
      await proxy.up();
      await page.evaluate((round) => {
        (window.moments[round] as Moments).triggeredMs = performance.now();
      }, round);
    }),
  );
  return recoveryTimes(page, 'triggeredMs');
}

/** Long enough for the official client to reach its longest delay. */
const outageMs = { full: 12_000, quick: 6_000 };

async function online({ context, page, links }: ConnectedPage, ms: number): Promise<number[][]> {
  await context.setOffline(true);
  await forEachLink(links, ({ proxy }) => proxy.down());
  await pause(ms);
  await forEachLink(links, ({ proxy }) => proxy.up());
  await context.setOffline(false);
  return (await recoveryTimes(page, 'triggeredMs')).map((ms) => [ms]);
}

const quickHeartbeat = { pingInterval: 5_000, pingTimeout: 4_000 };
const usualHeartbeatMs = 25_000;

/** Makes the browser report a change of network. */
const otherNetwork = { offline: false, latency: 300, downloadThroughput: 100_000, uploadThroughput: 100_000 };

/** The connection dies silently: everything sent is accepted, nothing is delivered. */
/** By then, holdfast has asked each server once: before it has an answer, silence proves nothing. */
const askedMs = 6_000;

async function deadConnection({ context, page, links }: ConnectedPage): Promise<number[][]> {
  await pause(askedMs);
  const devtools = await context.newCDPSession(page);
  for (const { proxy } of links) {
    proxy.stall('to-client');
    proxy.stall('to-server');
  }
  await devtools.send('Network.emulateNetworkConditions', otherNetwork);
  return (await detectionTimes(page)).map((ms) => [ms]);
}

/** Long enough for both clients to begin an attempt that nothing answers. */
const silenceMs = 6_000;

/**
 * The connections are reset, and then the network delivers nothing: what begins in that time is never answered, even when the
 * network is back, as on a network that has lost the first packets.
 */
async function silence({ page, links }: ConnectedPage): Promise<number[][]> {
  for (const { server } of links) {
    server.io.on('connection', (socket) => socket.on('question', (answer: () => void) => answer()));
  }
  await pause(stableMs);
  const heal = links.flatMap(({ proxy }) => [proxy.swallowUpgrades(), proxy.blockPolling('swallow')]);
  for (const { proxy } of links) proxy.cut();
  await page.waitForFunction(() => window.moments.every((one) => one.disconnect > one.connect));
  await page.evaluate(() => {
    window.sockets.forEach((socket, round) => {
      socket.emit('question', () => {
        (window.moments[round] as Moments).acknowledgedMs = performance.now();
      });
    });
  });
  await pause(silenceMs);
  for (const dispose of heal) dispose();
  const times = await page.evaluate(async () => {
    const returnedMs = performance.now();
    const acknowledged = ({ acknowledgedMs }: Moments): boolean => acknowledgedMs > 0;
    while (!window.moments.every(acknowledged)) await new Promise((resolve) => setTimeout(resolve, 20));
    return window.moments.map(({ acknowledgedMs }) => acknowledgedMs - returnedMs);
  });
  return times.map((ms) => [ms]);
}

export const recovering: readonly Scenario[] = [
  {
    name: 'recover.cut',
    unit: 'ms',
    about:
      'a connection that was stable for 5 s is reset while the server is up: from `disconnect` to `connect`',
    target: { ratio: 0.6 },
    unsteady: 'the delays are random, and a quick run has few of them',
    waits: true,
    run: (fixture) =>
      both(fixture, (connected) => repeatedly(paced(fixture, cuts), connected.links, () => cut(connected))),
  },
  {
    name: 'recover.restart',
    unit: 'ms',
    about: 'the server is killed and restarted after 1 to 5 s: from the moment it listens again to `connect`',
    target: {},
    unsteady: 'the delays are random, and a quick run has few of them',
    waits: true,
    run: (fixture) =>
      both(fixture, (connected) =>
        repeatedly(paced(fixture, restarts), connected.links, () => restart(connected)),
      ),
  },
  {
    name: 'recover.online',
    unit: 'ms',
    about: 'the network was down for 12 s (quick: 6 s): from the event `online` to `connect`',
    target: { figure: 500 },
    unsteady: "the rest of the official client's delay is random",
    waits: true,
    run: (fixture) => both(fixture, (connected) => online(connected, paced(fixture, outageMs))),
  },
  {
    name: 'recover.dead',
    unit: 'ms',
    about:
      'the network changed and the connection, which was 6 s old or older, died silently: from the change to `disconnect`',
    target: { figure: 3_000 },
    unsteady: 'the official client detects it by its heartbeat, at a random moment',
    waits: true,
    // The sockets open over one heartbeat interval, so that their connections die at evenly spread moments of it.
    run: (fixture) =>
      both(fixture, deadConnection, {
        apartMs: (fixture.quick ? quickHeartbeat.pingInterval : usualHeartbeatMs) / rounds,
        options: fixture.quick ? quickHeartbeat : {},
      }),
  },
  {
    name: 'recover.silence',
    unit: 'ms',
    about:
      'connections are reset and the network delivers nothing for 6 s: from its return until an emit is acknowledged',
    target: { figure: 2_000 },
    unsteady: "the official client's figure depends on when its attempt began",
    waits: true,
    run: (fixture) => both(fixture, silence),
  },
];
