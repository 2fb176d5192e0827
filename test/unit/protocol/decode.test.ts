import { describe, expect, it } from 'vitest';
import { Decoder } from '../../../src/protocol/decode.js';
import { type Packet, ProtocolError } from '../../../src/protocol/packet.js';

const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;

/** The packet of these chunks, from one decoder; only the last chunk may complete it. */
function decode(...chunks: unknown[]): Packet | undefined {
  const decoder = new Decoder(10_000);
  const last = chunks.pop();
  for (const chunk of chunks) expect(decoder.add(chunk)).toBeUndefined();
  return decoder.add(last);
}

describe('a packet of text', () => {
  const examples: readonly (readonly [string, Packet])[] = [
    ['0{"sid":"abc"}', { type: 0, nsp: '/', data: { sid: 'abc' } }],
    ['0{"sid":"abc","pid":"def"}', { type: 0, nsp: '/', data: { sid: 'abc', pid: 'def' } }],
    ['0/admin,{"sid":"abc"}', { type: 0, nsp: '/admin', data: { sid: 'abc' } }],
    ['0', { type: 0, nsp: '/', data: undefined }],
    ['0/admin,', { type: 0, nsp: '/admin', data: undefined }],
    ['0/admin', { type: 0, nsp: '/admin', data: undefined }],
    ['0/admin?token=ab,', { type: 0, nsp: '/admin?token=ab', data: undefined }],
    ['1', { type: 1, nsp: '/' }],
    ['1/admin,', { type: 1, nsp: '/admin' }],
    ['1/admin', { type: 1, nsp: '/admin' }],
    ['2["name",1,"a"]', { type: 2, nsp: '/', data: ['name', 1, 'a'], id: undefined }],
    ['212["name"]', { type: 2, nsp: '/', data: ['name'], id: 12 }],
    ['20["name"]', { type: 2, nsp: '/', data: ['name'], id: 0 }],
    [
      '2[7,"numbers may name events"]',
      { type: 2, nsp: '/', data: [7, 'numbers may name events'], id: undefined },
    ],
    ['2/a-b,3["name",","]', { type: 2, nsp: '/a-b', data: ['name', ','], id: 3 }],
    ['312[1,2]', { type: 3, nsp: '/', data: [1, 2], id: 12 }],
    ['3/admin,0[]', { type: 3, nsp: '/admin', data: [], id: 0 }],
    ['4{"message":"no"}', { type: 4, nsp: '/', data: { message: 'no', data: undefined } }],
    ['4/admin,{"message":"no","data":[7]}', { type: 4, nsp: '/admin', data: { message: 'no', data: [7] } }],
  ];

  it.each(examples)('%s', (text, packet) => {
    expect(decode(text)).toEqual(packet);
  });
});

describe('harmless differences between servers', () => {
  it('reads an ACK without a payload as one without arguments', () => {
    expect(decode('312')).toEqual({ type: 3, nsp: '/', data: [], id: 12 });
    expect(decode('3/admin,12')).toEqual({ type: 3, nsp: '/admin', data: [], id: 12 });
  });

  it('gives a CONNECT_ERROR without a payload a message', () => {
    expect(decode('4')).toEqual({ type: 4, nsp: '/', data: { message: expect.stringMatching(/./) } });
    expect(decode('4/admin,')).toEqual({
      type: 4,
      nsp: '/admin',
      data: { message: expect.stringMatching(/./) },
    });
  });

  it('reads a CONNECT_ERROR that is a bare string as its message', () => {
    expect(decode('4"Invalid namespace"')).toEqual({
      type: 4,
      nsp: '/',
      data: { message: 'Invalid namespace' },
    });
    expect(decode('4/x,"Unable to connect"')).toMatchObject({ data: { message: 'Unable to connect' } });
  });

  it.each(['4{}', '4{"message":5}', '4{"data":1}', '4[]', '4null', '4[1,2]', '4true'])(
    'gives a CONNECT_ERROR of the shape %s a message',
    (text) => {
      expect(decode(text)).toMatchObject({ type: 4, data: { message: expect.any(String) } });
    },
  );

  it.each([
    ['objects that turn into no string', '4[{"toString":1}]'],
    ['an object whose methods are null', '4[{"toString":null,"valueOf":null}]'],
    ['a list deeper than the stack', `4${'['.repeat(50_000)}${']'.repeat(50_000)}`],
  ])(
    'reads a CONNECT_ERROR without a usable message, or rejects it with a ProtocolError: %s',
    (_what, text) => {
      try {
        expect(decode(text)).toMatchObject({ type: 4, data: { message: expect.any(String) } });
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    },
  );
});

describe('attachments', () => {
  it('complete a BINARY_EVENT, which becomes an EVENT', () => {
    const file = bytes(1, 2);
    expect(decode('51-["file",{"_placeholder":true,"num":0}]', file)).toEqual({
      type: 2,
      nsp: '/',
      data: ['file', file],
      id: undefined,
    });
  });

  it('complete a BINARY_ACK, which becomes an ACK', () => {
    const file = bytes(1);
    const packet = decode('61-/admin,12[{"_placeholder":true,"num":0}]', file);
    expect(packet).toEqual({ type: 3, nsp: '/admin', data: [file], id: 12 });
  });

  it.each([
    ['an ArrayBuffer', bytes(1)],
    ['a Buffer', Buffer.from('a')],
    ['a Uint8Array', new Uint8Array([1])],
    ['a Blob', new Blob(['a'])],
  ])('may arrive as %s, and are passed on unchanged', (_kind, value) => {
    const packet = decode('51-["a",{"_placeholder":true,"num":0}]', value);
    expect((packet as { data: unknown[] }).data[1]).toBe(value);
  });

  it('are restored at any depth, by their numbers', () => {
    const [first, second] = [bytes(1), bytes(2)];
    const packet = decode(
      '52-["a",[{"x":{"_placeholder":true,"num":1}}],{"y":{"_placeholder":true,"num":0}}]',
      first,
      second,
    );
    expect(packet).toMatchObject({ data: ['a', [{ x: second }], { y: first }] });
    const [, [inner], outer] = (packet as unknown as { data: [string, [{ x: unknown }], { y: unknown }] })
      .data;
    expect(inner.x).toBe(second);
    expect(outer.y).toBe(first);
  });

  it('are restored below keys named __proto__ and constructor, and change no prototype', () => {
    const file = bytes(1);
    const packet = decode('51-["a",{"__proto__":{"f":{"_placeholder":true,"num":0}},"constructor":1}]', file);
    const [, value] = (packet as unknown as { data: [string, Record<string, unknown>] }).data;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
    expect(Object.getOwnPropertyDescriptor(value, '__proto__')?.value).toEqual({ f: file });
    expect(value.f).toBeUndefined();
    expect(Object.hasOwn(value, 'constructor')).toBe(true);
    expect({}).not.toHaveProperty('f');
  });

  it('are not expected by a text EVENT that contains a placeholder', () => {
    expect(decode('2["a",{"_placeholder":true,"num":0}]')).toMatchObject({
      data: ['a', { _placeholder: true, num: 0 }],
    });
  });

  it('do not replace objects that only resemble a placeholder', () => {
    const packet = decode('51-["a",{"_placeholder":1,"num":0},{"_placeholder":true,"num":0}]', bytes(1));
    expect(packet).toMatchObject({ data: ['a', { _placeholder: 1, num: 0 }, bytes(1)] });
  });
});

describe('keys that could pollute prototypes', () => {
  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'remain ordinary keys: %s',
    (key) => {
      const packet = decode(`2["a",{"${key}":{"polluted":true}}]`);
      const [, value] = (packet as unknown as { data: [string, object] }).data;
      expect(Object.hasOwn(value, key)).toBe(true);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect({}).not.toHaveProperty('polluted');
    },
  );

  it('do no harm in CONNECT', () => {
    const packet = decode('0{"__proto__":{"sid":"forged"}}');
    expect((packet as unknown as { data: { sid?: string } }).data.sid).toBeUndefined();
  });
});

const placeholder = (num: unknown): string => `{"_placeholder":true,"num":${JSON.stringify(num)}}`;

describe('input that the protocol does not allow', () => {
  const wrong: readonly (readonly [string, readonly unknown[]])[] = [
    ['nothing', ['']],
    ['no type', ['["a"]']],
    ['a type beyond 6', ['7["a"]']],
    ['a type beyond 6, with attachments', ['71-["a",{"_placeholder":true,"num":0}]']],
    ['an EVENT with a count of attachments', ['21-["a"]']],
    ['a type that is a letter', ['a']],
    ['a type that is a minus', ['-1["a"]']],
    ['a chunk that is neither text nor binary', [{ type: 2 }]],
    ['null', [null]],
    ['undefined', [undefined]],
    ['a number', [2]],
    ['an attachment before any packet', [bytes(1)]],
    ['an EVENT without a payload', ['2']],
    ['an EVENT that is no array', ['2{"a":1}']],
    ['an EVENT without a name', ['2[]']],
    ['an EVENT whose name is an object', ['2[{}]']],
    ['an EVENT whose name is null', ['2[null]']],
    ['an EVENT whose name is true', ['2[true]']],
    ['an EVENT named connect', ['2["connect"]']],
    ['an EVENT named connect_error', ['2["connect_error",{}]']],
    ['an EVENT named disconnect', ['2["disconnect"]']],
    ['an EVENT named disconnecting', ['2["disconnecting"]']],
    ['an EVENT named newListener', ['2["newListener"]']],
    ['an EVENT named removeListener', ['2["removeListener"]']],
    ['an EVENT whose JSON is cut', ['2["a"']],
    ['an EVENT with something behind its JSON', ['2["a"]x']],
    ['an EVENT with a negative id', ['2-1["a"]']],
    ['an EVENT with an id beyond all numbers', ['299999999999999999999["a"]']],
    ['an EVENT whose namespace lacks its comma', ['2/admin["a"]']],
    ['an ACK without an id that is no array', ['3{"a":1}']],
    ['an ACK that is no array', ['31{"a":1}']],
    ['an ACK that is null', ['31null']],
    ['an ACK with an id beyond all numbers', ['399999999999999999999[1]']],
    ['a CONNECT that is an array', ['0[]']],
    ['a CONNECT that is a string', ['0"sid"']],
    ['a CONNECT that is null', ['0null']],
    ['a DISCONNECT with a payload', ['1{}']],
    ['a DISCONNECT with null', ['1null']],
    ['a CONNECT_ERROR that is no JSON', ['4{"message']],
    ['a BINARY_EVENT without a count', ['5["a"]']],
    ['a BINARY_EVENT without a count, but with its dash', ['5-["a"]']],
    ['a BINARY_EVENT without its dash', ['51["a"]']],
    ['a BINARY_EVENT with a negative count', ['5-1-["a"]']],
    ['a BINARY_EVENT with a broken count', ['51.5-["a"]']],
    ['a BINARY_EVENT with a count beyond all numbers', [`5${'9'.repeat(400)}-["a"]`]],
    ['a BINARY_EVENT of no attachments, with a placeholder', [`50-["a",${placeholder(0)}]`]],
    ['text where an attachment is due', [`51-["a",${placeholder(0)}]`, '2["b"]']],
    ['something strange where an attachment is due', [`51-["a",${placeholder(0)}]`, 5]],
    ['one attachment too many', [`51-["a",${placeholder(0)}]`, bytes(1), bytes(2)]],
    ['a placeholder beyond the attachments', [`51-["a",${placeholder(1)}]`, bytes(1)]],
    ['a placeholder below 0', [`51-["a",${placeholder(-1)}]`, bytes(1)]],
    [
      'a placeholder between two attachments',
      [`52-["a",${placeholder(0)},${placeholder(0.5)}]`, bytes(1), bytes(2)],
    ],
    ['a placeholder whose number is text', [`51-["a",${placeholder('0')}]`, bytes(1)]],
    ['a placeholder whose number is a property', [`51-["a",${placeholder('length')}]`, bytes(1)]],
    ['a placeholder whose number is null', [`51-["a",${placeholder(null)}]`, bytes(1)]],
    ['a placeholder whose number is a list', [`51-["a",${placeholder([0])}]`, bytes(1)]],
    ['a placeholder without a number', ['51-["a",{"_placeholder":true}]', bytes(1)]],
    ['a placeholder in place of the arguments', [`51-${placeholder(0)}`, bytes(1)]],
    ['a placeholder in place of the name', [`51-[${placeholder(0)}]`, bytes(1)]],
    ['attachments for JSON that is cut', ['51-["a",', bytes(1)]],
    ['attachments for no JSON', ['51-', bytes(1)]],
    [
      'JSON nested deeper than the stack, with an attachment',
      [`51-${'['.repeat(100_000)}${']'.repeat(100_000)}`, bytes(1)],
    ],
  ];

  it.each(wrong)('causes a ProtocolError, after which the decoder continues: %s', (_what, chunks) => {
    const decoder = new Decoder(10_000);
    expect(() => {
      for (const chunk of chunks) decoder.add(chunk);
    }).toThrow(ProtocolError);
    expect(decoder.add('2["next"]')).toMatchObject({ data: ['next'] });
    expect(decoder.add('51-["b",{"_placeholder":true,"num":0}]')).toBeUndefined();
    expect(decoder.add(bytes(1))).toMatchObject({ data: ['b', bytes(1)] });
  });
});

describe('an acknowledgement without an id', () => {
  it('gets an unused id', () => {
    expect(new Decoder(1).add('3[1]')).toEqual({ type: 3, nsp: '/', data: [1], id: -1 });
    expect(new Decoder(1).add('3/admin,')).toEqual({ type: 3, nsp: '/admin', data: [], id: -1 });
  });

  it('gets an unused id with attachments, too', () => {
    const decoder = new Decoder(1);
    expect(decoder.add('61-[{"_placeholder":true,"num":0}]')).toBeUndefined();
    expect(decoder.add(bytes(1))).toEqual({ type: 3, nsp: '/', data: [bytes(1)], id: -1 });
  });
});

describe('the limit on attachments', () => {
  it('accepts exactly that many', () => {
    const decoder = new Decoder(2);
    expect(
      decoder.add('52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'),
    ).toBeUndefined();
    decoder.add(bytes(1));
    expect(decoder.add(bytes(2))).toMatchObject({ data: ['a', bytes(1), bytes(2)] });
    expect(() => decoder.add('53-["a"]')).toThrow(/3 attachments.*2/);
  });

  it('is far above the ten of the official client', () => {
    const decoder = new Decoder(10_000);
    const placeholders = Array.from({ length: 500 }, (_, num) => ({ _placeholder: true, num }));
    decoder.add(`5500-${JSON.stringify(['a', ...placeholders])}`);
    for (let i = 0; i < 499; i++) expect(decoder.add(bytes(i & 255))).toBeUndefined();
    expect(decoder.add(bytes(0))).toMatchObject({ type: 2 });
  });
});

describe('the limit on bytes', () => {
  const head = '52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';

  it('applies to a packet with its attachments, and restarts with each packet', () => {
    const decoder = new Decoder(10, head.length + 5);
    for (let i = 0; i < 3; i++) {
      decoder.add(head);
      decoder.add(bytes(1, 2));
      expect(decoder.add(bytes(3, 4, 5))).toMatchObject({ data: ['a', bytes(1, 2), bytes(3, 4, 5)] });
    }
    decoder.add(head);
    decoder.add(bytes(1, 2, 3));
    expect(() => decoder.add(bytes(4, 5, 6))).toThrow(/more than \d+ bytes \(maxReceivedBytes\)/);
    expect(decoder.add('2["b"]')).toMatchObject({ data: ['b'] });
  });

  it('applies to text alone, and to a Blob', () => {
    const decoder = new Decoder(10, 50);
    expect(decoder.add(`2["${'x'.repeat(45)}"]`)).toMatchObject({ type: 2 });
    expect(() => decoder.add(`2["${'x'.repeat(46)}"]`)).toThrow(ProtocolError);
    decoder.add('51-["a",{"_placeholder":true,"num":0}]');
    expect(() => decoder.add(new Blob(['x'.repeat(20)]))).toThrow(ProtocolError);
  });
});

it('forgets a half-received packet on reset', () => {
  const decoder = new Decoder(10);
  decoder.add('51-["a",{"_placeholder":true,"num":0}]');
  decoder.reset();
  expect(decoder.add('2["b"]')).toMatchObject({ data: ['b'] });
  expect(() => decoder.add(bytes(1))).toThrow(ProtocolError);
});

it.each<[string, unknown[], unknown[]]>([
  ['used twice', [`51-["a",${placeholder(0)},${placeholder(0)}]`, bytes(1)], ['a', bytes(1), bytes(1)]],
  // The official server sends one for a member called `__proto__`.
  ['without a placeholder', ['51-["a"]', bytes(1)], ['a']],
  ['beside one with a placeholder', [`52-["a",${placeholder(0)}]`, bytes(1), bytes(2)], ['a', bytes(1)]],
])('takes an attachment %s', (_what, chunks, data) => {
  const decoder = new Decoder(10_000);
  expect(chunks.map((chunk) => decoder.add(chunk)).at(-1)).toMatchObject({ data });
});
