import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { Decoder } from '../../../src/protocol/decode.js';
import { encode } from '../../../src/protocol/encode.js';
import { type Packet, ProtocolError, RESERVED_EVENTS } from '../../../src/protocol/packet.js';
import { officialParser } from '../../support/official-parser.js';

// Many runs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const official = officialParser();

/** In the engine's form: text unchanged, binary as ArrayBuffer in a browser, or as Buffer in Node. */
const binary = fc
  .uint8Array({ maxLength: 20 })
  .chain((view) => fc.constantFrom<ArrayBuffer | Buffer>(Uint8Array.from(view).buffer, Buffer.from(view)));

const key = fc.oneof(
  { weight: 5, arbitrary: fc.string({ maxLength: 5 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('__proto__', 'constructor', 'toJSON', 'num', 'length', 'prototype'),
  },
);

/** An object whose keys are all own ones, including `__proto__`. */
const objectOf = (value: fc.Arbitrary<unknown>): fc.Arbitrary<object> =>
  fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 4 }).map((entries) => {
    const made = {};
    for (const [name, item] of entries) {
      Object.defineProperty(made, name, {
        value: item,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return made;
  });

const scalar = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
  fc.boolean(),
  fc.constant(null),
);

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    binary,
    fc.array(tie('value'), { maxLength: 4 }),
    objectOf(tie('value')),
  ),
}));

const json = fc.jsonValue().map((item) => JSON.parse(JSON.stringify(item)) as unknown);
const name = fc.string().filter((text) => !RESERVED_EVENTS.has(text));
const nsp = fc.oneof(
  fc.constant('/'),
  fc.string().map((text) => `/${text.replace(/,/g, '')}`),
);
const id = fc.maxSafeNat();

const packet: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({ type: fc.constant(0 as const), nsp, data: fc.option(objectOf(json), { nil: undefined }) }),
  fc.record({ type: fc.constant(1 as const), nsp }),
  fc.record({
    type: fc.constant(2 as const),
    nsp,
    data: fc
      .tuple(fc.oneof(name, fc.integer()), fc.array(value))
      .map(([first, rest]) => [first, ...rest] as const),
    id: fc.option(id, { nil: undefined }),
  }) as fc.Arbitrary<Packet>,
  fc.record({ type: fc.constant(3 as const), nsp, data: fc.array(value), id }),
  fc.record({
    type: fc.constant(4 as const),
    nsp,
    data: fc.record({ message: fc.string(), data: fc.option(json, { nil: undefined }) }),
  }),
) as fc.Arbitrary<Packet>;

/** The packet in a normal form: bytes instead of their containers, -0 as 0. */
function canonical(item: unknown): unknown {
  if (Object.is(item, -0)) return 0;
  if (item instanceof ArrayBuffer) return `bytes ${Buffer.from(item).toString('hex')}`;
  if (ArrayBuffer.isView(item))
    return `bytes ${Buffer.from(item.buffer, item.byteOffset, item.byteLength).toString('hex')}`;
  if (Array.isArray(item)) return item.map(canonical);
  if (typeof item !== 'object' || item === null) return item;
  return Object.entries(item)
    .filter(([, inner]) => inner !== undefined)
    .map(([name, inner]) => [name, canonical(inner)])
    .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1));
}

function ours(chunks: readonly unknown[]): Packet[] {
  const decoder = new Decoder(10_000);
  return chunks.flatMap((chunk) => decoder.add(chunk) ?? []);
}

/** `__proto__` as a key is lost on the official parser's way through plain assignments. */
const hasProtoKey = (item: unknown): boolean =>
  typeof item === 'object' &&
  item !== null &&
  !ArrayBuffer.isView(item) &&
  (Object.hasOwn(item, '__proto__') || Object.values(item).some(hasProtoKey));

describe('a packet arrives as it was sent', () => {
  it('from our encoder to our decoder, in one piece', () => {
    fc.assert(
      fc.property(packet, (sent) => {
        const got = ours(encode(sent));
        expect(got.map(canonical)).toEqual([canonical(sent)]);
      }),
      { numRuns: 400 },
    );
  });

  it('from our encoder to the official decoder', () => {
    fc.assert(
      fc.property(packet, (sent) => {
        fc.pre(!hasProtoKey(sent));
        const decoder = new official.Decoder({ maxAttachments: 10_000 });
        const got: unknown[] = [];
        decoder.on('decoded', (one) => got.push(one));
        for (const chunk of encode(sent)) decoder.add(chunk);
        expect(got.map(canonical)).toEqual([canonical(sent)]);
      }),
      { numRuns: 400 },
    );
  });

  it('from the official encoder to our decoder', () => {
    fc.assert(
      fc.property(packet, (sent) => {
        fc.pre(!hasProtoKey(sent));
        // It writes into the packet, so it gets one of its own.
        const chunks = new official.Encoder().encode({ ...sent } as never);
        expect(ours(chunks).map(canonical)).toEqual([canonical(sent)]);
      }),
      { numRuns: 400 },
    );
  });

  it('byte for byte as the official client sends it', () => {
    fc.assert(
      fc.property(packet, (sent) => {
        fc.pre(!hasProtoKey(sent));
        expect(encode(sent)).toEqual(new official.Encoder().encode({ ...sent } as never));
      }),
      { numRuns: 400 },
    );
  });
});

it('the encoder never writes to the arguments', () => {
  fc.assert(
    fc.property(packet, (sent) => {
      const before = canonical(sent);
      encode(sent);
      expect(canonical(sent)).toEqual(before);
    }),
  );
});

describe('any input', () => {
  /** Text that looks like packets, and text that does not. */
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          ...[
            '0',
            '1',
            '2',
            '3',
            '4',
            '5',
            '6',
            '7',
            '9',
            '-',
            '/',
            ',',
            '[',
            ']',
            '{',
            '}',
            '"',
            ':',
            '"a"',
            'null',
          ],
          ...[
            '["a"]',
            '{"_placeholder":true,"num":0}',
            '["a",{"_placeholder":true,"num":1}]',
            '"__proto__":',
            ' ',
          ],
          ...['{"toString":1}', '{"message":', '/admin,', '51-', '61-', '1e999', '\u0000', '\ud800'],
        ),
        { maxLength: 12 },
      )
      .map((parts) => parts.join('')),
    fc.tuple(fc.integer({ min: 0, max: 6 }), json).map(([type, data]) => `${type}${JSON.stringify(data)}`),
    fc
      .tuple(fc.integer({ min: 0, max: 3 }), json)
      .map(([count, data]) => `5${count}-${JSON.stringify(['a', data])}`),
  );
  const chunk = fc.oneof({ weight: 4, arbitrary: text }, { weight: 2, arbitrary: binary }, fc.anything());

  it('is read as a packet or a part of one, or causes a ProtocolError, after which the decoder continues', () => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 8 }), (chunks) => {
        const decoder = new Decoder(3);
        for (const one of chunks) {
          try {
            const got = decoder.add(one);
            if (got) expect([0, 1, 2, 3, 4]).toContain(got.type);
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError);
          }
        }
        // Three attachments at most may still be due, and text ends their wait.
        try {
          decoder.add('2["flush"]');
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
        expect(decoder.add('2["next"]')).toEqual({ type: 2, nsp: '/', data: ['next'], id: undefined });
      }),
      { numRuns: 1_500 },
    );
    expect({}).not.toHaveProperty('num');
  });

  it('is rejected if the official decoder rejects it, except for known differences between servers', () => {
    fc.assert(
      fc.property(text, (one) => {
        const theirs = new official.Decoder();
        let accepted = true;
        theirs.on('decoded', () => {});
        try {
          theirs.add(one);
        } catch {
          accepted = false;
        }
        // Lenient on purpose: CONNECT_ERROR in any shape, and a count of 0 that is true.
        fc.pre(!accepted && !/^(4|[56]0+-)/.test(one));
        // The payload of a packet with attachments is read when the last of them has come.
        const decoder = new Decoder(10);
        expect(() => {
          let got = decoder.add(one);
          while (!got) got = decoder.add(new ArrayBuffer(0));
        }).toThrow(ProtocolError);
      }),
      { numRuns: 1_000 },
    );
  });
});
