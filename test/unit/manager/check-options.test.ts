import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { checkOptions } from '../../../src/manager/check-options.js';
import type { Options } from '../../../src/platform/options.js';

class Transport {}
class Parser {}

const check = (name: string, value: unknown) => (): unknown => checkOptions({ [name]: value });

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

/** For each option: valid and invalid values. */
const rules: readonly (readonly [name: string, good: readonly unknown[], bad: readonly unknown[]])[] = [
  ...booleans.map(
    (name) =>
      [
        name,
        [true, false, 0, 1, '0', '1', 'true', 'false'],
        ['TRUE', '', 'yes', '2', 2, -1, Number.NaN, {}, []],
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
        [
          'websocket',
          [],
          ['http'],
          [['websocket']],
          [Symbol('websocket')],
          ['websocket', 'WebSocket'],
          ['websocketx'],
          [null],
          [{}],
          [5],
          {},
        ],
      ] as const,
  ),
  ['reconnectionAttempts', [Number.POSITIVE_INFINITY], []],
  ['randomizationFactor', [0, 0.5, 1, '0.5'], [-0.1, 1.1, Number.NaN, '2', true]],
  ['timeout', [0, 20_000, false, '20000', 'false'], [-1, true, 'true', Number.NaN, {}]],
  ['auth', [{}, { token: 1 }, () => {}, false], ['token', 5, true, [1]]],
  ['query', [{}, { a: 1 }, 'a=1', ''], [5, true, [1], () => {}]],
  ['port', [80, '80'], [Number.NaN, true, {}, []]],
  ['highWaterMark', [0, 1, 2 ** 20, '5', Number.POSITIVE_INFINITY], [-1, Number.NaN, 'much', true, {}, []]],
  ['maxPendingAcks', [0, 1, '5', Number.POSITIVE_INFINITY], [-1, Number.NaN, 'many', false, {}]],
  ['maxReceivedBytes', [0, 1, '5', Number.POSITIVE_INFINITY], [-1, Number.NaN, '5 MB', true, {}]],
  ['maxAttachments', [0, 1, '5', Number.POSITIVE_INFINITY], [-1, Number.NaN, 'five', true, {}]],
  ['retryWindow', [1, 2, '5', Number.POSITIVE_INFINITY], [0, -1, 0.5, Number.NaN, 'wide', true, {}]],
  ['hideOffset', [true, false, 0, 1, 'true'], ['yes', 2, {}, Number.NaN]],
  [
    'signals',
    [{ watch() {} }, { online: false, watch: () => () => {} }],
    [{}, { watch: 1 }, 'on', 5, true, []],
  ],
  [
    'store',
    [{ get() {}, set() {} }, new Map()],
    [{}, { get() {} }, { get: 1, set: 1 }, 'localStorage', 5, true, []],
  ],
  [
    'parser',
    [{ Encoder: Parser, Decoder: Parser }],
    [{}, { Encoder: Parser }, { Encoder: 1, Decoder: 1 }, 'msgpack', 5, []],
  ],
];

describe.each(rules)('the option %s', (name, good, bad) => {
  it.each(good.map((value) => [value]))('accepts %o', (value) => {
    expect(check(name, value)).not.toThrow();
  });

  it.each(bad.map((value) => [value]))('rejects %o, and names the accepted values', (value) => {
    expect(check(name, value)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(check(name, value)).toThrow(new RegExp(`"${name}".*accepted: .{3,}`));
  });

  it('may be omitted, undefined or null', () => {
    expect(check(name, undefined)).not.toThrow();
    expect(check(name, null)).not.toThrow();
  });
});

it('the error names the given value', () => {
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
])('the error can name %s', (_what, value) => {
  expect(check('path', value)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
});

it('unknown names are ignored, even those that every object has', () => {
  expect(() =>
    checkOptions({ somethingElse: 5, toString: 5, constructor: 'x', hasOwnProperty: 1 } as object),
  ).not.toThrow();
});

it('the given options are copied, and nothing else', () => {
  const options = {
    path: '/a',
    timeout: undefined,
    auth: null,
    reconnection: false,
    retries: 0,
    somethingElse: '20',
  } as unknown as Options;
  const copy = checkOptions(Object.freeze(options));
  expect(copy).toEqual({ path: '/a', reconnection: false, retries: 0, somethingElse: '20' });
  expect(Object.keys(copy)).not.toContain('auth');
  expect(copy).not.toBe(options);
});

it('values as configuration files write them are read', () => {
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
  expect(checkOptions(options)).toEqual({
    reconnectionDelay: 20,
    randomizationFactor: 0.25,
    timeout: 2_000,
    forceNew: true,
    secure: false,
    port: '80',
    query: '1',
  });
  expect(() => checkOptions({ path: '20' })).toThrow('a string that begins with a slash');
});

describe('the option outbox', () => {
  it.each([
    [{}],
    [{ maxPackets: 0, maxBytes: 0, maxAgeMs: 0 }],
    [{ maxPackets: Number.POSITIVE_INFINITY, maxBytes: 1e9, maxAgeMs: 1.5 }],
    [{ maxPackets: undefined, maxBytes: undefined, maxAgeMs: undefined }],
    [{ whenFull: 'refuse' }],
    [{ whenFull: 'drop-oldest' }],
    [{ whenFull: 'drop-newest' }],
  ])('accepts %o', (outbox) => {
    expect(check('outbox', outbox)).not.toThrow();
  });

  const bounds = ['maxPackets', 'maxBytes', 'maxAgeMs'].flatMap((name) =>
    [-1, Number.NaN, 'many', true, {}, () => {}].map((value) => ({ [name]: value })),
  );
  it.each([
    ...bounds.map((outbox) => [outbox as unknown]),
    [{ whenFull: 'drop' }],
    [{ whenFull: '' }],
    [{ whenFull: 5 }],
    [{ whenFull: ['refuse'] }],
    [{ maxPacket: 5 }],
    [[]],
    [5],
    ['refuse'],
    [true],
    [() => {}],
  ])('rejects %o, and names the accepted values', (outbox) => {
    expect(check('outbox', outbox)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(check('outbox', outbox)).toThrow(/"outbox(\.\w+)?" is .*; accepted: .{3,}/);
  });
});

describe('options that are not plain own properties', () => {
  class Settings {
    reconnectionDelay = 20;
    get timeout(): string {
      return '2000';
    }
    get auth(): object {
      return { token: 1 };
    }
    static unrelated = 5;
  }
  class MoreSettings extends Settings {
    get path(): string {
      return '/more';
    }
  }

  it.each<[string, object, object]>([
    ['inherited', Object.create({ path: '/a', reconnection: false }), { path: '/a', reconnection: false }],
    [
      'behind getters of a class',
      new Settings(),
      { reconnectionDelay: 20, timeout: 2_000, auth: { token: 1 } },
    ],
    [
      'behind getters of a class and of the one that it extends',
      new MoreSettings(),
      { reconnectionDelay: 20, timeout: 2_000, auth: { token: 1 }, path: '/more' },
    ],
    ['not enumerable', Object.defineProperty({}, 'retries', { value: 3, enumerable: false }), { retries: 3 }],
    ['of an object without a prototype', Object.assign(Object.create(null), { retries: 3 }), { retries: 3 }],
    ['of another frame', runInNewContext('({ retries: "3" })'), { retries: 3 }],
    ['behind a Proxy', new Proxy({ retries: '3' }, {}), { retries: 3 }],
    ['frozen', Object.freeze({ retries: 3 }), { retries: 3 }],
  ])('are read if they are %s', (_how, options, expected) => {
    expect(checkOptions(options)).toEqual(expected);
  });

  it('are read in the option outbox, too', () => {
    const outbox = Object.create({ maxPackets: '5' });
    expect(checkOptions({ outbox })).toEqual({ outbox: { maxPackets: 5 } });
    expect(() => checkOptions({ outbox: Object.create({ maxPackets: -1 }) })).toThrow(
      '"outbox.maxPackets" is -1',
    );
  });

  it('are checked like others', () => {
    expect(() => checkOptions(Object.create({ reconnectionDelay: Number.NaN }))).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  });

  it('are read once, so that the checked values are used', () => {
    let reads = 0;
    const options = {
      get reconnectionDelay() {
        return ++reads === 1 ? 5 : Number.NaN;
      },
    };
    expect(checkOptions(options)).toEqual({ reconnectionDelay: 5 });
  });

  it('are taken from the nearest object if a name occurs twice', () => {
    const options = Object.assign(Object.create({ retries: 1, path: '/far' }), { retries: 2 });
    expect(checkOptions(options)).toEqual({ retries: 2, path: '/far' });
  });

  it('keep an `auth` unchanged, with the members of its prototype', () => {
    class Credentials {
      toJSON(): object {
        return { token: 1 };
      }
    }
    const auth = new Credentials();
    expect(checkOptions({ auth }).auth).toBe(auth);
  });

  it('change no prototype, whatever their names', () => {
    checkOptions(JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'));
    expect('polluted' in {}).toBe(false);
  });
});

it.each([[null], [5], ['http://host.test'], [true], [[]], [() => {}]])(
  'options of %o are rejected',
  (options) => {
    expect(() => checkOptions(options)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(() => checkOptions(options)).toThrow('accepted: an object');
  },
);

describe('an unknown option', () => {
  const warnings = (...names: string[]): string[] => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    checkOptions(Object.fromEntries(names.map((name) => [name, 1])));
    const texts = warn.mock.calls.map(([text]) => String(text));
    warn.mockRestore();
    return texts;
  };

  it.each([
    ['reconectionDelay', 'reconnectionDelay'],
    ['reconnectionDelayMs', 'reconnectionDelay'],
    ['ackTimeOut', 'ackTimeout'],
    ['transport', 'transports'],
    ['ForceNew', 'forceNew'],
    ['withCredential', 'withCredentials'],
    ['autoconnect', 'autoConnect'],
    ['retriess', 'retries'],
    ['Path', 'path'],
    ['querry', 'query'],
    ['atuh', 'auth'],
    ['reconect', 'reconnection'],
    ['reconnect', 'reconnection'],
    ['headers', 'extraHeaders'],
    ['attempts', 'reconnectionAttempts'],
    ['credentials', 'withCredentials'],
    ['randomization', 'randomizationFactor'],
  ])('"%s" causes a warning, which suggests "%s"', (name, near) => {
    expect(warnings(name)).toEqual([`holdfast: unknown option "${name}"; did you mean "${near}"?`]);
    // Once.
    expect(warnings(name)).toEqual([]);
  });

  it('is left to transports if it resembles no option', () => {
    expect(
      warnings('myTransportsOwn', 'compression', 'x', 'force new connection', 'hosts3', 'token', 'foobar'),
    ).toEqual([]);
  });

  it('that is a known option is not taken for a misspelling', () => {
    const text = readFileSync(new URL('../../../src/platform/options.ts', import.meta.url), 'utf8');
    const names = [...text.matchAll(/^ {2}(\w+)\??: /gm)].map(([, name]) => name as string);
    expect(names.length).toBeGreaterThan(60);
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    for (const name of names) {
      try {
        checkOptions({ [name]: 1 });
      } catch {
        // It has a different type.
      }
    }
    const texts = warn.mock.calls.map(([told]) => String(told));
    warn.mockRestore();
    // Members of other tables in that file, which are no options.
    expect(
      texts.filter((told) => !/"(get|set|watch|attempt|elapsedMs|reason|error|online|delayMs)"/.test(told)),
    ).toEqual([]);
  });
});
