import { describe, expect, it } from 'vitest';
import { checkOptions, given, type Options } from '../../../src/platform/options.js';

class Transport {}
class Parser {}

const check = (name: string, value: unknown) => (): void => checkOptions({ [name]: value });

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
  ...['reconnection', 'secure', 'upgrade', 'withCredentials'],
];
const times = ['ackTimeout', 'reconnectionDelay', 'reconnectionDelayMax', 'requestTimeout'];
const counts = ['reconnectionAttempts', 'retries', 'maxAttachments'];
const texts = ['host', 'hostname', 'path'];
const objects = ['extraHeaders', 'transportOptions'];
const lists = ['transports', 'transportImplementations'];

/** For each option: values that are taken, and values that are not. */
const rules: readonly (readonly [name: string, good: readonly unknown[], bad: readonly unknown[]])[] = [
  ...booleans.map((name) => [name, [true, false], ['true', 1, 0, {}, []]] as const),
  ...times.map((name) => [name, [0, 1, 0.5, 1e6], [-1, Number.NaN, '5', true, {}, [5]]] as const),
  ...counts.map((name) => [name, [0, 1, 1_000], [-1, Number.NaN, '5', false, {}]] as const),
  ...texts.map((name) => [name, ['', '/a'], [5, true, {}, ['/a']]] as const),
  ...objects.map((name) => [name, [{}, { a: 1 }], ['a', 5, [], () => {}]] as const),
  ...lists.map(
    (name) =>
      [
        name,
        [['websocket'], ['polling', 'websocket'], ['webtransport'], [Transport], ['polling', Transport]],
        ['websocket', [], ['http'], ['websocket', 'WebSocket'], ['websocketx'], [null], [{}], [5], {}],
      ] as const,
  ),
  ['reconnectionAttempts', [Number.POSITIVE_INFINITY], []],
  ['randomizationFactor', [0, 0.5, 1], [-0.1, 1.1, Number.NaN, '0.5', true]],
  ['timeout', [0, 20_000, false], [-1, true, '20000', Number.NaN, {}]],
  ['auth', [{}, { token: 1 }, () => {}], ['token', 5, true, [1]]],
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
  expect(check('timeout', '20000')).toThrow('"timeout" is "20000"');
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
    checkOptions({ somethingElse: 5, toString: 5, constructor: 'x', hasOwnProperty: 1 }),
  ).not.toThrow();
});

it('copies what was given, and nothing else', () => {
  const options = {
    path: '/a',
    timeout: undefined,
    auth: null,
    reconnection: false,
    retries: 0,
  } as unknown as Options;
  const copy = given(Object.freeze(options));
  expect(copy).toEqual({ path: '/a', reconnection: false, retries: 0 });
  expect(copy).not.toBe(options);
});
