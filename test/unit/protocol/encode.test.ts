import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { HoldfastError } from '../../../src/platform/errors.js';
import { type Chunk, encode, sizeOf, weigh } from '../../../src/protocol/encode.js';
import type { EventData, Packet } from '../../../src/protocol/packet.js';
import { officialParser } from '../../support/official-parser.js';

const event = (...data: EventData): Packet => ({ type: 2, nsp: '/', data });
const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;
const placeholder = (num: number): object => ({ _placeholder: true, num });

/** Kinds of memory that TypeScript's ES2022 does not know. */
const resizable = (length: number): ArrayBuffer =>
  new (ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer)(length, {
    maxByteLength: 2 * length,
  });

function detached(): ArrayBuffer {
  const buffer = bytes(1, 2);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

/** The exception of `encode`; the next event must be encoded as usual. */
function refusal(...data: EventData): HoldfastError {
  try {
    encode(event(...data));
  } catch (error) {
    expect(encode(event('next', bytes(7)))[0]).toBe('51-["next",{"_placeholder":true,"num":0}]');
    expect(error).toBeInstanceOf(HoldfastError);
    return error as HoldfastError;
  }
  return expect.unreachable('it was encoded');
}

function nested(depth: number, innermost: unknown, wrap: (value: unknown) => unknown): unknown {
  let value = innermost;
  for (let i = 0; i < depth; i++) value = wrap(value);
  return value;
}

describe('the text of a packet', () => {
  const examples: readonly (readonly [string, Packet])[] = [
    ['0', { type: 0, nsp: '/' }],
    ['0{"token":1}', { type: 0, nsp: '/', data: { token: 1 } }],
    ['0/admin,{"token":1}', { type: 0, nsp: '/admin', data: { token: 1 } }],
    ['0/admin,', { type: 0, nsp: '/admin' }],
    ['1', { type: 1, nsp: '/' }],
    ['1/admin,', { type: 1, nsp: '/admin' }],
    ['2["name",1,"a"]', event('name', 1, 'a')],
    ['212["name"]', { type: 2, nsp: '/', data: ['name'], id: 12 }],
    ['20["name"]', { type: 2, nsp: '/', data: ['name'], id: 0 }],
    ['2/admin,12["name"]', { type: 2, nsp: '/admin', data: ['name'], id: 12 }],
    ['312[1,2]', { type: 3, nsp: '/', data: [1, 2], id: 12 }],
    ['3/admin,0[]', { type: 3, nsp: '/admin', data: [], id: 0 }],
    ['4/admin,{"message":"no","data":7}', { type: 4, nsp: '/admin', data: { message: 'no', data: 7 } }],
  ];

  it.each(examples)('is %s', (text, packet) => {
    expect(encode(packet)).toEqual([text]);
  });

  it('has null in place of arguments that JSON cannot express, like that of the official client', () => {
    expect(encode(event('a', undefined, Number.NaN, Number.POSITIVE_INFINITY, () => {}))).toEqual([
      '2["a",null,null,null,null]',
    ]);
  });
});

describe('attachments', () => {
  it('follow their packet, which counts them', () => {
    const file = bytes(1, 2);
    expect(encode(event('file', file))).toEqual(['51-["file",{"_placeholder":true,"num":0}]', file]);
  });

  it('make an acknowledgement a BINARY_ACK', () => {
    const file = bytes(1);
    expect(encode({ type: 3, nsp: '/', data: [file], id: 12 })).toEqual([
      '61-12[{"_placeholder":true,"num":0}]',
      file,
    ]);
  });

  it('are counted before the namespace and the id', () => {
    const [head] = encode({ type: 2, nsp: '/admin', data: ['a', bytes(1), bytes(2)], id: 7 });
    expect(head).toBe('52-/admin,7["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
  });

  const kinds: readonly (readonly [string, () => unknown])[] = [
    ['an ArrayBuffer', () => bytes(1, 2)],
    [
      'a view on WebAssembly memory',
      () => new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 0, 2),
    ],
    ['a Uint8Array', () => new Uint8Array([1, 2])],
    ['a Uint8Array of a part of its buffer', () => new Uint8Array(bytes(0, 1, 2, 3), 1, 2)],
    ['an Int16Array', () => new Int16Array([1, -2])],
    ['a Float64Array', () => new Float64Array([0.5])],
    ['a BigInt64Array', () => new BigInt64Array([1n])],
    ['a DataView', () => new DataView(bytes(1, 2))],
    ['a Buffer', () => Buffer.from('ab')],
    ['an empty ArrayBuffer', () => bytes()],
    ['a Blob', () => new Blob(['ab'])],
    ['a File', () => new File(['ab'], 'a.txt')],
  ];

  describe.each(kinds)('%s', (_kind, make) => {
    it('are extracted whole at the top level', () => {
      const value = make();
      const chunks = encode(event('a', value));
      expect(chunks[0]).toBe('51-["a",{"_placeholder":true,"num":0}]');
      expect(chunks[1]).toBe(value);
      expect(chunks).toHaveLength(2);
    });

    it('are extracted at any depth', () => {
      const value = make();
      const chunks = encode(event('a', { b: [[{ c: value }], 1] }));
      expect(chunks[0]).toBe('51-["a",{"b":[[{"c":{"_placeholder":true,"num":0}}],1]}]');
      expect(chunks[1]).toBe(value);
    });
  });

  it('are found below objects without a prototype, class instances, and objects from elsewhere', () => {
    class Note {
      file = bytes(1);
    }
    const bare = Object.assign(Object.create(null), { file: bytes(2) });
    const [head, ...attachments] = encode(event('a', new Note(), bare));
    expect(head).toBe(
      '52-["a",{"file":{"_placeholder":true,"num":0}},{"file":{"_placeholder":true,"num":1}}]',
    );
    expect(attachments).toHaveLength(2);
  });

  it('are not looked for in inherited properties', () => {
    const child = Object.create({ file: bytes(1) });
    child.own = 1;
    expect(encode(event('a', child))).toEqual(['2["a",{"own":1}]']);
  });

  it('are numbered in the order in which they are sent', () => {
    const [first, second, third] = [bytes(1), bytes(2), bytes(3)];
    const [head, ...attachments] = encode(event('a', { x: first, y: [second] }, third));
    expect(JSON.parse((head as string).slice(3))).toEqual([
      'a',
      { x: placeholder(0), y: [placeholder(1)] },
      placeholder(2),
    ]);
    expect(attachments).toEqual([first, second, third]);
  });

  it('are sent twice if they occur twice, because each placeholder stands for one attachment', () => {
    const shared = bytes(1);
    const [head, ...attachments] = encode(event('a', shared, { shared }));
    expect(head).toBe('52-["a",{"_placeholder":true,"num":0},{"shared":{"_placeholder":true,"num":1}}]');
    expect(attachments).toEqual([shared, shared]);
  });

  it('are taken from what toJSON returns', () => {
    const file = bytes(1);
    const chunks = encode(event('a', { secret: 1, toJSON: () => ({ file }) }));
    expect(chunks).toEqual(['51-["a",{"file":{"_placeholder":true,"num":0}}]', file]);
  });

  it('may be the direct result of toJSON', () => {
    const file = bytes(1);
    expect(encode(event('a', { toJSON: () => file }))).toEqual([
      '51-["a",{"_placeholder":true,"num":0}]',
      file,
    ]);
  });

  it('are not sent if toJSON omits them', () => {
    expect(encode(event('a', { file: bytes(1), toJSON: () => 'no file' }))).toEqual(['2["a","no file"]']);
  });

  it('do not change dates beside them', () => {
    const [head] = encode(event('a', new Date(0), bytes(1)));
    expect(head).toBe('51-["a","1970-01-01T00:00:00.000Z",{"_placeholder":true,"num":0}]');
  });

  it.each([
    ['arrays', (value: unknown) => [value]],
    ['objects', (value: unknown) => ({ value })],
  ])('are found in %s nested 2,000 deep', (_what, wrap) => {
    const file = bytes(1);
    const chunks = encode(event('a', nested(2_000, file, wrap)));
    expect(chunks[0]).toMatch(/^51-/);
    expect(chunks[1]).toBe(file);
  });

  it('are found below a key named __proto__, which stays a key', () => {
    const value = JSON.parse('{"__proto__":{"file":0}}');
    const inner = Object.getOwnPropertyDescriptor(value, '__proto__')?.value;
    inner.file = bytes(1);
    const [head] = encode(event('a', value));
    expect(head).toBe('51-["a",{"__proto__":{"file":{"_placeholder":true,"num":0}}}]');
    expect({}).not.toHaveProperty('file');
  });
});

describe('bytes that the lower layers do not accept', () => {
  const elsewhere = runInNewContext(`({
    buffer: Uint8Array.of(1, 2, 3).buffer,
    bytes: Uint8Array.of(1, 2, 3),
    part: Uint8Array.of(0, 1, 2, 3, 4).subarray(1, 4),
    words: new Uint16Array([513]),
    view: new DataView(Uint8Array.of(1, 2, 3).buffer),
    shared: new Uint8Array(new SharedArrayBuffer(3)).fill(1),
    list: [Uint8Array.of(1)],
  })`) as Record<'buffer' | 'bytes' | 'part' | 'words' | 'view' | 'shared' | 'list', never>;
  const shared = new SharedArrayBuffer(3);
  new Uint8Array(shared).set([1, 2, 3]);
  const growing = resizable(3);
  new Uint8Array(growing).set([1, 2, 3]);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  new Uint8Array(memory.buffer).set([1, 2, 3]);

  it.each<[string, unknown, number[]]>([
    ['an ArrayBuffer of another frame', elsewhere.buffer, [1, 2, 3]],
    ['a typed array of another frame', elsewhere.bytes, [1, 2, 3]],
    ['a part of a typed array of another frame', elsewhere.part, [1, 2, 3]],
    ['16-bit words of another frame', elsewhere.words, [1, 2]],
    ['a DataView of another frame', elsewhere.view, [1, 2, 3]],
    ['a view on shared memory of another frame', elsewhere.shared, [1, 1, 1]],
    ['a SharedArrayBuffer', shared, [1, 2, 3]],
    ['a view on shared memory', new Uint8Array(shared, 1), [2, 3]],
    ['a DataView on shared memory', new DataView(shared, 1, 1), [2]],
    ['a view on shared WebAssembly memory', new Uint8Array(memory.buffer, 0, 3), [1, 2, 3]],
    ['a resizable ArrayBuffer', growing, [1, 2, 3]],
    ['a view on a resizable ArrayBuffer', new Uint8Array(growing, 1), [2, 3]],
    ['a Buffer on shared memory', Buffer.from(shared), [1, 2, 3]],
  ])('are copied to ordinary memory: %s', (_what, value, expected) => {
    const chunks = encode(event('a', { value }));
    expect(chunks[0]).toBe('51-["a",{"value":{"_placeholder":true,"num":0}}]');
    const copy = chunks[1] as Uint8Array;
    expect(copy).toBeInstanceOf(Uint8Array);
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
    expect((copy.buffer as { resizable?: boolean }).resizable).not.toBe(true);
    expect([...copy]).toEqual(expected);
  });

  it('are copied to a Blob of this frame: a Blob or a File of another frame', async () => {
    // A vm context has no Blob of its own. These are no instances of the global classes any more, but have their bytes and tags.
    const copyOf = (prototype: object | null): object | null =>
      prototype && prototype !== Object.prototype
        ? Object.create(copyOf(Object.getPrototypeOf(prototype)), Object.getOwnPropertyDescriptors(prototype))
        : prototype;
    for (const blob of [new Blob(['abc']), new File(['abc'], 'a.txt')]) {
      const foreign = Object.setPrototypeOf(blob, copyOf(Object.getPrototypeOf(blob)));
      expect(foreign).not.toBeInstanceOf(Blob);
      const [head, copy] = encode(event('a', [foreign]));
      expect(head).toBe('51-["a",[{"_placeholder":true,"num":0}]]');
      expect(copy).toBeInstanceOf(Blob);
      expect(await (copy as Blob).text()).toBe('abc');
    }
  });

  it('are found in containers of another frame', () => {
    expect(encode(event('a', elsewhere.list))[0]).toBe('51-["a",[{"_placeholder":true,"num":0}]]');
    expect(encode(event('a', runInNewContext('({ a: [{ b: null }], c: new Date(0) })')))).toEqual([
      '2["a",{"a":[{"b":null}],"c":"1970-01-01T00:00:00.000Z"}]',
    ]);
  });

  it('are UNSERIALIZABLE if they are detached', () => {
    const viewed = bytes(1, 2);
    const views = [
      new Uint8Array(viewed),
      new DataView(viewed),
      new Float64Array(bytes(), 0, 0),
      Buffer.from(viewed),
    ];
    structuredClone(viewed, { transfer: [viewed] });
    for (const value of [detached(), views[0], views[1], views[3]]) {
      expect(refusal('a', 1, [value])).toMatchObject({
        code: 'UNSERIALIZABLE',
        cause: expect.any(TypeError),
      });
    }
  });

  it('are UNSERIALIZABLE if they only pretend to be bytes', () => {
    const imitations = [
      Object.create(ArrayBuffer.prototype),
      Object.create(Blob.prototype),
      new Proxy(bytes(1), {}),
      {
        slice() {},
        get [Symbol.toStringTag]() {
          return 'ArrayBuffer';
        },
        byteLength: 3,
      },
      {
        slice() {},
        get [Symbol.toStringTag]() {
          return 'File';
        },
        size: 3,
      },
    ];
    for (const value of imitations) expect(refusal('a', value).code).toBe('UNSERIALIZABLE');
  });

  it('are recognised without a tag, as blobs of React Native are', () => {
    class TaglessBlob {
      size = 2;
      slice(): TaglessBlob {
        return this;
      }
    }
    vi.stubGlobal('Blob', TaglessBlob);
    try {
      const value = new TaglessBlob();
      expect(encode(event('a', { value }))[1]).toBe(value);
      vi.stubGlobal('Blob', undefined);
      expect(encode(event('a', { value }))).toEqual(['2["a",{"value":{"size":2}}]']);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('are recognised even if their class has its own tag', () => {
    const value = Object.defineProperty(bytes(1), Symbol.toStringTag, { value: 'Tagged' });
    expect(encode(event('a', value))[1]).toBe(value);
  });

  it('are not objects with a method named slice', () => {
    expect(encode(event('a', { slice: () => 1, b: 2 }))).toEqual(['2["a",{"b":2}]']);
  });
});

describe('toJSON', () => {
  it('is called with the key of its object, which is empty for an argument, as in JSON.stringify', () => {
    const keys: unknown[] = [];
    const value = {
      toJSON(key: unknown): unknown {
        keys.push(key);
        return bytes(1);
      },
    };
    encode(event('a', value, { b: value, c: [0, value] }));
    expect(keys).toEqual(['', 'b', '1']);
  });

  it('is not called on its own result, which may contain attachments', () => {
    const inner = { file: bytes(1), toJSON: () => 'not called' };
    expect(encode(event('a', { toJSON: () => inner }))[0]).toBe(
      '51-["a",{"file":{"_placeholder":true,"num":0}}]',
    );
  });

  it('may be a data property, and is then sent', () => {
    expect(encode(event('a', { toJSON: 5, file: bytes(1) }))[0]).toBe(
      '51-["a",{"toJSON":5,"file":{"_placeholder":true,"num":0}}]',
    );
  });
});

describe('boxed primitives, sparse arrays, maps and regular expressions', () => {
  it('are sent as by JSON.stringify, with attachments beside them or not', () => {
    const sparse = [1];
    sparse[2] = 3;
    const values = [Object(1), Object('a'), Object(false), new Map([[1, 2]]), /a/, sparse, new Date(0)];
    const json = '1,"a",false,{},{},[1,null,3],"1970-01-01T00:00:00.000Z"';
    expect(encode(event('a', values))).toEqual([`2["a",[${json}]]`]);
    expect(encode(event('a', [...values, bytes(1)]))[0]).toBe(
      `51-["a",[${json},{"_placeholder":true,"num":0}]]`,
    );
  });
});

describe('a value that cannot be sent', () => {
  it('is UNSERIALIZABLE, and the error names the argument, the event and the cause', () => {
    const error = refusal('order', { fine: true }, bytes(1), { price: [1n] });
    expect(error.code).toBe('UNSERIALIZABLE');
    expect(error.message).toMatch(/argument 3 of "order" cannot be sent: .*BigInt.*accepted: JSON.*Blob/);
    expect(error.cause).toBeInstanceOf(TypeError);
    const silent = {
      toJSON: (): never => {
        throw null;
      },
    };
    expect(refusal('order', silent).message).toMatch(/cannot be sent: a getter or toJSON threw; accepted/);
  });

  it('is named by its position, which counts from 1 in an acknowledgement, too', () => {
    const packet: Packet = { type: 3, nsp: '/', data: ['fine', 1n], id: 1 };
    expect(() => encode(packet)).toThrow(/argument 2 of the acknowledgement cannot be sent/);
    expect(() => encode(packet, 'the acknowledgement of "order"')).toThrow(
      /argument 2 of the acknowledgement of "order" cannot/,
    );
  });

  it('may be the data of CONNECT', () => {
    expect(() => encode({ type: 0, nsp: '/', data: { token: 1n } })).toThrow(
      /^auth cannot be sent: .*BigInt/,
    );
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(() => encode({ type: 0, nsp: '/', data: revoked.proxy })).toThrow(HoldfastError);
  });

  it('may be circular, with attachments or without', () => {
    const loop: Record<string, unknown> = {};
    loop.self = { loop };
    expect(refusal('a', loop)).toMatchObject({
      code: 'UNSERIALIZABLE',
      message: expect.stringMatching(/circular/),
    });
    expect(refusal('a', bytes(1), [loop]).message).toMatch(/argument 2.*circular/);
    loop.file = bytes(1);
    expect(refusal('a', loop).message).toMatch(/circular/);
    const list: unknown[] = [];
    list.push(list, list);
    expect(refusal('a', list).message).toMatch(/circular/);
  });

  it('is rejected quickly, even if the circle has many paths', () => {
    const hub: Record<string, unknown> = {};
    for (let i = 0; i < 50; i++) hub[`spoke${i}`] = { hub };
    expect(refusal('a', hub).message).toMatch(/circular/);
    hub.file = bytes(1);
    expect(refusal('a', hub).message).toMatch(/circular/);
  });

  it('is not visited repeatedly if it is circular', () => {
    let reads = 0;
    const item = Object.defineProperty({}, 'read', { enumerable: true, get: () => reads++ });
    for (const length of [1, 2, 3, 7, 100]) {
      const first: Record<string, unknown> = { item };
      let last = first;
      for (let i = 1; i < length; i++) last = last.next = { item };
      last.next = first;
      reads = 0;
      expect(refusal('a', [[first]]).message).toMatch(/circular/);
      expect(reads).toBeLessThan(4 * length + 10);
    }
  });

  it('is not an object whose toJSON returns itself, or its parent in another form', () => {
    const self = { a: [{ b: 1 }], toJSON: (): unknown => self };
    expect(encode(event('a', [[self]]))).toEqual(['2["a",[[{"a":[{"b":1}]}]]]']);
    class Tree {
      children: Tree[] = [];
      constructor(readonly parent?: Tree) {
        parent?.children.push(this);
      }
      toJSON(key: string): unknown {
        return key === 'parent' ? 'above' : { parent: this.parent, children: this.children };
      }
    }
    const root = new Tree();
    new Tree(new Tree(root));
    const json = JSON.stringify(root);
    expect(json).toContain('"parent":"above"');
    expect(encode(event('a', root))).toEqual([`2["a",${json}]`]);
  });

  it('may be nested deeper than the stack, or endlessly', () => {
    const endless = (): object => ({
      get more() {
        return endless();
      },
      toJSON: undefined,
    });
    const deep = nested(200_000, 1, (value) => [value]);
    for (const value of [deep, endless(), { toJSON: endless }]) {
      expect(refusal('a', value)).toMatchObject({
        code: 'UNSERIALIZABLE',
        message: expect.stringMatching(/nested too deeply/),
      });
    }
  });

  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const hostileError = {
    get message(): never {
      throw new Error('no message');
    },
  };
  it.each<[string, unknown]>([
    ['an Error', new Error('not today')],
    ['null', null],
    ['undefined', undefined],
    ['text', 'text'],
    ['a symbol', Symbol('s')],
    ['an Error whose message is a symbol', Object.assign(new Error('a'), { message: Symbol('s') })],
    ['an object whose message throws', hostileError],
    ['a revoked Proxy', revoked.proxy],
    ['an Error that looks like an overflow of the stack', new RangeError('Maximum call stack size exceeded')],
  ])('may throw: %s', (_what, thrown) => {
    const fail = (): never => {
      throw thrown;
    };
    const values = [
      { toJSON: fail },
      Object.defineProperty({}, 'a', { get: fail, enumerable: true }),
      Object.defineProperty([0], 0, { get: fail }),
      new Proxy({}, { ownKeys: fail }),
      new Proxy({}, { get: fail }),
      new Proxy({}, { getPrototypeOf: fail, get: fail }),
      new Proxy([1], { get: fail }),
      new Proxy(bytes(1), { get: fail }),
    ];
    for (const value of values) {
      const error = refusal('a', [[value]]);
      expect(error.code).toBe('UNSERIALIZABLE');
      expect(error.message).toMatch(/argument 1 of "a" cannot be sent/);
      expect(error.cause === thrown).toBe(true);
    }
  });

  it('may be a revoked Proxy', () => {
    expect(refusal('a', revoked.proxy).code).toBe('UNSERIALIZABLE');
    expect(refusal('a', { b: revoked.proxy }).code).toBe('UNSERIALIZABLE');
  });

  it('never causes another error, even if the event name is odd', () => {
    const name = {
      toString(): never {
        throw new Error('no name');
      },
    };
    const packet = { type: 2, nsp: '/', data: [name, 1n] } as unknown as Packet;
    expect(() => encode(packet)).toThrow(HoldfastError);
    expect(() => encode({ ...packet, data: [name, bytes(1)] } as Packet, undefined, 0)).toThrow(
      HoldfastError,
    );
  });
});

describe('values nested 4,000 deep', () => {
  it.each([
    ['arrays', (value: unknown) => [value]],
    ['objects', (value: unknown) => ({ value })],
  ])('are sent: %s', (_what, wrap) => {
    const value = nested(4_000, 1, wrap);
    expect(encode(event('a', value))).toEqual([`2["a",${JSON.stringify(value)}]`]);
  });
});

describe('the limit on attachments', () => {
  const files = (count: number): EventData => ['files', ...Array<ArrayBuffer>(count).fill(bytes(1))];

  it('accepts as many as it says', () => {
    expect(encode(event(...files(10)), undefined, 10)).toHaveLength(11);
    expect(encode(event(...files(500)))).toHaveLength(501);
  });

  it('rejects more with TOO_LARGE, and names the event and the option', () => {
    expect(() => encode(event(...files(11)), undefined, 10)).toThrow(
      expect.objectContaining({
        code: 'TOO_LARGE',
        message: expect.stringMatching(
          /"files" has 11 attachments; the limit is 10 .*\(maxSentAttachments\)/,
        ),
      }),
    );
    expect(() => encode({ type: 3, nsp: '/', data: files(2), id: 1 }, undefined, 1)).toThrow(
      /^the acknowledgement has 2 attachments/,
    );
  });

  it('accepts every packet without attachments', () => {
    expect(encode(event('a', 'b', { c: [] }), undefined, 0)).toEqual(['2["a","b",{"c":[]}]']);
  });
});

it('the id is read once, after all getters have run', () => {
  const order: string[] = [];
  const value = {
    get a(): unknown {
      order.push('getter');
      return bytes(1);
    },
  };
  const packet: Packet = {
    type: 2,
    nsp: '/',
    data: ['a', value],
    get id() {
      order.push('id');
      return 7;
    },
  };
  expect(encode(packet)[0]).toBe('51-7["a",{"a":{"_placeholder":true,"num":0}}]');
  expect(order.filter((step) => step === 'id')).toHaveLength(1);
  expect(order.at(-1)).toBe('id');
});

it('getters may encode other packets during encoding', () => {
  const inner: Chunk[][] = [];
  const value = {
    get a(): unknown {
      inner.push(encode(event('inner', bytes(1), bytes(2))));
      return bytes(3);
    },
  };
  expect(encode(event('outer', bytes(0), value, bytes(4)))[0]).toBe(
    '53-["outer",{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":2}]',
  );
  expect(inner[0]).toHaveLength(3);
  expect(inner[0]?.[0]).toBe('52-["inner",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
});

describe('pages whose libraries modify built-in objects', () => {
  /** Runs `task` while the built-in objects have these properties in addition, enumerable as old libraries have them. */
  function withChanges<T>(
    changes: readonly (readonly [target: object, name: string, value: unknown])[],
    task: () => T,
  ): T {
    const undo = changes.map(([target, name, value]) => {
      const before = Object.getOwnPropertyDescriptor(target, name);
      Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
      return () =>
        before ? Object.defineProperty(target, name, before) : Reflect.deleteProperty(target, name);
    });
    try {
      return task();
    } finally {
      for (const step of undo.reverse()) step();
    }
  }

  const broken = (): never => {
    throw new Error('replaced');
  };
  const stringify = JSON.stringify;
  /** As old versions of Prototype.js have it: JSON.stringify then encodes twice. */
  function toText(this: object): string {
    return Array.isArray(this) ? '["replaced"]' : '{"replaced":1}';
  }
  const values: EventData = [
    'a',
    1,
    'b',
    { c: [1, { d: 'e' }] },
    [2],
    new Uint8Array([1]),
    { f: [new Uint8Array([2])] },
  ];
  const plain: EventData = ['a', 1, 'b', { c: { d: 'e' } }];
  const official = new (officialParser().Encoder)();

  it('are supported: Array.from, entries, Object.keys, bind and methods of strings are replaced', () => {
    const changes = [
      [Array, 'from', broken],
      [Array.prototype, 'entries', broken],
      [Array.prototype, 'each', broken],
      [Array.prototype, 'reduce', broken],
      [Array.prototype, 'map', broken],
      [Object, 'keys', broken],
      [Object, 'entries', broken],
      [Function.prototype, 'bind', broken],
      [String.prototype, 'split', broken],
      [String.prototype, 'startsWith', broken],
      [String.prototype, 'toJSON', broken],
      [Object.prototype, 'extended', { of: [] }],
    ] as const;
    const expected = encode(event(...values));
    expect(withChanges(changes, () => encode(event(...values)))).toEqual(expected);
  });

  it('send what the official client sends: Array.prototype.toJSON', () => {
    const changes = [[Array.prototype, 'toJSON', toText]] as const;
    const ours = withChanges(changes, () => encode(event(...values)));
    // Its list of arguments is replaced, too, so that servers close the connection.
    const theirs = withChanges(changes, () => values.slice(3, 5).map((value) => stringify(value)));
    expect(ours[0]).toBe(`52-["a",1,"b",${theirs},{"_placeholder":true,"num":0},{"f":"[\\"replaced\\"]"}]`);
    const text = withChanges(changes, () => [
      encode(event(...plain)),
      official.encode({ type: 2, nsp: '/', data: plain }),
    ]);
    expect(text).toEqual([['2["a",1,"b",{"c":{"d":"e"}}]'], ['2"[\\"replaced\\"]"']]);
  });

  it('send their attachments: Object.prototype.toJSON', () => {
    const changes = [[Object.prototype, 'toJSON', toText]] as const;
    const chunks = withChanges(changes, () => encode(event('a', { b: 1 }, new Uint8Array([1]))));
    expect(chunks).toEqual([
      '51-["a","{\\"replaced\\":1}",{"_placeholder":true,"num":0}]',
      new Uint8Array([1]),
    ]);
  });
});

describe('the size of a chunk', () => {
  it('is its length in bytes, or in UTF-16 units of text', () => {
    expect(sizeOf('aé😀')).toBe(4);
    expect(sizeOf(new ArrayBuffer(5))).toBe(5);
    expect(sizeOf(new Uint16Array(3))).toBe(6);
    expect(sizeOf(Object.assign(new Uint8Array(3), { size: 9 }))).toBe(3);
    expect(sizeOf(new Blob(['abc']))).toBe(3);
    expect(weigh(['ab', new Uint8Array(3), new Blob(['a'])])).toBe(6);
  });
});

it('the encoder never writes to the arguments', () => {
  const freeze = (value: unknown): unknown => {
    if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
      for (const item of Object.values(value)) freeze(item);
      Object.freeze(value);
    }
    return value;
  };
  const make = (): EventData => ['a', { b: [new Uint8Array([1]), { c: new Uint8Array([2]), d: 'x' }] }, [[]]];
  const data = freeze(make()) as EventData;
  expect(encode({ type: 2, nsp: '/', data })).toHaveLength(3);
  expect(data).toEqual(make());
});
