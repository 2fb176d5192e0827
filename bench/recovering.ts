import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright';
import type { ServerOptions } from 'socket.io';
import type {} from '../test/support/page-tools.js';
import type { Client, Line, Stage } from './fixture.js';
import type { Outcome, Scenario } from './scenario.js';

/**
 * How long a page that was connected is cut off, in Chromium. Most of it is waiting, so the rounds run side by side: a
 * page for each client, with a socket, a server and a link for each round, and both clients at the same time.
 */

/** As they cost no time, a quick run has as many. */
const rounds = 15;

/** In milliseconds of the page; 0 for never. */
interface Moments {
  connect: number;
  disconnect: number;
  /** What the scenario is about: the page is online, or in another network, or the server listens. */
  told: number;
}

declare global {
  interface Window {
    /** When something last happened to the socket of each round. */
    moments: Moments[];
  }
}

interface Cast {
  readonly visitor: BrowserContext;
  readonly page: Page;
  readonly lines: readonly Line[];
}

/** Opens a socket to each server in turn, so many milliseconds apart, and waits until all are on WebSocket. */
async function castOf(stage: Stage, client: Client, lines: readonly Line[], apartMs: number): Promise<Cast> {
  const visitor = await stage.visitor();
  const page = await stage.visit(visitor, client);
  await page.evaluate(
    async ({ urls, apartMs }) => {
      const onWebSocket: Promise<unknown>[] = [];
      window.moments = [];
      const told = (): void => {
        for (const one of window.moments) one.told = performance.now();
      };
      window.addEventListener('online', told);
      const { connection } = navigator as unknown as { connection: EventTarget };
      connection.addEventListener('change', told);
      for (const url of urls) {
        const moments = { connect: 0, disconnect: 0, told: 0 };
        const socket = window.io(url, { forceNew: true });
        socket.on('connect', () => {
          moments.connect = performance.now();
        });
        socket.on('disconnect', () => {
          moments.disconnect = performance.now();
        });
        window.moments.push(moments);
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
    { urls: lines.map(({ url }) => url), apartMs },
  );
  return { visitor, page, lines };
}

/** For each socket: from what was told to the page, or from its own disconnect, until it is connected again. */
function recovery(page: Page, from: 'told' | 'disconnect'): Promise<number[]> {
  return page.evaluate(async (from) => {
    const back = (one: Moments): boolean =>
      one.disconnect > 0 && one.connect > one.disconnect && one.connect > one[from];
    while (!window.moments.every(back)) await new Promise((resolve) => setTimeout(resolve, 20));
    return window.moments.map((one) => one.connect - one[from]);
  }, from);
}

/** For each socket: from what was told to the page until its disconnect. */
function discovery(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const found = ({ disconnect, told }: Moments): boolean => told > 0 && disconnect > told;
    while (!window.moments.every(found)) await new Promise((resolve) => setTimeout(resolve, 100));
    return window.moments.map(({ disconnect, told }) => disconnect - told);
  });
}

/** Plays with both clients at the same time, each with a socket for every round. */
async function both(
  stage: Stage,
  play: (cast: Cast) => Promise<number[][]>,
  { apartMs = 0, options = {} }: { apartMs?: number; options?: Partial<ServerOptions> } = {},
): Promise<Outcome> {
  const [holdfast, official] = await Promise.all(
    (['holdfast', 'official'] as const).map(async (client) =>
      play(await castOf(stage, client, await stage.lines(rounds, options), apartMs)),
    ),
  );
  return { ...(holdfast && { holdfast }), ...(official && { official }) };
}

const everyone = <Result>(lines: readonly Line[], act: (line: Line) => Promise<Result>): Promise<Result[]> =>
  Promise.all(lines.map(act));

/** Past the five seconds after which holdfast takes a connection for stable. */
const stableMs = 5_300;
/** Whether a wait was short is chance: many of them, so that the median says something. */
const cuts = { full: 8, quick: 1 };
const restarts = { full: 4, quick: 1 };

const paced = (stage: Stage, value: { full: number; quick: number }): number =>
  stage.quick ? value.quick : value.full;

/** Breaks the connections once they are stable, until all are back: again and again. */
async function repeatedly(
  count: number,
  lines: readonly Line[],
  breakdown: () => Promise<number[]>,
): Promise<number[][]> {
  const figures: number[][] = lines.map(() => []);
  for (let time = 0; time < count; time += 1) {
    await pause(stableMs);
    (await breakdown()).forEach((ms, round) => {
      figures[round]?.push(ms);
    });
  }
  return figures;
}

async function cut({ page, lines }: Cast): Promise<number[]> {
  for (const { proxy } of lines) proxy.cut();
  await page.waitForFunction(() => window.moments.every((one) => one.disconnect > one.connect));
  return recovery(page, 'disconnect');
}

/** How long the servers are away: a single time would meet one of the clients just before a try, or just after it. */
const awayMs = { from: 1_000, to: 5_000 };

async function restart({ page, lines }: Cast): Promise<number[]> {
  await Promise.all(
    lines.map(async ({ server, proxy }, round) => {
      // In between nobody listens: the operating system refuses whoever calls.
      await proxy.down();
      await server.crash();
      await pause(awayMs.from + ((awayMs.to - awayMs.from) * round) / (lines.length - 1));
      await server.start();
      await proxy.up();
      await page.evaluate((round) => {
        (window.moments[round] as Moments).told = performance.now();
      }, round);
    }),
  );
  return recovery(page, 'told');
}

/** Long enough for the official client's waits to have reached their longest. */
const outageMs = { full: 12_000, quick: 6_000 };

async function online({ visitor, page, lines }: Cast, ms: number): Promise<number[][]> {
  await visitor.setOffline(true);
  await everyone(lines, ({ proxy }) => proxy.down());
  await pause(ms);
  await everyone(lines, ({ proxy }) => proxy.up());
  await visitor.setOffline(false);
  return (await recovery(page, 'told')).map((ms) => [ms]);
}

const quickHeartbeat = { pingInterval: 5_000, pingTimeout: 4_000 };
const usualHeartbeatMs = 25_000;

/** What the browser takes for another network. */
const otherNetwork = { offline: false, latency: 300, downloadThroughput: 100_000, uploadThroughput: 100_000 };

/** The link dies and nobody says so: everything sent is taken, nothing is delivered. */
async function ghost({ visitor, page, lines }: Cast): Promise<number[][]> {
  const devtools = await visitor.newCDPSession(page);
  for (const { proxy } of lines) {
    proxy.stall('to-client');
    proxy.stall('to-server');
  }
  await devtools.send('Network.emulateNetworkConditions', otherNetwork);
  return (await discovery(page)).map((ms) => [ms]);
}

export const recovering: readonly Scenario[] = [
  {
    name: 'recover.cut',
    unit: 'ms',
    about: 'a connection that stood for 5 s is reset, the server is up: from `disconnect` to `connect`',
    target: { ratio: 0.6 },
    unsteady: 'how long a client waits is chance, and a quick run draws few times',
    waits: true,
    run: (stage) => both(stage, (cast) => repeatedly(paced(stage, cuts), cast.lines, () => cut(cast))),
  },
  {
    name: 'recover.restart',
    unit: 'ms',
    about: 'the server is killed, and started again after 1 to 5 s: from its listening again to `connect`',
    target: {},
    unsteady: 'how long a client waits is chance, and a quick run draws few times',
    waits: true,
    run: (stage) =>
      both(stage, (cast) => repeatedly(paced(stage, restarts), cast.lines, () => restart(cast))),
  },
  {
    name: 'recover.online',
    unit: 'ms',
    about: 'the network was away for 12 s (quick: 6 s): from the event `online` to `connect`',
    target: { figure: 500 },
    unsteady: 'how long the official client still waits is chance',
    waits: true,
    run: (stage) => both(stage, (cast) => online(cast, paced(stage, outageMs))),
  },
  {
    name: 'recover.ghost',
    unit: 'ms',
    about: 'the network is another one, and the connection died in silence: from the change to `disconnect`',
    target: { figure: 3_000 },
    unsteady: 'when the official client hears of it by its heartbeat is chance',
    waits: true,
    // The sockets are opened over one interval of the heartbeat, so that the link dies at every moment of it.
    run: (stage) =>
      both(stage, ghost, {
        apartMs: (stage.quick ? quickHeartbeat.pingInterval : usualHeartbeatMs) / rounds,
        options: stage.quick ? quickHeartbeat : {},
      }),
  },
];
