import { fileURLToPath } from 'node:url';
import type { CDPSession, Page } from 'playwright';
import { root } from './environment.js';
import type { Stage } from './fixture.js';
import type { Outcome, Scenario } from './scenario.js';

/** What the inspector costs a page while it is open and a lot comes and goes. */

const packetsPerSecond = 1_000;
const tickMs = 20;
/** In each direction, of which one asks for an acknowledgement. */
const perTick = (packetsPerSecond * tickMs) / 1_000 / 2;

declare global {
  interface Window {
    inspector: { close(): void; readonly element: HTMLElement } | undefined;
  }
}

/** In a page: sends its half of the packets from now on, and takes the other half. */
async function comeAndGo({
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

/** In a page: opens or closes the inspector, with the list of packets in front. */
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

/** The part of the main thread's time in which it worked, in percent. */
async function busyPercent(page: Page, session: CDPSession, open: boolean, spanMs: number): Promise<number> {
  await page.evaluate(setInspector, open);
  // What opening costs is not asked here, nor what compiles only once.
  await page.waitForTimeout(1_000);
  const startedMs = performance.now();
  const before = await busyMs(session);
  await page.waitForTimeout(spanMs);
  const after = await busyMs(session);
  return (100 * (after - before)) / (performance.now() - startedMs);
}

async function run(stage: Stage): Promise<Outcome> {
  const { server } = await stage.line({}, 0);
  server.io.on('connection', (socket) => {
    socket.on('ask', (answer: () => void) => answer());
    const timer = setInterval(() => {
      for (let i = 1; i < perTick; i += 1) socket.emit('news', { i, text: 'Good morning, and good luck' });
    }, tickMs);
    socket.on('disconnect', () => clearInterval(timer));
  });
  const page = await stage.visit(await stage.visitor(), 'holdfast');
  await page.addScriptTag({ path: fileURLToPath(new URL('dist/holdfast.inspector.min.js', root)) });
  await page.evaluate(comeAndGo, { url: server.url, tickMs, perTick });
  const session = await page.context().newCDPSession(page);
  // The time of the processor, and not that on the wall: a busy machine is not the inspector's fault.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spanMs = stage.quick ? 2_000 : 5_000;
  const rounds = stage.quick ? 3 : 9;
  const figures: number[][] = [];
  const bare: number[][] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const without = await busyPercent(page, session, false, spanMs);
    const withIt = await busyPercent(page, session, true, spanMs);
    // The first round does not count.
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
      'what the open inspector adds to the work of a page that exchanges 1,000 packets a second, its list of packets in front',
    target: { figure: 2 },
    bare: 'the page without it',
    unsteady: 'it is the small difference of two figures',
    run,
  },
];
