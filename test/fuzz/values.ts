import { types } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import fc from 'fast-check';

/** Values of every kind that a program may emit, and a model of what should arrive. */

/** How certain the model is about a value. */
export interface Doubts {
  /** The value changes while it is read, or its kind is ambiguous: only the rules of the wire can be checked. */
  unstable: boolean;
  /** The official client loses or refuses this value although it can be sent. */
  officialLoses: boolean;
}

/** Creates the value each time, because reading it may change it. */
export type Recipe = (doubts: Doubts) => unknown;

const realm = createContext({});
/** Creates a value of another frame. */
const elsewhere =
  (code: string, note?: keyof Doubts): Recipe =>
  (doubts) => {
    if (note) doubts[note] = true;
    return runInContext(`(${code})`, realm);
  };

const make =
  (create: () => unknown, note?: keyof Doubts): Recipe =>
  (doubts) => {
    if (note) doubts[note] = true;
    return create();
  };

interface ResizableBuffer extends ArrayBuffer {
  resize(length: number): void;
}
const resizable = (length: number, max: number): ResizableBuffer =>
  new (ArrayBuffer as unknown as new (length: number, options: object) => ResizableBuffer)(length, {
    maxByteLength: max,
  });

function detached(): ArrayBuffer {
  const buffer = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer;
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** A view whose memory was detached after its creation. */
function viewOfDetached(of: (buffer: ArrayBuffer) => unknown): unknown {
  const buffer = new ArrayBuffer(8);
  const view = of(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  return view;
}

const TYPED_ARRAYS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

const shrunk = (of: (buffer: ArrayBuffer) => unknown): unknown => {
  const buffer = resizable(8, 16);
  const view = of(buffer);
  buffer.resize(2);
  return view;
};

// Each reserves gigabytes of addresses.
const memory = new WebAssembly.Memory({ initial: 1 });
const sharedMemory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });

class Point {
  x = 1;
  #y = 2;
  get y(): number {
    return this.#y;
  }
}
class Bytes extends Uint8Array {
  own = 1;
}

/** Values without nested values. */
const leaves: readonly Recipe[] = [
  // Values that JSON knows, and values that it turns into null.
  ...[
    undefined,
    null,
    true,
    0,
    -0,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    'a',
    '\ud800',
    '😀',
    '__proto__',
  ].map((value) => make(() => value)),
  make(() => () => {}),
  make(() => class {}),
  make(() => async () => {}),
  make(() => Symbol('s')),
  // Boxed primitives: the official client loses them beside attachments.
  ...[1, 'text', true, Symbol('s')].map((value) => make(() => Object(value), 'officialLoses')),
  // Objects of the platform.
  ...[
    () => new Date(0),
    () => new Date(Number.NaN),
    () => /a/g,
    () => new Error('a', { cause: 1 }),
    () => Object.assign(new TypeError('a'), { code: 'A' }),
    () => new AggregateError([1], 'a'),
    () => new Map([[1, 2]]),
    () => new Set([1]),
    () => new WeakMap(),
    () => new WeakRef({}),
    () => Promise.resolve(1),
    () => (function* () {})(),
    () => [1].values(),
    () => new Intl.NumberFormat('en'),
    () => new URL('https://a.example/b?c'),
    () => new URLSearchParams('a=b'),
    () => new Headers({ a: 'b' }),
    () => new FormData(),
    () => new Response('a'),
    () => new AbortController(),
    () => new TextEncoder(),
    () => new ReadableStream(),
    () => new DOMException('a'),
    () => memory,
    () => Math,
    () => JSON,
    () => new Point(),
    () => Object.create({ inherited: 1 }),
    () => Object.create(null),
  ].map((create) => make(() => create())),
  // Bytes.
  make(() => new ArrayBuffer(0)),
  make(() => Uint8Array.of(1, 2, 3).buffer),
  ...TYPED_ARRAYS.map((Kind) => make(() => new Kind(2))),
  make(() => new DataView(Uint8Array.of(1, 2, 3).buffer, 1)),
  make(() => Buffer.from('pooled')),
  make(() => Buffer.alloc(300, 1)),
  make(() => Buffer.from('part of a pool').subarray(2, 5)),
  make(() => new Bytes([1, 2])),
  make(() => Object.assign(Uint8Array.of(1), { size: 9, slice: 1, toJSON: () => 'hidden' })),
  make(() => Object.assign(new ArrayBuffer(2), { buffer: 1, toJSON: () => 'hidden' })),
  make(() => Object.preventExtensions(Uint8Array.of(1))),
  make(() => Object.seal(Uint8Array.of(1))),
  make(() => Object.freeze(new ArrayBuffer(1))),
  make(() => Object.defineProperty(Uint8Array.of(1, 2).buffer, Symbol.toStringTag, { value: 'Odd' })),
  make(() => new Blob(['a', 'b'])),
  make(() => new File(['a'], 'a.txt')),
  make(() => Object.freeze(new Blob(['a']))),
  // Bytes that the lower layers do not accept.
  make(() => new SharedArrayBuffer(3), 'officialLoses'),
  make(() => new Uint8Array(new SharedArrayBuffer(3))),
  make(() => new DataView(new SharedArrayBuffer(3), 1)),
  make(() => resizable(3, 8)),
  make(() => new Uint8Array(resizable(3, 8))),
  make(() => new Uint16Array(resizable(4, 8), 2)),
  make(() => shrunk((buffer) => new Uint8Array(buffer, 4))),
  make(() => shrunk((buffer) => new Uint8Array(buffer))),
  make(() => memory.buffer.slice(0, 4)),
  make(() => new Uint8Array(memory.buffer, 0, 4)),
  make(() => new Uint8Array(sharedMemory.buffer, 0, 4)),
  // Objects of another frame.
  ...[
    'null',
    '{ a: [1, { b: 2 }] }',
    '[1, [2]]',
    'new Date(0)',
    'new Map([[1, 2]])',
    'new Error("a")',
    'class A { x = 1 }',
    'new (class A { x = 1 })()',
    '() => {}',
    '(function () { return arguments; })(1, "a")',
    'Object.create(null)',
    'new Uint8Array([1, 2])',
    'new Float64Array(2)',
    'new DataView(new ArrayBuffer(4), 1)',
    'new Uint8Array(new SharedArrayBuffer(3))',
    'new Uint8Array(new ArrayBuffer(3, { maxByteLength: 9 }))',
  ].map((code) => elsewhere(code)),
  ...[
    'Object(1)',
    'Object("a")',
    'new ArrayBuffer(2)',
    'Uint8Array.of(1, 2).buffer',
    'new SharedArrayBuffer(2)',
    'new ArrayBuffer(2, { maxByteLength: 4 })',
    '{ file: Uint8Array.of(5).buffer }',
  ].map((code) => elsewhere(code, 'officialLoses')),
];

/** Values whose kind is ambiguous, or that cannot be read. */
const oddities: readonly Recipe[] = [
  make(() => 1n),
  make(() => Object(1n)),
  make(detached),
  make(() => viewOfDetached((buffer) => new Uint8Array(buffer))),
  make(() => viewOfDetached((buffer) => new DataView(buffer))),
  make(() => viewOfDetached((buffer) => Buffer.from(buffer))),
  make(() => shrunk((buffer) => new DataView(buffer, 4))),
  ...[
    () => Object.setPrototypeOf(Uint8Array.of(1).buffer, null),
    () => Object.setPrototypeOf(Uint8Array.of(1), null),
    () => Object.setPrototypeOf(Uint8Array.of(1), Object.prototype),
    () => Object.setPrototypeOf(new Blob(['a']), Object.prototype),
    () => Object.setPrototypeOf({ a: 1 }, ArrayBuffer.prototype),
    () => Object.create(ArrayBuffer.prototype),
    () => Object.create(Uint8Array.prototype),
    () => Object.create(Blob.prototype),
    () => Object.create(File.prototype),
    () => Object.create(Date.prototype),
    () => Object.create(Map.prototype),
    () => Object.assign(Object.create(Blob.prototype, { size: { value: 1 } }), { a: 1 }),
    () => Object.create(ArrayBuffer.prototype, { byteLength: { value: 5 } }),
    () => ({
      slice() {},
      byteLength: 3,
      get [Symbol.toStringTag]() {
        return 'ArrayBuffer';
      },
    }),
    () => ({
      slice() {},
      length: 3,
      get [Symbol.toStringTag]() {
        return 'SharedArrayBuffer';
      },
    }),
    () => ({
      slice() {},
      size: 3,
      get [Symbol.toStringTag]() {
        return 'Blob';
      },
    }),
    () => ({
      get [Symbol.toStringTag](): string {
        throw null;
      },
    }),
    () => ({
      slice() {},
      get [Symbol.toStringTag](): string {
        throw null;
      },
    }),
    () => ({
      get slice(): never {
        throw undefined;
      },
    }),
    () => new Proxy(new ArrayBuffer(1), {}),
    () => new Proxy(Uint8Array.of(1), {}),
    () => new Proxy(new Blob(['a']), {}),
    () => new Proxy(new Date(0), {}),
    () => new Proxy(new Map(), {}),
    () => new Proxy(Object(1), {}),
    () => new Proxy(() => {}, {}),
    () => Object.defineProperty(Uint8Array.of(1, 2), 'byteLength', { value: 1e9 }),
    () => Object.defineProperty(Uint8Array.of(1, 2), 'byteLength', { value: 1 }),
    () => Object.defineProperty(Uint8Array.of(1, 2), 'buffer', { value: 7 }),
    () => Object.defineProperty(Uint8Array.of(1, 2), 'buffer', { value: new SharedArrayBuffer(2) }),
    () => Object.defineProperty(Uint8Array.of(1, 2), 'buffer', { get: () => detached() }),
    () => Object.defineProperty(Uint8Array.of(1, 2), 'byteOffset', { value: -1 }),
    () => Object.defineProperty(new ArrayBuffer(2), 'byteLength', { value: undefined }),
    () => Object.assign(() => {}, { toJSON: () => Uint8Array.of(1) }),
    () => Object.assign([1], { toJSON: () => Uint8Array.of(1) }),
    () => Object.assign([Uint8Array.of(1)], { toJSON: () => 'text' }),
    () => Object.assign([1], { expando: Uint8Array.of(1) }),
    () => Object.assign(Object('text'), { expando: Uint8Array.of(1) }),
    () => Object.assign(new Date(0), { toJSON: () => ({ file: Uint8Array.of(1) }) }),
    () => Object.assign(new Map(), { expando: Uint8Array.of(1) }),
    () => revoked({}),
    () => revoked([]),
    () => {
      const list: unknown[] = [];
      list.length = 5_000;
      return list;
    },
  ].map((create) => make(create as () => unknown, 'unstable')),
];

/** Values that a program may throw. */
const thrown: fc.Arbitrary<() => never> = fc
  .constantFrom<() => unknown>(
    () => null,
    () => undefined,
    () => 'text',
    () => Symbol('s'),
    () => new Error('a'),
    () => new RangeError('Maximum call stack size exceeded'),
    () => ({
      get message(): never {
        throw null;
      },
    }),
    () => revoked({}),
  )
  .map((error) => () => {
    throw error();
  });

const key = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '__proto__',
      'constructor',
      'num',
      'length',
      '0',
      'size',
      'slice',
      'byteLength',
    ),
  },
);

const define = (target: object, name: PropertyKey, value: unknown): object =>
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });

const entriesOf = (value: fc.Arbitrary<Recipe>): fc.Arbitrary<[string, Recipe][]> =>
  fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 4 });

const note = (doubts: Doubts, entries: readonly [string, unknown][]): void => {
  // The official encoder assigns it beside attachments, and so loses it.
  if (entries.some(([name]) => name === '__proto__')) doubts.officialLoses = true;
};

function objectOf(value: fc.Arbitrary<Recipe>, create: () => object): fc.Arbitrary<Recipe> {
  return entriesOf(value).map((entries) => (doubts) => {
    note(doubts, entries);
    const made = create();
    for (const [name, recipe] of entries) define(made, name, recipe(doubts));
    return made;
  });
}

const TRAPS = [
  'get',
  'has',
  'ownKeys',
  'getOwnPropertyDescriptor',
  'getPrototypeOf',
  'isExtensible',
  'defineProperty',
  'set',
] as const;

/** Values with nested values. */
const containers = (value: fc.Arbitrary<Recipe>): fc.Arbitrary<Recipe>[] => [
  fc.array(value, { maxLength: 4 }).map((recipes) => (doubts) => recipes.map((recipe) => recipe(doubts))),
  objectOf(value, () => ({})),
  objectOf(value, () => ({})),
  objectOf(value, () => Object.create(null)),
  objectOf(value, () => new Point()),
  objectOf(value, () => new Error('a')),
  objectOf(value, () => runInContext('({})', realm) as object),
  // With inherited, hidden and symbolic properties, none of which is sent.
  objectOf(value, () => Object.create({ inherited: Uint8Array.of(1) })),
  objectOf(value, () => Object.defineProperty({}, 'hidden', { value: Uint8Array.of(1) })),
  objectOf(value, () => ({ [Symbol('s')]: Uint8Array.of(1) })),
  // Other kinds of arrays.
  fc.tuple(value, fc.nat(20)).map(([recipe, index]) => (doubts) => {
    const list: unknown[] = [];
    list[index] = recipe(doubts);
    return list;
  }),
  value.map((recipe) => (doubts) => {
    const list = runInContext('[]', realm) as unknown[];
    list.push(recipe(doubts), 1);
    return list;
  }),
  value.map((recipe) => (doubts) => {
    class List extends Array<unknown> {}
    return List.of(recipe(doubts), 1);
  }),
  // Frozen and sealed.
  fc.tuple(value, fc.constantFrom(Object.freeze, Object.seal, Object.preventExtensions)).map(
    ([recipe, close]) =>
      (doubts) =>
        close([close({ a: recipe(doubts), b: 1 })]),
  ),
  // Getters.
  value.map((recipe) => (doubts) => {
    const inner = recipe(doubts);
    return {
      get a() {
        return inner;
      },
      b: 1,
    };
  }),
  value.map((recipe) => (doubts) => ({
    get a() {
      return recipe(doubts);
    },
    set b(_: unknown) {},
  })),
  // All kinds of toJSON. The official encoder calls some of them again, and none with its key.
  value.map((recipe) => (doubts) => {
    doubts.officialLoses = true;
    return { a: Uint8Array.of(1), toJSON: () => recipe(doubts) };
  }),
  value.map((recipe) => (doubts) => {
    doubts.officialLoses = true;
    return {
      a: recipe(doubts),
      toJSON(): unknown {
        return this;
      },
    };
  }),
  value.map((recipe) => (doubts) => {
    doubts.officialLoses = true;
    return { toJSON: (under: string) => ({ under, a: recipe(doubts) }) };
  }),
  value.map((recipe) => (doubts) => {
    doubts.officialLoses = true;
    const inner = { a: recipe(doubts), toJSON: () => 'not asked' };
    return { toJSON: () => inner };
  }),
  value.map((recipe) => (doubts) => {
    doubts.officialLoses = true;
    return Object.create({ toJSON: () => recipe(doubts) }) as unknown;
  }),
  value.map((recipe) => (doubts) => ({ toJSON: recipe(doubts) })),
  // Proxies.
  value.map((recipe) => (doubts) => new Proxy({ a: recipe(doubts), b: 1 }, {})),
  value.map((recipe) => (doubts) => new Proxy([recipe(doubts), 1], {})),
  // The same value twice, and depth.
  value.map((recipe) => (doubts) => {
    const shared = recipe(doubts);
    return [shared, { shared }, [[shared]]];
  }),
  fc
    .tuple(value, fc.integer({ min: 1, max: 300 }), fc.boolean())
    .map(([recipe, depth, lists]) => (doubts) => {
      let made = recipe(doubts);
      for (let i = 0; i < depth; i++) made = lists ? [made] : { made };
      return made;
    }),
];

/** Values that change while they are read, or cannot be sent. */
const hostile = (value: fc.Arbitrary<Recipe>): fc.Arbitrary<Recipe>[] => [
  thrown.map((fail) => () => ({
    get a() {
      return fail();
    },
  })),
  fc.tuple(value, value, fc.nat(3)).map(([first, second, at]) => (doubts) => {
    doubts.unstable = true;
    let reads = 0;
    return {
      get a() {
        return (reads++ === at ? second : first)(doubts);
      },
      z: Uint8Array.of(1),
    };
  }),
  fc.tuple(value, value).map(([first, second]) => (doubts) => {
    doubts.unstable = true;
    const holder: Record<string, unknown> = {
      get a() {
        delete holder.b;
        holder.c = second(doubts);
        return first(doubts);
      },
      b: Uint8Array.of(1),
    };
    return holder;
  }),
  thrown.map((fail) => () => ({ toJSON: fail })),
  thrown.map((fail) => () => ({
    get toJSON() {
      return fail();
    },
  })),
  fc.tuple(value, value).map(([first, second]) => (doubts) => {
    doubts.unstable = true;
    let calls = 0;
    return { b: Uint8Array.of(2), toJSON: () => (calls++ % 2 ? second : first)(doubts) };
  }),
  fc.tuple(value, thrown, fc.constantFrom(...TRAPS)).map(([recipe, fail, trap]) => (doubts) => {
    doubts.unstable = true;
    return new Proxy({ a: recipe(doubts) }, { [trap]: fail });
  }),
  fc.tuple(value, thrown, fc.nat(6)).map(([recipe, fail, after]) => (doubts) => {
    doubts.unstable = true;
    let calls = 0;
    return new Proxy([recipe(doubts), Uint8Array.of(1)], {
      get: (target, name) => (calls++ === after ? fail() : Reflect.get(target, name)),
    });
  }),
  fc.tuple(value, fc.array(key, { maxLength: 3 })).map(([recipe, keys]) => (doubts) => {
    doubts.unstable = true;
    let calls = 0;
    // Its properties change each time.
    return new Proxy({} as Record<string, unknown>, {
      ownKeys: () => [...new Set([...keys, `k${calls++}`])],
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }),
      get: (_, name) => (name === 'toJSON' || typeof name === 'symbol' ? undefined : recipe(doubts)),
    });
  }),
  value.map((recipe) => (doubts) => {
    const loop: Record<string, unknown> = { a: recipe(doubts) };
    loop.z = [{ loop }];
    return loop;
  }),
];

/** A value of any kind, most of them harmless. */
export const recipe: fc.Arbitrary<Recipe> = fc.letrec<{ value: Recipe }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 60, arbitrary: fc.constantFrom(...leaves) },
    { weight: 4, arbitrary: fc.constantFrom(...oddities) },
    { weight: 30, arbitrary: fc.oneof(...containers(tie('value'))) },
    { weight: 3, arbitrary: fc.oneof(...hostile(tie('value'))) },
  ),
})).value;

/** The arguments of an event, and what to expect of them. */
export function build(recipes: readonly Recipe[]): { args: unknown[]; doubts: Doubts } {
  const doubts: Doubts = { unstable: false, officialLoses: false };
  return { args: recipes.map((recipe) => recipe(doubts)), doubts };
}

/** A normal form: bytes instead of their containers, -0 as 0, keys in one order. */
export function canonical(item: unknown): unknown {
  if (item instanceof Blob) return `blob of ${item.size}`;
  if (types.isAnyArrayBuffer(item)) return `bytes ${Buffer.from(item as ArrayBuffer).toString('hex')}`;
  if (ArrayBuffer.isView(item)) {
    return `bytes ${Buffer.from(item.buffer, item.byteOffset, item.byteLength).toString('hex')}`;
  }
  if (Array.isArray(item)) return item.map(canonical);
  if (typeof item === 'object' && item !== null) {
    return Object.keys(item)
      .sort()
      .map((name) => [name, canonical((item as Record<string, unknown>)[name])]);
  }
  return Object.is(item, -0) ? 0 : item;
}

/**
 * The value that should arrive: JSON as the language defines it, and bytes unchanged.
 *
 * @throws for a value that cannot be sent
 */
export function arrival(args: readonly unknown[]): unknown[] {
  return args.map((value) => arrive(value, '', []) ?? null);
}

function arrive(value: unknown, under: string, above: unknown[], asked = false): unknown {
  if (typeof value === 'bigint') throw new TypeError('BigInt');
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' || typeof value === 'symbol' ? undefined : value;
  }
  if (value instanceof Blob) return value;
  if (types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return bytesOf(value);
  const { toJSON } = value as { toJSON?: unknown };
  if (!asked && typeof toJSON === 'function') return arrive(toJSON.call(value, under), under, above, true);
  if (above.includes(value)) throw new TypeError('circular');
  if (types.isNumberObject(value)) return arrive(Number(value), under, above);
  if (types.isStringObject(value)) return String(value);
  if (types.isBooleanObject(value)) return value.valueOf();
  if (types.isBigIntObject(value)) throw new TypeError('BigInt');
  const path = [...above, value];
  if (Array.isArray(value)) {
    const made: unknown[] = [];
    for (let i = 0; i < value.length; i++) made.push(arrive(value[i], String(i), path) ?? null);
    return made;
  }
  const made = {};
  for (const name of Object.keys(value)) {
    const item = arrive((value as Record<string, unknown>)[name], name, path);
    if (item !== undefined) define(made, name, item);
  }
  return made;
}

function bytesOf(value: ArrayBufferLike | ArrayBufferView): Uint8Array {
  // Each throws for detached memory.
  const view = ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
  return Uint8Array.from(view);
}
