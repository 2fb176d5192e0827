import type { Page } from 'playwright';
import type {} from '../test/support/page-tools.js';
import type { Client, Stage } from './fixture.js';
import type { Outcome, Scenario } from './scenario.js';
import {
  alternateWarm,
  type Commuter,
  type Count,
  commute,
  costMs,
  countOf,
  withTrafficServer,
} from './traffic.js';

/** What many of a kind cost, in Chromium: namespaces, acknowledgements that are waited for, connections that only stand. */

declare global {
  interface Window {
    /** Hands the page a text as if it had come from the server. */
    arrive(text: string): void;
    standing: (typeof window.socket)[];
  }
}

const clients: readonly Client[] = ['holdfast', 'official'];

/** Each client in a page of its own, in turn; the first round does not count. */
function inTurn(
  stage: Stage,
  measure: (commuter: Commuter, url: string) => Promise<number>,
  prepare: (page: Page, url: string) => Promise<unknown> = async () => {},
): Promise<Outcome> {
  return withTrafficServer(async ({ library: url }) => {
    const figures: Partial<Record<Client, () => Promise<number>>> = {};
    for (const client of clients) {
      const commuter = await commute(stage, client);
      await prepare(commuter.page, url);
      figures[client] = () => measure(commuter, url);
    }
    return alternateWarm(stage.rounds, figures);
  });
}

/** In a page: opens so many namespaces of one connection, and waits until the server has let the page into each. */
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
  // Behind the transport, so that what the browser needs for a message does not blur what is compared.
  const { transport } = window.socket.io.engine as unknown as { transport: { onData(text: string): void } };
  window.arrive = (text) => transport.onData(text);
}

/** In a page: one message after the other, for each of the namespaces in turn. */
function arriveInTurn({ namespaces, count }: { namespaces: number; count: number }): void {
  for (let id = 0; id < count; id += 1) {
    window.arrive(`42/room-${id % namespaces},["message",{"id":${id},"text":"Good morning, and good luck"}]`);
  }
}

/** In a page: a connection whose namespace is not open yet, as `auth` is still to answer. */
function openLink(url: string): Promise<void> {
  const auth = (): void => {};
  // All of them are to wait, on both sides.
  const outbox = { maxPackets: 20_000 };
  const once = { forceNew: true, reconnection: false };
  window.socket = window.io(url, { transports: ['websocket'], ...once, auth, outbox } as object);
  const { io } = window.socket;
  return new Promise((resolve) => io.on('open', () => resolve()));
}

/** In a page: so many emits wait for an acknowledgement, and the connection is lost. */
function emitAndLose(count: number): void {
  const { socket } = window;
  for (let id = 0; id < count; id += 1) socket.emit('question', id, () => {});
  socket.io.engine.close();
}

/** In a page: so many connections, one after the other, because browsers slow down those who open many at a time. */
async function stand({ url, count }: { url: string; count: number }): Promise<void> {
  window.standing = [];
  for (let opened = 0; opened < count; opened += 1) {
    const socket = window.io(url, { transports: ['websocket'], forceNew: true });
    window.standing.push(socket);
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  }
}

/** In a page: ends them all. */
function leave(): void {
  for (const socket of window.standing) socket.disconnect();
  window.standing = [];
}

/** What a page keeps in its heap, in kB. */
async function heapKB({ devtools }: Commuter): Promise<number> {
  // What is weakly held goes with a second collection.
  for (let time = 0; time < 2; time += 1) await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize / 1_024;
}

const namespaces = 1_000;
const arrivals = 10_000;
const emits: Count = { full: 16_000, quick: 8_000 };
const connections: Count = { full: 25, quick: 20 };

export const multitude: readonly Scenario[] = [
  {
    name: 'namespaces.1000',
    unit: 'µs per message',
    about:
      'main-thread CPU time from the transport to the listener, for each of 1,000 namespaces over one connection in turn',
    target: { ratio: 0.1 },
    run: (stage) =>
      inTurn(
        stage,
        async (commuter) => {
          const cost = await costMs(commuter, () =>
            commuter.page.evaluate(arriveInTurn, { namespaces, count: arrivals }),
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
      'main-thread CPU time to emit 16,000 events with acknowledgements while `auth` has not answered, and to lose the connection (quick: 8,000)',
    target: { ratio: 0.05 },
    run: (stage) =>
      inTurn(stage, async (commuter, url) => {
        await commuter.page.evaluate(openLink, url);
        return costMs(commuter, () => commuter.page.evaluate(emitAndLose, countOf(stage, emits)));
      }),
  },
  {
    name: 'memory.idle',
    unit: 'kB per socket',
    about:
      'what a connected socket with a connection of its own keeps in the heap of the page, of 25 (quick: of 20)',
    target: { ratio: 0.9 },
    run: (stage) =>
      inTurn(stage, async (commuter, url) => {
        const count = countOf(stage, connections);
        const beforeKB = await heapKB(commuter);
        await commuter.page.evaluate(stand, { url, count });
        const grownKB = (await heapKB(commuter)) - beforeKB;
        await commuter.page.evaluate(leave);
        return grownKB / count;
      }),
  },
];
