import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright';
import type { ServerOptions } from 'socket.io';
import type {} from '../test/support/page-tools.js';
import type { Outcome, Scenario } from './scenario.js';
import type { Client, Line, Stage } from './stage.js';

/**
 * How long a page that was connected is cut off, in Chromium. Most of it is waiting, so the rounds run side by side: a
 * page for each client, with a socket, a server and a link for each round, and both clients at the same time.
 */

declare global {
  interface Window {
    /** When something last happened to the socket of each round, in milliseconds of the page. */
    moments: Record<'connect' | 'disconnect', number>[];
    /** When the page was told what the scenario is about: that it is online, or in another network. */
    toldMs: number;
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
      window.addEventListener('online', () => {
        window.toldMs = performance.now();
      });
      const { connection } = navigator as unknown as { connection: EventTarget };
      connection.addEventListener('change', () => {
        window.toldMs = performance.now();
      });
      for (const url of urls) {
        const moments = { connect: 0, disconnect: 0 };
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
    const since = (one: Window['moments'][number]): number =>
      from === 'told' ? window.toldMs : one.disconnect;
    const back = (one: Window['moments'][number]): boolean =>
      one.disconnect > 0 && one.connect > one.disconnect && one.connect > since(one);
    while (!window.moments.every(back)) await new Promise((resolve) => setTimeout(resolve, 20));
    return window.moments.map((one) => one.connect - since(one));
  }, from);
}

/** For each socket: from what was told to the page until its disconnect. */
function discovery(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const found = ({ disconnect }: { disconnect: number }): boolean => disconnect > window.toldMs;
    while (!(window.toldMs > 0 && window.moments.every(found))) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return window.moments.map(({ disconnect }) => disconnect - window.toldMs);
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
      play(await castOf(stage, client, await stage.lines(stage.rounds, options), apartMs)),
    ),
  );
  return { ...(holdfast && { holdfast }), ...(official && { official }) };
}

const everyone = <Result>(lines: readonly Line[], act: (line: Line) => Promise<Result>): Promise<Result[]> =>
  Promise.all(lines.map(act));

/** Past the five seconds after which holdfast takes a connection for stable. */
const stableMs = 5_300;
/** Whether a wait was short is chance: many of them, so that the median says something. */
const cutsPerRound = 8;

async function cut({ page, lines }: Cast): Promise<number[][]> {
  const rounds: number[][] = lines.map(() => []);
  for (let time = 0; time < cutsPerRound; time += 1) {
    await pause(stableMs);
    for (const { proxy } of lines) proxy.cut();
    await page.waitForFunction(() => window.moments.every((one) => one.disconnect > one.connect));
    (await recovery(page, 'disconnect')).forEach((ms, round) => {
      rounds[round]?.push(ms);
    });
  }
  return rounds;
}

/** Long enough for the official client's waits to have reached their longest. */
const outageMs = 12_000;

async function online({ visitor, page, lines }: Cast): Promise<number[][]> {
  await visitor.setOffline(true);
  await everyone(lines, ({ proxy }) => proxy.down());
  await pause(outageMs);
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
    run: (stage) => both(stage, cut),
  },
  {
    name: 'recover.online',
    unit: 'ms',
    about: 'the network was away for 12 s: from the event `online` to `connect`',
    target: { figure: 500 },
    run: (stage) => both(stage, online),
  },
  {
    name: 'recover.ghost',
    unit: 'ms',
    about: 'the network is another one, and the connection died in silence: from the change to `disconnect`',
    target: { figure: 3_000 },
    // The sockets are opened over one interval of the heartbeat, so that the link dies at every moment of it.
    run: (stage) =>
      both(stage, ghost, {
        apartMs: (stage.quick ? quickHeartbeat.pingInterval : usualHeartbeatMs) / stage.rounds,
        options: stage.quick ? quickHeartbeat : {},
      }),
  },
];
