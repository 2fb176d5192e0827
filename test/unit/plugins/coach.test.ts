import { runInThisContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Manager } from '../../../src/core.js';
import { createIo } from '../../../src/create-io.js';
import { keep } from '../../../src/helpers/keep.js';
import type { Plugin } from '../../../src/manager/plugin.js';
import type { Attempt, ConnectError } from '../../../src/platform/errors.js';
import type { Options } from '../../../src/platform/options.js';
import type { Reach, reach } from '../../../src/platform/reach.js';
import * as platform from '../../../src/platform/server-render.js';
import { causeOf, countAttempts } from '../../../src/plugins/causes.js';
import { coach } from '../../../src/plugins/coach/index.js';
import { observe } from '../../../src/plugins/inspector/observe.js';
import { useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';
import { patiently } from '../../support/waiting.js';

/** The messages of the development build about failures. These tests answer the coach's own requests. */

const fake = useManagers();
let lines: string[];
let asked: string[];
let wanted: (string | undefined)[];
let credentialed: (boolean | undefined)[];
let answers: Reach[];
let hosts = 0;
let host: string;

const ask: typeof reach = async (address, _clock, _deadlineMs, credentials, what) => {
  asked.push(address);
  wanted.push(what);
  credentialed.push(credentials);
  return answers.shift() ?? { kind: 'unreachable', ms: 1 };
};

beforeEach(() => {
  lines = [];
  asked = [];
  wanted = [];
  credentialed = [];
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

/** The fake transports, by name: a class in the list would be the program's own. */
const named = (): Plugin => ({
  name: 'fake',
  transports: Object.fromEntries(
    ['websocket', 'polling'].map((name) => [name, () => fake.network.transport(name)]),
  ),
});

const make = (options: Options = {}, address: string | undefined = `http://${host}:3000`): Manager =>
  fake.makeAt(address, { transports: ['websocket'], plugins: [coach(ask), named()] as Plugin[], ...options });

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

  it('to a server that also refuses WebSocket names the path first, because CORS does not stop a WebSocket', async () => {
    answers = [{ kind: 'hidden', ms: 1 }];
    const manager = make({ transports: ['websocket', 'polling'] });
    manager.socket('/');
    for (let i = 0; i < 2; i++) {
      await settled();
      fake.network.last.fails();
    }
    await settled();
    // So long, the browser may take to report that the policy of the page blocks requests.
    fake.world.clock.advance(100);
    await settled();
    await settled();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /probably there is no Socket\.IO at \/socket\.io: no WebSocket can be opened either.*compare the port and the option "path" \(\/socket\.io\).*if it is right.*CORS.*cors/,
    );
    expect(lines[0]?.indexOf('CORS')).toBeGreaterThan(
      lines[0]?.indexOf('compare the port and the option "path"') ?? 0,
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

  it('is not explained if the option "coach" is false', async () => {
    await failing({ coach: false });
    expect([lines, asked]).toEqual([[], []]);
  });

  it('is explained without a request if there is no page', async () => {
    vi.stubGlobal('location', undefined);
    await failing();
    expect(asked).toEqual([]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`no connection to http://${host}:3000 (websocket error)`);
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

describe('a connection that fails, in a program that listens', () => {
  const NAMES = ['connect_error', 'error', 'reconnect_error'] as const;

  /** A listener of each kind, and what it saw. */
  function listening(
    manager: Manager,
    name: (typeof NAMES)[number],
    look: (error: ConnectError) => void,
  ): ConnectError[] {
    const errors: ConnectError[] = [];
    const hear = (error: ConnectError): void => {
      errors.push(error);
      look(error);
    };
    if (name === 'connect_error') manager.socket('/').on(name, hear);
    else manager.on(name, hear as never);
    return errors;
  }

  async function failsTwice(manager: Manager): Promise<void> {
    manager.socket('/');
    for (let i = 0; i < 2; i++) {
      await settled();
      fake.network.last.fails();
      await settled();
      await settled();
      fake.world.clock.advance(10_000);
    }
  }

  it.each(NAMES)('gets the cause as the hint of its errors: %s', async (name) => {
    const manager = make();
    const hints: unknown[] = [];
    const errors = listening(manager, name, ({ hint }) => hints.push(hint));
    await failsTwice(manager);
    const found = `no server answers at http://${host}:3000. To fix it: start the server, and compare its host and port with the address`;
    expect(hints.at(-1)).toBe(found);
    // An error that was kept learns of it, too.
    expect(errors[0]?.hint).toBe(found);
    if (name === 'connect_error') expect(hints[0]).toMatch(/look for a proxy that does not forward upgrades/);
    // `reconnect_error` does not report the first failure: its listener has not read a hint yet.
    expect(lines).toHaveLength(name === 'reconnect_error' ? 1 : 0);
  });

  it('is told in the console all the same if the program does not read the hint', async () => {
    const manager = make();
    const errors = listening(manager, 'connect_error', ({ message }) => message);
    await failsTwice(manager);
    expect(lines).toEqual([expect.stringContaining(`no server answers at http://${host}:3000`)]);
    expect(errors[1]?.hint).toContain('no server answers');
  });

  it('is told in the console if no further error would show the hint', async () => {
    const manager = make({ reconnection: false });
    listening(manager, 'connect_error', ({ hint }) => hint);
    await failsTwice(manager);
    expect(lines).toEqual([expect.stringContaining(`no server answers at http://${host}:3000. To fix it`)]);
  });

  it('is told in the console if the program has stopped listening', async () => {
    const manager = make();
    manager.socket('/').once('connect_error', ({ hint }) => hint);
    await failsTwice(manager);
    expect(lines).toEqual([expect.stringContaining('no server answers')]);
  });

  it('leaves code, message, attempts and the members as they are', async () => {
    const manager = make();
    const seen: string[][] = [];
    const errors = listening(manager, 'connect_error', (error) => {
      seen.push(Object.keys(error));
      expect(JSON.parse(JSON.stringify(error)).hint).toBe(error.hint);
      expect({ ...error }.hint).toBe(error.hint);
    });
    await failsTwice(manager);
    expect(seen[0]).toEqual(seen[1]);
    expect(errors[0]).toMatchObject({ code: 'NEGOTIATION_FAILED', message: 'websocket error' });
    expect(errors[0]?.attempts).toHaveLength(1);
    expect(Object.getOwnPropertyDescriptor(errors[0], 'hint')).toMatchObject({
      value: expect.any(String),
      enumerable: true,
      writable: true,
    });
  });

  it('has the general hint, and is silent, if the option "coach" is false', async () => {
    const manager = make({ coach: false });
    const hints: unknown[] = [];
    listening(manager, 'connect_error', ({ hint }) => hints.push(hint));
    await failsTwice(manager);
    expect(hints).toEqual(
      Array(2).fill(expect.stringMatching(/look for a proxy that does not forward upgrades/)),
    );
    expect([lines, asked]).toEqual([[], []]);
  });

  it('is examined again later: the hint names another cause, and none after a success', async () => {
    const manager = make();
    const hints: (string | undefined)[] = [];
    listening(manager, 'connect_error', ({ hint }) => hints.push(hint));
    await failsTwice(manager);
    fake.world.clock.advance(60_000);
    answers = [answered(404)];
    await failsTwice(manager);
    await failsTwice(manager);
    expect(hints.at(-1)).toContain('there is no Socket.IO at /socket.io (status 404)');
    await settled();
    fake.network.last.shakes();
    await settled();
    const count = asked.length;
    fake.network.last.closes();
    fake.world.clock.advance(10_000);
    await failsTwice(manager);
    expect(hints.at(-1)).not.toContain('status 404');
    expect(asked).toHaveLength(count);
  });

  it('does not count what the inspector reads', async () => {
    const manager = make();
    observe(manager, () => {});
    listening(manager, 'connect_error', ({ message }) => message);
    await failsTwice(manager);
    expect(lines).toEqual([expect.stringContaining('no server answers')]);
  });
});

describe('a first connection that neither opens nor fails', () => {
  it('is examined after 5 s, and the path is named', async () => {
    answers = [{ kind: 'silent', ms: 5_000 }];
    const manager = make({ path: '/chat' });
    const hints: unknown[] = [];
    manager.socket('/').on('connect_error', ({ hint }) => hints.push(hint));
    await settled();
    fake.world.clock.advance(4_000);
    await settled();
    expect(asked).toEqual([]);
    fake.world.clock.advance(1_500);
    await settled();
    expect(lines).toEqual([
      expect.stringContaining(
        `a request to http://${host}:3000/chat gets no answer. holdfast keeps trying. To fix it: compare the option "path" (/chat)`,
      ),
    ]);
    fake.world.clock.advance(15_000);
    await settled();
    expect(hints).toEqual([expect.stringContaining('gets no answer')]);
    expect(asked).toHaveLength(1);
  });

  it('is not explained if it has opened meanwhile, or if the server is only slow', async () => {
    let answer: (seen: Reach) => void = () => {};
    const slow: typeof reach = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    for (const [opens, seen] of [
      [true, { kind: 'silent', ms: 5_000 }],
      [false, { ...answered(200, '0{"sid":"a"}'), ms: 2_000 }],
    ] as const) {
      const manager = make({ plugins: [coach(slow), named()] as Plugin[] });
      manager.socket('/');
      await settled();
      fake.world.clock.advance(5_500);
      if (opens) fake.network.last.shakes();
      answer(seen);
      await settled();
    }
    expect(lines).toEqual([]);
  });

  it('is explained by a proxy if the server answers requests at once, but no WebSocket', async () => {
    answers = [answered(200, '0{"sid":"a"}')];
    make().socket('/');
    await settled();
    fake.world.clock.advance(5_500);
    await settled();
    expect(lines).toEqual([expect.stringContaining('a WebSocket gets no answer: probably a proxy')]);
  });

  it('names a path in the address that is read as a namespace', async () => {
    answers = [answered(404)];
    make({}, `http://${host}:3000`).socket('/ws');
    await settled();
    fake.world.clock.advance(5_500);
    await settled();
    expect(lines).toEqual([
      expect.stringContaining(
        '"/ws" in the address is read as a namespace: if it is the path, pass { path: "/ws" }',
      ),
    ]);
  });

  it('is left alone once there was a connection, and without a page', async () => {
    await joined();
    fake.world.clock.advance(8_000);
    vi.stubGlobal('location', undefined);
    make().socket('/');
    await settled();
    fake.world.clock.advance(8_000);
    await settled();
    expect([lines, asked]).toEqual([[], []]);
  });
});

describe('the requests of the coach', () => {
  it('go first to what costs the fewest lines in the console', async () => {
    await failing();
    expect(wanted).toEqual(['presence', 'presence only']);
    wanted = [];
    await failing({}, 'http://page.test');
    expect(wanted[0]).toBe('content');
  });

  it.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000', 'http://app.localhost'])(
    'do not try https where a dead port is likelier: %s',
    async (address) => {
      await failing({}, address);
      expect(asked).toHaveLength(1);
      expect(lines[0]).toContain(`if it uses https, write ${address.replace('http:', 'https:')}`);
    },
  );

  it.each(['https://localhost:3000', 'http://192.168.1.5:3000', 'http://notlocalhost:3000'])(
    'try the other scheme for %s',
    async (address) => {
      await failing({}, address);
      expect(asked).toHaveLength(2);
    },
  );

  it('send cookies if the connection does: their server must name the page and allow them', async () => {
    answers = [{ kind: 'hidden', ms: 1 }];
    await failing({ withCredentials: true });
    await failing();
    expect(credentialed).toEqual([true, false, undefined]);
    expect(lines[0]).toContain(
      'new Server({ cors: { origin: "http://page.test", credentials: true } }), because this page sends cookies (withCredentials), for which "*" is not enough',
    );
  });

  it('are not sent for a transport of the program itself', async () => {
    await failing(fake.over('websocket'));
    await failing(fake.over('own'));
    const joinedOver = await joined({
      ...fake.over('websocket'),
      transports: undefined,
      ...fake.over('websocket', 'polling'),
    });
    fake.world.clock.advance(8_000);
    await settled();
    expect([asked, joinedOver.status]).toEqual([[], 'connected']);
    expect(lines).toEqual([
      expect.stringContaining("no connection over this program's own transport (websocket error)"),
    ]);
  });
});

describe('a call of io() without an address', () => {
  const io = createIo([]);

  it.each([[undefined], [''], [' ']])('is named first: %j', async (address) => {
    vi.stubGlobal('location', { protocol: 'http:', host: `page-${host}`, hostname: `page-${host}` });
    answers = [answered(404)];
    const { io: manager } = io(address, {
      transports: ['websocket'],
      plugins: [coach(ask), named()] as Plugin[],
    });
    await vi.waitFor(() => expect(fake.network.made).toHaveLength(1), patiently);
    fake.network.last.fails();
    await settled();
    await settled();
    manager._close();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(
      `holdfast: io() was called without an address, so it connects to this page's own server http://page-${host}; if the address comes from a variable, the variable has no value. What was found there: a server answers`,
    );
    expect(lines[0]).toContain('no Socket.IO at /socket.io (status 404)');
  });

  it('is not blamed for a namespace, an address, or a proxy whose server is down', async () => {
    vi.stubGlobal('location', { protocol: 'http:', host: `page-${host}`, hostname: `page-${host}` });
    answers = [answered(404), answered(404), answered(502)];
    for (const address of [`/${host}`, `http://page-${host}`, undefined]) {
      const before = fake.network.made.length;
      const { io: manager } = io(address, {
        forceNew: true,
        transports: ['websocket'],
        plugins: [coach(ask), named()] as Plugin[],
      });
      await vi.waitFor(() => expect(fake.network.made.length).toBeGreaterThan(before), patiently);
      fake.network.last.fails();
      await settled();
      await settled();
      manager._close();
    }
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain('without an address');
  });

  it('is named for a manager, too, unless its options have a host', async () => {
    answers = [answered(404), answered(404)];
    vi.stubGlobal('location', { protocol: 'http:', host: `page-${host}`, hostname: `page-${host}` });
    for (const options of [{}, { hostname: host, port: '3000' }]) {
      fake
        .makeAt(undefined, {
          transports: ['websocket'],
          plugins: [coach(ask), named()] as Plugin[],
          ...options,
        })
        .socket('/');
      await settled();
      fake.network.last.fails();
      await settled();
      await settled();
    }
    expect(lines[0]).toContain('new Manager() was called without an address');
    expect(lines[1]).toContain(`holdfast: a server answers at http://${host}:3000`);
    expect(asked[1]).toContain(`http://${host}:3000/`);
  });
});

describe('equal attempts', () => {
  it('are counted', () => {
    const attempts = [
      ...Array(6).fill({ transport: 'websocket', message: 'websocket error' }),
      ...Array(2).fill({ transport: 'polling', message: 'timeout' }),
      { transport: 'polling', message: 'xhr poll error', status: 404 },
    ].map((one) => ({ phase: 'open', ms: 1, ...one }) as Attempt);
    expect(countAttempts(attempts)).toBe(
      '6 × websocket error, 2 × polling: timeout, xhr poll error (status 404)',
    );
    const there = { origin: 'http://a.test:3000', path: '/socket.io', page: 'http://page.test' };
    expect(causeOf(there, { seen: answered(403), attempts }).happened).toContain(
      'no transport opened: 6 × websocket error',
    );
  });
});

describe('the cause', () => {
  const there = { origin: 'http://a.test:3000', path: '/socket.io', page: 'http://page.test' };
  const none: Reach = { kind: 'unreachable', ms: 1 };
  const hidden: Reach = { kind: 'hidden', ms: 1 };
  const alone = ['websocket'];
  it.each<[string, Parameters<typeof causeOf>, RegExp, RegExp]>([
    [
      'the server is down',
      [there, { seen: none }],
      /no server answers at http:\/\/a\.test:3000/,
      /start the server/,
    ],
    [
      'the port speaks https',
      [there, { seen: none, swapped: hidden }],
      /uses https, but the address says http/,
      /https:\/\/a\.test:3000/,
    ],
    [
      'the port speaks http',
      [
        { ...there, origin: 'https://a.test:3000' },
        { seen: none, swapped: answered(400) },
      ],
      /uses http, but the address says https/,
      /write http:\/\/a\.test:3000/,
    ],
    [
      'CORS',
      [there, { seen: hidden }],
      /does not let this page \(http:\/\/page\.test\)/,
      /cors: \{ origin: "http:\/\/page\.test" \}/,
    ],
    [
      'CORS, for a page that sends cookies',
      [there, { seen: hidden, credentials: true }],
      /does not let this page \(http:\/\/page\.test\)/,
      /cors: \{ origin: "http:\/\/page\.test", credentials: true \}.*"\*" is not enough/,
    ],
    [
      'the policy of the page, which blocks everything',
      [there, { seen: none, webSocketFailed: true, blocked: { http: true, ws: true } }],
      /policy of this page does not allow connections to/i,
      /^add .* to connect-src/,
    ],
    [
      'a server that is down, and a policy that allows only WebSocket',
      [there, { seen: none, webSocketFailed: true, blocked: { http: true, ws: false } }],
      /does not allow long-polling to http:\/\/a\.test:3000, and no WebSocket to it can be opened/,
      /^start the server.*if long-polling should be possible, add/,
    ],
    [
      'CORS, and a policy that forbids WebSocket',
      [there, { seen: hidden, webSocketFailed: true, blocked: { http: false, ws: true } }],
      /does not let this page .* read the response \(CORS\)/,
      /^on the server/,
    ],
    ['the wrong path', [there, { seen: answered(404) }], /there is no Socket\.IO at \/socket\.io/, /"path"/],
    [
      'the wrong path, on another origin',
      [there, { seen: hidden, webSocketFailed: true }],
      /probably there is no Socket\.IO at \/socket\.io/,
      /^compare the port and the option "path".*if it is right.*CORS/,
    ],
    [
      'WebSocket only, on another origin',
      [there, { seen: hidden, webSocketFailed: true, transports: alone }],
      /no WebSocket to \/socket\.io can be opened/,
      /^compare the port and the option "path".*proxy_set_header Upgrade.*add 'polling'/,
    ],
    [
      'WebSocket only, behind a proxy without upgrades',
      [there, { seen: answered(200, '0{"sid":"a"}'), webSocketFailed: true, transports: alone }],
      /a WebSocket does not open: probably a proxy in between refuses it/,
      /^let the proxy pass upgrades \(nginx: proxy_http_version 1\.1; .*add 'polling' to the option "transports"/,
    ],
    [
      'the page of a development server',
      [there, { seen: answered(200, '\n<!doctype html>') }],
      /no Socket\.IO at \/socket\.io \(status 200\)/,
      /proxy/,
    ],
    [
      'a proxy without its server',
      [there, { seen: answered(502) }],
      /status 502: the server behind it is down/,
      /start the server/,
    ],
    [
      'silence',
      [there, { seen: { kind: 'silent', ms: 5_000 } }],
      /gets no answer/,
      /"path" \(\/socket\.io\)/,
    ],
    [
      'a refusal of all transports',
      [there, { seen: answered(403) }],
      /answers \(status 403\), but no transport opened/,
      /allowRequest/,
    ],
    [
      'mixed content',
      [{ ...there, page: 'https://page.test' }, { seen: none }],
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
    expect(lines[0]).toContain('call socket.connect() after you have changed "auth"');
    // Called in every case, it would make a loop.
    expect(lines[0]).not.toContain('in a listener');
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
    // A path that was written into the address is read as a namespace.
    expect(lines[0]).toContain('the part of the address after the host');
    expect(lines[0]).toContain(`pass { path: "/${host}/socket.io" } instead`);
    expect(lines[0]).not.toContain('socket.connect()');
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

  it.each([
    ['a Promise of nothing', async () => {}, true],
    // biome-ignore lint/suspicious/noThenProperty: a library's own kind of Promise
    ['a thenable of nothing', () => ({ then: (done: (data?: unknown) => void) => done() }), true],
    ['a Promise of an object', async () => ({ token: 'mine' }), false],
    ['an object', () => ({ token: 'mine' }), false],
  ] as const)('after auth has returned %s', async (_what, auth, blames) => {
    const manager = make();
    const socket = manager.socket(`/${host}`, { auth: auth as () => Promise<object> });
    await settled();
    fake.network.last.shakes();
    await settled();
    fake.network.last.gives('message', `4/${host},{"message":"who are you?"}`);
    await settled();
    expect(lines).toHaveLength(1);
    expect(lines[0]?.includes("because the function's Promise has no value")).toBe(blames);
    expect(lines[0]?.includes('auth: () => ({ token })')).toBe(blames);
    // Only the last answer counts.
    socket.auth = { token: 'mine' };
    socket.connect();
    await settled();
    fake.network.last.shakes();
    await settled();
    fake.network.last.gives('message', `4/${host},{"message":"not again"}`);
    await settled();
    expect(lines[1]).toContain('satisfy the server');
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

  it('is the hint of the error for a program that listens', async () => {
    const manager = make();
    const hints: unknown[] = [];
    for (const nsp of ['/other', '/news'])
      manager.socket(nsp).on('connect_error', ({ hint }) => hints.push(hint));
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', '4/other,{"message":"Invalid namespace"}');
    fake.network.last.gives('message', '4/news,{"message":"who are you?"}');
    await settled();
    expect(hints).toEqual([
      expect.stringMatching(/the server refuses the namespace "\/other".*To fix it: create it on the server/),
      expect.stringMatching(/the server refuses the namespace "\/news": "who are you\?"\. To fix it: .*auth/),
    ]);
  });
});

describe('a namespace that is not joined', () => {
  /** The line about a socket with these options, whose CONNECT the server does not answer. */
  async function lineOf(options: Options, act: () => void = () => {}): Promise<string | undefined> {
    const manager = make();
    manager.socket(`/${host}`, options);
    await settled();
    fake.network.last.shakes();
    await settled();
    act();
    await settled();
    return lines[0];
  }

  it.each<[string, Options['auth'], RegExp]>([
    [
      'that throws',
      () => {
        throw new Error('freshToken is not defined');
      },
      /because "auth" has failed: freshToken is not defined\. holdfast does not try again by itself\. To fix it: the function "auth" threw an error.*it must return an object such as \{ token \}/,
    ],
    [
      'that rejects',
      async () => Promise.reject(new Error('logged out')),
      /failed: logged out.*must return an object/,
    ],
    [
      'that returns text',
      (() => 'token') as never,
      /auth must be an object.*To fix it: the function "auth" answered with something that is not an object: it must return an object/,
    ],
    [
      'that calls back with text',
      ((answer: (data: unknown) => void) => answer('token')) as never,
      /To fix it: the function "auth" answered with something that is not an object/,
    ],
    [
      'that returns what cannot be sent',
      () => ({ token: 1n }),
      /To fix it: the function "auth" answered with an object that cannot be sent/,
    ],
  ])('because of a function auth %s says what to return', async (_what, auth, text) => {
    expect(await lineOf({ auth })).toMatch(text);
  });

  it('because auth is no object says what to pass', async () => {
    const manager = make();
    manager.socket(`/${host}`).auth = 'token' as never;
    await settled();
    fake.network.last.shakes();
    await settled();
    expect(lines[0]).toMatch(/To fix it: pass an object that can be sent, such as/);
  });

  it('because auth never answers says how it may answer', async () => {
    const line = await lineOf({ auth: () => new Promise(() => {}) }, () => fake.world.clock.advance(21_000));
    expect(line).toMatch(
      /the function "auth" has not answered\. To fix it: return an object or a Promise of one/,
    );
  });

  it('because auth returned nothing is named after 2 s: parentheses are missing', async () => {
    const forgotten = (): void => {
      // As in `() => { token }`.
    };
    const line = await lineOf({ auth: forgotten as never }, () => fake.world.clock.advance(2_000));
    expect(line).toMatch(
      /is not joined, because the function "auth" has returned nothing\. holdfast keeps waiting for it\. To fix it: .*parentheses around it: auth: \(\) => \(\{ token \}\)/,
    );
    fake.world.clock.advance(60_000);
    await settled();
    expect(lines.filter((one) => one.includes('returned nothing'))).toHaveLength(1);
  });

  it.each<[string, (later: (act: () => void) => void) => Options['auth']]>([
    ['a Promise', (later) => () => new Promise((done) => later(() => done({ token: 1 })))],
    ['a callback', (later) => (answer) => later(() => answer({ token: 1 }))],
    [
      'a callback that its list of parameters does not show',
      (later) =>
        (...[answer]) =>
          later(() => answer({ token: 1 })),
    ],
    ['an object', () => () => ({ token: 1 })],
  ])('leaves a function auth alone that answers within 2 s, or may still answer: %s', async (_how, make) => {
    let answer = (): void => {};
    const auth = make((act) => {
      answer = act;
    });
    await lineOf({ auth }, () => fake.world.clock.advance(1_500));
    answer();
    await settled();
    expect(fake.network.packets.map(({ data }) => data).join()).toContain('{"token":1}');
    fake.world.clock.advance(5_000);
    expect(lines).toEqual([]);
  });

  it('is not mentioned after the program has left', async () => {
    const manager = make();
    const socket = manager.socket('/', { auth: (() => {}) as never });
    await settled();
    fake.network.last.shakes();
    await settled();
    socket.disconnect();
    fake.world.clock.advance(5_000);
    expect(lines).toEqual([]);
  });

  it('because the server never answers names the middleware', async () => {
    const line = await lineOf({}, () => fake.world.clock.advance(21_000));
    expect(line).toMatch(
      /has not answered the request to join.*To fix it: make every branch of the server's middlewares.*next\(\)/,
    );
  });

  it('because the server is old names the plugin', async () => {
    const line = await lineOf({}, () => fake.network.last.gives('message', `0/${host}`));
    expect(line).toMatch(/uses Socket\.IO 1 or 2.*plugins: \[legacy\(\)\]/);
  });
});

describe('an acknowledgement', () => {
  it.each(['before', 'after'])('of keep() is missed, too, called %s the connection', async (when) => {
    const manager = make();
    const socket = manager.socket('/');
    const event = `jion-${host}`;
    if (when === 'before') keep(socket as never, event, 1);
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', '0{"sid":"a"}');
    await settled();
    if (when === 'after') keep(socket as never, event, 1);
    fake.world.clock.advance(10_000);
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(`"${event}" in the namespace "/" has been waiting 10 s.*compare the event's name`),
      ),
    ]);
  });

  it('is missed 10 s after its own event, not after an earlier one', async () => {
    const manager = await joined();
    const socket = manager.socket('/');
    socket.emit('quick', () => {});
    fake.world.clock.advance(6_000);
    socket.emit(`late-${host}`, () => {});
    fake.network.last.gives('message', '30["done"]');
    fake.world.clock.advance(9_000);
    expect(lines).toEqual([]);
    fake.world.clock.advance(1_000);
    expect(lines).toEqual([expect.stringContaining(`"late-${host}"`)]);
  });

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
    await joined({ transports: ['websocket', 'polling'] });
    fake.world.clock.advance(3_000);
    await settled();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('does not let this page (http://page.test) use long-polling (CORS)');
  });

  it('over WebSocket, of a page that sends cookies, says that the server must allow them', async () => {
    answers = [{ kind: 'hidden', ms: 1 }];
    await joined({ transports: ['websocket', 'polling'], withCredentials: true });
    fake.world.clock.advance(3_000);
    await settled();
    expect(credentialed).toEqual([true]);
    expect(lines).toEqual([
      expect.stringContaining('cors: { origin: "http://page.test", credentials: true }'),
    ]);
  });

  it.each([
    ['connect-src wss: ws://server.test', 0],
    ["script-src 'self'; default-src ws:", 0],
    ['connect-src ws: http:', 1],
    ["connect-src 'self'", 1],
    ["script-src 'self'", 1],
    ['', 1],
  ])('in a page with the policy "%s" causes %d requests', async (content, count) => {
    vi.stubGlobal('document', { querySelectorAll: () => [{ content }] });
    await joined({ transports: ['websocket', 'polling'] });
    fake.world.clock.advance(3_000);
    await settled();
    expect([lines, asked.length]).toEqual([[], count]);
  });

  it('over long-polling, because WebSocket was refused, names the settings of a proxy', async () => {
    make({ transports: ['websocket', 'polling'] }).socket('/');
    await settled();
    fake.network.last.fails();
    await settled();
    fake.network.last.shakes();
    await settled();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('refuses the upgrade. holdfast continues over long-polling');
    expect(lines[0]).toContain('proxy_set_header Upgrade');
  });

  it('over long-polling, after an outage, names a proxy only if the first probe of WebSocket fails, too', async () => {
    make({ transports: ['websocket', 'polling'], reconnectionDelay: 1_000 }).socket('/');
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', '0{"sid":"a"}');
    fake.network.last.closes();
    fake.world.clock.advance(2_000);
    await settled();
    fake.network.last.fails();
    await settled();
    expect(fake.network.last.name).toBe('polling');
    const polling = fake.network.last;
    polling.shakes({ upgrades: ['websocket'] });
    polling.gives('message', '0{"sid":"b"}');
    await settled();
    expect(lines).toEqual([]);
    fake.world.clock.advance(12_000);
    await settled();
    expect(lines).toEqual([expect.stringContaining('refuses the upgrade')]);
  });

  it('over long-polling, because a WebSocket gets no answer, says so after the first probe', async () => {
    const manager = make({ transports: ['websocket', 'polling'] });
    manager.socket('/');
    await settled();
    // Long-polling starts beside the WebSocket, and is faster.
    fake.world.clock.advance(3_000);
    await settled();
    expect(fake.network.last.name).toBe('polling');
    const polling = fake.network.last;
    polling.shakes({ upgrades: ['websocket'] });
    polling.gives('message', '0{"sid":"a"}');
    await settled();
    expect([lines, manager.transport]).toEqual([[], 'polling']);
    fake.world.clock.advance(12_000);
    await settled();
    expect(lines).toEqual([expect.stringContaining('does not answer the upgrade')]);
    expect(lines[0]).toContain('Vite: ws: true');
  });

  it('that is lost is not blamed for what the page did', async () => {
    const manager = make();
    const hints: (string | undefined)[] = [];
    manager.socket('/').on('connect_error', ({ hint }) => hints.push(hint));
    await settled();
    fake.network.last.shakes();
    await settled();
    fake.network.last.closes();
    for (let i = 0; i < 2; i++) {
      fake.world.clock.advance(10_000);
      await settled();
      fake.network.last.fails();
      await settled();
    }
    expect(hints).toHaveLength(2);
    for (const hint of hints)
      expect(hint).toMatch(/^the server answered before.*look for a proxy that does not forward upgrades/);
  });

  it('that is lost is explained once to a program that does not listen, also after a check for CORS', async () => {
    answers = [answered(200, '0{"sid":"a"}')];
    await joined({ transports: ['websocket', 'polling'] });
    fake.world.clock.advance(3_000);
    await settled();
    expect([lines, asked.length]).toEqual([[], 1]);
    fake.network.last.closes();
    for (let i = 0; i < 4; i++) {
      fake.world.clock.advance(10_000);
      await settled();
      fake.network.last.fails();
      await settled();
      await settled();
    }
    expect(lines).toEqual([expect.stringContaining('no server answers at')]);
  });

  it('causes no warning if the server allows the page, or if long-polling is not wanted', async () => {
    answers = [answered(400)];
    await joined({ transports: ['websocket', 'polling'] });
    fake.world.clock.advance(3_000);
    await settled();
    expect([lines, asked.length]).toEqual([[], 1]);
    await joined({ transports: ['websocket'] });
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
    const manager = await joined({ plugins: [coach(ask), named(), late] as Plugin[] });
    manager.socket('/news', { plugins: [late, own] });
    expect(lines).toEqual([]);
  });

  it('of the connection causes a warning if the connection has it with other options', async () => {
    const of = (owner: string, fn = (): string => owner): Plugin => ({
      ...late,
      name: `late-${host}`,
      identity: { owner, fn },
    });
    const manager = await joined({ plugins: [coach(ask), named(), of('ada')] as Plugin[] });
    manager.socket('/news', { plugins: [of('ada')] });
    expect(lines).toEqual([]);
    manager.socket('/sport', { plugins: [of('grace')] });
    expect(lines).toEqual([
      expect.stringContaining(
        `the plugin "late-${host}" was given to a socket of an existing connection to http://${host}:3000, which has it with other options. It has no effect there.`,
      ),
    ]);
  });
});

describe('two plugins of one name in one list', () => {
  const of = (owner: string): Plugin => ({
    name: `twin-${host}`,
    identity: { owner },
    manager: () => undefined,
  });
  const text = (): unknown =>
    expect.stringContaining(
      `the option "plugins" lists the plugin "twin-${host}" twice, with different options. Only the first one has an effect. To fix it: remove one of them.`,
    );

  it('cause one warning, which does not speak of an existing connection', async () => {
    const plugins = [coach(ask), named(), of('ada'), of('grace')] as Plugin[];
    make({ plugins }).socket('/', { plugins });
    expect(lines).toEqual([text()]);
  });

  it('cause it also with a later socket', async () => {
    const manager = await joined({ plugins: [coach(ask), named(), of('ada')] as Plugin[] });
    manager.socket('/news', { plugins: [of('ada'), of('grace')] });
    expect(lines).toEqual([text()]);
  });

  it('cause none if their options are equal', async () => {
    const plugins = [coach(ask), named(), of('ada'), of('ada')] as Plugin[];
    make({ plugins }).socket('/', { plugins });
    expect(lines).toEqual([]);
  });
});

describe('a device that is offline from the beginning', () => {
  const offline: Plugin = { name: 'offline', manager: () => ({ online: () => false }) };
  const plugins = (): Plugin[] => [coach(ask), named(), offline];

  it('is named once, without a request', async () => {
    const manager = await failing({ plugins: plugins() });
    for (let i = 0; i < 2; i++) {
      fake.world.clock.advance(10_000);
      await settled();
      fake.network.last.fails();
      await settled();
    }
    expect([asked, manager.status]).toEqual([[], 'offline']);
    expect(lines).toEqual([
      expect.stringContaining(
        'the browser reports that this device is offline. holdfast connects when it is back',
      ),
    ]);
  });

  it('is back: what fails within a few seconds is not blamed on the server', async () => {
    let online = false;
    const device: Plugin = { name: 'device', manager: () => ({ online: () => online }) };
    await failing({ plugins: [coach(ask), named(), device] as Plugin[], reconnectionDelayMax: 1_000 });
    const failsAfter = async (ms: number): Promise<void> => {
      fake.world.clock.advance(ms);
      await settled();
      fake.network.last.fails();
      await settled();
      await settled();
    };
    await failsAfter(2_000);
    online = true;
    for (let i = 0; i < 3; i++) await failsAfter(1_000);
    // That the device is offline was reported before, once in the lifetime of the page.
    expect([asked, lines]).toEqual([[], []]);
    for (let i = 0; i < 4; i++) await failsAfter(1_000);
    expect(asked).not.toHaveLength(0);
    expect(lines).toEqual([expect.stringContaining('no server answers at')]);
  });

  it('was offline while the cause was looked for: nothing is blamed on the server', async () => {
    let online = true;
    const device: Plugin = { name: 'device', manager: () => ({ online: () => online }) };
    let answer = (): void => {};
    const slowly: typeof reach = () =>
      new Promise((resolve) => {
        answer = () => resolve({ kind: 'unreachable', ms: 1 });
      });
    await failing({ plugins: [coach(slowly), named(), device] as Plugin[] });
    online = false;
    fake.world.clock.advance(2_000);
    await settled();
    fake.network.last.fails();
    await settled();
    online = true;
    // The second question is whether the other scheme has a server.
    for (let i = 0; i < 2; i++) {
      answer();
      await settled();
    }
    expect(lines.filter((one) => !one.includes('is offline'))).toEqual([]);
  });

  it('is back: a WebSocket that was tried before was not refused by a proxy', async () => {
    let online = false;
    const device: Plugin = { name: 'device', manager: () => ({ online: () => online }) };
    const features = [coach(ask), named(), device] as Plugin[];
    make({ plugins: features, transports: ['websocket', 'polling'] }).socket('/');
    await settled();
    fake.network.last.fails();
    online = true;
    await settled();
    fake.network.last.shakes();
    await settled();
    expect(lines).toEqual([]);
  });

  it('is not named to a program that listens', async () => {
    const manager = make({ plugins: plugins() });
    const hints: unknown[] = [];
    manager.socket('/').on('connect_error', ({ hint }) => hints.push(hint));
    await settled();
    fake.network.last.fails();
    await settled();
    expect([lines, hints]).toEqual([[], [expect.stringContaining('this device is offline')]]);
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

  it('without a value is the hint of the first failure, and nothing is asked', async () => {
    const manager = make({}, 'http://undefined:3000');
    const hints: unknown[] = [];
    manager.socket('/').on('connect_error', ({ hint }) => hints.push(hint));
    await settled();
    fake.network.last.fails();
    await settled();
    expect(hints).toEqual([
      'the address "http://undefined:3000" leads to a host called "undefined". To fix it: check the variable in the address: it has no value',
    ]);
    expect(asked).toEqual([]);
  });
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
