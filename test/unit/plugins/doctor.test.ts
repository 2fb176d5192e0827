import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Blocked } from '../../../src/platform/policy.js';
import type { Reach } from '../../../src/platform/reach.js';
import type { Trial } from '../../../src/platform/trial.js';
import { type DiagnoseOptions, type DoctorTools, diagnose } from '../../../src/plugins/doctor.js';
import { FakeEnvironment } from '../../support/fake-environment.js';
import { useManagers } from '../../support/fake-managers.js';

/** The doctor's findings in states that a test cannot cause with a real server: clocks, networks, odd responses. */

let tools: DoctorTools;
let answers: Reach[];
let trial: Trial;
let blocked: Blocked;

const answered = (status: number, text: string, dateMs = Number.NaN): Reach => ({
  kind: 'answers',
  status,
  text,
  dateMs,
  ms: 1,
});
const SHAKEN = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}';

beforeEach(() => {
  vi.stubGlobal('location', { protocol: 'http:', host: 'page.test', hostname: 'page.test' });
  vi.stubGlobal('fetch', async () => new Response());
  answers = [answered(200, SHAKEN)];
  blocked = { http: false, ws: false };
  trial = { end: 'done', opened: true, messages: [SHAKEN, '40{"sid":"b"}'], ms: 1 };
  const { clock } = new FakeEnvironment();
  tools = {
    clock,
    dateMs: () => 1_000_000_000_000,
    online: () => true,
    ask: async () => answers.shift() ?? { kind: 'unreachable', ms: 1 },
    open: async () => trial,
    blocked: async () => blocked,
  };
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const wrong = async (options = {}, url = 'http://server.test'): Promise<string[]> =>
  (await diagnose(url, options, tools)).findings.filter(({ ok }) => !ok).map(({ text }) => text);

it('finds nothing wrong with a working server', async () => {
  expect(await wrong()).toEqual([]);
});

describe('the clock', () => {
  it.each([
    [61_000, ["this device's clock is 61 s ahead of the server's"]],
    [-3_600_000, ["this device's clock is 3600 s behind the server's"]],
    [59_000, []],
  ])('that differs by %d ms', async (skewMs, texts) => {
    answers[0] = answered(200, SHAKEN, 1_000_000_000_000 - skewMs);
    expect(await wrong()).toEqual(texts);
  });
});

it('says that the browser is offline', async () => {
  tools = { ...tools, online: () => false };
  expect(await wrong()).toContain('the browser reports that it is offline');
  // Nothing is said about a server that cannot be reached for this reason.
  answers = [];
  trial = { end: 'failed', opened: false, messages: [], ms: 1 };
  expect(await wrong()).toEqual([
    'the browser reports that it is offline',
    'the server cannot be reached: this follows from the above',
    'no WebSocket can be opened: this follows from the above',
    'long-polling cannot be used: this follows from the above',
  ]);
});

it.each([
  [{ http: true, ws: true }, ['server', 'websocket', 'polling']],
  [{ http: true, ws: false }, ['polling']],
  [{ http: false, ws: true }, ['websocket']],
])('names the policy of the page that blocks %o', async (what, checks) => {
  blocked = what;
  if (what.http) answers = [];
  if (what.ws) trial = { end: 'failed', opened: false, messages: [], ms: 1 };
  const { findings } = await diagnose('http://server.test', {}, tools);
  const bad = findings.filter(({ ok }) => !ok);
  expect(bad.map(({ check }) => check)).toEqual(checks);
  expect(bad[0]?.text).toMatch(
    /^the Content Security Policy of this page does not allow .* http:\/\/server\.test$/,
  );
  expect(bad[0]?.change).toContain('add http://server.test and ws://server.test to connect-src');
});

it('says why the browser refuses a WebSocket', async () => {
  trial = { end: 'failed', opened: false, messages: [], ms: 0, refused: 'blocked by the policy' };
  expect(await wrong()).toContain('the browser refuses to open a WebSocket: blocked by the policy');
});

it.each([
  ['a refusal that is no JSON', '44nonsense'],
  ['a refusal of null', '44null'],
  ['a packet of another kind', '41'],
  ['nothing', undefined],
])('survives %s instead of an answer to CONNECT', async (_what, message) => {
  trial = { ...trial, messages: message === undefined ? [SHAKEN] : [SHAKEN, message] };
  const diagnosis = await diagnose('http://server.test', {}, tools);
  expect(diagnosis.ok).toBe(false);
  expect(diagnosis.findings.at(-1)?.check).toBe('namespace');
});

it.each([undefined, null, '', 'ftp://x', 7, {}])('never throws for the address %s', async (url) => {
  vi.stubGlobal('location', undefined);
  const diagnosis = await diagnose(url as string, {}, tools);
  expect(diagnosis.ok).toBe(false);
  expect(`${diagnosis}`).toMatch(/^✘ /);
});

it('stops at an address that was built from an undefined variable', async () => {
  const diagnosis = await diagnose('http://undefined:3000', {}, tools);
  expect(`${diagnosis}`).toBe(
    '✘ the address leads to a host called "undefined"\n  → check the variable in the address: it has no value',
  );
});

it('never throws for an unserialisable auth, a callback that throws, or an invalid deadline', async () => {
  const loop: { self?: object } = {};
  loop.self = loop;
  const onFinding = (): never => {
    throw new Error('mine');
  };
  expect(await wrong({ auth: loop, onFinding, deadlineMs: Number.NaN })).toEqual([]);
  answers = [answered(200, SHAKEN)];
  expect(await wrong(null as never)).toEqual([]);
});

it('reports each finding as soon as it is known', async () => {
  const told: string[] = [];
  const { findings } = await diagnose(
    'http://server.test/news',
    { onFinding: ({ check }) => told.push(check) },
    tools,
  );
  expect(told).toEqual(findings.map(({ check }) => check));
  expect(findings[0]?.text).toContain('namespace /news');
});

describe('the option "transports"', () => {
  const refused: Trial = { end: 'failed', opened: false, messages: [], ms: 1 };
  const checks = async (options: DiagnoseOptions): Promise<[boolean, string[]]> => {
    const { ok, findings } = await diagnose('http://server.test', options, tools);
    return [ok, findings.map((finding) => `${finding.ok ? '✔' : '✘'} ${finding.check}`)];
  };

  it('of long-polling, which CORS forbids: the page cannot connect', async () => {
    answers = [{ kind: 'hidden', ms: 1 }];
    expect(await checks({ transports: ['polling'] })).toEqual([
      false,
      ['✔ address', '✔ server', '✘ polling'],
    ]);
  });

  it('of WebSocket, which a proxy refuses: the page cannot connect', async () => {
    trial = refused;
    const { ok, findings } = await diagnose('http://server.test', { transports: ['websocket'] }, tools);
    expect(ok).toBe(false);
    expect(findings.map(({ check }) => check)).toEqual(['address', 'server', 'websocket']);
    expect(findings.at(-1)?.change).toMatch(/nginx.*or add 'polling' to `transports`$/);
  });

  it('of one that works: the page can connect, whatever the other does', async () => {
    expect(await checks({ transports: ['polling'] })).toEqual([
      true,
      ['✔ address', '✔ server', '✔ polling', '✔ namespace'],
    ]);
    answers = [{ kind: 'hidden', ms: 1 }];
    expect(await checks({ transports: ['websocket'] })).toEqual([
      true,
      ['✔ address', '✔ server', '✔ websocket', '✔ namespace'],
    ]);
    // A middleware that refuses is found, too.
    answers = [answered(200, SHAKEN)];
    trial = { ...trial, messages: [SHAKEN, '44{"message":"not you"}'] };
    expect(await checks({ transports: ['polling'] })).toEqual([
      false,
      ['✔ address', '✔ server', '✔ polling', '✘ namespace'],
    ]);
  });

  it.each([[[]], [['webtransport']]])('of none that it knows: %j', async (transports) => {
    expect(await checks({ transports: transports as never })).toEqual([false, ['✔ address', '✘ server']]);
  });
});

it('asks once for both if the server lets the page in, but not its cookies', async () => {
  answers = [{ kind: 'hidden', ms: 1 }, answered(200, SHAKEN)];
  const { findings } = await diagnose('http://server.test', { withCredentials: true }, tools);
  const advice = findings.filter(({ change }) => change).map(({ check, change }) => [check, change]);
  expect(advice).toEqual([
    [
      'polling',
      'on the server: new Server({ cors: { origin: "http://page.test", credentials: true } }), because this page sends cookies (withCredentials), for which "*" is not enough',
    ],
  ]);
  expect(findings.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual(['polling', 'cookies']);
});

describe('a cause that was found', () => {
  it('is the only one with advice: the others follow from it', async () => {
    answers = [{ kind: 'hidden', ms: 1 }];
    trial = { end: 'failed', opened: false, messages: [], ms: 1 };
    const { findings } = await diagnose('http://server.test', { path: '/other' }, tools);
    const wrong = findings.filter(({ ok }) => !ok);
    expect(wrong.map(({ check, change }) => [check, change !== undefined])).toEqual([
      ['server', true],
      ['websocket', false],
      ['polling', false],
    ]);
    expect(wrong[0]?.change).toMatch(/^compare the port and the option "path" \(\/other\)/);
    expect(wrong[1]?.text).toContain('this follows from the above');
  });
});

describe('a diagnosis without an address', () => {
  it.each([undefined, '', ' '])('says so first: %j', async (url) => {
    answers = [answered(404, '')];
    trial = { end: 'failed', opened: false, messages: [], ms: 1 };
    const { findings } = await diagnose(url, {}, tools);
    expect(findings[0]?.text).toContain(
      "no address was given: this page's own server is http://page.test, path /socket.io",
    );
    expect(findings[1]?.text).toMatch(
      /^diagnose\(\) was called without an address, so it connects to this page's own server http:\/\/page\.test; if the address comes from a variable, the variable has no value\./,
    );
  });
});

describe('a socket or a manager', () => {
  const fake = useManagers();
  let asked: string[];

  beforeEach(() => {
    asked = [];
    tools = {
      ...tools,
      ask: async (address) => {
        asked.push(address);
        return answers.shift() ?? { kind: 'unreachable', ms: 1 };
      },
      open: async (address, _clock, _deadlineMs, answer) => {
        asked.push(address);
        answer(SHAKEN, (text) => asked.push(text));
        return trial;
      },
    };
  });

  it('gives the address, the path, the transports, the namespace and auth', async () => {
    const manager = fake.makeAt('http://real.test:3000', {
      path: '/chat',
      transports: ['websocket'],
      autoConnect: false,
    });
    const socket = manager.socket('/news', { auth: async () => ({ token: 7 }) });
    trial = { ...trial, messages: [SHAKEN, '40/news,{"sid":"b"}'] };
    const { ok, findings } = await diagnose(socket, {}, tools);
    expect(asked).toEqual([
      'http://real.test:3000/chat/?EIO=4&transport=polling&holdfast-check=1',
      'ws://real.test:3000/chat/?EIO=4&transport=websocket',
      '40/news,{"token":7}',
    ]);
    expect([ok, findings.map(({ check }) => check)]).toEqual([
      true,
      ['address', 'server', 'websocket', 'namespace'],
    ]);
    answers = [answered(200, SHAKEN)];
    asked = [];
    // The options of the call go first; those without a value do not count.
    await diagnose(manager, { path: '/own', transports: undefined }, tools);
    expect(asked.slice(0, 2)).toEqual([
      'http://real.test:3000/own/?EIO=4&transport=polling&holdfast-check=1',
      'ws://real.test:3000/own/?EIO=4&transport=websocket',
    ]);
  });

  it('whose auth fails is examined without it', async () => {
    const socket = fake.makeAt('http://real.test', { autoConnect: false }).socket('/', {
      auth: () => {
        throw new Error('mine');
      },
    });
    await diagnose(socket, {}, tools);
    expect(asked).toContain('40');
  });

  it('without an address has its host from the options', async () => {
    const manager = fake.makeAt(undefined, { hostname: 'other.test', port: '81', autoConnect: false });
    const { findings } = await diagnose(manager, {}, tools);
    expect(findings[0]?.text).toContain('the address leads to http://other.test:81');
  });
});
