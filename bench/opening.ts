import type { Page } from 'playwright';
import type {} from '../test/support/page-tools.js';
import type { Client, Fixture, ServerLink } from './fixture.js';
import { alternate, type Outcome, type Scenario, type Target } from './scenario.js';

/** Measures the time from `io()` until a page is connected, in Chromium. */

const webSocketFirst = { transports: ['websocket', 'polling'] };
const pollingOnly = { transports: ['polling'] };

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

/** In a page: the time to open a bare WebSocket, in milliseconds. */
function openBareWebSocket({ url }: { url: string }): Promise<number> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    socket.onopen = () => resolve(performance.now() - startedMs);
  });
}

/** In a page: the same until a namespace is usable, done by hand: the server's handshake, our CONNECT, its answer. */
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

/** A first visit with a new profile, each time. */
function firstVisit(
  fixture: Fixture,
  link: ServerLink,
  client: Client,
  measure: Measurement,
  options: object = {},
) {
  return async (): Promise<number> => {
    const context = await fixture.newContext();
    const page = await fixture.openPage(context, client);
    const ms = await page.evaluate(measure, { url: link.url, options });
    await context.close();
    return ms;
  };
}

/** Visits with a profile that has just visited. */
async function returningVisit(fixture: Fixture, link: ServerLink, client: Client, options: object = {}) {
  const context = await fixture.newContext();
  const visit = async (): Promise<number> => {
    const page = await fixture.openPage(context, client);
    return page.evaluate(connect, { url: link.url, options });
  };
  await visit();
  return visit;
}

/** The least time the official client is given, in milliseconds. A quick run does not wait longer than it must. */
const patienceMs = { full: 25_000, quick: 0 };

/** Runs the official client with the same list of transports while the other rounds run. */
async function watchOfficial(fixture: Fixture, link: ServerLink): Promise<() => Promise<string>> {
  const startedMs = performance.now();
  const ms = fixture.quick ? patienceMs.quick : patienceMs.full;
  const page: Page = await fixture.openPage(await fixture.newContext(), 'official');
  await page.evaluate(
    ({ url, options }) => {
      window.socket = window.io(url, options);
    },
    { url: link.url, options: webSocketFirst },
  );
  return async () => {
    await page.waitForTimeout(Math.max(0, startedMs + ms - performance.now()));
    const connected = await page.evaluate(() => window.socket.connected);
    return connected ? 'connected' : `not in ${Math.floor((performance.now() - startedMs) / 1000)} s`;
  };
}

type Fault = (link: ServerLink) => void;
const hung: Fault = ({ proxy }) => proxy.swallowUpgrades();
const refused: Fault = ({ proxy }) => proxy.refuseUpgrades({ status: 403 });

function fallback(fault: Fault, returning: boolean): Scenario['run'] {
  return async (fixture): Promise<Outcome> => {
    const link = await fixture.link();
    fault(link);
    const official = await watchOfficial(fixture, link);
    const figures = await alternate(fixture.rounds, {
      holdfast: returning
        ? await returningVisit(fixture, link, 'holdfast')
        : firstVisit(fixture, link, 'holdfast', connect),
      bare: returning
        ? await returningVisit(fixture, link, 'official', pollingOnly)
        : firstVisit(fixture, link, 'official', connect, pollingOnly),
    });
    return { ...figures, notes: { official: await official() } };
  };
}

function connecting(rttMs: number, target: Target, more: Partial<Scenario> = {}): Scenario {
  return {
    name: `connect.rtt${rttMs}`,
    unit: 'ms',
    about: `from \`io()\` to \`connect\`, default options, first visit, ${rttMs} ms round trip; bare: the same handshake and CONNECT by hand`,
    target,
    ...more,
    async run(fixture) {
      const link = await fixture.link({}, rttMs);
      return alternate(fixture.rounds, {
        holdfast: firstVisit(fixture, link, 'holdfast', connect),
        official: firstVisit(fixture, link, 'official', connect),
        bare: firstVisit(fixture, link, 'official', connectBareWebSocket),
      });
    },
  };
}

export const opening: readonly Scenario[] = [
  connecting(0, {}, { unsteady: 'so short that other load on the machine weighs more' }),
  connecting(100, { ratio: 0.95, bareRatio: 1.05 }),
  {
    name: 'websocket.rtt100',
    unit: 'ms',
    about: 'from `io()` until connected over WebSocket, default options',
    target: { ratio: 0.5 },
    async run(fixture) {
      const link = await fixture.link();
      return alternate(fixture.rounds, {
        holdfast: firstVisit(fixture, link, 'holdfast', reachWebSocket),
        official: firstVisit(fixture, link, 'official', reachWebSocket),
        bare: firstVisit(fixture, link, 'official', openBareWebSocket),
      });
    },
  },
  {
    name: 'fallback.hung.first',
    unit: 'ms',
    about:
      'a proxy swallows WebSocket, first visit: from `io()` to `connect`; official with `["websocket", "polling"]`',
    target: { figure: 2_000 },
    against: 'bare',
    bare: 'polling only',
    waits: true,
    run: fallback(hung, false),
  },
  {
    name: 'fallback.hung.again',
    unit: 'ms',
    about: 'the same, on a returning visit',
    target: { ratio: 1.1 },
    against: 'bare',
    bare: 'polling only',
    run: fallback(hung, true),
  },
  {
    name: 'fallback.refused',
    unit: 'ms',
    about: 'a proxy answers WebSocket with 403, first visit: from `io()` to `connect`',
    target: { ratio: 1.3 },
    against: 'bare',
    bare: 'polling only',
    run: fallback(refused, false),
  },
];
