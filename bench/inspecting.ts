import { fileURLToPath } from 'node:url';
import type { CDPSession, Page } from 'playwright';
import { root } from './environment.js';
import type { Fixture } from './fixture.js';
import type { Outcome, Scenario } from './scenario.js';

/** Measures the inspector's cost to a page with heavy traffic while it is open. */

const packetsPerSecond = 1_000;
const tickMs = 20;
/** Packets per tick in each direction; one of them requests an acknowledgement. */
const perTick = (packetsPerSecond * tickMs) / 1_000 / 2;

declare global {
  interface Window {
    inspector: { close(): void; readonly element: HTMLElement } | undefined;
  }
}

/** In a page: from now on sends its half of the packets, and receives the other half. */
async function exchangePackets({
  url,
  tickMs,
  perTick,
}: {
  url: string;
  tickMs: number;
  perTick: number;
}): Promise<void> {
  const { io } = window;
  window.socket = io(url, { transports: ['websocket'] });
  window.socket.on('news', () => {});
  await window.socket.ready();
  setInterval(() => {
    for (let i = 1; i < perTick; i += 1)
      window.socket.emit('step', { i, text: 'Good morning, and good luck' });
    window.socket.emit('ask', () => {});
  }, tickMs);
}

/** In a page: opens the inspector with the packet list visible, or closes it. */
function setInspector(open: boolean): void {
  window.inspector?.close();
  window.inspector = open
    ? (window.io as unknown as { inspect(): Window['inspector'] }).inspect()
    : undefined;
  window.inspector?.element.shadowRoot?.querySelectorAll<HTMLElement>('[role=tab]')[2]?.click();
}

async function busyMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1_000;
}

/** The share of time that the main thread was busy, in percent. */
async function busyPercent(page: Page, session: CDPSession, open: boolean, spanMs: number): Promise<number> {
  await page.evaluate(setInspector, open);
  // Excludes the cost of opening and of one-time compilation.
  await page.waitForTimeout(1_000);
  const startedMs = performance.now();
  const before = await busyMs(session);
  await page.waitForTimeout(spanMs);
  const after = await busyMs(session);
  return (100 * (after - before)) / (performance.now() - startedMs);
}

async function run(fixture: Fixture): Promise<Outcome> {
  const { server } = await fixture.link({}, 0);
  server.io.on('connection', (socket) => {
    socket.on('ask', (answer: () => void) => answer());
    const timer = setInterval(() => {
      for (let i = 1; i < perTick; i += 1) socket.emit('news', { i, text: 'Good morning, and good luck' });
    }, tickMs);
    socket.on('disconnect', () => clearInterval(timer));
  });
  const page = await fixture.openPage(await fixture.newContext(), 'holdfast');
  await page.addScriptTag({ path: fileURLToPath(new URL('dist/holdfast.inspector.min.js', root)) });
  await page.evaluate(exchangePackets, { url: server.url, tickMs, perTick });
  const session = await page.context().newCDPSession(page);
  // CPU time instead of wall time: other load on the machine must not count.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spanMs = fixture.quick ? 2_000 : 5_000;
  const rounds = fixture.quick ? 3 : 9;
  const figures: number[][] = [];
  const bare: number[][] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const without = await busyPercent(page, session, false, spanMs);
    const withIt = await busyPercent(page, session, true, spanMs);
    // Discards the first round.
    if (round === 0) continue;
    figures.push([withIt - without]);
    bare.push([without]);
  }
  return { holdfast: figures, bare };
}

export const inspecting: readonly Scenario[] = [
  {
    name: 'inspector.load',
    unit: '% of the main thread',
    about:
      'what the open inspector adds to the main-thread load of a page that exchanges 1,000 packets a second, with the packet list visible',
    target: { figure: 2 },
    bare: 'the page without it',
    unsteady: 'a small difference between two figures',
    run,
  },
];
