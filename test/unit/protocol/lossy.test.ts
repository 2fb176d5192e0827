import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { findLossy } from '../../../src/protocol/lossy.js';

class Secret {
  readonly #value = 1;
  get value(): number {
    return this.#value;
  }
}

describe('a value that JSON would lose', () => {
  const values: readonly (readonly [kind: string, value: unknown])[] = [
    ['Map', new Map([[1, 2]])],
    ['Set', new Set([1])],
    ['WeakMap', new WeakMap()],
    ['WeakSet', new WeakSet()],
    ['WeakRef', new WeakRef({})],
    ['Promise', Promise.resolve()],
    ['RegExp', /a/],
    ['Error', new Error('a')],
    ['Error', new TypeError('a')],
    ['Error', Object.assign(new Error('a'), { code: 'A' })],
    ['DOMException', new DOMException('a')],
    ['URLSearchParams', new URLSearchParams('a=b')],
    ['Headers', new Headers()],
    ['FormData', new FormData()],
    ['AbortSignal', new AbortController().signal],
    ['Symbol', Object(Symbol('a'))],
    ['function', () => {}],
    ['function', class {}],
    ['symbol', Symbol('a')],
    ['Secret', new Secret()],
    ['Map', runInNewContext('new Map()')],
    ['Error', runInNewContext('new Error("a")')],
    [
      'HTMLDivElement',
      // React adds enumerable properties to elements.
      Object.create(
        { nodeType: 1, [Symbol.toStringTag]: 'HTMLDivElement' },
        { fiber: { value: {}, enumerable: true } },
      ),
    ],
  ];

  it.each(values)('is named: %s', (kind, value) => {
    expect(findLossy([value])).toEqual({ path: 'argument 1', kind });
    expect(findLossy(['a', { list: [0, value] }])).toEqual({ path: 'argument 2.list[1]', kind });
  });

  it('is named by the path to it', () => {
    expect(findLossy([1, { 'odd key': { $a: [[new Set()]] } }])).toEqual({
      path: 'argument 2["odd key"].$a[0][0]',
      kind: 'Set',
    });
  });

  it('is the one nearest to the surface', () => {
    expect(findLossy([{ deep: { map: new Map() } }, { set: new Set() }])?.kind).toBe('Set');
  });
});

describe('a value that arrives', () => {
  class Point {
    x = 1;
  }
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['NaN', Number.NaN],
    ['text', 'a'],
    ['a plain object', { a: { b: [1, 'c', null] } }],
    ['an empty object', {}],
    ['an object without a prototype', Object.create(null)],
    ['an object of another frame', runInNewContext('({ a: [{}] })')],
    ['a class instance with properties', new Point()],
    ['a Date', new Date(0)],
    ['a URL, which has toJSON', new URL('https://a.example')],
    ['a Map that has toJSON', Object.assign(new Map(), { toJSON: () => [] })],
    ['boxed primitives', [Object(1), Object('a'), Object(true)]],
    ['a Buffer', Buffer.from('a')],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['a typed array of another frame', runInNewContext('new Int8Array(1)')],
    ['a Blob', new Blob([])],
  ])('is not mentioned: %s', (_what, value) => {
    expect(findLossy([value, { value }])).toBeUndefined();
  });
});

describe('the search', () => {
  it('ends after 1,000 values', () => {
    const read: number[] = [];
    const list = new Proxy(Array<unknown>(1e9), {
      get: (target, key) =>
        typeof key === 'string' && /^\d+$/.test(key) ? read.push(Number(key)) : Reflect.get(target, key),
    });
    expect(findLossy([list, [new Map()]])).toBeUndefined();
    expect(read.length).toBeLessThan(1_100);
    expect(findLossy([list, new Map()])).toEqual({ path: 'argument 2', kind: 'Map' });
  });

  it('ends where a value is circular', () => {
    const loop: Record<string, unknown> = {};
    loop.self = { loop };
    expect(findLossy([loop])).toBeUndefined();
  });

  it('never throws, and never calls toJSON', () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const hostile = {
      get a(): never {
        throw new Error('no');
      },
    };
    const untouched = { toJSON: (): never => expect.unreachable() };
    for (const value of [revoked.proxy, hostile, untouched])
      expect(findLossy([value, [value]])).toBeUndefined();
  });
});
