import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Reach } from '../../../src/platform/reach.js';
import type { Trial } from '../../../src/platform/trial.js';
import { type DoctorTools, diagnose } from '../../../src/plugins/doctor.js';
import { FakeEnvironment } from '../../support/fake-environment.js';

/** The doctor's findings in states that a test cannot cause with a real server: clocks, networks, odd responses. */

let tools: DoctorTools;
let answers: Reach[];
let trial: Trial;

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
  trial = { end: 'done', opened: true, messages: [SHAKEN, '40{"sid":"b"}'], ms: 1 };
  const { clock } = new FakeEnvironment();
  tools = {
    clock,
    dateMs: () => 1_000_000_000_000,
    online: () => true,
    ask: async () => answers.shift() ?? { kind: 'unreachable', ms: 1 },
    open: async () => trial,
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
