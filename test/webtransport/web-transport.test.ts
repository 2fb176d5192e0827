import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FaultProxy } from '../support/fault-proxy.js';
import { UdpProxy } from '../support/udp-proxy.js';
import {
  portForBoth,
  startWebTransportServer,
  type WebTransportServer,
} from '../support/web-transport-server.js';
import {
  all,
  attemptsOf,
  connect,
  connected,
  dial,
  disconnected,
  endsOf,
  patienceMs,
  transportOf,
  usePages,
} from './pages.js';

/** WebTransport in Chromium, against the real server over HTTP/3. The tests run in parallel, because most of them wait. */

const pages = usePages();
let server: WebTransportServer;
/** A server that takes large messages. */
let roomy: WebTransportServer;
/** A server with fast heartbeats. */
let quick: WebTransportServer;
/** A server that is killed and restarted. */
let mortal: WebTransportServer;
/** A server that refuses WebTransport, because of its option `cors`. */
let refusing: WebTransportServer;
/** Pages ask it to break the protocol. */
let hostile: WebTransportServer;

const heartbeats = { pingInterval: 500, pingTimeout: 1_500 };

beforeAll(async () => {
  [server, roomy, quick, mortal, refusing, hostile] = await Promise.all([
    startWebTransportServer(),
    startWebTransportServer({ options: { maxHttpBufferSize: 1e8 } }),
    startWebTransportServer({ options: heartbeats }),
    startWebTransportServer({ options: heartbeats }),
    startWebTransportServer({ options: { cors: { origin: '*' } } }),
    startWebTransportServer(),
  ]);
});

afterAll(async () => {
  await Promise.all([server, roomy, quick, mortal, refusing, hostile].map((one) => one?.kill()));
});

/** A link to a server on which TCP and UDP are broken separately. */
class Link {
  private constructor(
    readonly udp: UdpProxy,
    readonly tcp: FaultProxy,
    readonly server: WebTransportServer,
  ) {}

  static async to(server: WebTransportServer): Promise<Link> {
    const port = await portForBoth();
    const tcp = new FaultProxy(server.port, port);
    await tcp.up();
    return new Link(await UdpProxy.start(server.port, port), tcp, server);
  }

  get url(): string {
    return this.tcp.url;
  }

  get certificate(): WebTransportServer['certificate'] {
    return this.server.certificate;
  }

  async close(): Promise<void> {
    this.udp.close();
    await this.tcp.close();
  }
}

/** Emits numbered messages until the work is done; all must arrive once and in order. */
async function countThrough(page: Page, at: WebTransportServer, work: () => Promise<void>): Promise<void> {
  const id = await page.evaluate(() => {
    let number = 0;
    const timer = setInterval(() => window.socket.emit('count', number++), 5);
    Object.assign(window, {
      stopCounting: () => {
        clearInterval(timer);
        return number;
      },
    });
    return window.socket.id;
  });
  await work();
  const sent = await page.evaluate(() => (window as unknown as { stopCounting(): number }).stopCounting());
  expect(sent).toBeGreaterThan(0);
  await at.until('the last message', (one) => one.id === id && one.number === sent - 1);
  const numbers = at.of(id).flatMap(({ number }) => number ?? []);
  expect(numbers).toEqual(Array.from({ length: sent }, (_, i) => i));
}

describe.concurrent('WebTransport', () => {
  test('connects, and carries text, bytes and acknowledgements', async (test) => {
    const page = await pages.open(test);
    const id = await connect(page, server);
    expect(await transportOf(page)).toBe('webtransport');
    expect(server.of(id)[0]?.transport).toBe('webtransport');
    const results = await page.evaluate(async () => {
      const echo = (...args: unknown[]): Promise<unknown[]> =>
        new Promise((resolve) => window.socket.emit('echo', ...args, (...back: unknown[]) => resolve(back)));
      const bytes = Uint8Array.from({ length: 300 }, (_, i) => i);
      const [text, view, buffer, blob, nested] = await echo(
        'ä\u{1f600}\0',
        bytes.subarray(100, 200),
        bytes.buffer,
        new Blob([bytes]),
        { deep: [bytes] },
      );
      const sum = (one: unknown): number =>
        new Uint8Array(one as ArrayBuffer).reduce((sum, byte) => sum + byte, 0);
      const { deep } = nested as { deep: unknown[] };
      return [text, sum(view), sum(buffer), sum(blob), sum(deep[0])];
    });
    const sum = (from: number, to: number): number =>
      Array.from({ length: to - from }, (_, i) => (from + i) % 256).reduce((a, b) => a + b, 0);
    expect(results).toEqual(['ä\u{1f600}\0', sum(100, 200), sum(0, 300), sum(0, 300), sum(0, 300)]);
  });

  test('is dialled first if it is listed first, and the server has one session in the end', async (test) => {
    const page = await pages.open(test);
    const id = await connect(page, server, all);
    expect((await attemptsOf(page))[0]).toBe('webtransport start');
    expect(server.of(id).map(({ event }) => event)).toEqual(['connection']);
  });

  test('notices that the server has closed the connection, and reconnects', async (test) => {
    const page = await pages.open(test);
    const id = await connect(page, server);
    await page.evaluate(async () => {
      const back = window.next(window.socket, 'connect');
      window.socket.emit('close the transport');
      await back;
    });
    // Deno ends the whole connection, without an end of the session: for a browser it is lost.
    // On a busy machine, the browser may give up the next one as well.
    expect(new Set(await endsOf(page))).toEqual(new Set(['transport error']));
    expect(await transportOf(page)).toBe('webtransport');
    expect(await connected(page)).not.toBe(id);
  });
});

describe.concurrent('when WebTransport does not work', () => {
  test('UDP is refused: WebSocket follows at once', async (test) => {
    const link = await Link.to(server);
    test.onTestFinished(() => link.close());
    link.udp.close();
    const page = await pages.open(test);
    await connect(page, link, all);
    expect(await transportOf(page)).not.toBe('webtransport');
    const attempts = await attemptsOf(page);
    expect(attempts[0]).toBe('webtransport start');
    expect(attempts).toContain('webtransport failed');
  });

  test('UDP is swallowed: WebSocket follows after the head start, and is tried first from then on', async (test) => {
    const link = await Link.to(server);
    test.onTestFinished(() => link.close());
    link.udp.swallows = true;
    const page = await pages.open(test);
    await connect(page, link, all);
    expect(await transportOf(page)).not.toBe('webtransport');
    expect(link.udp.packets).toBeGreaterThan(0);
    const [firstMs = 0, secondMs = 0] = await page.evaluate(() => window.attemptsAtMs);
    expect((await attemptsOf(page)).slice(0, 2)).toEqual(['webtransport start', 'websocket start']);
    expect(secondMs - firstMs).toBeGreaterThan(900);
    expect(secondMs - firstMs).toBeLessThan(5_000);

    const returning = await pages.again(page);
    await connect(returning, link, all);
    expect((await attemptsOf(returning))[0]).toBe('websocket start');
    expect(await transportOf(returning)).not.toBe('webtransport');

    // Another network lets it through.
    link.udp.swallows = false;
    await returning.evaluate(() => {
      const { connection } = navigator as unknown as { connection: EventTarget };
      connection.dispatchEvent(new Event('change'));
    });
    const elsewhere = await pages.again(page);
    await connect(elsewhere, link, all);
    expect((await attemptsOf(elsewhere))[0]).toBe('webtransport start');
  });

  test('UDP and WebSocket are swallowed: polling follows', async (test) => {
    const link = await Link.to(server);
    test.onTestFinished(() => link.close());
    link.udp.swallows = true;
    link.tcp.swallowUpgrades();
    const page = await pages.open(test);
    await connect(page, link, all);
    expect(await transportOf(page)).toBe('polling');
  });

  test('the server refuses it, because of a middleware of its engine: WebSocket follows at once', async (test) => {
    const page = await pages.open(test);
    await connect(page, refusing, all);
    expect(await transportOf(page)).not.toBe('webtransport');
    const attempts = await attemptsOf(page);
    expect(attempts[0]).toBe('webtransport start');
    expect(attempts).toContain('webtransport failed');
  });

  test('the certificate does not match its hash: WebSocket follows at once', async (test) => {
    const page = await pages.open(test);
    const { url, certificate } = server;
    const hash = Buffer.alloc(32).toString('base64');
    await connect(page, { url, certificate: { ...certificate, hash } }, all);
    expect(await transportOf(page)).not.toBe('webtransport');
    const attempts = await attemptsOf(page);
    expect(attempts[0]).toBe('webtransport start');
    expect(attempts).toContain('webtransport failed');
  });

  test('UDP is swallowed during a session: the heartbeat detects it, and WebSocket takes over', async (test) => {
    const link = await Link.to(quick);
    test.onTestFinished(() => link.close());
    const page = await pages.open(test);
    await connect(page, link);
    expect(await transportOf(page)).toBe('webtransport');
    await page.evaluate((all) => Object.assign(window.socket.io.opts, all), all);
    link.udp.swallows = true;
    await disconnected(page);
    await page.evaluate(() => void window.socket.emit('count', 77));
    await connected(page);
    expect(await endsOf(page)).toEqual(['ping timeout']);
    expect(await transportOf(page)).not.toBe('webtransport');
    await quick.until('what was emitted meanwhile', ({ number }) => number === 77);
  });
});

describe.concurrent('a polling session', () => {
  test('moves to WebTransport with the same id, without losing, repeating or reordering anything', async (test) => {
    const page = await pages.open(test);
    const before = server.events.length;
    const id = await connect(page, server, { transports: ['polling', 'websocket', 'webtransport'] });
    await countThrough(page, server, async () => {
      await page.evaluate(() => {
        const { engine } = window.socket.io;
        return window.until(engine, 'upgrade', () => window.socket.io.transport === 'webtransport', 30_000);
      });
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
    });
    expect(await page.evaluate(() => window.socket.id)).toBe(id);
    expect(await endsOf(page)).toEqual([]);
    expect(server.of(id).filter(({ event }) => event !== 'count')).toMatchObject([{ event: 'connection' }]);
    await server.until(
      'the upgrade',
      ({ event, transport }) => event === 'upgrade' && transport === 'webtransport',
      before,
    );
  });

  test('moves to WebSocket if UDP is swallowed', async (test) => {
    const link = await Link.to(server);
    test.onTestFinished(() => link.close());
    link.udp.swallows = true;
    const page = await pages.open(test);
    await connect(page, link, { transports: ['polling', 'websocket', 'webtransport'] });
    await page.evaluate(() => {
      const { engine } = window.socket.io;
      return window.until(engine, 'upgrade', () => window.socket.io.transport === 'websocket', 30_000);
    });
    expect(await endsOf(page)).toEqual([]);
  });
});

test.concurrent('a session reconnects over WebTransport after the server was killed and restarted', async (test) => {
  const page = await pages.open(test);
  await connect(page, mortal);
  expect(await transportOf(page)).toBe('webtransport');
  await mortal.kill();
  await disconnected(page);
  await page.evaluate(() => void window.socket.emit('count', 88));
  await mortal.start();
  await connected(page);
  await mortal.until('what was emitted meanwhile', ({ number }) => number === 88);
});

describe.concurrent('the life of the page', () => {
  test('a frozen page that resumes stays connected, or reconnects at once', async (test) => {
    const page = await pages.open(test);
    await connect(page, server);
    const session = await page.context().newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    const answer = await page.evaluate(() => window.socket.emitWithAck('count', 99));
    expect(answer).toBe(99);
    expect(await transportOf(page)).toBe('webtransport');
  });

  test('a page that is left sends its last emits, and the server notices its end', async (test) => {
    const page = await pages.open(test);
    const id = await connect(page, server);
    const before = server.events.length;
    await page.evaluate(() =>
      window.addEventListener('pagehide', () => {
        window.socket.emit('count', 111);
        window.socket.emit('count', 112);
      }),
    );
    await page.goto(`${pages.origin}/module`);
    await server.until('the end', (one) => one.event === 'disconnect' && one.id === id, before);
    const words = server.of(id).flatMap(({ number }) => number ?? []);
    expect(words).toEqual([111, 112]);
    expect(server.of(id).at(-1)?.reason).toBe('transport close');
  });
});

describe.concurrent('a server that breaks the protocol', () => {
  const only = (path: string): object => ({
    path: `/${path}`,
    transports: ['webtransport'],
    reconnection: false,
    timeout: path === 'silent' ? 3_000 : patienceMs,
    maxReceivedBytes: 1_000_000,
  });

  test.for(['close', 'before-handshake', 'silent'])('%s: the attempt fails', async (path, test) => {
    const page = await pages.open(test);
    await dial(page, hostile, only(path));
    const message = await page.evaluate(async () => {
      await window.until(window.socket, 'connect_error', () => window.failures.length > 0, 30_000);
      return window.failures[0];
    });
    expect(message).toBe(
      {
        close: 'webtransport error',
        'before-handshake': 'unexpected message packet',
        silent: 'timeout',
      }[path],
    );
  });

  test.for([
    ['empty', 'transport error'],
    ['unknown', 'transport error'],
    ['endless', 'parse error'],
  ] as const)('%s: the connection ends', async ([path, reason], test) => {
    const page = await pages.open(test);
    await dial(page, hostile, only(path));
    // It was connected, or there would be no end.
    await disconnected(page);
    expect(await endsOf(page)).toEqual([reason]);
  });

  test('byte by byte: it still connects', async (test) => {
    const page = await pages.open(test);
    expect(await connect(page, hostile, only('byte-by-byte'))).toBe('hostile');
  });

  test('streams that nobody reads: messages still arrive', async (test) => {
    const page = await pages.open(test);
    await dial(page, hostile, only('streams'));
    await page.waitForFunction(() => window.received.flat().includes('still there'));
  });

  test('endless messages: the page stays responsive, and can close the connection', async (test) => {
    const page = await pages.open(test);
    await dial(page, hostile, only('flood'));
    const { turns, ends } = await page.evaluate(async () => {
      let received = 0;
      window.socket.on('flood', () => received++);
      await window.until(window.socket, 'flood', () => received > 5_000, 30_000);
      let turns = 0;
      for (; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve, 10));
      window.socket.disconnect();
      return { turns, ends: window.record };
    });
    expect(ends).toEqual(['io client disconnect']);
    expect(turns).toBe(20);
  });
});

/** One after the other, and with a server of their own: Chromium gives up a connection whose server is busy for some 5 s. */
describe('much data over WebTransport', () => {
  test('carries large messages, which the network delivers in many pieces', async (test) => {
    const page = await pages.open(test);
    await connect(page, roomy);
    const same = await page.evaluate(async () => {
      const bytes = new Uint8Array(2_000_000);
      for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31) % 251;
      const text = 'äx\u{1f600}'.repeat(200_000);
      const [back, words] = await new Promise<unknown[]>((resolve) =>
        window.socket.emit('echo', bytes, text, (...back: unknown[]) => resolve(back)),
      );
      const got = new Uint8Array(back as ArrayBuffer);
      return [got.length === bytes.length && got.every((byte, i) => byte === bytes[i]), words === text];
    });
    expect(same).toEqual([true, true]);
  });

  test('keeps the order of many messages, both ways', async (test) => {
    const page = await pages.open(test);
    await connect(page, roomy);
    const numbers = await page.evaluate(async () => {
      const all = window.collect(window.socket, 'number', 5_000, 30_000);
      window.socket.emit('burst', 5_000);
      return (await all).map(([number]) => number as number);
    });
    expect(numbers).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
    await countThrough(page, roomy, () =>
      page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100))),
    );
  });

  test('tells the server that it ends, after earlier emits', async (test) => {
    const page = await pages.open(test);
    const id = await connect(page, roomy);
    const before = roomy.events.length;
    await page.evaluate(() => {
      window.socket.emit('count', 1, new Uint8Array(3_000_000));
      window.socket.disconnect();
    });
    await roomy.until('the disconnect', (one) => one.event === 'disconnect' && one.id === id, before);
    expect(roomy.of(id).at(-1)?.reason).toBe('client namespace disconnect');
  });
});
