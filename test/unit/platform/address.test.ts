import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type Address, parseAddress } from '../../../src/platform/address.js';
import { HoldfastError } from '../../../src/platform/errors.js';

// Many runs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const page = { protocol: 'https:', host: 'page.test:8443' };
const plainPage = { protocol: 'http:', host: 'page.test' };

const rows: readonly (readonly [
  given: string | undefined,
  page: typeof page | undefined,
  Partial<Address>,
])[] = [
  ['http://host', undefined, { source: 'http://host', origin: 'http://host:80', namespace: '/', query: '' }],
  ['http://host/', undefined, { namespace: '/' }],
  ['https://host:3000', undefined, { origin: 'https://host:3000', namespace: '/' }],
  ['https://host:443', undefined, { origin: 'https://host:443' }],
  ['http://host:80', undefined, { origin: 'http://host:80' }],
  ['http://host:443', undefined, { origin: 'http://host:443' }],
  ['HTTP://Host:80/Admin', undefined, { origin: 'http://host:80', namespace: '/Admin' }],
  ['http://host/admin', undefined, { origin: 'http://host:80', namespace: '/admin', query: '' }],
  ['http://host/a/b', undefined, { namespace: '/a/b' }],
  ['http://host/admin?token=1&x=%20', undefined, { namespace: '/admin', query: 'token=1&x=%20' }],
  ['http://host?token=1', undefined, { namespace: '/', query: 'token=1' }],
  ['http://host/admin?a=1#part', undefined, { namespace: '/admin', query: 'a=1' }],
  ['http://host/admin#part', undefined, { namespace: '/admin', query: '' }],
  ['http://host/admin?a=b?c', undefined, { query: 'a=b?c' }],
  ['http://127.0.0.1:3000/n', undefined, { origin: 'http://127.0.0.1:3000', namespace: '/n' }],
  ['http://[::1]:3000/n', undefined, { origin: 'http://[::1]:3000', namespace: '/n' }],
  ['http://[2001:db8::1]', undefined, { origin: 'http://[2001:db8::1]:80', namespace: '/' }],
  ['http://user:word@host:3000/n', undefined, { origin: 'http://host:3000', namespace: '/n' }],
  ['http://bücher.test', undefined, { origin: 'http://bücher.test:80' }],
  ['wss://host', undefined, { origin: 'https://host:443', source: 'wss://host' }],
  ['wss://host:443/n', undefined, { origin: 'https://host:443', namespace: '/n' }],
  ['ws://host', undefined, { origin: 'http://host:80', source: 'ws://host' }],
  ['ws://host:80/n', undefined, { origin: 'http://host:80', namespace: '/n' }],
  ['ws://host:3000', undefined, { origin: 'http://host:3000' }],
  ['localhost:3000', undefined, { source: 'https://localhost:3000', origin: 'https://localhost:3000' }],
  [
    'localhost:3000/n',
    plainPage,
    { source: 'http://localhost:3000/n', origin: 'http://localhost:3000', namespace: '/n' },
  ],
  ['host.test', plainPage, { origin: 'http://host.test:80', namespace: '/' }],
  ['[::1]:3000', plainPage, { origin: 'http://[::1]:3000' }],
  ['//host:3000/n', page, { source: 'https://host:3000/n', origin: 'https://host:3000', namespace: '/n' }],
  ['//host', plainPage, { origin: 'http://host:80' }],
  [undefined, page, { source: 'https://page.test:8443', origin: 'https://page.test:8443', namespace: '/' }],
  ['', page, { origin: 'https://page.test:8443', namespace: '/' }],
  ['/', plainPage, { origin: 'http://page.test:80', namespace: '/' }],
  ['/admin', page, { source: 'https://page.test:8443/admin', namespace: '/admin', query: '' }],
  ['/admin?token=1', page, { namespace: '/admin', query: 'token=1' }],
];

describe('an address', () => {
  it.each(rows)('%j, on the page %o', (given, from, expected) => {
    expect(parseAddress(given, from)).toMatchObject(expected);
  });
});

describe('what is no address', () => {
  it.each<[unknown]>([
    ['ftp://host'],
    ['file:///etc/passwd'],
    ['http://'],
    ['http:///path'],
    ['http://host:99999'],
    ['http://host:port'],
    ['http://a b'],
    ['http://[::1'],
    ['not an address'],
    ['javascript:alert(1)'],
    ['://host'],
    ['//'],
    ['?token=1'],
    [5],
    [true],
    [() => {}],
    [['http://host']],
    [1n],
  ])('is an error that says what is: %s', (given) => {
    const parse = (): unknown => parseAddress(given as string, page);
    expect(parse).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
    expect(parse).toThrow(/accepted|address/);
  });

  it.each([undefined, '', '/', '/admin'])('is %j, where there is no page', (given) => {
    expect(() => parseAddress(given, undefined)).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }));
  });

  it('is never another error, whatever it is', () => {
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
