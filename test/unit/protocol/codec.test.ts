import * as msgpack from 'socket.io-msgpack-parser';
import { describe, expect, it, vi } from 'vitest';
import { adaptParser, type Codec, type CustomParser, createCodec } from '../../../src/protocol/codec.js';
import { type Packet, ProtocolError } from '../../../src/protocol/packet.js';
import { officialParser } from '../../support/official-parser.js';

const parsers: readonly (readonly [string, () => Codec])[] = [
  [
    'the built-in codec',
    () => createCodec({ maxAttachments: 10, maxReceivedBytes: 1_000_000, maxSentAttachments: 10 }),
  ],
  ['socket.io-parser', () => adaptParser(officialParser() as unknown as CustomParser)],
  ['socket.io-msgpack-parser', () => adaptParser(msgpack as unknown as CustomParser)],
];

describe.each(parsers)('%s', (_name, make) => {
  const packets: readonly Packet[] = [
    { type: 0, nsp: '/', data: { sid: 'abc' } },
    { type: 0, nsp: '/admin', data: undefined },
    { type: 1, nsp: '/admin' },
    { type: 2, nsp: '/', data: ['a', 1, { b: [null, 'c'] }], id: undefined },
    { type: 2, nsp: '/admin', data: ['a'], id: 7 },
    { type: 3, nsp: '/', data: ['a'], id: 0 },
    { type: 4, nsp: '/', data: { message: 'no', data: { b: 1 } } },
  ];

  it.each(packets)('carries $type of $nsp', (packet) => {
    const codec = make();
    const got: Packet[] = [];
    for (const chunk of codec.encode(packet)) codec.decode(chunk, (one) => got.push(one));
    expect(got).toEqual([packet]);
  });

  it('carries binary', () => {
    const codec = make();
    const got: Packet[] = [];
    const chunks = codec.encode({ type: 2, nsp: '/', data: ['a', { b: Buffer.from('xyz') }] });
    for (const chunk of chunks) codec.decode(chunk, (one) => got.push(one));
    expect(got).toHaveLength(1);
    const [, { b }] = (got[0] as unknown as { data: [string, { b: Uint8Array }] }).data;
    expect(Buffer.from(b).toString()).toBe('xyz');
  });

  it('throws if it cannot read a chunk', () => {
    const codec = make();
    const deliver = vi.fn();
    expect(() => codec.decode('nonsense', deliver)).toThrow();
    expect(() => codec.decode(new ArrayBuffer(0), deliver)).toThrow();
    expect(deliver).not.toHaveBeenCalled();
  });

  it('throws UNSERIALIZABLE for an argument that it cannot write, and names it', () => {
    const codec = make();
    const fail = (): never => {
      throw null;
    };
    const bad = Object.defineProperty({}, 'a', { enumerable: true, get: fail });
    const packet: Packet = { type: 2, nsp: '/', data: ['save', 'fine', [bad]], id: 1 };
    expect(() => codec.encode(packet)).toThrow(
      expect.objectContaining({
        code: 'UNSERIALIZABLE',
        message: expect.stringMatching(/^argument 2 of "save" cannot be sent/),
      }),
    );
    expect(() =>
      codec.encode({ type: 3, nsp: '/', data: [[bad]], id: 1 }, 'the acknowledgement of "save"'),
    ).toThrow(/^argument 1 of the acknowledgement of "save" cannot be sent/);
    expect(() => codec.encode({ type: 0, nsp: '/', data: { bad } })).toThrow(/^auth cannot be sent/);
    expect(codec.encode({ type: 2, nsp: '/', data: ['next'] })).toHaveLength(1);
  });

  it('starts again after a reset', () => {
    const codec = make();
    const [head = ''] = codec.encode({ type: 2, nsp: '/', data: ['a', new ArrayBuffer(1)] });
    const got: Packet[] = [];
    // With a parser that knows no attachments, this is a whole packet.
    codec.decode(head, () => {});
    codec.reset();
    for (const chunk of codec.encode({ type: 2, nsp: '/', data: ['b'] }))
      codec.decode(chunk, (one) => got.push(one));
    expect(got).toMatchObject([{ data: ['b'] }]);
  });
});

it('sends at most maxSentAttachments attachments in one packet', () => {
  const codec = createCodec({ maxAttachments: 1, maxReceivedBytes: 100, maxSentAttachments: 2 });
  const file = new ArrayBuffer(1);
  expect(codec.encode({ type: 2, nsp: '/', data: ['a', file, file] })).toHaveLength(3);
  expect(() => codec.encode({ type: 2, nsp: '/', data: ['a', file, file, file] })).toThrow(
    expect.objectContaining({ code: 'TOO_LARGE' }),
  );
  expect(() => codec.decode('52-["a"]', vi.fn())).toThrow(/the limit is 1 /);
  expect(() => codec.decode(`2["${'x'.repeat(100)}"]`, vi.fn())).toThrow(/more than 100 bytes/);
});

it('delivers a packet before it reads the next chunk', () => {
  const codec = createCodec({ maxAttachments: 10, maxReceivedBytes: 1_000_000, maxSentAttachments: 10 });
  const order: string[] = [];
  codec.decode('2["a"]', () => order.push('packet'));
  order.push('returned');
  expect(order).toEqual(['packet', 'returned']);
});

describe('a custom parser', () => {
  /** A parser whose decoder reports whatever it is given. */
  class Frank {
    Encoder = class {
      encode(packet: never): unknown[] {
        return [packet];
      }
    };
    Decoder = class {
      private listener: (packet: never) => void = () => {};
      on(_event: 'decoded', listener: (packet: never) => void): void {
        this.listener = listener;
      }
      add(chunk: never): void {
        this.listener(chunk);
      }
    };
  }

  it.each([
    null,
    5,
    'packet',
    [],
    {},
    { type: 9, nsp: '/' },
    { type: 2, nsp: '/', data: { 0: 'a' } },
    { type: 2, nsp: '/', data: ['connect'] },
    { type: 2, nsp: 7, data: ['a'] },
    { type: 2, nsp: '/', data: ['a'], id: '1' },
    { type: 2, nsp: '/', data: ['a'], id: 1.5 },
    { type: 3, nsp: '/', data: ['a'], id: '1' },
    { type: 3, nsp: '/', data: ['a'], id: null },
    { type: 3, nsp: '/', data: 'a' },
    { type: 0, nsp: '/', data: [] },
  ])('is not trusted: %j', (packet) => {
    const codec = adaptParser(new Frank());
    const deliver = vi.fn();
    expect(() => codec.decode(packet, deliver)).toThrow(ProtocolError);
    expect(deliver).not.toHaveBeenCalled();
    codec.decode({ type: 5, nsp: '/', data: ['a'], id: 3 }, deliver);
    expect(deliver).toHaveBeenCalledWith({ type: 2, nsp: '/', data: ['a'], id: 3 });
  });

  it('may deliver an ACK without an id, which gets an unused one', () => {
    const deliver = vi.fn();
    adaptParser(new Frank()).decode({ type: 3, nsp: '/', data: ['a'] }, deliver);
    expect(deliver).toHaveBeenCalledWith({ type: 3, nsp: '/', data: ['a'], id: -1 });
  });

  it('may have a method destroy, which reset calls', () => {
    adaptParser(new Frank()).reset();
    const destroy = vi.fn();
    const frank = new Frank();
    class Destroyable extends frank.Decoder {
      destroy = destroy;
    }
    adaptParser({ Encoder: frank.Encoder, Decoder: Destroyable }).reset();
    expect(destroy).toHaveBeenCalledOnce();
  });
});
