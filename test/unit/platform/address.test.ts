import { Transport } from 'engine.io-client';
import fc from 'fast-check';
import { io } from 'socket.io-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Address, parseAddress } from '../../../src/platform/address.js';
import { HoldfastError } from '../../../src/platform/errors.js';

// Many runs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const page = { protocol: 'https:', host: 'page.test:8443', hostname: 'page.test' };
const plainPage = { protocol: 'http:', host: 'page.test', hostname: 'page.test' };
const appPage = { protocol: 'capacitor:', host: 'localhost', hostname: 'localhost' };

afterEach(() => {
  vi.unstubAllGlobals();
});

const rows: readonly (readonly [
  given: string | undefined,
  page: typeof page | undefined,
  Partial<Address>,
])[] = [
  ['http://host', undefined, { source: 'http://host', origin: 'http://host', namespace: '/', query: '' }],
  ['http://host/', undefined, { namespace: '/' }],
  ['https://host:3000', undefined, { origin: 'https://host:3000', namespace: '/' }],
  ['https://host:443', undefined, { origin: 'https://host' }],
  ['http://host:80', undefined, { origin: 'http://host' }],
  ['http://host:443', undefined, { origin: 'http://host:443' }],
  ['HTTP://Host:80/Admin', undefined, { origin: 'http://host', namespace: '/Admin' }],
  ['http://host/admin', undefined, { origin: 'http://host', namespace: '/admin', query: '' }],
  ['http://host/a/b', undefined, { namespace: '/a/b' }],
  ['http://host/admin?token=1&x=%20', undefined, { namespace: '/admin', query: 'token=1&x=%20' }],
  ['http://host?token=1', undefined, { namespace: '/', query: 'token=1' }],
  ['http://host/admin?a=1#part', undefined, { namespace: '/admin', query: 'a=1' }],
  ['http://host/admin#part', undefined, { namespace: '/admin', query: '' }],
  ['http://host/admin?a=b?c', undefined, { query: 'a=b?c' }],
  ['http://127.0.0.1:3000/n', undefined, { origin: 'http://127.0.0.1:3000', namespace: '/n' }],
  ['http://[::1]:3000/n', undefined, { origin: 'http://[::1]:3000', namespace: '/n' }],
  ['http://[2001:db8::1]', undefined, { origin: 'http://[2001:db8::1]', namespace: '/' }],
  [
    'http://user:word@host:3000/n',
    undefined,
    {
      source: 'http://user:word@host:3000/n',
      origin: 'http://host:3000',
      hostname: 'host',
      port: '3000',
      secure: false,
      namespace: '/n',
    },
  ],
  ['http://a:b@c', undefined, { origin: 'http://c', hostname: 'c', port: '80' }],
  ['http://a@b@c', undefined, { origin: 'http://c' }],
  ['http://bücher.test', undefined, { origin: 'http://xn--bcher-kva.test', source: 'http://bücher.test' }],
  ['http://host/bücher', undefined, { namespace: '/bücher' }],
  ['http://host/a b/../c%20', undefined, { namespace: '/a b/../c%20' }],
  ['http://allowed\\@evil/n', undefined, { origin: 'http://allowed', namespace: '/@evil/n' }],
  ['https:\\\\host\\n', undefined, { origin: 'https://host', namespace: '/n', source: 'https://host\\n' }],
  ['http://al\tlo\nwed\r/n', undefined, { origin: 'http://allowed', source: 'http://allowed/n' }],
  ['  http://host/n \n', undefined, { source: 'http://host/n', namespace: '/n' }],
  ['http://host:0080', undefined, { origin: 'http://host', port: '80' }],
  ['ws:3000/n', plainPage, { origin: 'http://ws:3000', namespace: '/n' }],
  ['/\\evil', page, { origin: 'https://page.test:8443', namespace: '/\\evil' }],
  ['\\n', page, { origin: 'https://page.test:8443', namespace: '/n' }],
  ['localhost:3000', appPage, { source: 'https://localhost:3000' }],
  ['https://:8443/n', appPage, { origin: 'https://localhost:8443' }],
  [
    ':3000',
    { protocol: 'http:', host: '[::1]:8080', hostname: '[::1]:8080'.replace(/:\d*$/, '') },
    { origin: 'http://[::1]:3000', hostname: '[::1]' },
  ],
  [
    ':3000',
    { protocol: 'http:', host: '[::1]', hostname: '[::1]'.replace(/:\d*$/, '') },
    { origin: 'http://[::1]:3000' },
  ],
  [
    '',
    { protocol: 'http:', host: '[::1]:8080', hostname: '[::1]:8080'.replace(/:\d*$/, '') },
    { origin: 'http://[::1]:8080', port: '8080' },
  ],
  ['https://user:word@:3000', page, { source: 'https://user:word@page.test:3000', hostname: 'page.test' }],
  ['wss://host', undefined, { origin: 'https://host', source: 'wss://host' }],
  ['wss://host:443/n', undefined, { origin: 'https://host', namespace: '/n' }],
  ['ws://host', undefined, { origin: 'http://host', source: 'ws://host' }],
  ['ws://host:80/n', undefined, { origin: 'http://host', namespace: '/n' }],
  ['ws://host:3000', undefined, { origin: 'http://host:3000' }],
  ['localhost:3000', undefined, { source: 'https://localhost:3000', origin: 'https://localhost:3000' }],
  [
    'localhost:3000/n',
    plainPage,
    { source: 'http://localhost:3000/n', origin: 'http://localhost:3000', namespace: '/n' },
  ],
  ['host.test', plainPage, { origin: 'http://host.test', namespace: '/' }],
  ['[::1]:3000', plainPage, { origin: 'http://[::1]:3000' }],
  ['//host:3000/n', page, { source: 'https://host:3000/n', origin: 'https://host:3000', namespace: '/n' }],
  ['//host', plainPage, { origin: 'http://host' }],
  [undefined, page, { source: 'https://page.test:8443', origin: 'https://page.test:8443', namespace: '/' }],
  ['', page, { origin: 'https://page.test:8443', namespace: '/' }],
  ['/', plainPage, { origin: 'http://page.test', namespace: '/' }],
  ['/admin', page, { source: 'https://page.test:8443/admin', namespace: '/admin', query: '' }],
  ['/admin?token=1', page, { namespace: '/admin', query: 'token=1' }],
];

describe('an address', () => {
  it.each(rows)('%j, on the page %o', (given, from, expected) => {
    expect(parseAddress(given, from)).toMatchObject(expected);
  });
});

describe('an invalid address', () => {
  it.each<[unknown]>([
    ['ftp://host'],
    ['file:///etc/passwd'],
    ['http://host:99999'],
    ['http://host:port'],
    ['http://a b'],
    ['http://[::1'],
    ['not an address'],
    ['javascript:alert(1)'],
    ['://host'],
    ['http:/host'],
    ['http:host'],
    ['http:'],
    ['http://ho%st'],
    ['http://1.2.3.999'],
    [':99999'],
    ['mailto:a'],
    [5],
    [true],
    [() => {}],
    [['http://host']],
    [1n],
  ])('is an error that describes a valid address: %s', (given) => {
    const parse = (): unknown => parseAddress(given as string, page);
    expect(parse).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
    expect(parse).toThrow(/accepted|address/);
  });

  it.each([undefined, '', '/', '/admin', ':3000', '//:3000/x', '?a=1'])(
    'is %j, if there is no page',
    (given) => {
      const missing = expect.objectContaining({
        code: 'BAD_ADDRESS',
        message: expect.stringContaining('without a page'),
      });
      expect(() => parseAddress(given, undefined)).toThrow(missing);
      expect(() => parseAddress(given, appPage)).toThrow(missing);
    },
  );

  it('causes no other error, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.webUrl(), fc.string({ unit: 'binary' })),
        fc.boolean(),
        (text, onPage) => {
          try {
            const { origin, namespace } = parseAddress(text, onPage ? page : undefined);
            expect(origin).toMatch(/^https?:\/\/./);
            expect(namespace[0]).toBe('/');
          } catch (error) {
            expect(error).toBeInstanceOf(HoldfastError);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

/** Opens nothing. */
class Dialled extends Transport {
  override get name(): string {
    return 'websocket';
  }

  protected override doOpen(): void {}
  protected override doClose(): void {}
  protected override write(): void {}

  get to(): URL {
    return new URL(this.createUri(this.opts.secure ? 'https' : 'http'));
  }
}

type Led = Pick<Address, 'hostname' | 'port' | 'secure' | 'namespace'> & {
  readonly query: { readonly [name: string]: string };
};

const defaultPort = (secure: boolean): string => (secure ? '443' : '80');

/** Where the official client goes. */
function official(given: string | undefined, href: string | undefined): Led {
  vi.stubGlobal('location', href === undefined ? undefined : new URL(href));
  const options = { autoConnect: false, forceNew: true, reconnection: false, transports: [Dialled] };
  const socket = given === undefined ? io(options) : io(given, options);
  socket.io.open(() => {});
  const { engine } = socket.io;
  const { to } = engine.transport as Dialled;
  const secure = to.protocol === 'https:';
  const query = {
    ...(((engine as unknown as { opts: { query?: unknown } }).opts.query ?? {}) as {
      [name: string]: string;
    }),
  };
  socket.io._close();
  return {
    hostname: to.hostname,
    port: to.port || defaultPort(secure),
    secure,
    namespace: (socket as unknown as { nsp: string }).nsp,
    query,
  };
}

function ours(given: string | undefined, href: string | undefined): Led {
  const { hostname, port, secure, namespace, query, source, origin } = parseAddress(
    given,
    href === undefined ? undefined : new URL(href),
  );
  expect(new URL(source).hostname).toBe(hostname);
  const standard = secure ? '443' : '80';
  expect(origin).toBe(`${secure ? 'https' : 'http'}://${hostname}${port === standard ? '' : `:${port}`}`);
  return { hostname, port, secure, namespace, query: Object.fromEntries(new URLSearchParams(query)) };
}

const complete = [
  'https://example.com:/chat',
  'https://example.com',
  'http://example.com:3000/chat?a=1&b=2',
  'ws://host/x',
  'wss://host:4000?a=1#b',
  'http://a:b@c/n',
  'http://host:80/n',
  'https://host:80',
  'http://[::1]:3000/x',
  'http://[::1]:/x',
  'http://host//n',
  'http://host/n/',
  'http://host/?a=1',
  'http://host#n',
  'https://:8443/chat',
  'http://:3000',
  'http://',
  'https:///x',
  'https://:/x?a=1',
];
const fromThePage = [
  undefined,
  '',
  '/',
  '/n',
  '/n?a=1',
  '/n/m#x',
  '?a=1',
  '#x',
  ':',
  ':/n',
  ':3000',
  ':3000/n?a=1',
  '//',
  '//:3000/x',
  '//host:/x',
  '//host',
  '//host:4000/n',
  'host:',
  'host:/n',
  'host/n?x=y',
  'host:4000',
  'localhost',
  '[::1]:3000',
];

describe.each([
  'https://page.test:8443/a/b?c#d',
  'https://page.test/',
  'http://page.test/',
  'http://127.0.0.1:8080/x',
])('on the page %s', (href) => {
  it.each([...complete, ...fromThePage])('%j resolves as with the official client', (given) => {
    expect(ours(given, href)).toEqual(official(given, href));
  });
});

it.each(complete)('without a page, %j resolves as with the official client', (given) => {
  expect(ours(given, undefined)).toEqual(official(given, undefined));
});

it('resolves as `new URL` does, whatever the text', () => {
  const nasty = fc.stringMatching(/^[a-z\\/@:.#?%\t\n 0-9[\]]{0,20}$/);
  fc.assert(
    fc.property(
      fc.constantFrom('http://', 'https://', 'ws://', 'wss://', 'http:\\\\'),
      nasty,
      (scheme, rest) => {
        // An empty host means the page's; the platform would use the next part instead.
        fc.pre(!/^[\s\\/]/.test(rest));
        let expected: URL | undefined;
        try {
          expected = new URL(`${scheme}${rest}`);
        } catch {}
        let address: Address | undefined;
        try {
          address = parseAddress(`${scheme}${rest}`, undefined);
        } catch {}
        if (address?.hostname === 'localhost') return;
        expect(address?.hostname).toBe(expected?.hostname);
        expect(address?.port).toBe(expected && (expected.port || defaultPort(address?.secure === true)));
      },
    ),
    { numRuns: 5_000 },
  );
});

describe('with React Native’s `URL`', () => {
  class ReactNativeUrl {
    constructor(readonly href: string) {}
    get hostname(): string {
      throw new Error('URL.hostname is not implemented');
    }
    get port(): string {
      throw new Error('URL.port is not implemented');
    }
  }
  const hasPunycode = /bücher/;

  it.each(rows.filter(([given]) => !hasPunycode.test(given ?? '')))(
    '%j, on the page %o',
    (given, from, expected) => {
      vi.stubGlobal('URL', ReactNativeUrl);
      expect(parseAddress(given, from)).toMatchObject(expected);
    },
  );

  it.each([
    'http://host:99999',
    'http://a b',
    'http://[::1',
    'http://host:port',
    'http://a<b',
    'not an address',
  ])('%j is invalid', (given) => {
    for (const url of [ReactNativeUrl, undefined, class {}]) {
      vi.stubGlobal('URL', url);
      expect(() => parseAddress(given, undefined)).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
    }
  });
});
