import type { Page } from 'playwright';
import type {} from '../test/support/page-tools.js';
import type { Client, Fixture } from './fixture.js';
import type { Outcome, Scenario } from './scenario.js';
import {
  alternateWarm,
  type Count,
  costMs,
  countOf,
  type MeasuredPage,
  openMeasuredPage,
  withTrafficServer,
} from './traffic.js';

/** Measures the cost of large numbers, in Chromium: of namespaces, of pending acknowledgements, of idle connections. */

declare global {
  interface Window {
    /** Handles a text as if the transport had received it. */
    receiveText(text: string): void;
    idleSockets: (typeof window.socket)[];
  }
}

const clients: readonly Client[] = ['holdfast', 'official'];

/** Measures each client in its own page, in turns; discards the first round. */
function inTurn(
  fixture: Fixture,
  measure: (measured: MeasuredPage, url: string) => Promise<number>,
  prepare: (page: Page, url: string) => Promise<unknown> = async () => {},
): Promise<Outcome> {
  return withTrafficServer(async ({ library: url }) => {
    const figures: Partial<Record<Client, () => Promise<number>>> = {};
    for (const client of clients) {
      const measured = await openMeasuredPage(fixture, client);
      await prepare(measured.page, url);
      figures[client] = () => measure(measured, url);
    }
    return alternateWarm(fixture.rounds, figures);
  });
}

/** In a page: opens `count` namespaces over one connection, and waits until all are connected. */
async function joinNamespaces({ url, count }: { url: string; count: number }): Promise<void> {
  const { io } = window;
  await Promise.all(
    Array.from({ length: count }, (_, room) => {
      const socket = io(`${url}/room-${room}`, { transports: ['websocket'] });
      socket.on('message', () => {});
      window.socket = socket;
      return new Promise<void>((resolve) => socket.on('connect', () => resolve()));
    }),
  );
  // Bypasses the browser's WebSocket, so that its cost does not blur the comparison.
  const { transport } = window.socket.io.engine as unknown as { transport: { onData(text: string): void } };
  window.receiveText = (text) => transport.onData(text);
}

/** In a page: receives one message after the other, for each namespace in turn. */
function receiveInTurn({ namespaces, count }: { namespaces: number; count: number }): void {
  for (let id = 0; id < count; id += 1) {
    window.receiveText(
      `42/room-${id % namespaces},["message",{"id":${id},"text":"Good morning, and good luck"}]`,
    );
  }
}

/** In a page: opens a connection whose namespace stays pending, because `auth` does not answer. */
function openPendingConnection(url: string): Promise<void> {
  const auth = (): void => {};
  // Large enough to hold every message of the scenario.
  const outbox = { maxPackets: 20_000 };
  const once = { forceNew: true, reconnection: false };
  window.socket = window.io(url, { transports: ['websocket'], ...once, auth, outbox } as object);
  const { io } = window.socket;
  return new Promise((resolve) => io.on('open', () => resolve()));
}

/** In a page: emits `count` events with acknowledgements, then loses the connection. */
function emitThenDisconnect(count: number): void {
  const { socket } = window;
  for (let id = 0; id < count; id += 1) socket.emit('question', id, () => {});
  socket.io.engine.close();
}

/** In a page: opens `count` connections one after the other, because browsers throttle simultaneous ones. */
async function openIdleSockets({ url, count }: { url: string; count: number }): Promise<void> {
  window.idleSockets = [];
  for (let opened = 0; opened < count; opened += 1) {
    const socket = window.io(url, { transports: ['websocket'], forceNew: true });
    window.idleSockets.push(socket);
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  }
}

/** In a page: closes them all. */
function closeIdleSockets(): void {
  for (const socket of window.idleSockets) socket.disconnect();
  window.idleSockets = [];
}

/** The size of a page's heap, in kB. */
async function heapKB({ devtools }: MeasuredPage): Promise<number> {
  // Weakly held objects are freed only by a second collection.
  for (let time = 0; time < 2; time += 1) await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize / 1_024;
}

const namespaces = 1_000;
const arrivals = 10_000;
const emits: Count = { full: 16_000, quick: 8_000 };
const connections: Count = { full: 25, quick: 20 };

export const scale: readonly Scenario[] = [
  {
    name: 'namespaces.1000',
    unit: 'µs per message',
    about:
      'main-thread CPU time from transport to listener, for each of 1,000 namespaces over one connection in turn',
    target: { ratio: 0.1 },
    run: (fixture) =>
      inTurn(
        fixture,
        async (measured) => {
          const cost = await costMs(measured, () =>
            measured.page.evaluate(receiveInTurn, { namespaces, count: arrivals }),
          );
          return (cost * 1_000) / arrivals;
        },
        (page, url) => page.evaluate(joinNamespaces, { url, count: namespaces }),
      ),
  },
  {
    name: 'acks.16000',
    unit: 'ms',
    about:
      'main-thread CPU time to emit 16,000 events with acknowledgements while `auth` is pending, and then lose the connection (quick: 8,000)',
    target: { ratio: 0.05 },
    run: (fixture) =>
      inTurn(fixture, async (measured, url) => {
        await measured.page.evaluate(openPendingConnection, url);
        return costMs(measured, () => measured.page.evaluate(emitThenDisconnect, countOf(fixture, emits)));
      }),
  },
  {
    name: 'memory.idle',
    unit: 'kB per socket',
    about: 'heap per connected socket with its own connection, averaged over 25 (quick: 20)',
    target: { ratio: 0.9 },
    run: (fixture) =>
      inTurn(fixture, async (measured, url) => {
        const count = countOf(fixture, connections);
        const beforeKB = await heapKB(measured);
        await measured.page.evaluate(openIdleSockets, { url, count });
        const grownKB = (await heapKB(measured)) - beforeKB;
        await measured.page.evaluate(closeIdleSockets);
        return grownKB / count;
      }),
  },
];
