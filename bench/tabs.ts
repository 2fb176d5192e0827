import { build } from 'esbuild';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright';
import { launchChromium } from '../test/support/browser.js';
import type {} from '../test/support/page-tools.js';
import { root } from './environment.js';
import { defaultRttMs, type Fixture, type ServerLink } from './fixture.js';
import { alternate, type Outcome, type Scenario, type Side } from './scenario.js';

/** Compares ten tabs that share a connection with ten that have one each. */

const TABS = 10;
const SEPARATE = 'holdfast without tabs';

const programs: Readonly<Record<Side, string>> = {
  holdfast: `import { io } from 'holdfast'; import { tabs } from 'holdfast/tabs';
    globalThis.open = (url) => io(url, { plugins: [tabs()], transports: ['websocket'] });`,
  bare: `import { io } from 'holdfast'; globalThis.open = (url) => io(url, { transports: ['websocket'] });`,
  official: `import { io } from 'socket.io-client'; globalThis.open = (url) => io(url, { transports: ['websocket'] });`,
};

declare global {
  interface Window {
    /** Connects with one of the libraries. */
    open(url: string): Window['socket'];
  }
}

const addresses = new Map<Side, Promise<string>>();

/** The address of a page with the library of a side. */
function addressOf(fixture: Fixture, side: Side): Promise<string> {
  const known = addresses.get(side);
  if (known) return known;
  const made = build({
    stdin: { contents: programs[side], resolveDir: new URL('.', root).pathname },
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    tsconfigRaw: {},
  }).then(({ outputFiles }) =>
    fixture.serve(
      `<!doctype html><html lang="en"><title>${side}</title><link rel="icon" href="data:,"><script>${outputFiles[0]?.text}</script></html>`,
    ),
  );
  addresses.set(side, made);
  return made;
}

async function tab(fixture: Fixture, context: BrowserContext, side: Side): Promise<Page> {
  const page = await context.newPage();
  await page.goto(await addressOf(fixture, side));
  return page;
}

/** In a page: from `io()` to `connect`, in milliseconds. */
function connect(url: string): Promise<number> {
  const startedMs = performance.now();
  window.socket = window.open(url);
  return new Promise((resolve) => {
    window.socket.on('connect', () => resolve(performance.now() - startedMs));
  });
}

function application({ server }: ServerLink): void {
  server.io.on('connection', (socket) => socket.on('ask', (answer) => answer()));
}

/** Opens this many connected tabs. */
async function tabsOf(
  fixture: Fixture,
  side: Side,
  { url }: ServerLink,
  count: number,
  browser?: Browser,
): Promise<Page[]> {
  const context = await (browser ?? fixture).newContext();
  const pages: Page[] = [];
  for (let i = 0; i < count; i += 1) {
    const page = await tab(fixture, context, side);
    await page.evaluate(connect, url);
    pages.push(page);
  }
  return pages;
}

const every = (measure: (side: Side) => () => Promise<number>): Record<Side, () => Promise<number>> => ({
  holdfast: measure('holdfast'),
  official: measure('official'),
  bare: measure('bare'),
});

async function connections(fixture: Fixture): Promise<Outcome> {
  return alternate(
    1,
    every((side) => async () => {
      const link = await fixture.link({}, 0);
      const pages = await tabsOf(fixture, side, link, TABS);
      const { clientsCount } = link.server.io.engine;
      const sockets = (await link.server.io.fetchSockets()).length;
      await pages[0]?.context().close();
      return Math.max(clientsCount, sockets);
    }),
  );
}

async function second(fixture: Fixture): Promise<Outcome> {
  return alternate(
    fixture.rounds,
    every((side) => async () => {
      const link = await fixture.link();
      const [first] = await tabsOf(fixture, side, link, 1);
      const page = await tab(fixture, (first as Page).context(), side);
      const ms = await page.evaluate(connect, link.url);
      await page.context().close();
      return ms;
    }),
  );
}

/** In a page: the time from now until an emit is acknowledged, in milliseconds. */
function acknowledged(): Promise<number> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    // An emit that was lost with the leader is repeated, as a program would do.
    const ask = (): void => {
      window.socket.timeout(20_000).emit('ask', (error: Error | null) => {
        if (error) ask();
        else resolve(performance.now() - startedMs);
      });
    };
    ask();
  });
}

type End = (leader: Page) => Promise<unknown>;

/** The time without a leader, for a follower that emits as soon as the leader is gone. */
const takeover =
  (end: End): Scenario['run'] =>
  async (fixture) =>
    alternate(fixture.rounds, {
      holdfast: async () => {
        const link = await fixture.link();
        application(link);
        const [leader, follower] = (await tabsOf(fixture, 'holdfast', link, 2)) as [Page, Page];
        await end(leader);
        const ms = await follower.evaluate(acknowledged);
        // A page that hangs is closed by force.
        await Promise.race([
          follower.context().close(),
          new Promise((resolve) => setTimeout(resolve, 2_000)),
        ]);
        return ms;
      },
    });

const close: End = (leader) => leader.close();

const crash: End = async (leader) => {
  const session = await leader.context().newCDPSession(leader);
  const crashed = new Promise((resolve) => leader.once('crash', resolve));
  session.send('Page.crash').catch(() => {});
  await crashed;
};

/** Its script stands still silently, like that of a frozen page. */
const suspend: End = async (leader) => {
  const session = await leader.context().newCDPSession(leader);
  await session.send('Debugger.enable');
  await session.send('Debugger.pause');
  session.send('Runtime.evaluate', { expression: '0' }).catch(() => {});
};

const EVENTS = 2_000;

/** The time of a page's main thread, in microseconds. */
async function taskMicros(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1e6;
}

/** The main-thread time of one event in the first of this many tabs, in microseconds. */
async function spreading(fixture: Fixture, count: number): Promise<number> {
  const link = await fixture.link({}, 0);
  // Tabs of one site may share a process, and so a main thread: the others' work does not belong to the leader.
  const browser = await launchChromium('--disable-features=ProcessPerSiteUpToMainFrameThreshold');
  const pages = (await tabsOf(fixture, 'holdfast', link, count, browser)) as [Page, ...Page[]];
  const session = await pages[0].context().newCDPSession(pages[0]);
  // CPU time, without that of other processes.
  await session.send('Performance.setTimeDomain', { timeDomain: 'threadTicks' });
  await session.send('Performance.enable');
  const send = async (events: number): Promise<void> => {
    const all = pages.map((page) =>
      page.evaluate(
        (expected) =>
          new Promise<void>((resolve) => {
            let heard = 0;
            window.socket.on('news', () => {
              heard += 1;
              if (heard === expected) resolve();
            });
          }),
        events,
      ),
    );
    await Promise.all(pages.map((page) => page.evaluate(() => new Promise(requestAnimationFrame))));
    for (let i = 0; i < events; i += 1) {
      link.server.io.emit('news', i, 'a short text');
      // One by one, as in practice.
      if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(all);
    await Promise.all(pages.map((page) => page.evaluate(() => void window.socket.off('news' as never))));
  };
  await send(EVENTS / 4);
  const before = await taskMicros(session);
  await send(EVENTS);
  const micros = ((await taskMicros(session)) - before) / EVENTS;
  await browser.close();
  return micros;
}

async function spread(fixture: Fixture): Promise<Outcome> {
  return alternate(fixture.quick ? 1 : 5, {
    holdfast: async () => {
      const one = await spreading(fixture, 1);
      const all = await spreading(fixture, TABS);
      return Math.max(0, (all - one) / (TABS - 1));
    },
  });
}

export const tabs: readonly Scenario[] = [
  {
    name: 'tabs.connections',
    unit: '',
    about: 'connections and server-side sockets of ten tabs, with the plugin tabs',
    target: { figure: 1 },
    bare: SEPARATE,
    waits: true,
    run: connections,
  },
  {
    name: 'tabs.second',
    unit: 'ms',
    about: `from \`io()\` to \`connect\` in a second tab, ${defaultRttMs} ms round trip`,
    target: { bareRatio: 0.35 },
    bare: SEPARATE,
    waits: true,
    run: second,
  },
  ...(
    [
      ['tabs.closed', 'the tab that has the connection was closed', close, 1_000],
      ['tabs.crashed', 'the tab that has the connection has crashed', crash, 1_000],
      ['tabs.frozen', 'the tab that has the connection stands still, without a word', suspend, 4_500],
    ] as const
  ).map(
    ([name, what, end, figure]): Scenario => ({
      name,
      unit: 'ms',
      about: `until an emit of another tab is acknowledged, after ${what}, ${defaultRttMs} ms round trip`,
      target: { figure },
      waits: true,
      unsteady: 'there is nothing to compare it with',
      run: takeover(end),
    }),
  ),
  {
    name: 'tabs.spread',
    unit: 'µs',
    about:
      'what an event costs the main thread of the tab that has the connection, for each further tab of ten',
    target: { figure: 10 },
    unsteady: 'a difference of two small figures',
    run: spread,
  },
];
