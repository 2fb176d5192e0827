import { describe, expect, it } from 'vitest';
import { checked } from '../../../src/platform/option-rules.js';
import { type Options, settings } from '../../../src/platform/options.js';

class Transport {}
class Parser {}

const check = (name: string, value: unknown) => (): unknown => checked({ [name]: value });

const booleans = [
  ...[
    'addTrailingSlash',
    'autoConnect',
    'autoUnref',
    'closeOnBeforeunload',
    'forceBase64',
    'forceNew',
    'multiplex',
  ],
  ...['reconnection', 'secure', 'upgrade', 'verify', 'withCredentials'],
];
const times = ['ackTimeout', 'reconnectionDelay', 'reconnectionDelayMax', 'requestTimeout'];
const counts = ['reconnectionAttempts', 'retries', 'maxAttachments'];
const texts = ['host', 'hostname', 'path'];
const functions = ['reconnectOnReject', 'retryPolicy'];
const objects = ['extraHeaders', 'transportOptions'];
const lists = ['transports', 'transportImplementations'];

/** For each option: values that are taken, and values that are not. */
const rules: readonly (readonly [name: string, good: readonly unknown[], bad: readonly unknown[]])[] = [
  ...booleans.map(
    (name) =>
      [
        name,
        [true, false, 0, 1, 'true', 'false'],
        ['TRUE', '', 'yes', '1', 2, -1, Number.NaN, {}, []],
      ] as const,
  ),
  ...times.map(
    (name) =>
      [
        name,
        [0, 1, 0.5, 1e6, '0', '5', '0.5'],
        [-1, Number.NaN, '-5', '', ' ', '5s', '1e3', true, {}, [5]],
      ] as const,
  ),
  ...counts.map((name) => [name, [0, 1, 1_000, '5'], [-1, Number.NaN, 'five', false, {}]] as const),
  ...texts.map((name) => [name, ['', '/a'], [5, true, {}, ['/a']]] as const),
  ...objects.map((name) => [name, [{}, { a: 1 }], ['a', 5, [], () => {}]] as const),
  ...functions.map((name) => [name, [() => {}, class {}], ['true', 1, true, {}]] as const),
  ...lists.map(
    (name) =>
      [
        name,
        [['websocket'], ['polling', 'websocket'], ['webtransport'], [Transport], ['polling', Transport]],
        ['websocket', [], ['http'], ['websocket', 'WebSocket'], ['websocketx'], [null], [{}], [5], {}],
      ] as const,
  ),
  ['reconnectionAttempts', [Number.POSITIVE_INFINITY], []],
  ['randomizationFactor', [0, 0.5, 1, '0.5'], [-0.1, 1.1, Number.NaN, '2', true]],
  ['timeout', [0, 20_000, false, '20000'], [-1, true, 'false', Number.NaN, {}]],
  ['auth', [{}, { token: 1 }, () => {}, false], ['token', 5, true, [1]]],
  ['query', [{}, { a: 1 }, 'a=1', ''], [5, true, [1], () => {}]],
  ['port', [80, '80'], [Number.NaN, true, {}, []]],
  [
    'parser',
    [{ Encoder: Parser, Decoder: Parser }],
    [{}, { Encoder: Parser }, { Encoder: 1, Decoder: 1 }, 'msgpack', 5, []],
  ],
];

describe.each(rules)('the option %s', (name, good, bad) => {
  it.each(good.map((value) => [value]))('takes %o', (value) => {
    expect(check(name, value)).not.toThrow();
  });

  it.each(bad.map((value) => [value]))('does not take %o, and says what it takes', (value) => {
    expect(check(name, value)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(check(name, value)).toThrow(new RegExp(`"${name}".*accepted: .{3,}`));
  });

  it('may be left out, as undefined and as null', () => {
    expect(check(name, undefined)).not.toThrow();
    expect(check(name, null)).not.toThrow();
  });
});

it('names the value that was given', () => {
  expect(check('path', 5)).toThrow('"path" is 5');
  expect(check('transports', ['websocket', 'smoke'])).toThrow('"transports" is ["websocket", "smoke"]');
  expect(check('timeout', 'soon')).toThrow('"timeout" is "soon"');
});

it.each<[string, unknown]>([
  ['a value without a string', Object.create(null)],
  ['a symbol', Symbol('a')],
  ['a list of symbols', [Symbol('a'), Object.create(null)]],
  [
    'an object whose toString throws',
    {
      toString() {
        throw new Error('no');
      },
    },
  ],
])('can say what is wrong with %s', (_what, value) => {
  expect(check('path', value)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
});

it('has no opinion on names that it does not know, not even on those that every object has', () => {
  expect(() =>
    checked({ somethingElse: 5, toString: 5, constructor: 'x', hasOwnProperty: 1 } as object),
  ).not.toThrow();
});

it('copies what was given, and nothing else', () => {
  const options = {
    path: '/a',
    timeout: undefined,
    auth: null,
    reconnection: false,
    retries: 0,
    somethingElse: '20',
  } as unknown as Options;
  const copy = checked(Object.freeze(options));
  expect(copy).toEqual({ path: '/a', reconnection: false, retries: 0, somethingElse: '20' });
  expect(Object.keys(copy)).not.toContain('auth');
  expect(copy).not.toBe(options);
});

it('reads what configuration files write', () => {
  const options = {
    reconnectionDelay: '20',
    randomizationFactor: '0.25',
    timeout: '2000',
    forceNew: 1,
    secure: 0,
    auth: false,
    port: '80',
    query: '1',
  } as unknown as Options;
  expect(checked(options)).toEqual({
    reconnectionDelay: 20,
    randomizationFactor: 0.25,
    timeout: 2_000,
    forceNew: true,
    secure: false,
    port: '80',
    query: '1',
  });
  expect(() => checked({ path: '20' })).toThrow('a string that begins with a slash');
});

describe('the settings', () => {
  it('have defaults where nothing was given, and nowhere else', () => {
    const nothing = settings({});
    expect([nothing('reconnection'), nothing('reconnectionAttempts'), nothing('timeout')]).toEqual([
      true,
      Number.POSITIVE_INFINITY,
      20_000,
    ]);
    expect([
      nothing('reconnectionDelay'),
      nothing('reconnectionDelayMax'),
      nothing('randomizationFactor'),
    ]).toEqual([1_000, 5_000, 0.5]);
    const zeros = settings({
      reconnection: false,
      reconnectionDelay: 0,
      randomizationFactor: 0,
      timeout: false,
    });
    expect([
      zeros('reconnection'),
      zeros('reconnectionDelay'),
      zeros('randomizationFactor'),
      zeros('timeout'),
    ]).toEqual([false, 0, 0, false]);
  });

  it('are those of the moment', () => {
    const options: Options = {};
    const of = settings(options);
    options.reconnectionDelay = 7;
    expect(of('reconnectionDelay')).toBe(7);
  });
});
