import { runInThisContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Manager } from '../../../src/core.js';
import type { Plugin } from '../../../src/manager/plugin.js';
import type { Options } from '../../../src/platform/options.js';
import type { Reach, reach } from '../../../src/platform/reach.js';
import * as platform from '../../../src/platform/server-render.js';
import { causeOf } from '../../../src/plugins/causes.js';
import { coach } from '../../../src/plugins/coach.js';
import { useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';

/** The messages of the development build if nothing listens. These tests answer the coach's own requests. */

const fake = useManagers();
let lines: string[];
let asked: string[];
let answers: Reach[];
let hosts = 0;
let host: string;

const ask: typeof reach = async (address) => {
  asked.push(address);
  return answers.shift() ?? { kind: 'unreachable', ms: 1 };
};

beforeEach(() => {
  lines = [];
  asked = [];
  answers = [];
  // Each cause is reported once in the lifetime of a page.
  host = `server-${hosts++}.test`;
  vi.stubGlobal('location', { protocol: 'http:', host: 'page.test', hostname: 'page.test' });
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => void lines.push(String(text)));
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const make = (options: Options = {}, address = `http://${host}:3000`): Manager =>
  fake.makeAt(address, { plugins: [coach(ask)] as Plugin[], ...options });

/** A manager whose first attempt fails. */
async function failing(options?: Options, address?: string): Promise<Manager> {
  const manager = make(options, address);
  manager.socket('/');
  await settled();
  fake.network.last.fails();
  await settled();
  await settled();
  return manager;
}

/** A connected socket. */
async function joined(options?: Options): Promise<Manager> {
  const manager = make(options);
  manager.socket('/');
  await settled();
  fake.network.last.shakes();
  fake.network.last.gives('message', '0{"sid":"a"}');
  await settled();
  return manager;
}

const answered = (status: number, text = ''): Reach => ({
  kind: 'answers',
  status,
  text,
  dateMs: Number.NaN,
  ms: 1,
});

describe('a connection that fails', () => {
  it('is explained in one line: what happened, what holdfast does, what to change, and an address', async () => {
    answers = [
      { kind: 'unreachable', ms: 1 },
      { kind: 'unreachable', ms: 1 },
    ];
    await failing();
    expect(lines).toEqual([
      `holdfast: no server answers at http://${host}:3000. holdfast keeps trying. To fix it: start the server, and compare its host and port with the address. https://unpkg.com/holdfast/docs/errors.md#negotiation_failed`,
    ]);
  });

  it('to a server that also refuses WebSocket points at the path first, because CORS does not stop a WebSocket', async () => {
    answers = [{ kind: 'hidden', ms: 1 }];
    await failing();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /WebSocket does not open.*compare the option "path" \(\/socket\.io\).*if it is right.*cors/,
    );
  });

  it('over https also names the certificate', async () => {
    vi.stubGlobal('location', { protocol: 'https:', host: 'page.test', hostname: 'page.test' });
    await failing({}, `https://${host}`);
    expect(lines).toEqual([
      expect.stringContaining(`certificate is not trusted, open https://${host} in a tab`),
    ]);
  });

  it('is explained once, however often it fails', async () => {
    await failing();
    for (let i = 0; i < 3; i++) {
      fake.world.clock.advance(10_000);
      await settled();
      fake.network.last.fails();
      await settled();
    }
    expect(lines).toHaveLength(1);
    // The server, and the same one over https.
    expect(asked).toHaveLength(2);
  });

  it.each(['connect_error', 'error', 'reconnect_error'] as const)(
    'is not explained to a program that listens to %s',
    async (name) => {
      const manager = make();
      const socket = manager.socket('/');
      if (name === 'connect_error') socket.on(name, () => {});
      else manager.on(name, () => {});
      await settled();
      fake.network.last.fails();
      await settled();
      expect([lines, asked]).toEqual([[], []]);
    },
  );

  it('is not explained if the option "coach" is false', async () => {
    await failing({ coach: false });
    expect([lines, asked]).toEqual([[], []]);
  });

  it('is explained without a request if there is no page', async () => {
    vi.stubGlobal('location', undefined);
    await failing();
    expect(asked).toEqual([]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`no connection to http://${host}:3000`);
  });

  it('is examined by a handshake, whose session is closed at once', async () => {
    const ended = vi.fn(async () => new Response());
    vi.stubGlobal('fetch', ended);
    answers = [answered(200, '0{"sid":"abc","upgrades":[]}')];
    await failing({ path: '/chat/' });
    expect(asked).toEqual([`http://${host}:3000/chat/?EIO=4&transport=polling&holdfast-check=1`]);
    expect(ended.mock.calls).toEqual([
      [
        `http://${host}:3000/chat/?EIO=4&transport=polling&holdfast-check=1&sid=abc`,
        { method: 'POST', body: '1' },
      ],
    ]);
  });
});

describe('the cause', () => {
  const there = { origin: 'http://a.test:3000', path: '/socket.io', page: 'http://page.test' };
  const none: Reach = { kind: 'unreachable', ms: 1 };
  const hidden: Reach = { kind: 'hidden', ms: 1 };
  it.each<[string, Parameters<typeof causeOf>, RegExp, RegExp]>([
    ['the server is down', [there, none], /no server answers at http:\/\/a\.test:3000/, /start the server/],
    [
      'the port speaks https',
      [there, none, hidden],
      /uses https, but the address says http/,
      /https:\/\/a\.test:3000/,
    ],
    [
      'the port speaks http',
      [{ ...there, origin: 'https://a.test:3000' }, none, answered(400)],
      /uses http, but the address says https/,
      /write http:\/\/a\.test:3000/,
    ],
    [
      'CORS',
      [there, hidden],
      /does not let this page \(http:\/\/page\.test\)/,
      /cors: \{ origin: "http:\/\/page\.test" \}/,
    ],
    ['the wrong path', [there, answered(404)], /there is no Socket\.IO at \/socket\.io/, /"path"/],
    [
      'the page of a development server',
      [there, answered(200, '\n<!doctype html>')],
      /no Socket\.IO at \/socket\.io \(status 200\)/,
      /proxy/,
    ],
    [
      'a proxy without its server',
      [there, answered(502)],
      /status 502: the server behind it is down/,
      /start the server/,
    ],
    ['silence', [there, { kind: 'silent', ms: 5_000 }], /never answers/, /"path" \(\/socket\.io\)/],
    [
      'a refusal of all transports',
      [there, answered(403)],
      /answers \(status 403\), but no transport opened/,
      /allowRequest/,
    ],
    [
      'mixed content',
      [{ ...there, page: 'https://page.test' }, none],
      /this page was loaded over https/,
      /write https:\/\/a\.test:3000/,
    ],
  ])('%s', (_name, facts, happened, change) => {
    const cause = causeOf(...facts);
    expect(cause.happened).toMatch(happened);
    expect(cause.change).toMatch(change);
  });
});

describe('an unhandled refusal', () => {
  it("is reported with the server's text", async () => {
    const manager = make();
    manager.socket('/news');
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', `4/news,{"message":"not ${host}"}`);
    await settled();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`the server refuses the namespace "/news": "not ${host}"`);
    expect(lines[0]).toContain('socket.connect()');
    expect(lines[0]).toContain('it reads the option "auth" as socket.handshake.auth');
  });

  it('of a namespace that the server does not have says how to create it', async () => {
    const manager = make();
    manager.socket(`/${host}`);
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', `4/${host},{"message":"Invalid namespace"}`);
    await settled();
    expect(lines).toEqual([expect.stringContaining(`create it on the server: io.of("/${host}")`)]);
  });

  it('of a namespace that looks like the path says so', async () => {
    const manager = make();
    manager.socket('/socket.io/');
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', '4/socket.io/,{"message":"Invalid namespace"}');
    await settled();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('which looks like its path');
  });

  it('is not reported if the program listens to it', async () => {
    const manager = make();
    manager.socket('/other').on('connect_error', () => {});
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', `4/other,{"message":"${host}"}`);
    await settled();
    expect(lines).toEqual([]);
  });
});

describe('an acknowledgement', () => {
  it('that has been pending for over 10 s is named, with its namespace, once', async () => {
    const manager = await joined();
    const socket = manager.socket('/');
    socket.emit(`order-${host}`, 1, () => {});
    fake.world.clock.advance(9_000);
    expect(lines).toEqual([]);
    fake.world.clock.advance(12_000);
    socket.emit(`order-${host}`, 2, () => {});
    fake.world.clock.advance(30_000);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(
      `"order-${host}" in the namespace "/" has been waiting 10 s for its acknowledgement`,
    );
  });

  it('is not mentioned if it arrives in time, nor if its event waits for the connection', async () => {
    const manager = await joined();
    const socket = manager.socket('/');
    socket.emit('order', () => {});
    fake.network.last.gives('message', '30["done"]');
    fake.world.clock.advance(15_000);
    fake.network.last.closes();
    socket.emit('later', () => {});
    fake.world.clock.advance(15_000);
    expect(lines.filter((line) => line.includes('has been waiting'))).toEqual([]);
  });
});

describe('an error about an acknowledgement', () => {
  it('has the message of the official client, and a stack that names the event and the call', async () => {
    const manager = await joined();
    const socket = manager.socket('/');
    const orderNow = (): Promise<unknown> => socket.timeout(5_000).emitWithAck('order', 1);
    const failure = orderNow().catch((error: Error) => error);
    fake.world.clock.advance(5_000);
    const { message, stack } = (await failure) as Error;
    expect(message).toBe('operation has timed out');
    const [first, second] = `${stack}`.split('\n');
    expect(first).toBe('Error: operation has timed out ("order" in the namespace "/", after 5000 ms)');
    expect(second).toContain('orderNow');
  });

  it('leaves long responses unchanged', async () => {
    const manager = await joined();
    let heard = 0;
    manager.socket('/').emit('order', (...answer: unknown[]) => {
      heard = answer.length;
    });
    fake.network.last.gives('message', `30${JSON.stringify(Array(20_000).fill(1))}`);
    expect(heard).toBe(20_000);
  });
});

describe('a working connection', () => {
  it('over WebSocket, to a server whose CORS excludes the page, causes a warning', async () => {
    answers = [{ kind: 'hidden', ms: 1 }];
    await joined({ transports: undefined, ...fake.over('websocket', 'polling') });
    fake.world.clock.advance(3_000);
    await settled();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('does not let this page (http://page.test) use long-polling (CORS)');
  });

  it('over long-polling, because WebSocket was refused, names the settings of a proxy', async () => {
    make(fake.over('websocket', 'polling')).socket('/');
    await settled();
    fake.network.last.fails();
    await settled();
    fake.network.last.shakes();
    await settled();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('refuses the upgrade. holdfast continues over long-polling');
    expect(lines[0]).toContain('proxy_set_header Upgrade');
  });

  it('causes no warning if the server allows the page, or if long-polling is not wanted', async () => {
    answers = [answered(400)];
    await joined(fake.over('websocket', 'polling'));
    fake.world.clock.advance(3_000);
    await settled();
    expect([lines, asked.length]).toEqual([[], 1]);
    await joined(fake.over('websocket'));
    fake.world.clock.advance(3_000);
    await settled();
    expect([lines, asked.length]).toEqual([[], 1]);
  });
});

describe('a plugin', () => {
  const late: Plugin = { name: 'late', manager: () => undefined };
  const own: Plugin = { name: 'own', socket: () => undefined };

  it('of the connection that comes with a later socket causes a warning', async () => {
    const manager = await joined();
    manager.socket('/news', { plugins: [late, own] });
    expect(lines).toEqual([
      `holdfast: the plugin "late" was given to a socket of an existing connection to http://${host}:3000. It has no effect there. To fix it: give it to the first io() of this address, or pass { forceNew: true }. https://unpkg.com/holdfast/docs/plugins.md`,
    ]);
  });

  it('of the connection causes no warning if the connection has it', async () => {
    const manager = await joined({ plugins: [coach(ask), late] as Plugin[] });
    manager.socket('/news', { plugins: [late, own] });
    expect(lines).toEqual([]);
  });
});

describe('the address', () => {
  it.each(['undefined', 'null', 'NaN'])(
    'http://%s:3000 causes a warning at once, and only once',
    async (name) => {
      await failing({}, `http://${name}:3000`);
      expect([lines.length, asked]).toEqual([1, []]);
      expect(lines[0]).toContain(`leads to a host called "${name.toLowerCase()}"`);
    },
  );
});

it('several sockets of one namespace cause a warning at the fourth one, but not with forceNew', async () => {
  const sockets = [1, 2, 3].map(() => make().socket('/'));
  await settled();
  expect(lines).toEqual([]);
  sockets.push(make().socket('/'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('this page has 4 connections to the namespace "/"');
  const meant = [1, 2, 3, 4, 5].map(() => make({ forceNew: true }, `http://meant-${host}`).socket('/'));
  expect([sockets.length, meant.length, lines.length]).toEqual([4, 5, 1]);
});

describe('a server-rendered page', () => {
  const files = [
    '/app/node_modules/react-dom/cjs/react-dom-server.node.development.js',
    '/app/node_modules/.pnpm/@vue+server-renderer@3.5.0/node_modules/@vue/server-renderer/dist/server-renderer.cjs.js',
    'file:///app/node_modules/svelte/src/internal/server/index.js',
    'C:\\app\\node_modules\\@angular\\platform-server\\fesm2022\\platform-server.mjs',
  ];
  const told: string[] = [];
  it.each(files)('causes a warning for io() below %s', (filename) => {
    vi.stubGlobal('location', undefined);
    const { rendersOnServer } = platform;
    const within = runInThisContext('(call) => call()', { filename }) as <Result>(
      call: () => Result,
    ) => Result;
    expect(rendersOnServer()).toBe(false);
    expect(within(rendersOnServer)).toBe(true);
    const { stackTraceLimit } = Error;
    within(() => make());
    told.push(...lines);
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });

  it('causes a warning once in a process', () => {
    expect(told).toEqual([expect.stringContaining('io() was called during a server render')]);
  });
});
