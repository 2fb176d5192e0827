import type { Page } from 'playwright';
import type {} from '../test/support/page-tools.js';
import type { Client, Line, Stage } from './fixture.js';
import { alternate, type Outcome, type Scenario, type Target } from './scenario.js';

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

/** In a page: the same until a namespace could be used, by hand: the server's handshake, our CONNECT, its answer. */
function connectBareWebSocket({ url }: { url: string }): Promise<number> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    socket.onmessage = ({ data }) => {
      if (data.startsWith('0')) socket.send('40');
      if (data.startsWith('40')) resolve(performance.now() - startedMs);
    };
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

/** How long the official client is given at least, in milliseconds. A quick run waits for nobody else than the others. */
const patienceMs = { full: 25_000, quick: 0 };

/** The official client with the same list of transports, while the rounds of the others go on. */
async function watchOfficial(stage: Stage, line: Line): Promise<() => Promise<string>> {
  const startedMs = performance.now();
  const ms = stage.quick ? patienceMs.quick : patienceMs.full;
  const page: Page = await stage.visit(await stage.visitor(), 'official');
  await page.evaluate(
    ({ url, options }) => {
      window.socket = window.io(url, options);
    },
    { url: line.url, options: webSocketFirst },
  );
  return async () => {
    await page.waitForTimeout(Math.max(0, startedMs + ms - performance.now()));
    const connected = await page.evaluate(() => window.socket.connected);
    return connected ? 'connected' : `not in ${Math.floor((performance.now() - startedMs) / 1000)} s`;
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

function connecting(rttMs: number, target: Target, more: Partial<Scenario> = {}): Scenario {
  return {
    name: `connect.rtt${rttMs}`,
    unit: 'ms',
    about: `from \`io()\` to \`connect\`, default options, first visit, ${rttMs} ms there and back; bare: the same handshake and CONNECT by hand`,
    target,
    ...more,
    async run(stage) {
      const line = await stage.line({}, rttMs);
      return alternate(stage.rounds, {
        holdfast: firstVisit(stage, line, 'holdfast', connect),
        official: firstVisit(stage, line, 'official', connect),
        bare: firstVisit(stage, line, 'official', connectBareWebSocket),
      });
    },
  };
}

export const opening: readonly Scenario[] = [
  connecting(0, {}, { unsteady: 'so short that whatever else the machine does weighs more' }),
  connecting(100, { ratio: 0.95, bareRatio: 1.05 }),
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
    waits: true,
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
