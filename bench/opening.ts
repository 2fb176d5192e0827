import type { Page } from 'playwright';
import type {} from '../test/support/page-tools.js';
import { alternate, type Outcome, type Scenario } from './scenario.js';
import type { Client, Line, Stage } from './stage.js';

/** How long it takes until a page is connected: from the call of `io()`, in Chromium. */

const webSocketFirst = { transports: ['websocket', 'polling'] };
const pollingAlone = { transports: ['polling'] };

/** In a page: from `io()` to `connect`, in milliseconds. */
function connect({ url, options }: { url: string; options: object }): Promise<number> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = window.io(url, { ...options, forceNew: true });
    socket.on('connect', () => resolve(performance.now() - startedMs));
  });
}

/** In a page: from `io()` until connected and on WebSocket, in milliseconds. */
function reachWebSocket({ url }: { url: string }): Promise<number> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = window.io(url, { forceNew: true });
    socket.on('connect', () => {
      const { engine } = socket.io;
      const done = (): void => resolve(performance.now() - startedMs);
      if (engine.transport.name === 'websocket') done();
      else engine.on('upgrade', done);
    });
  });
}

/** In a page: until a WebSocket without any protocol above it is open, in milliseconds. */
function openBareWebSocket({ url }: { url: string }): Promise<number> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    socket.onopen = () => resolve(performance.now() - startedMs);
  });
}

type Measurement = (where: { url: string; options: object }) => Promise<number>;

/** The first visit of somebody new, each time. */
function firstVisit(stage: Stage, line: Line, client: Client, measure: Measurement, options: object = {}) {
  return async (): Promise<number> => {
    const visitor = await stage.visitor();
    const page = await stage.visit(visitor, client);
    const ms = await page.evaluate(measure, { url: line.url, options });
    await visitor.close();
    return ms;
  };
}

/** Visits of somebody who was here just before. */
async function returningVisit(stage: Stage, line: Line, client: Client, options: object = {}) {
  const visitor = await stage.visitor();
  const visit = async (): Promise<number> => {
    const page = await stage.visit(visitor, client);
    return page.evaluate(connect, { url: line.url, options });
  };
  await visit();
  return visit;
}

/** Whoever waits at least this long, in milliseconds, and is not connected, is said never to be. */
const patienceMs = 25_000;

/** The official client with the same list of transports, while the rounds of the others go on. */
async function watchOfficial(stage: Stage, line: Line): Promise<() => Promise<string>> {
  const startedMs = performance.now();
  const page: Page = await stage.visit(await stage.visitor(), 'official');
  await page.evaluate(
    ({ url, options }) => {
      window.socket = window.io(url, options);
    },
    { url: line.url, options: webSocketFirst },
  );
  return async () => {
    await page.waitForTimeout(Math.max(0, startedMs + patienceMs - performance.now()));
    const connected = await page.evaluate(() => window.socket.connected);
    return connected ? 'connected' : `never (${Math.round((performance.now() - startedMs) / 1000)} s)`;
  };
}

type Fault = (line: Line) => void;
const hung: Fault = ({ proxy }) => proxy.swallowUpgrades();
const refused: Fault = ({ proxy }) => proxy.refuseUpgrades({ status: 403 });

function fallback(fault: Fault, returning: boolean): Scenario['run'] {
  return async (stage): Promise<Outcome> => {
    const line = await stage.line();
    fault(line);
    const official = await watchOfficial(stage, line);
    const figures = await alternate(stage.rounds, {
      holdfast: returning
        ? await returningVisit(stage, line, 'holdfast')
        : firstVisit(stage, line, 'holdfast', connect),
      bare: returning
        ? await returningVisit(stage, line, 'official', pollingAlone)
        : firstVisit(stage, line, 'official', connect, pollingAlone),
    });
    return { ...figures, words: { official: await official() } };
  };
}

export const opening: readonly Scenario[] = [
  {
    name: 'websocket.rtt100',
    unit: 'ms',
    about: 'from `io()` until connected and on WebSocket, default options',
    target: { ratio: 0.5 },
    async run(stage) {
      const line = await stage.line();
      return alternate(stage.rounds, {
        holdfast: firstVisit(stage, line, 'holdfast', reachWebSocket),
        official: firstVisit(stage, line, 'official', reachWebSocket),
        bare: firstVisit(stage, line, 'official', openBareWebSocket),
      });
    },
  },
  {
    name: 'fallback.hung.first',
    unit: 'ms',
    about:
      'WebSocket is swallowed by a proxy, first visit: from `io()` to `connect`; official with `["websocket", "polling"]`',
    target: { figure: 2_000 },
    against: 'bare',
    bare: 'polling alone',
    run: fallback(hung, false),
  },
  {
    name: 'fallback.hung.again',
    unit: 'ms',
    about: 'the same, for somebody who was here before',
    target: { ratio: 1.1 },
    against: 'bare',
    bare: 'polling alone',
    run: fallback(hung, true),
  },
  {
    name: 'fallback.refused',
    unit: 'ms',
    about: 'WebSocket is answered with 403, first visit: from `io()` to `connect`',
    target: { ratio: 1.3 },
    against: 'bare',
    bare: 'polling alone',
    run: fallback(refused, false),
  },
];
