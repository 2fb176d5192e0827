import type { Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { FaultProxy } from '../support/fault-proxy.js';
import { bundle } from '../support/tab-pages.js';
import { UdpProxy } from '../support/udp-proxy.js';
import {
  portForBoth,
  startWebTransportServer,
  type WebTransportServer,
} from '../support/web-transport-server.js';
import { all, attemptsOf, connect, connected, dial, disconnected, transportOf, usePages } from './pages.js';

/** The option `join` of `early()`, in Chromium, against the real server over HTTP/3. */

declare global {
  interface Window {
    /** The packets of each write to the stream of a WebTransport session, as text. */
    writes: string[][];
  }
}

const pages = usePages();
let server: WebTransportServer;
let program: string;
/** The number of the server's events before the test. */
let from = 0;

beforeAll(async () => {
  [server, program] = await Promise.all([
    startWebTransportServer({ options: { pingInterval: 500, pingTimeout: 1_500 } }),
    // `join` and `answer`, which `auth` returns later, are options of this test.
    bundle(`
      import { io } from 'holdfast';
      import { early } from 'holdfast/early';
      import { webTransport } from 'holdfast/plugins';

      window.writes = [];
      const { write } = WritableStreamDefaultWriter.prototype;
      WritableStreamDefaultWriter.prototype.write = function (frames) {
        const packets = [];
        for (let at = 0; at < frames.length; at += 1 + frames[at])
          packets.push(new TextDecoder().decode(frames.subarray(at + 1, at + 1 + frames[at])));
        window.writes.push(packets);
        return write.call(this, frames);
      };
      window.io = (url, { join, answer, ...options }) => io(url, {
        ...options,
        ...(answer && { auth: () => new Promise((resolve) => setTimeout(resolve, 300, answer)) }),
        plugins: [early({ join }), webTransport()],
      });`),
  ]);
});

afterAll(() => server?.kill());

beforeEach(() => {
  from = server.events.length;
});

async function open(test: Parameters<typeof pages.open>[0]): Promise<Page> {
  const page = await pages.open(test);
  await page.addScriptTag({ content: program });
  return page;
}

const writesOf = (page: Page): Promise<string[][]> => page.evaluate(() => window.writes);

/** What the server reports of this test: which events, in order. */
const seen = (...names: string[]): string[] =>
  server.events.slice(from).flatMap(({ event }) => (names.includes(event) ? event : []));

/** Everything that was emitted from the start arrives. */
async function emits(page: Page): Promise<void> {
  const before = server.events.length;
  await page.evaluate(() => window.socket.emit('count', 7));
  await server.until('the message', ({ number }) => number === 7, before);
}

test.for<[string, object, string]>([
  ['without auth', { join: true }, '40'],
  ['with auth', { join: { token: 'ü' }, auth: { token: 'ü' } }, '40{"token":"ü"}'],
  ['with auth that comes later', { join: { token: 't' }, answer: { token: 't' } }, '40{"token":"t"}'],
])('CONNECT goes with the first packet, and not again: %s', async ([, options, packet], test) => {
  const page = await open(test);
  const id = await connect(page, server, options);
  expect(server.of(id)[0]).toMatchObject({ event: 'connection', transport: 'webtransport' });
  await emits(page);
  const [first, ...others] = await writesOf(page);
  expect(first).toEqual(['0', packet]);
  expect(others.flat().filter((text) => text.startsWith('40'))).toEqual([]);
  expect(seen('session', 'connection')).toEqual(['session', 'connection']);
  expect(await attemptsOf(page)).toEqual(['webtransport start', 'webtransport won']);
});

test('another auth than the one that was sent: a new connection is opened, and no emit is lost', async (test) => {
  const page = await open(test);
  await dial(page, server, { join: true, auth: { token: 't' } });
  await page.evaluate(() => {
    for (let i = 0; i < 20; i++) window.socket.emit('count', i);
  });
  const id = await connected(page);
  await server.until('the last message', (one) => one.id === id && one.number === 19, from);
  expect(server.of(id).flatMap(({ number }) => number ?? [])).toEqual(
    Array.from({ length: 20 }, (_, i) => i),
  );
  // The server notices that the first one has ended.
  await server.until('its end', ({ event }) => event === 'session end', from);
  expect(seen('session', 'connection')).toEqual(['session', 'connection', 'session', 'connection']);
  const writes = await writesOf(page);
  expect(writes.slice(0, 3)).toEqual([['0', '40'], ['0'], ['40{"token":"t"}']]);
});

test('a lost connection is opened again, with CONNECT after the handshake', async (test) => {
  const page = await open(test);
  const id = await connect(page, server, { join: true });
  await server.kill();
  await disconnected(page);
  await server.start();
  expect(await connected(page)).not.toBe(id);
  await emits(page);
  const writes = await writesOf(page);
  expect(writes.map(String).filter((text) => /^0|,?40/.test(text))).toEqual(['0,40', '0', '40']);
});

test('a network that swallows UDP: the next transport connects', async (test) => {
  const port = await portForBoth();
  const tcp = new FaultProxy(server.port, port);
  await tcp.up();
  const udp = await UdpProxy.start(server.port, port);
  udp.swallows = true;
  test.onTestFinished(async () => {
    udp.close();
    await tcp.close();
  });
  const page = await open(test);
  const { certificate } = server;
  await connect(page, { certificate, url: tcp.url }, { ...all, join: true });
  expect(await transportOf(page)).toBe('websocket');
  await emits(page);
  expect(seen('session', 'connection')).toEqual(['session', 'connection']);
});
