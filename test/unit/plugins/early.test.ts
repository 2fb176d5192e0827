import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Manager } from '../../../src/io.js';
import type { Plugin } from '../../../src/manager/plugin.js';
import { EARLY_TEXT } from '../../../src/platform/early-text.js';
import type { HoldfastError } from '../../../src/platform/errors.js';
import type { Options } from '../../../src/platform/options.js';
import { type EarlyOptions, type EarlyPluginOptions, early, snippet } from '../../../src/plugins/early.js';
import { legacy } from '../../../src/plugins/legacy/index.js';
import { liveness } from '../../../src/plugins/liveness.js';
import { TransportMemory } from '../../../src/plugins/memory.js';
import { upgrade } from '../../../src/plugins/upgrade.js';
import { webTransport } from '../../../src/plugins/web-transport.js';
import type { TransportAttemptEvent } from '../../../src/session/negotiate.js';
import { framesOf } from '../../../src/session/transports/frames.js';
import type { EnginePacket } from '../../../src/session/transports/transport.js';
import { FakeEnvironment } from '../../support/fake-environment.js';
import { FakeNetwork, settled } from '../../support/fake-transports.js';
import { FakeWebSocket } from '../../support/fake-web-socket.js';
import { useFakeWebTransport } from '../../support/fake-web-transport.js';

// engine.io-client takes the browser's WebSocket when it loads.
vi.hoisted(() => {
  vi.stubGlobal(
    'WebSocket',
    class {
      constructor(...args: unknown[]) {
        // biome-ignore lint/correctness/noConstructorReturn: the class is known only once all is loaded
        return Reflect.construct((globalThis as unknown as { fake: { new (): object } }).fake, args);
      }
    },
  );
});
const { WebSocket: WebSocketTransport } = await import('engine.io-client');

const { snippetText } = (await import(
  new URL('../../../scripts/build/snippet.mjs', import.meta.url).href
)) as { snippetText(): Promise<string> };
const BUILT = await snippetText();

const ORIGIN = 'http://host.test:3000';
const SOCKET = 'ws://host.test:3000/socket.io/?EIO=4&transport=websocket';
const MINUTE = 60_000;

type Page = { earlyIo?: unknown[] };
let world: FakeEnvironment;
let network: FakeNetwork;
let managers: Manager[];
let hiding: (() => void)[];
let localStorage: Record<string, string>;

beforeEach(() => {
  world = new FakeEnvironment();
  network = new FakeNetwork();
  managers = [];
  hiding = [];
  localStorage = {};
  FakeWebSocket.made = [];
  FakeWebSocket.now = () => world.clock.now();
  vi.stubGlobal('fake', FakeWebSocket);
});

afterEach(async () => {
  for (const manager of managers) manager.reconnection(false).engine?.close();
  delete (globalThis as Page).earlyIo;
  await settled();
});

/** Runs a snippet like the page's head, in the test's environment. */
function run(text: string, origin = 'https://page.test'): FakeWebSocket {
  const names = 'self origin localStorage WebSocket performance Date setTimeout addEventListener';
  new Function(...names.split(' '), text)(
    globalThis,
    origin,
    localStorage,
    FakeWebSocket,
    { now: () => world.clock.now() },
    { now: () => world.dateMs() },
    (task: () => void, ms: number) => world.clock.after(ms, task),
    (name: string, listener: () => void) => name === 'pagehide' && hiding.push(listener),
  );
  return FakeWebSocket.last;
}

const open = (address = ORIGIN, options?: EarlyOptions): FakeWebSocket => run(snippet(address, options));

/** A manager with the plugin, over a fake WebSocket and a polling transport that the test controls. */
function make(options: Options = {}, uri: string = ORIGIN, ...plugins: Plugin[]): Manager {
  const manager = new Manager(
    uri,
    {
      transports: [WebSocketTransport, network.transport('polling')] as never,
      randomizationFactor: 0,
      plugins: [early(), ...plugins],
      ...options,
    },
    world,
  );
  managers.push(manager);
  return manager;
}

describe.each([
  ['source', EARLY_TEXT],
  ['built text', BUILT],
])('the snippet, as %s', (_form, text) => {
  const start = (...args: unknown[]): FakeWebSocket =>
    run(`(${text})(${args.map((one) => (one === undefined ? 'void 0' : JSON.stringify(one)))})`);

  it('opens a WebSocket to the server of the page', () => {
    expect(start().url).toBe('wss://page.test/socket.io/?EIO=4&transport=websocket');
  });

  it('accepts an address, a path, a query and sub-protocols', () => {
    const socket = start(ORIGIN, '/chat', '&a=b', ['one', 'two']);
    expect([socket.url, socket.protocols]).toEqual([
      'ws://host.test:3000/chat/?EIO=4&transport=websocket&a=b',
      ['one', 'two'],
    ]);
  });

  it('answers the heartbeat, and keeps everything else in order', () => {
    const socket = start(ORIGIN);
    socket.shakes();
    socket.gives('40', '2', '42["a"]', new ArrayBuffer(1));
    expect([socket.sent.map(String), socket.binaryType]).toEqual([['3'], 'arraybuffer']);
    const events = (globalThis as Page).earlyIo?.[4] as { data: unknown }[];
    expect(events.map(({ data }) => data)).toEqual([
      expect.stringMatching(/^0\{/),
      '40',
      '42["a"]',
      new ArrayBuffer(1),
    ]);
  });

  it('joins a namespace once the handshake has arrived', () => {
    const socket = start(ORIGIN, undefined, undefined, undefined, '40/chat,{"a":1}');
    socket.opens();
    expect(socket.sent).toEqual([]);
    socket.shakes();
    socket.gives('2', '40/chat,{"sid":"a"}', '42/chat,["n"]');
    expect(socket.sent.map(String)).toEqual(['40/chat,{"a":1}', '3']);
  });

  it('joins nothing if it fails', () => {
    const socket = start(ORIGIN, undefined, undefined, undefined, '40');
    socket.fails();
    expect(socket.sent).toEqual([]);
  });

  it('closes an unused connection after 20 seconds, and removes it', async () => {
    const socket = start(ORIGIN);
    socket.shakes();
    world.clock.advance(19_999);
    expect(socket.readyState).toBe(1);
    world.clock.advance(1);
    expect(socket.readyState).toBe(2);
    make();
    await settled();
    expect(FakeWebSocket.made.length).toBe(2);
  });

  it('closes it when the page is left', async () => {
    const socket = start(ORIGIN);
    for (const listener of hiding) listener();
    expect(socket.readyState).toBe(2);
    make();
    await settled();
    expect(FakeWebSocket.made.length).toBe(2);
  });

  it('does not close a connection that is in use', async () => {
    const socket = start(ORIGIN);
    const manager = make();
    await settled();
    socket.shakes();
    world.clock.advance(20_000);
    for (const listener of hiding) listener();
    expect([socket.readyState, manager.status]).toEqual([1, 'connected']);
  });

  it('opens one connection even if it runs twice', () => {
    start(ORIGIN);
    start(ORIGIN);
    expect(FakeWebSocket.made.length).toBe(1);
  });

  it('opens none for half an hour after the client learnt that WebSocket fails', async () => {
    const own = new FakeNetwork();
    make({ transports: [own.transport('websocket'), own.transport('polling')], plugins: [], upgrade: false });
    await settled();
    own.last.fails();
    own.last.shakes();
    localStorage = Object.fromEntries(world.store.entries);
    expect(Object.keys(localStorage)).toEqual([`holdfast:${ORIGIN}/socket.io`]);
    start(ORIGIN);
    expect(FakeWebSocket.made).toEqual([]);
    start('http://other.test:3000');
    expect(FakeWebSocket.made.length).toBe(1);
    delete (globalThis as Page).earlyIo;
    world.clock.advance(30 * MINUTE);
    start(ORIGIN);
    expect(FakeWebSocket.made.length).toBe(2);
  });

  it('reads remembered facts for the default port of a scheme, and for a path', () => {
    for (const key of ['https://page.test/socket.io', 'http://host.test/chat']) {
      const memory = new TransportMemory(world.store, world.dateMs, `holdfast:${key}`);
      memory.remember({ websocket: true });
    }
    localStorage = Object.fromEntries(world.store.entries);
    start();
    start('http://host.test', '/chat');
    expect(FakeWebSocket.made).toEqual([]);
  });

  it.each(['', 'x', 'null', '{}', '{"websocket":[false,9e15]}', '{"websocket":5}'])(
    'opens a connection if %j is remembered',
    (stored) => {
      localStorage[`holdfast:${ORIGIN}/socket.io`] = stored;
      expect(start(ORIGIN).url).toBe(SOCKET);
    },
  );

  it('does nothing if no WebSocket can be created, as in a file page', () => {
    expect(() => start('null')).not.toThrow();
    expect([(globalThis as Page).earlyIo, hiding]).toEqual([undefined, []]);
  });

  it('reads remembered facts for a path that the program writes with a trailing slash', async () => {
    const own = new FakeNetwork();
    const over = [own.transport('websocket'), own.transport('polling')];
    make({ transports: over, path: '/chat/', plugins: [], upgrade: false });
    await settled();
    own.last.fails();
    own.last.shakes();
    localStorage = Object.fromEntries(world.store.entries);
    start(ORIGIN, '/chat');
    expect(FakeWebSocket.made).toEqual([]);
  });

  it("is taken over, and closed in time, even if the page's clock starts at 0", async () => {
    world.clock.sleep(-world.clock.now());
    start(ORIGIN);
    make();
    await settled();
    expect(FakeWebSocket.made.length).toBe(1);
    delete (globalThis as Page).earlyIo;
    const unused = start(ORIGIN);
    world.clock.advance(20_000);
    expect(unused.readyState).toBe(2);
  });

  it('leaves no second connection to a page that returns from the back/forward cache', async () => {
    const socket = start(ORIGIN);
    for (const listener of hiding) listener();
    expect(socket.readyState).toBe(2);
    start(ORIGIN);
    for (const listener of hiding) listener();
    world.clock.advance(20_000);
    make();
    await settled();
    expect(FakeWebSocket.made.length).toBe(2);
  });

  it('opens a connection if localStorage may not be read', () => {
    localStorage = new Proxy(
      {},
      {
        get() {
          throw new DOMException('The operation is insecure.', 'SecurityError');
        },
      },
    );
    expect(start(ORIGIN).url).toBe(SOCKET);
  });
});

describe('the text of the snippet', () => {
  it('has at most 500 bytes with an address', () => {
    expect(`${BUILT}("https://api.example.com")`.length).toBeLessThanOrEqual(500);
  });

  it('can be placed in a page, whatever the arguments', () => {
    const text = snippet('https://api.example.com', { path: '/</script><!--', query: { a: '</script>' } });
    expect(text.slice(EARLY_TEXT.length)).toBe(
      '("https://api.example.com","/\\u003c/script>\\u003c!--","&a=%3C%2Fscript%3E")',
    );
    expect(run(text).url).toContain('a=%3C%2Fscript%3E');
    expect(BUILT).toMatch(/^[\x20-\x7e]+$/);
    expect(BUILT).not.toMatch(/<[!/]/);
  });

  it.each<[string, Parameters<typeof snippet>]>([
    ['()', []],
    ['("https://a.test")', ['https://a.test']],
    ['("https://a.test:8443")', ['https://A.test:8443/admin']],
    ['("https://a.test",void 0,"&b=c")', ['https://a.test/?b=c', { query: 'd=e' }]],
    ['(void 0,"/chat")', [undefined, { path: '/chat/' }]],
    ['(void 0,void 0,"&a=1&b=x+y")', [undefined, { query: { a: 1, b: 'x y' } }]],
    ['(void 0,void 0,void 0,["p"])', [undefined, { protocols: ['p'] }]],
    ['(void 0,"")', [undefined, { path: '/' }]],
    ['(void 0,void 0,"&a=b%2Bc")', [undefined, { query: '?a=x&a=b+c' }]],
    ['("https://a.test",void 0,"&a=b%2Bc")', ['https://a.test/?a=b+c']],
    ['()', [undefined, { path: '', query: '', protocols: [] }]],
    ['("https://a.test",void 0,void 0,void 0,"40")', ['https://a.test', { join: true }]],
    ['("https://a.test",void 0,void 0,void 0,"40/chat,")', ['https://a.test/chat?', { join: true }]],
    [String.raw`(void 0,void 0,void 0,void 0,"40{\"token\":\"t\"}")`, [undefined, { join: { token: 't' } }]],
    ['("https://a.test",void 0,void 0,void 0,"40/chat,{}")', ['https://a.test/chat', { join: {} }]],
    ['()', [undefined, { join: false }]],
  ])('ends in %s', (args, given) => {
    expect(snippet(...given)).toBe(EARLY_TEXT + args);
  });

  it.each(['ftp://a.test', 'a.test', 'wss://a.test'])('rejects %s', (address) => {
    expect(() => snippet(address)).toThrow(
      expect.objectContaining<Partial<HoldfastError>>({ code: 'BAD_ADDRESS' }),
    );
  });
});

describe('a connection that takes the early WebSocket over', () => {
  it('is connected at once if the handshake has arrived, and opens no other WebSocket', async () => {
    const socket = open();
    world.clock.advance(80);
    socket.shakes();
    world.clock.advance(2_000);
    const manager = make();
    const told: TransportAttemptEvent[] = [];
    manager.on('attempt', (event) => told.push(event));
    const opened = vi.fn();
    manager.on('open', opened);
    await settled();
    expect([manager.status, manager.transport, manager.engine.id]).toEqual([
      'connected',
      'websocket',
      'engine1',
    ]);
    expect(opened).toHaveBeenCalledOnce();
    // From its real start to its handshake: that is remembered as two round trips.
    expect(told.at(-1)).toEqual({ transport: 'websocket', phase: 'won', ms: 80 });
    expect(world.store.get(`holdfast:${ORIGIN}/socket.io`)).toContain('"rttMs":[40,');
    expect([FakeWebSocket.made.length, network.made.length]).toEqual([1, 0]);
  });

  it('joins a socket over it, and delivers its messages once and in order', async () => {
    const early = open();
    early.shakes();
    early.gives('40{"sid":"a"}', '42["n",1]', '2', '42["n",2]');
    const got: number[] = [];
    const manager = make();
    const socket = manager.socket('/');
    socket.on('n', (n: number) => got.push(n));
    await settled();
    early.gives('42["n",3]');
    expect([socket.id, got]).toEqual(['a', [1, 2, 3]]);
    expect(early.sent.map(String)).toEqual(['3', '40']);
    early.gives('2');
    await settled();
    expect(early.sent.map(String)).toEqual(['3', '40', '3']);
  });

  it('waits for a handshake that is still pending', async () => {
    const socket = open();
    const manager = make();
    await settled();
    expect(manager.status).toBe('connecting');
    socket.shakes();
    expect([manager.status, FakeWebSocket.made.length]).toEqual(['connected', 1]);
  });

  it('opens its own WebSocket the next time', async () => {
    const socket = open();
    socket.shakes();
    const manager = make();
    await settled();
    socket.ends();
    world.clock.advance(1_000);
    await settled();
    FakeWebSocket.last.shakes({ sid: 'engine2' });
    expect([FakeWebSocket.made.length, manager.engine.id]).toEqual([2, 'engine2']);
  });

  it('is used by only one of two managers', async () => {
    open().shakes();
    make();
    make();
    await settled();
    expect(FakeWebSocket.made.length).toBe(2);
  });

  it.each<[string, Options, string, Parameters<typeof snippet>]>([
    ['a path', { path: '/chat/' }, ORIGIN, [ORIGIN, { path: '/chat' }]],
    ['a query in another order', { query: { b: '2', a: '1' } }, ORIGIN, [ORIGIN, { query: { a: 1, b: 2 } }]],
    ['a query with spaces', { query: 'a=x y' }, ORIGIN, [ORIGIN, { query: 'a=x y' }]],
    ['the path of the host itself', { path: '/' }, ORIGIN, [ORIGIN, { path: '/' }]],
    ['a query with a plus', { query: 'a=b+c' }, ORIGIN, [ORIGIN, { query: 'a=b+c' }]],
    ['a query with a name twice', { query: '?a=1&a=2&b' }, ORIGIN, [ORIGIN, { query: '?a=1&a=2&b' }]],
    [
      'a query of odd values',
      { query: { a: null, b: [1, 2] } },
      ORIGIN,
      [ORIGIN, { query: { a: null, b: [1, 2] } }],
    ],
    ['a query in the address', {}, `${ORIGIN}/?a=b`, [`${ORIGIN}/?a=b`]],
    ['a namespace in the address', {}, `${ORIGIN}/admin`, [`${ORIGIN}/admin`]],
    ['another spelling', {}, 'ws://HOST.test:3000', [ORIGIN]],
    ['sub-protocols', { protocols: ['a', 'b'] }, ORIGIN, [ORIGIN, { protocols: ['a', 'b'] }]],
    ['a parameter against caches', { timestampRequests: true }, ORIGIN, [ORIGIN]],
    ['the port of the scheme', {}, 'https://host.test', ['https://host.test:443']],
  ])('is used with %s', async (_what, options, uri, given) => {
    open(...given).shakes();
    const manager = make(options, uri);
    await settled();
    expect([manager.status, FakeWebSocket.made.length]).toEqual(['connected', 1]);
  });

  it.each<[string, Options, string, Parameters<typeof snippet>]>([
    ['another host', {}, 'http://other.test:3000', [ORIGIN]],
    ['another port', {}, 'http://host.test:3001', [ORIGIN]],
    ['another scheme', {}, 'https://host.test:3000', [ORIGIN]],
    ['another path', { path: '/chat' }, ORIGIN, [ORIGIN]],
    ['another query', { query: { user: 'b' } }, ORIGIN, [ORIGIN, { query: { user: 'a' } }]],
    ['a query, where there was none', { query: { user: 'b' } }, ORIGIN, [ORIGIN]],
    ['no query, where there was one', {}, ORIGIN, [ORIGIN, { query: 'a=b' }]],
    ['another sub-protocol', { protocols: 'b' }, ORIGIN, [ORIGIN, { protocols: 'a' }]],
    ['a sub-protocol, where there was none', { protocols: 'b' }, ORIGIN, [ORIGIN]],
    ['base64', { forceBase64: true }, ORIGIN, [ORIGIN]],
    ['no slash behind the path', { addTrailingSlash: false }, ORIGIN, [ORIGIN]],
  ])('opens its own WebSocket for %s, and closes the early one', async (_what, options, uri, given) => {
    const socket = open(...given);
    socket.shakes();
    const manager = make(options, uri);
    await settled();
    expect([socket.readyState, FakeWebSocket.made.length]).toEqual([2, 2]);
    FakeWebSocket.last.shakes({ sid: 'engine2' });
    expect([manager.engine.id, manager.status]).toEqual(['engine2', 'connected']);
  });

  it('closes the early one if long-polling comes first', async () => {
    const socket = open();
    socket.shakes();
    make({ transports: [network.transport('polling'), WebSocketTransport] as never });
    await settled();
    expect([socket.readyState, FakeWebSocket.made.length]).toEqual([2, 1]);
    expect(network.made.map(({ name }) => name)).toEqual(['polling']);
  });

  it('closes the early one if the program has its own WebSocket transport', async () => {
    const socket = open();
    make({ transports: [network.transport('websocket')] });
    await settled();
    network.last.shakes();
    expect([socket.readyState, FakeWebSocket.made.length]).toEqual([2, 1]);
  });

  it('warns of this once, in development', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    vi.resetModules();
    const fresh = await import('../../../src/plugins/early.js');
    for (const query of ['secret=1', 'secret=2']) {
      delete (globalThis as Page).earlyIo;
      open(ORIGIN, { query }).shakes();
      make({ plugins: [fresh.early()] });
      await settled();
    }
    expect(warned.mock.calls).toEqual([
      [
        expect.stringMatching(
          /early WebSocket \(ws:\/\/host\.test:3000\/socket\.io\/\) is closed: io\(\) has another query/,
        ),
        'HoldfastWarning',
      ],
    ]);
    expect(`${warned.mock.calls}`).not.toContain('secret');
    warned.mockRestore();
  });

  it.each<[string, Options, string, Parameters<typeof snippet>]>([
    ['opens ws://other.test/socket.io/', {}, 'http://other.test', [ORIGIN]],
    ['opens ws://host.test:3000/own/', { path: '/own' }, ORIGIN, [ORIGIN]],
    ['has another sub-protocol', { protocols: 'b' }, ORIGIN, [ORIGIN]],
    ['tries polling first', { transports: ['polling', 'websocket'] }, ORIGIN, [ORIGIN]],
  ])('is told in development that io() %s', async (difference, options, uri, given) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    vi.resetModules();
    const fresh = await import('../../../src/plugins/early.js');
    open(...given).shakes();
    make({ ...options, plugins: [fresh.early()] }, uri);
    await settled();
    expect(warned.mock.calls.map(([text]) => `${text}`).join()).toContain(`is closed: io() ${difference}. `);
    warned.mockRestore();
  });

  it('ignores other values of the global', async () => {
    (globalThis as { earlyIo?: unknown }).earlyIo = { id: 'earlyIo' };
    make();
    await settled();
    FakeWebSocket.last.shakes();
    expect(managers[0]?.status).toBe('connected');
  });

  it('detects an old server by its kept first packet', async () => {
    const early = open();
    early.shakes();
    early.gives('40', '42["n",1]');
    const got: number[] = [];
    const manager = make({}, ORIGIN, legacy());
    const socket = manager.socket('/');
    socket.on('n', (n: number) => got.push(n));
    await settled();
    expect([socket.connected, got, early.sent.includes('40')]).toEqual([true, [1], false]);
  });
});

describe('a connection whose namespace the snippet has joined', () => {
  const text = (socket: FakeWebSocket): string[] => socket.sent.map(String);

  it.each<[string, string, EarlyOptions, Options, string]>([
    ['the root namespace', ORIGIN, { join: true }, {}, '40'],
    ['the root namespace with auth', ORIGIN, { join: { a: 1 } }, { auth: { a: 1 } }, '40{"a":1}'],
    ['another namespace', `${ORIGIN}/chat`, { join: true }, {}, '40/chat,'],
    ['one with any characters', `${ORIGIN}/../a ü%20`, { join: true }, {}, '40/../a ü%20,'],
    ['another with auth', `${ORIGIN}/chat`, { join: { a: 1 } }, { auth: { a: 1 } }, '40/chat,{"a":1}'],
  ])('is connected without another CONNECT: %s', async (_what, address, early, options, connect) => {
    const web = open(address, early);
    web.shakes();
    const nsp = address.slice(ORIGIN.length) || '/';
    const prefix = nsp === '/' ? '' : `${nsp},`;
    web.gives(`40${prefix}{"sid":"a"}`, '2', `42${prefix}["n",1]`);
    expect(text(web)).toEqual([connect, '3']);
    const manager = make();
    const socket = manager.socket(nsp, options);
    const got: unknown[] = [];
    socket.on('connect', () => got.push('connect'));
    socket.on('n', (n: number) => got.push(n));
    await settled();
    web.gives(`42${prefix}["n",2]`);
    socket.emit('here');
    await settled();
    expect([socket.id, got]).toEqual(['a', ['connect', 1, 2]]);
    expect(text(web)).toEqual([connect, '3', `42${prefix}["here"]`]);
    expect(FakeWebSocket.made.length).toBe(1);
  });

  it('waits for auth, answers the heartbeat meanwhile, and loses nothing', async () => {
    const web = open(ORIGIN, { join: { token: 't' } });
    web.shakes();
    web.gives('40{"sid":"a"}');
    let answer = (_auth: object): void => {};
    const socket = make().socket('/', {
      auth: (given: (auth: object) => void) => {
        answer = given;
      },
    });
    const got: unknown[] = [];
    socket.on('n', (...args: unknown[]) => got.push(...args));
    await settled();
    web.gives('2', '42["n",1]', '451-["n",{"_placeholder":true,"num":0}]', new Uint8Array([7]).buffer);
    await settled();
    expect([text(web), socket.connected, got]).toEqual([['40{"token":"t"}', '3'], false, []]);
    answer({ token: 't' });
    await settled();
    expect([socket.connected, text(web).length]).toEqual([true, 2]);
    expect(got).toEqual([1, Buffer.from([7])]);
  });

  it.each<[string, readonly string[], readonly Plugin[]]>([
    ['a server', ['40{"sid":"a"}', '42["n",1]', '42["m",2]'], []],
    ['an old server', ['40', '42["n",1]', '42["m",2]'], [legacy()]],
  ])(
    'delivers the events of %s one by one: a program may await each of them',
    async (_what, kept, plugins) => {
      for (const join of [true, plugins.length === 0]) {
        delete (globalThis as Page).earlyIo;
        const web = open(ORIGIN, { join });
        web.shakes();
        web.gives(...kept);
        const socket = make({}, ORIGIN, ...plugins).socket('/');
        const next = async (name: string): Promise<unknown> =>
          Promise.race([new Promise((resolve) => socket.once(name, resolve)), new Promise(() => {})]);
        const got: unknown[] = [];
        const program = async (): Promise<void> => {
          await next('connect');
          got.push(await next('n'));
          got.push(await next('m'));
        };
        void program();
        await settled();
        expect(got).toEqual([1, 2]);
      }
    },
  );

  it.each([
    ['has arrived', 30, 5_000],
    ['is still to come', 0, 10],
  ])(
    'measures the round trip from its CONNECT to the answer, which %s',
    async (_what, answeredMs, loadedMs) => {
      const web = open(ORIGIN, { join: true });
      world.clock.advance(100);
      web.shakes();
      world.clock.advance(answeredMs);
      if (answeredMs) web.gives('40{"sid":"a"}');
      world.clock.advance(loadedMs);
      const manager = make();
      const socket = manager.socket('/');
      await settled();
      if (!answeredMs) {
        world.clock.advance(20);
        web.gives('40{"sid":"a"}');
      }
      expect([socket.connected, manager.latencyMs]).toEqual([true, 30]);
    },
  );

  it('is connected when the answer arrives after the program has asked', async () => {
    const web = open(ORIGIN, { join: true });
    web.shakes();
    const socket = make().socket('/');
    await settled();
    expect(socket.connected).toBe(false);
    web.gives('40{"sid":"a"}');
    expect([socket.connected, text(web)]).toEqual([true, ['40']]);
  });

  it('joins by itself if the snippet could not yet', async () => {
    const web = open(ORIGIN, { join: true });
    const socket = make().socket('/');
    await settled();
    web.shakes();
    await settled();
    web.gives('40{"sid":"a"}');
    expect([socket.connected, text(web)]).toEqual([true, ['40']]);
  });

  it('reports a refusal as its own', async () => {
    const web = open(ORIGIN, { join: true });
    web.shakes();
    web.gives('44{"message":"not you"}');
    const socket = make().socket('/');
    const refusals: string[] = [];
    socket.on('connect_error', ({ message }) => refusals.push(message));
    await settled();
    expect(refusals).toEqual(['not you']);
  });

  it('lets further namespaces join over the same connection', async () => {
    const web = open(ORIGIN, { join: true });
    web.shakes();
    web.gives('40{"sid":"a"}');
    const manager = make();
    const sockets = [manager.socket('/'), manager.socket('/news')];
    await settled();
    web.gives('40/news,{"sid":"b"}');
    expect(sockets.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(text(web)).toEqual(['40', '40/news,']);
  });

  it.each<[string, string, Options]>([
    ['another auth', '/', { auth: { a: 2 } }],
    ['no auth', '/', {}],
    ['another namespace first', '/chat', { auth: { a: 1 } }],
  ])(
    'is closed and opened anew for %s: the page never gets what was meant for that one',
    async (_what, nsp, options) => {
      const web = open(ORIGIN, { join: { a: 1 } });
      web.shakes();
      web.gives('40{"sid":"wrong"}', '42["n","wrong"]');
      const manager = make({ reconnection: false });
      const socket = manager.socket(nsp, options);
      const events: unknown[] = [];
      socket.onAny((...args) => events.push(args));
      for (const name of ['disconnect', 'connect_error'] as const) socket.on(name, () => events.push(name));
      await settled();
      expect([web.readyState, FakeWebSocket.made.length, socket.connected]).toEqual([2, 2, false]);
      web.ends();
      const next = FakeWebSocket.last;
      next.shakes({ sid: 'engine2' });
      await settled();
      const prefix = nsp === '/' ? '' : `${nsp},`;
      expect(text(next)).toEqual([`40${prefix}${options.auth ? JSON.stringify(options.auth) : ''}`]);
      next.gives(`40${prefix}{"sid":"right"}`);
      expect([socket.id, manager.status, events]).toEqual(['right', 'connected', []]);
    },
  );

  it('of an old server, which joins by itself, is usable', async () => {
    const web = open(ORIGIN, { join: true });
    web.shakes();
    web.gives('40', '42["n",1]');
    const socket = make({}, ORIGIN, legacy()).socket('/');
    const got: number[] = [];
    socket.on('n', (n: number) => got.push(n));
    await settled();
    await settled();
    web.gives('42["n",2]');
    expect([socket.connected, got, FakeWebSocket.made.length]).toEqual([true, [1, 2], 1]);
  });

  it('of an old server, which answers CONNECT once more, delivers everything once', async () => {
    const web = open(ORIGIN, { join: true });
    web.shakes();
    web.gives('40', '42["n",1]', '40', '42["n",2]');
    const socket = make({}, ORIGIN, legacy()).socket('/');
    const got: number[] = [];
    socket.on('n', (n: number) => got.push(n));
    await settled();
    expect(got).toEqual([1, 2]);
  });

  it('waits while the client probes the server: an auth may take long', async () => {
    const web = open(ORIGIN, { join: true });
    web.shakes();
    web.gives('40{"sid":"a"}');
    let answer = (): void => {};
    const manager = make({}, ORIGIN, liveness());
    const socket = manager.socket('/', {
      auth: (given: () => void) => {
        answer = given;
      },
    });
    await settled();
    world.clock.advance(5_000);
    await settled();
    expect(text(web)).toEqual(['40', expect.stringMatching(/^40\/holdfast-probe-\d,$/)]);
    world.clock.advance(20);
    web.gives(`44${text(web)[1]?.slice(2)}{"message":"Invalid namespace"}`);
    expect(manager.latencyMs).toBe(20);
    answer();
    await settled();
    expect([socket.id, FakeWebSocket.made.length, web.sent.length]).toEqual(['a', 1, 2]);
  });
});

describe('an early WebSocket that does not open', () => {
  it.each([false, true])(
    'has failed at once: the next transport starts, and its real duration is reported (with join: %s)',
    async (join) => {
      const socket = open(ORIGIN, { join });
      world.clock.advance(300);
      socket.fails();
      world.clock.advance(2_000);
      const manager = make();
      const told: TransportAttemptEvent[] = [];
      manager.on('attempt', (event) => told.push(event));
      await settled();
      expect(told.slice(0, 3)).toEqual([
        { transport: 'websocket', phase: 'start' },
        { transport: 'websocket', phase: 'failed', ms: 300, error: 'websocket error' },
        { transport: 'polling', phase: 'start' },
      ]);
      network.last.shakes();
      // The outage may be over: the session tries to move to WebSocket at once.
      expect([manager.transport, FakeWebSocket.made.length]).toEqual(['polling', 2]);
      FakeWebSocket.last.fails();
      expect(world.store.get(`holdfast:${ORIGIN}/socket.io`)).toContain('"websocket":[true');
    },
  );

  it.each<[string, () => Options]>([
    ['no other transport', () => ({ transports: [WebSocketTransport] as never })],
    ['no upgrade', () => ({ upgrade: false })],
  ])('does not count if the program has %s: a new one is dialled', async (_what, options) => {
    open().fails();
    const manager = make(options());
    const failed = vi.fn();
    manager.on('error', failed);
    await settled();
    FakeWebSocket.last.shakes();
    expect([manager.transport, FakeWebSocket.made.length, network.made.length]).toEqual(['websocket', 2, 0]);
    expect(failed).not.toHaveBeenCalled();
  });

  it('is measured from its creation: its head start began then', async () => {
    open();
    world.clock.advance(700);
    make();
    await settled();
    world.clock.advance(299);
    expect(network.made).toEqual([]);
    world.clock.advance(1);
    expect(network.made.map(({ name }) => name)).toEqual(['polling']);
  });

  it('has no head start left after a second', async () => {
    open();
    world.clock.advance(5_000);
    make();
    await settled();
    world.clock.advance(0);
    expect(network.made.map(({ name }) => name)).toEqual(['polling']);
  });

  it('is abandoned ten seconds after it was created', async () => {
    const socket = open();
    world.clock.advance(4_000);
    const manager = make();
    const failed: (number | undefined)[] = [];
    manager.on('attempt', ({ phase, ms }) => phase === 'failed' && failed.push(ms));
    await settled();
    world.clock.advance(5_999);
    expect([socket.readyState, failed]).toEqual([0, []]);
    world.clock.advance(1);
    // Those that were dialled afresh beside it are no matter here.
    expect([socket.readyState, failed[0]]).toEqual([2, 10_000]);
  });

  it('still wins if it opens in time', async () => {
    const socket = open();
    world.clock.advance(900);
    const manager = make();
    await settled();
    world.clock.advance(200);
    expect(network.made.length).toBe(1);
    socket.shakes();
    expect([manager.transport, network.log.at(-1)]).toEqual(['websocket', 'polling opens']);
    expect(FakeWebSocket.made.length).toBe(1);
  });

  it('that opened and stays silent is reported as hanging in its handshake', async () => {
    const socket = open();
    socket.opens();
    world.clock.advance(1_000);
    const manager = make();
    await settled();
    world.clock.advance(0);
    network.last.fails();
    world.clock.advance(19_999);
    const errors: { attempts: { transport: string; phase: string }[] }[] = [];
    manager.on('error', (error) => errors.push(error as never));
    world.clock.advance(1);
    expect(errors[0]?.attempts.map(({ transport, phase }) => `${transport} ${phase}`)).toContain(
      'websocket handshake',
    );
  });

  it('is forgotten if it was open and was lost: that says nothing about the next one', async () => {
    const socket = open();
    socket.shakes();
    socket.ends();
    const manager = make();
    await settled();
    expect([FakeWebSocket.made.length, network.made.length]).toEqual([2, 0]);
    FakeWebSocket.last.shakes();
    expect(manager.status).toBe('connected');
  });

  it('is closed when the program gives up', async () => {
    const socket = open();
    const manager = make();
    await settled();
    manager.reconnection(false);
    manager._close();
    expect(socket.readyState).toBe(2);
  });
});

describe('early({ join }) over WebTransport', () => {
  const web = useFakeWebTransport();
  const standard = { sid: 'engine1', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000 };
  const handshake = { type: 'open', data: JSON.stringify(standard) };
  const message = (data: string): EnginePacket => ({ type: 'message', data });

  /** A manager whose only transport is WebTransport. */
  const over = (options: EarlyPluginOptions = { join: true }, more: Options = {}, uri = ORIGIN): Manager =>
    make(
      {
        transports: ['webtransport'],
        plugins: [early(options), webTransport()],
        reconnectionDelay: 1_000,
        ...more,
      },
      uri,
    );

  /** The session opens, once the manager has created it. */
  const opens = async (): Promise<void> => {
    await settled();
    await web.last.opens();
  };

  it.each<[string, string, EarlyPluginOptions, Options, string]>([
    ['the root namespace', '/', { join: true }, {}, '0'],
    ['with auth', '/', { join: { a: 1 } }, { auth: { a: 1 } }, '0{"a":1}'],
    ['another namespace', '/chat', { join: true }, {}, '0/chat,'],
    ['another with auth', '/chat', { join: { a: 'ü' } }, { auth: { a: 'ü' } }, '0/chat,{"a":"ü"}'],
  ])('sends CONNECT with the first packet, and not again: %s', async (_what, nsp, options, given, text) => {
    const manager = over(options);
    const socket = manager.socket(nsp, given);
    const got: unknown[] = [];
    socket.on('connect', () => got.push('connect'));
    socket.on('n', (n: number) => got.push(n));
    socket.emit('first');
    await opens();
    expect(web.last.packets).toEqual(['open', `message:${text}`]);
    const prefix = nsp === '/' ? '' : `${nsp},`;
    await web.last.gives([handshake, message(`0${prefix}{"sid":"a"}`), message(`2${prefix}["n",1]`)]);
    await web.last.gives([message(`2${prefix}["n",2]`)]);
    socket.emit('second');
    await settled();
    expect([socket.id, got]).toEqual(['a', ['connect', 1, 2]]);
    expect(web.last.packets.slice(2)).toEqual([
      `message:2${prefix}["first"]`,
      `message:2${prefix}["second"]`,
    ]);
    expect([web.sessions.length, manager.engine.writeBuffer.length]).toEqual([1, 0]);
  });

  it.each([1, 7, Number.POSITIVE_INFINITY])(
    'delivers everything once and in order, however the data is cut (%s bytes)',
    async (chunkBytes) => {
      const socket = over().socket('/');
      const got: number[] = [];
      socket.on('n', (n: number) => got.push(n));
      await opens();
      const numbers = Array.from({ length: 200 }, (_, i) => i);
      const events = numbers.map((n) => message(`2["n",${n}]`));
      await web.last.gives([handshake, message('0{"sid":"a"}'), ...events], chunkBytes);
      await vi.waitFor(() => expect(got.length).toBe(200));
      expect(got).toEqual(numbers);
      await web.last.gives([message('2["n",200]')]);
      expect(got.at(-1)).toBe(200);
    },
  );

  it.each<[string, () => Promise<void>]>([
    ['stream ends', () => web.last.endsStream()],
    ['stream fails', () => web.last.endsStream(new Error('reset'))],
    ['session ends', () => web.last.ends()],
  ])('delivers what came before the %s', async (_what, end) => {
    const socket = over().socket('/');
    const got: unknown[] = [];
    socket.on('n', (n: number) => got.push(n));
    socket.on('disconnect', (reason) => got.push(reason));
    await opens();
    const packets = [
      handshake,
      message('0{"sid":"a"}'),
      message('2["n",1]'),
      message('2["n",2]'),
      message('1'),
    ];
    void web.last.brings(framesOf(packets));
    // A stream that fails discards what was not read.
    for (let i = 0; i < 5; i++) await undefined;
    await end();
    await settled();
    expect([got, socket.active]).toEqual([[1, 2, 'io server disconnect'], false]);
  });

  it('waits for auth, answers the heartbeat meanwhile, and loses nothing', async () => {
    let answer = (_auth: object): void => {};
    const socket = over({ join: { token: 't' } }).socket('/', {
      auth: (given: (auth: object) => void) => {
        answer = given;
      },
    });
    const got: unknown[] = [];
    socket.on('n', (...args: unknown[]) => got.push(...args));
    await opens();
    await web.last.gives([
      handshake,
      message('0{"sid":"a"}'),
      { type: 'ping' },
      message('2["n",1]'),
      message('51-["n",{"_placeholder":true,"num":0}]'),
      { type: 'message', data: Buffer.from([7]) },
    ]);
    expect([web.last.packets.slice(2), socket.connected, got]).toEqual([['pong'], false, []]);
    answer({ token: 't' });
    await settled();
    await settled();
    expect([socket.connected, got]).toEqual([true, [1, Buffer.from([7])]]);
    socket.emit('here');
    await settled();
    expect(web.last.packets.slice(2)).toEqual(['pong', 'message:2["here"]']);
  });

  it.each([
    ['has arrived before the program asks', true],
    ['comes later', false],
  ])('measures the round trip from its CONNECT to the answer, which %s', async (_what, answered) => {
    let answer = (_auth?: object): void => {};
    const manager = over({ join: {} });
    const socket = manager.socket('/', {
      auth: (given: (auth: object) => void) => {
        answer = () => given({});
      },
    });
    await opens();
    world.clock.advance(30);
    await web.last.gives([handshake, ...(answered ? [message('0{"sid":"a"}')] : [])]);
    if (answered) world.clock.advance(500);
    answer();
    await settled();
    if (!answered) {
      world.clock.advance(20);
      await web.last.gives([message('0{"sid":"a"}')]);
    }
    await settled();
    expect([socket.connected, manager.latencyMs]).toEqual([true, answered ? 30 : 50]);
  });

  it('lets further namespaces join over the same connection', async () => {
    const manager = over();
    const sockets = [manager.socket('/news'), manager.socket('/')];
    await opens();
    await web.last.gives([handshake, message('0/news,{"sid":"a"}')]);
    await settled();
    expect(web.last.packets).toEqual(['open', 'message:0/news,', 'message:0']);
    await web.last.gives([message('0{"sid":"b"}')]);
    expect(sockets.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('reports a refusal as its own', async () => {
    const socket = over().socket('/');
    const refusals: string[] = [];
    socket.on('connect_error', ({ message: text }) => refusals.push(text));
    await opens();
    await web.last.gives([handshake, message('4{"message":"not you"}')]);
    await settled();
    expect(refusals).toEqual(['not you']);
  });

  it.each<[string, Options]>([
    ['another auth', { auth: { a: 2 } }],
    ['no auth', {}],
  ])('opens anew for %s, without joining ahead: nothing is lost or received twice', async (_what, given) => {
    const manager = over({ join: { a: 1 } }, { reconnection: false });
    const socket = manager.socket('/', given);
    const events: unknown[] = [];
    socket.onAny((...args) => events.push(args));
    for (const name of ['disconnect', 'connect_error'] as const) socket.on(name, () => events.push(name));
    socket.emit('kept');
    await opens();
    await web.last.gives([handshake, message('0{"sid":"wrong"}'), message('2["n","wrong"]')]);
    await settled();
    const [first] = web.sessions;
    expect([web.sessions.length, first?.closes, first?.finished, socket.connected]).toEqual([
      2,
      1,
      true,
      false,
    ]);
    await web.last.shakes({ sid: 'engine2' });
    const connect = `message:0${given.auth ? JSON.stringify(given.auth) : ''}`;
    expect(web.last.packets).toEqual(['open', connect]);
    await web.last.gives([message('0{"sid":"right"}')]);
    expect([socket.id, manager.status, events]).toEqual(['right', 'connected', []]);
    expect(web.last.packets.slice(2)).toEqual(['message:2["kept"]']);
    world.clock.advance(20_000);
    expect([web.sessions.length, manager.status]).toEqual([2, 'connected']);
  });

  it('tells the program that it is open before it opens anew, and calls the callback of open()', async () => {
    const manager = over({ join: { a: 1 } }, { autoConnect: false });
    const told: unknown[] = [];
    for (const name of ['open', 'close'] as const) manager.on(name, () => told.push(name));
    manager.open((error) => told.push(error));
    const socket = manager.socket('/').connect();
    await opens();
    await web.last.gives([handshake]);
    await web.last.shakes();
    await web.last.gives([message('0{"sid":"right"}')]);
    expect([told, socket.id]).toEqual([['open', undefined, 'close', 'open'], 'right']);
  });

  it('reports one reconnect if it opens anew after an attempt that failed', async () => {
    const manager = over({ join: { a: 1 } });
    manager.socket('/', { auth: async () => ({ a: 2 }) });
    const told = vi.fn();
    manager.on('reconnect', told);
    await settled();
    await web.last.refuses(new Error('no'));
    world.clock.advance(1_000);
    await opens();
    await web.last.gives([handshake]);
    await web.last.shakes();
    expect([manager.status, web.sessions.length, told.mock.calls]).toEqual(['connected', 3, [[1]]]);
  });

  it('opens anew if another namespace joins first', async () => {
    const manager = over();
    manager.socket('/', { auth: () => {} });
    const socket = manager.socket('/chat');
    await opens();
    await web.last.gives([handshake, message('0{"sid":"wrong"}')]);
    await settled();
    await web.last.shakes();
    await web.last.gives([message('0/chat,{"sid":"right"}')]);
    expect([web.sessions.length, socket.id]).toEqual([2, 'right']);
  });

  it('warns of this once, in development', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    vi.resetModules();
    const fresh = await import('../../../src/plugins/early.js');
    for (const secret of ['secret1', 'secret2']) {
      over({}, { plugins: [fresh.early({ join: { secret } }), webTransport()] }).socket('/');
      await opens();
      await web.last.gives([handshake]);
    }
    expect(warned.mock.calls).toEqual([
      [expect.stringMatching(/opened anew.*namespace and auth must match/), 'HoldfastWarning'],
    ]);
    expect(`${warned.mock.calls}`).not.toContain('secret');
    warned.mockRestore();
  });

  it('joins ahead again after an attempt that failed, and never after the first connection', async () => {
    const socket = over().socket('/');
    await settled();
    await web.last.refuses(new Error('no'));
    world.clock.advance(1_000);
    await opens();
    expect(web.last.packets).toEqual(['open', 'message:0']);
    await web.last.gives([handshake, message('0{"sid":"a","pid":"p"}')]);
    await settled();
    expect(socket.connected).toBe(true);
    await web.last.ends();
    world.clock.advance(5_000);
    await opens();
    expect(web.last.packets).toEqual(['open']);
    await web.last.gives([handshake]);
    expect(web.last.packets.slice(0, 2)).toEqual(['open', expect.stringMatching(/^message:0/)]);
    await web.last.gives([message('0{"sid":"b"}')]);
    expect([socket.id, web.sessions.length]).toEqual(['b', 3]);
  });

  it.each<[string, EarlyPluginOptions]>([
    ['without the option', {}],
    ['with false', { join: false }],
    ['with an object that cannot be sent', { join: { a: 1n } }],
  ])('sends CONNECT after the handshake %s', async (_what, options) => {
    const socket = over(options).socket('/');
    await opens();
    expect(web.last.packets).toEqual(['open']);
    await web.last.gives([handshake]);
    await web.last.gives([message('0{"sid":"a"}')]);
    expect([web.last.packets, socket.id]).toEqual([['open', 'message:0'], 'a']);
  });

  it('joins nothing for a manager without sockets', async () => {
    const manager = over();
    await opens();
    await web.last.gives([handshake]);
    expect([web.last.packets, manager.status]).toEqual([['open'], 'connected']);
    const socket = manager.socket('/');
    await web.last.gives([message('0{"sid":"a"}')]);
    expect(socket.id).toBe('a');
  });

  it('joins nothing ahead over an upgrade', async () => {
    const manager = make({
      transports: [network.transport('polling'), 'webtransport'] as never,
      plugins: [early({ join: true }), webTransport(), upgrade()],
    });
    const socket = manager.socket('/');
    await settled();
    network.last.shakes({ upgrades: ['webtransport'] });
    network.last.gives('message', '0{"sid":"a"}');
    await opens();
    expect([socket.id, web.last.packets[0]]).toEqual(['a', expect.stringMatching(/^open:\{"sid"/)]);
    expect(web.last.packets.join()).not.toContain('message:0');
  });

  it('leaves the WebSocket of the snippet to the plugin, which joins over that as the snippet did', async () => {
    const socket = open(ORIGIN, { join: true });
    socket.shakes();
    socket.gives('40{"sid":"a"}');
    const joined = make({ plugins: [early({ join: { other: 1 } })] }).socket('/');
    await settled();
    expect([joined.id, socket.sent.map(String)]).toEqual(['a', ['40']]);
  });

  it.each([1, 'yes', [], null])('refuses %j as join, in development', (join) => {
    expect(() => early({ join } as never)).toThrow(
      expect.objectContaining<Partial<HoldfastError>>({ code: 'BAD_OPTION' }),
    );
  });
});
