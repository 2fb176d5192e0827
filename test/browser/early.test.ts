import type { Page } from 'playwright';
import type { Server } from 'socket.io';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { EarlySocket } from '../../src/platform/early.js';
import { start } from '../generations/start-server.js';
import { useBrowser } from '../support/browser.js';
import { useFixture } from '../support/fixture.js';
import { type Site, startSite } from '../support/site.js';
import { Announcements } from '../support/waiting.js';

/** Pages with a late bundle, and the early snippet in their head. */

const { snippetText } = (await import(new URL('../../scripts/build/snippet.mjs', import.meta.url).href)) as {
  snippetText(): Promise<string>;
};
const snippet = await snippetText();
const nonce = 'TmV2ZXJDb250aW51ZQ';

/** The connections of the server's engine, with or without a socket. */
const engine = { opened: 0, closed: 0 };
const announcements = new Announcements();

let app: Server;

function application(io: Server): void {
  app = io;
  io.engine.on('connection', (connection: { on(event: string, listener: () => void): void }) => {
    engine.opened += 1;
    connection.on('close', () => {
      engine.closed += 1;
      announcements.announce();
    });
    announcements.announce();
  });
  io.on('connection', (socket) => socket.on('say', (_word: string, answer) => answer('heard')));
  const guarded = io.of('/guarded');
  guarded.use((socket, next) =>
    next(socket.handshake.auth.token === 'right' ? undefined : new Error('no entry')),
  );
  guarded.on('connection', (socket) => {
    for (let i = 0; i < 3; i += 1) socket.emit('n', i, Buffer.from([i]));
    socket.on('say', (_word: string, answer) => answer('heard'));
    announcements.announce();
  });
}

const fixture = useFixture({ setup: application });
const browser = useBrowser();
let site: Site;

beforeAll(async () => {
  site = await startSite(process.cwd());
});
afterAll(async () => {
  await site?.close();
});
beforeEach(() => {
  Object.assign(engine, { opened: 0, closed: 0 });
});

const seen = (opened: number, closed: number): Promise<void> =>
  announcements.until(
    `${opened} connections, ${closed} of them closed`,
    () => engine.opened === opened && engine.closed === closed,
  );

/** A page that waits for its bundle has no frames in which a condition could be checked again. */
const unpainted = { polling: 20 };

interface Visit {
  readonly page: Page;
  /** Delivers the bundle, and resolves when it has run. */
  arrive(): Promise<void>;
}

interface Program {
  /** The arguments of the snippet, instead of the server's address. */
  readonly early?: readonly unknown[];
  readonly options?: object;
  /** A server other than the fixture's. */
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Before the page is opened. */
  prepare?(page: Page): Promise<unknown>;
}

/** Opens a page whose bundle is on its way until the test lets it come. */
async function visit(program: Program = {}): Promise<Visit> {
  const { url = fixture.proxy.url, early, options = {}, headers = {}, prepare } = program;
  const page = await browser.open('script');
  let come = (): void => {};
  const coming = new Promise<void>((resolve) => {
    come = resolve;
  });
  await page.route('**/dist/holdfast.min.js', async (route) => {
    await coming;
    await route.continue();
  });
  await prepare?.(page);
  const script = `<script nonce="${nonce}"`;
  const args = (early ?? [url]).map((one) => JSON.stringify(one));
  const address = site.page(
    `<!doctype html><html lang="en"><title>early</title><link rel="icon" href="data:,">
      ${script}>${snippet}(${args})</script>
      ${script} src="/dist/holdfast.min.js"></script>
      ${script}>
        window.tries = [];
        window.startedMs = performance.now();
        window.socket = io('${url}', ${JSON.stringify({ reconnectionDelay: 50, ...options })});
        socket.io.engine?.on('upgradeError', () => { window.refused = true; });
        socket.io.on('attempt', (event) => tries.push({ ...event, atMs: performance.now() - startedMs }));
      </script></html>`,
    headers,
  );
  await page.goto(address, { waitUntil: 'commit' });
  return {
    page,
    async arrive() {
      come();
      await page.waitForFunction(() => 'socket' in window && window.socket, undefined, unpainted);
    },
  };
}

declare global {
  interface Window {
    tries: { transport: string; phase: string; ms?: number; atMs: number }[];
    /** Whether a probe of the WebSocket has failed. */
    refused?: boolean;
    earlyIo?: EarlySocket | [];
  }
}

/** Connects, and talks. */
async function talk(page: Page): Promise<string> {
  return page.evaluate(async () => {
    if (!window.socket.connected) await window.next(window.socket, 'connect');
    const answer = await window.socket.emitWithAck('say', 'hello');
    return `${answer} over ${window.socket.io.engine.transport.name}`;
  });
}

describe.each([
  ['without a policy', {}],
  [
    'under a Content Security Policy',
    {
      policy: (url: string) =>
        `default-src 'none'; script-src 'nonce-${nonce}'; connect-src ${url} ${url.replace('http', 'ws')}; img-src data:; require-trusted-types-for 'script'`,
    },
  ],
])('a page %s', (_what, { policy }: { policy?: (url: string) => string }) => {
  test('takes over the connection that was opened before its bundle loaded, and opens no other', async () => {
    const headers: Record<string, string> = policy
      ? { 'Content-Security-Policy': policy(fixture.proxy.url) }
      : {};
    const { page, arrive } = await visit({ headers });
    await seen(1, 0);
    expect(fixture.server.serverSockets()).toBe(0);
    await arrive();
    expect(await talk(page)).toBe('heard over websocket');
    expect([engine.opened, engine.closed, fixture.server.serverSockets()]).toEqual([1, 0, 1]);
    expect([fixture.proxy.counters.upgrades, fixture.proxy.counters.polling]).toEqual([1, 0]);
  });
});

test('a page takes over a WebSocket that is still connecting when the bundle loads', async () => {
  const restore = fixture.proxy.holdUpgrades(700);
  const { page, arrive } = await visit();
  await fixture.proxy.until('the upgrade', ({ upgrades }) => upgrades === 1);
  await arrive();
  expect(await talk(page)).toBe('heard over websocket');
  restore();
  expect([engine.opened, fixture.proxy.counters.upgrades]).toEqual([1, 1]);
});

test.each<[string, Program]>([
  ['query', { options: { query: { user: 'b' } } }],
  ['sub-protocol', { options: { protocols: ['chat'] } }],
  ['path', { options: { path: '/other' } }],
])('a page with another %s opens its own connection, and the early one is closed', async (what, program) => {
  const { page, arrive } = await visit(program);
  await seen(1, 0);
  await arrive();
  if (what === 'path') {
    // Nobody answers there.
    await seen(1, 1);
    return;
  }
  expect(await talk(page)).toBe('heard over websocket');
  await seen(2, 1);
  expect(fixture.server.serverSockets()).toBe(1);
});

test('an early connection with the same path, query and sub-protocol is used', async () => {
  const { page, arrive } = await visit({
    early: [fixture.proxy.url, '/socket.io', '&room=a%20b&user=1', ['chat']],
    options: { path: '/socket.io/', query: { user: 1, room: 'a b' }, protocols: ['chat'] },
  });
  await seen(1, 0);
  await arrive();
  expect(await talk(page)).toBe('heard over websocket');
  expect([engine.opened, engine.closed]).toEqual([1, 0]);
  expect(fixture.server.latest().handshake.query).toMatchObject({ room: 'a b', user: '1' });
});

/** Joins the guarded namespace in the page's head. */
const joins = (token: string): readonly unknown[] => [
  fixture.proxy.url,
  '/socket.io',
  '',
  [],
  `40/guarded,${JSON.stringify({ token })}`,
];

describe('a page that joins a namespace before its bundle has loaded', () => {
  const sockets = (): number => app.of('/guarded').sockets.size;

  /** Joins with the program's own `auth`, and tells what it gets. */
  const join = (page: Page, token: string) =>
    page.evaluate(async (token) => {
      const socket = window.socket.io.socket('/guarded', { auth: { token } }).connect();
      const got: string[] = [];
      socket.on('connect_error', ({ message }) => got.push(message));
      socket.on('n', (n, bytes) => got.push(`${n} ${new Uint8Array(bytes)}`));
      await Promise.race([window.collect(socket, 'n', 3), window.next(socket, 'connect_error')]);
      return got;
    }, token);

  test('is connected when it has loaded, with everything that the server has sent so far', async () => {
    const { page, arrive } = await visit({ early: joins('right'), options: { autoConnect: false } });
    await announcements.until('a socket', () => sockets() === 1);
    await arrive();
    expect(await join(page, 'right')).toEqual(['0 0', '1 1', '2 2']);
    expect([engine.opened, engine.closed, sockets()]).toEqual([1, 0, 1]);
  });

  test('may await each of the kept events, and begin to listen to the next one only then', async () => {
    const { page, arrive } = await visit({ early: joins('right'), options: { autoConnect: false } });
    await page.waitForFunction(() => (window.earlyIo?.[4]?.length ?? 0) >= 8, undefined, unpainted);
    await arrive();
    const got = await page.evaluate(async () => {
      const socket = window.socket.io.socket('/guarded', { auth: { token: 'right' } }).connect();
      const next = (name: string): Promise<unknown> => new Promise((resolve) => socket.once(name, resolve));
      await next('connect');
      return [await next('n'), await next('n'), await next('n')];
    });
    expect(got).toEqual([0, 1, 2]);
  });

  test('leaves the namespace, not only the connection, if it disconnects and connects in a listener', async () => {
    const { page, arrive } = await visit({ early: joins('right'), options: { autoConnect: false } });
    await announcements.until('a socket', () => sockets() === 1);
    const reasons: string[] = [];
    for (const socket of app.of('/guarded').sockets.values())
      socket.on('disconnect', (reason) => {
        reasons.push(reason);
        announcements.announce();
      });
    await arrive();
    await page.evaluate(async () => {
      const socket = window.socket.io.socket('/guarded', { auth: { token: 'right' } }).connect();
      await new Promise<void>((resolve) => {
        socket.once('n', () => {
          socket.disconnect().connect();
          resolve();
        });
      });
      await window.next(socket, 'connect');
    });
    await announcements.until('the farewell', () => reasons.length > 0);
    expect(reasons).toEqual(['client namespace disconnect']);
  });

  test('gets its refusal', async () => {
    const { page, arrive } = await visit({ early: joins('wrong'), options: { autoConnect: false } });
    await seen(1, 0);
    await arrive();
    expect(await join(page, 'wrong')).toEqual(['no entry']);
    expect(engine.opened).toBe(1);
  });

  test.each([
    ['right', 'wrong', ['no entry']],
    ['wrong', 'right', ['0 0', '1 1', '2 2']],
  ])('with %s auth opens its own connection if the program has %s auth', async (early, own, got) => {
    const { page, arrive } = await visit({ early: joins(early), options: { autoConnect: false } });
    await seen(1, 0);
    await arrive();
    expect(await join(page, own)).toEqual(got);
    // A connection without a namespace is closed, too.
    await seen(2, own === 'right' ? 1 : 2);
    expect(sockets()).toBe(own === 'right' ? 1 : 0);
  });
});

test.each([
  ['1.7.4', false],
  ['2.5.1', false],
  ['1.7.4', true],
  ['2.5.1', true],
] as const)(
  'the first packet of a server of %s, which speaks first, is received (with join: %s)',
  async (version, join) => {
    const old = await start(version);
    onTestFinished(() => old.kill());
    let webSockets = 0;
    const { page, arrive } = await visit({
      url: `http://127.0.0.1:${old.port}`,
      ...(join && { early: [`http://127.0.0.1:${old.port}`, '/socket.io', '', [], '40'] }),
      prepare: async (page) => page.on('websocket', () => webSockets++),
    });
    // The handshake, and the packet that confirms the root namespace.
    await page.waitForFunction(() => (window.earlyIo?.[4]?.length ?? 0) >= 2, undefined, unpainted);
    await arrive();
    const transport = await page.evaluate(async () => {
      if (!window.socket.connected) await window.next(window.socket, 'connect');
      return window.socket.io.transport;
    });
    expect(transport).toBe('websocket');
    // A server of 1.7 that is asked to join again has two sockets then.
    if (!join) expect(webSockets).toBe(1);
  },
);

test.each([
  ['a policy that allows no connection', { 'Content-Security-Policy': "connect-src 'none'" }, undefined],
  ['an address that is none', {}, ['null']],
])('%s causes no error in the page', async (_what, headers, early) => {
  const errors: string[] = [];
  const { page, arrive } = await visit({
    headers,
    ...(early && { early }),
    prepare: async (page) => page.on('pageerror', (error) => errors.push(String(error))),
  });
  await arrive();
  // Only the program is notified.
  if (!early) await page.waitForFunction(() => window.tries.some(({ phase }) => phase === 'failed'));
  else expect(await talk(page)).toBe('heard over websocket');
  expect(errors).toEqual([]);
});

test('a connection that nobody takes over is closed after 20 seconds', async () => {
  const { page } = await visit({ prepare: (page) => page.clock.install() });
  await seen(1, 0);
  await page.clock.fastForward(19_000);
  expect(await page.evaluate(() => window.earlyIo?.length)).toBe(5);
  await page.clock.fastForward(1_100);
  await seen(1, 1);
  expect(fixture.server.serverSockets()).toBe(0);
});

test('a connection is closed when the page is left before its bundle has loaded', async () => {
  const { page } = await visit();
  await seen(1, 0);
  await page.goto('about:blank');
  await seen(1, 1);
});

test('if the server refuses WebSocket, the page connects over polling at once, and remembers it', async () => {
  fixture.proxy.refuseUpgrades({ status: 403 });
  const { page, arrive } = await visit();
  await page.waitForFunction(
    () => window.earlyIo?.[0]?.readyState === WebSocket.CLOSED,
    undefined,
    unpainted,
  );
  await arrive();
  const { proxy } = fixture;
  // The failure may have been an outage: polling continues once a probe has failed, too.
  await proxy.until('the probe', ({ upgrades }) => upgrades === 2);
  expect(await talk(page)).toBe('heard over polling');
  await page.waitForFunction(() => window.refused, undefined, unpainted);
  const attempts = await page.evaluate(() => window.tries.map(({ transport, phase }) => [transport, phase]));
  expect(attempts).toEqual([
    ['websocket', 'start'],
    ['websocket', 'failed'],
    ['polling', 'start'],
    ['polling', 'won'],
  ]);

  await page.unrouteAll();
  await page.reload();
  expect(await talk(page)).toBe('heard over polling');
  expect(await page.evaluate(() => window.earlyIo)).toBeUndefined();
  expect(proxy.counters.upgrades).toBe(2);
});

test('if the server was down while the page loaded, the page is soon on WebSocket, and remembers that', async () => {
  await fixture.server.stop();
  const { page, arrive } = await visit({ url: fixture.server.url });
  await page.waitForFunction(
    () => window.earlyIo?.[0]?.readyState === WebSocket.CLOSED,
    undefined,
    unpainted,
  );
  await fixture.server.start();
  await arrive();
  // The next probe would follow after 15 s.
  await page.waitForFunction(() => window.socket.io.transport === 'websocket', undefined, {
    ...unpainted,
    timeout: 10_000,
  });
  expect(await talk(page)).toBe('heard over websocket');
  const facts = await page.evaluate((key) => localStorage[key], `holdfast:${fixture.server.url}/socket.io`);
  expect(JSON.parse(facts).websocket[0]).toBe(false);
});

test('if WebSocket hangs, polling starts as if it had been requested when the page was opened', async () => {
  fixture.proxy.swallowUpgrades();
  const { page, arrive } = await visit();
  await page.waitForFunction(
    () => performance.now() - (window.earlyIo?.[2] ?? Number.POSITIVE_INFINITY) > 1_000,
    undefined,
    unpainted,
  );
  await arrive();
  expect(await talk(page)).toBe('heard over polling');
  const polling = await page.evaluate(() =>
    window.tries.find(({ transport, phase }) => transport === 'polling' && phase === 'start'),
  );
  // The usual head start is a second.
  expect(polling?.atMs).toBeLessThan(1_000);
});
