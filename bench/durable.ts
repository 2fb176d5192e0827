import type { BrowserContext, Page } from 'playwright';
import type { Fixture } from './fixture.js';
import { alternate, type Scenario } from './scenario.js';

/** Measures the durable outbox: how much later a message leaves, how many messages a second it sends, and how soon a page with many stored ones continues. */

const library = '/dist/browser/production';

// biome-ignore lint/suspicious/noExplicitAny: put there by the page
type Loaded = any;

async function open(fixture: Fixture, context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  const address =
    fixture.serve(`<!doctype html><html lang="en"><title>durable</title><link rel="icon" href="data:,">
    <script type="module">
      import { io } from '${library}/index.js';
      import { durable } from '${library}/plugins/durable/index.js';
      const { send } = WebSocket.prototype;
      WebSocket.prototype.send = function (data) {
        if (typeof data === 'string' && data.includes('"order"')) window.sentMs ??= performance.now();
        return send.call(this, data);
      };
      Object.assign(window, { io, durable });
    </script></html>`);
  await page.goto(address);
  await page.waitForFunction(() => (window as Loaded).durable);
  return page;
}

/** A server that answers at once, without a network in between. */
async function answering(fixture: Fixture): Promise<string> {
  const { server } = await fixture.link({}, 0);
  server.io.on('connection', (socket) => {
    socket.on('order', (...args: unknown[]) => (args.at(-1) as () => void)());
  });
  return server.url;
}

/** In a page: connects with an outbox that has room for the measurement. */
async function connect({ url, name }: { url: string; name: string }): Promise<void> {
  const page = window as Loaded;
  page.outbox = page.durable({ name, owner: 'user', maxEntries: 20_000 });
  page.socket = page.io(url, { plugins: [page.outbox], transports: ['websocket'] });
  await page.socket.ready();
}

/** In a page: milliseconds from the call to the WebSocket, the median of some. */
async function toTheWire({ stored, times }: { stored: boolean; times: number }): Promise<number> {
  const page = window as Loaded;
  const all: number[] = [];
  for (let i = 0; i < times; i += 1) {
    page.sentMs = undefined;
    const startedMs = performance.now();
    await (stored
      ? page.outbox.emitWithAck(page.socket, 'order', { item: i })
      : page.socket.emitWithAck('order', { item: i }));
    all.push(page.sentMs - startedMs);
  }
  return all.sort((a, b) => a - b)[times >> 1] as number;
}

/** In a page: milliseconds until this many are stored, sent and answered. */
async function sendMany(count: number): Promise<number> {
  const page = window as Loaded;
  const startedMs = performance.now();
  const answers: unknown[] = [];
  for (let i = 0; i < count; i += 1) answers.push(page.outbox.emitWithAck(page.socket, 'order', { item: i }));
  await Promise.all(answers);
  return performance.now() - startedMs;
}

/** In a page: stores this many, and sends none. */
async function storeMany({ name, count }: { name: string; count: number }): Promise<void> {
  const page = window as Loaded;
  const outbox = page.durable({ name, owner: 'user', maxEntries: 20_000 });
  const socket = page.io('http://127.0.0.1:1', { plugins: [outbox], autoConnect: false });
  for (let i = 0; i < count; i += 1) void outbox.emitWithAck(socket, 'order', { item: i });
  while ((await outbox.pending()).length < count) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** In a page: milliseconds from the connection to the first message of an earlier page. */
async function firstSent({ url, name }: { url: string; name: string }): Promise<number> {
  const page = window as Loaded;
  page.sentMs = undefined;
  const outbox = page.durable({ name, owner: 'user', maxEntries: 20_000 });
  const socket = page.io(url, { plugins: [outbox], transports: ['websocket'], forceNew: true });
  const connected = new Promise<number>((resolve) => {
    socket.on('connect', () => resolve(performance.now()));
  });
  const connectedMs = await connected;
  while (page.sentMs === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  socket.disconnect();
  return Math.max(0, page.sentMs - connectedMs);
}

export const durable: readonly Scenario[] = [
  {
    name: 'durable.emit',
    unit: 'ms',
    about:
      'from the call of a durable emit to the WebSocket, once it is stored, median of 200 (quick: 50); bare: an ordinary emit. Target: 3 ms more',
    target: { figure: 3 },
    bare: 'an ordinary emit',
    unsteady: 'an ordinary emit takes next to no time',
    async run(fixture) {
      const page = await open(fixture, await fixture.newContext());
      await page.evaluate(connect, { url: await answering(fixture), name: 'emit' });
      const times = fixture.quick ? 50 : 200;
      const measure = (stored: boolean) => () => page.evaluate(toTheWire, { stored, times });
      return alternate(fixture.rounds, { holdfast: measure(true), bare: measure(false) });
    },
  },
  {
    name: 'durable.rate',
    unit: 'ms',
    about:
      'until 10,000 messages are stored, sent, answered and removed, where all are emitted at once. Target: 2,000 a second',
    target: { figure: 5_000 },
    unsteady: 'the database of the browser has threads of its own',
    async run(fixture) {
      const page = await open(fixture, await fixture.newContext());
      await page.evaluate(connect, { url: await answering(fixture), name: 'rate' });
      return alternate(fixture.quick ? 2 : fixture.rounds, {
        holdfast: () => page.evaluate(sendMany, 10_000),
      });
    },
  },
  {
    name: 'durable.reopen',
    unit: 'ms',
    about: 'from `connect` to the first message, where 10,000 wait from an earlier page',
    target: { figure: 300 },
    unsteady: 'a few milliseconds of a database',
    async run(fixture) {
      const context = await fixture.newContext();
      const url = await answering(fixture);
      return alternate(fixture.quick ? 2 : fixture.rounds, {
        async holdfast(round) {
          const name = `reopen${round}`;
          const first = await open(fixture, context);
          await first.evaluate(storeMany, { name, count: 10_000 });
          await first.close();
          const page = await open(fixture, context);
          const ms = await page.evaluate(firstSent, { url, name });
          await page.close();
          return ms;
        },
      });
    },
  },
];
