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
    ['Heir', new (class Heir extends Secret {})()],
    ['Event', new Event('click')],
    ['Map Iterator', new Map().keys()],
    ['Map', new Proxy(new Map(), {})],
    ['Map', new (class Registry extends Map {})()],
    ['function', new Proxy(() => {}, {})],
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
    expect(findLossy([value])).toEqual([{ path: 'argument 1', kind }]);
    expect(findLossy(['a', { list: [0, value] }])).toEqual([{ path: 'argument 2.list[1]', kind }]);
  });

  it('is named by its path', () => {
    expect(findLossy([1, { 'odd key': { $a: [[new Set()]] } }])).toEqual([
      { path: 'argument 2["odd key"].$a[0][0]', kind: 'Set' },
    ]);
  });

  it('is named once for each kind, at the outermost place', () => {
    const all = [{ deep: { map: new Map(), list: [new Set(), /a/] } }, { set: new Set() }, new Map()];
    expect(findLossy(all)).toEqual([
      { path: 'argument 3', kind: 'Map' },
      { path: 'argument 2.set', kind: 'Set' },
      { path: 'argument 1.deep.list[1]', kind: 'RegExp' },
    ]);
  });
});

describe('a value that survives JSON', () => {
  class Point {
    x = 1;
    get length(): number {
      return this.x;
    }
  }
  class Ping {}
  class SyntaxNode {
    nodeType = 'Literal';
    readonly [Symbol.toStringTag] = 'SyntaxNode';
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
    ['an instance of a class that has nothing', new Ping()],
    ['a plain object with the names of a node', { nodeType: 1, isTrusted: true }],
    ['a node of a syntax tree', new SyntaxNode()],
    ['a function that has toJSON', Object.assign(() => {}, { toJSON: () => 1 })],
    ['a list of another frame', runInNewContext('[1, [2]]')],
    ['a Proxy around a plain object', new Proxy({ a: [1] }, {})],
    ['a Date', new Date(0)],
    ['a URL, which has toJSON', new URL('https://a.example')],
    ['a Map that has toJSON', Object.assign(new Map(), { toJSON: () => [] })],
    ['boxed primitives', [Object(1), Object('a'), Object(true)]],
    ['a Buffer', Buffer.from('a')],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['a typed array of another frame', runInNewContext('new Int8Array(1)')],
    ['a Blob', new Blob([])],
  ])('is not reported: %s', (_what, value) => {
    expect(findLossy([value, { value }])).toEqual([]);
  });
});

describe('the search', () => {
  it('ends after 1,000 values', () => {
    const read: string[] = [];
    const list = new Proxy(Array<unknown>(1e9), {
      getOwnPropertyDescriptor(target, key) {
        read.push(String(key));
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
    });
    expect(findLossy([list, [new Map()]])).toEqual([]);
    expect(read.length).toBeGreaterThan(900);
    expect(read.length).toBeLessThan(1_100);
    expect(findLossy([list, new Map()])).toEqual([{ path: 'argument 2', kind: 'Map' }]);
  });

  it('ends at a circular reference', () => {
    const loop: Record<string, unknown> = {};
    loop.self = { loop };
    expect(findLossy([loop])).toEqual([]);
  });

  it('ends at a Proxy that claims to be its own prototype', () => {
    const endless: object = new Proxy({}, { getPrototypeOf: () => endless });
    expect(findLossy([{ endless }, new Set()])).toEqual([{ path: 'argument 2', kind: 'Set' }]);
  });

  it('never throws', () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const no = (): never => {
      throw null;
    };
    const hostile = new Proxy({}, { getOwnPropertyDescriptor: no, getPrototypeOf: no, ownKeys: no, get: no });
    for (const value of [revoked.proxy, hostile, { revoked: revoked.proxy }])
      expect(findLossy([value, [value]])).toEqual([]);
    // Earlier findings are reported.
    expect(findLossy([new Map(), revoked.proxy])).toEqual([{ path: 'argument 1', kind: 'Map' }]);
  });

  it('calls neither getters nor toJSON, at any depth', () => {
    const called: string[] = [];
    const getter = (name: PropertyKey, target: object = {}): object =>
      Object.defineProperty(target, name, {
        enumerable: true,
        get() {
          called.push(String(name));
          return undefined;
        },
      });
    class Tagged {
      get [Symbol.toStringTag](): string {
        called.push('tag');
        return 'Map';
      }
    }
    const values = [
      ...['a', 'toJSON', 'slice', 'nodeType', 'constructor', Symbol.toStringTag].map((name) => getter(name)),
      Object.create(getter('toJSON', Object.create(null, { b: { value: 1 } }))),
      getter('0', [1, 2]),
      Object.assign(new Tagged(), { c: 1 }),
      { toJSON: () => called.push('toJSON') },
      new Proxy({ d: 1 }, { get: (_, name) => called.push(`get ${String(name)}`) }),
      new Proxy([1], { get: (_, name) => called.push(`get ${String(name)}`) }),
    ];
    expect(findLossy([...values, values])).toEqual([]);
    expect(called).toEqual([]);
  });
});
