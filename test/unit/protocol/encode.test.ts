import { describe, expect, it } from 'vitest';
import { encode } from '../../../src/protocol/encode.js';
import type { EventData, Packet } from '../../../src/protocol/packet.js';

const event = (...data: EventData): Packet => ({ type: 2, nsp: '/', data });
const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;
const placeholder = (num: number): object => ({ _placeholder: true, num });

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

  it('has null for what JSON does not know inside the arguments, as the official client sends it', () => {
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

  it('stand before the namespace and the id', () => {
    const [head] = encode({ type: 2, nsp: '/admin', data: ['a', bytes(1), bytes(2)], id: 7 });
    expect(head).toBe('52-/admin,7["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
  });

  const kinds: readonly (readonly [string, () => unknown])[] = [
    ['an ArrayBuffer', () => bytes(1, 2)],
    ['a SharedArrayBuffer view', () => new Uint8Array(new SharedArrayBuffer(2))],
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
    it('is taken out whole, at the top', () => {
      const value = make();
      const chunks = encode(event('a', value));
      expect(chunks[0]).toBe('51-["a",{"_placeholder":true,"num":0}]');
      expect(chunks[1]).toBe(value);
      expect(chunks).toHaveLength(2);
    });

    it('is taken out at any depth', () => {
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

  it('that occur twice are sent twice, for a placeholder may be used once', () => {
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

  it('may be themselves what toJSON returns', () => {
    const file = bytes(1);
    expect(encode(event('a', { toJSON: () => file }))).toEqual([
      '51-["a",{"_placeholder":true,"num":0}]',
      file,
    ]);
  });

  it('that toJSON hides are not sent', () => {
    expect(encode(event('a', { file: bytes(1), toJSON: () => 'no file' }))).toEqual(['2["a","no file"]']);
  });

  it('leave dates beside them as they are', () => {
    const [head] = encode(event('a', new Date(0), bytes(1)));
    expect(head).toBe('51-["a","1970-01-01T00:00:00.000Z",{"_placeholder":true,"num":0}]');
  });

  it('are found in values that are nested deeper than anybody looks', () => {
    const file = bytes(1);
    let value: unknown = file;
    for (let i = 0; i < 1_500; i++) value = [value];
    const chunks = encode(event('a', value));
    expect(chunks[0]).toMatch(/^51-/);
    expect(chunks[1]).toBe(file);
  });

  it('below a key named __proto__ are found, and the key is kept', () => {
    const value = JSON.parse('{"__proto__":{"file":0}}');
    const inner = Object.getOwnPropertyDescriptor(value, '__proto__')?.value;
    inner.file = bytes(1);
    const [head] = encode(event('a', value));
    expect(head).toBe('51-["a",{"__proto__":{"file":{"_placeholder":true,"num":0}}}]');
    expect({}).not.toHaveProperty('file');
  });
});

describe('what cannot be serialised', () => {
  it('is an error: BigInt', () => {
    expect(() => encode(event('a', 1n))).toThrow(TypeError);
    expect(() => encode(event('a', bytes(1), { b: [1n] }))).toThrow(TypeError);
  });

  it('is an error: a circular value, with attachments or without', () => {
    const loop: Record<string, unknown> = {};
    loop.self = { loop };
    expect(() => encode(event('a', loop))).toThrow(/circular/i);
    expect(() => encode(event('a', bytes(1), loop))).toThrow(/circular/i);
    loop.file = bytes(1);
    expect(() => encode(event('a', loop))).toThrow(/circular/i);
  });

  it('is an error: what holds attachments deeper than 2,000 levels', () => {
    let value: unknown = bytes(1);
    for (let i = 0; i < 2_100; i++) value = { value };
    expect(() => encode(event('a', value))).toThrow(TypeError);
  });

  it('is an error in no time, even if the circle has many ways', () => {
    const hub: Record<string, unknown> = {};
    for (let i = 0; i < 50; i++) hub[`spoke${i}`] = { hub };
    expect(() => encode(event('a', hub))).toThrow(/circular/i);
  });

  it('is an error: what is nested deeper than the stack', () => {
    let value: unknown = [];
    for (let i = 0; i < 200_000; i++) value = [value];
    expect(() => encode(event('a', value))).toThrow(/nested too deeply/);
  });

  it('is an error: what toJSON or a getter throws', () => {
    const broken = {
      toJSON() {
        throw new Error('not today');
      },
    };
    expect(() => encode(event('a', broken))).toThrow('not today');
    const getter = {
      get a() {
        throw new Error('nor tomorrow');
      },
    };
    expect(() => encode(event('a', getter))).toThrow('nor tomorrow');
  });
});

it('never writes to the arguments', () => {
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
