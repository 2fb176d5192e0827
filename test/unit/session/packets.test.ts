import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodePacket,
  decodePayload,
  encodePacket,
  encodePayload,
} from '../../../src/session/transports/engine-parser.js';
import { TYPES } from '../../../src/session/transports/packets.js';
import type { EnginePacket } from '../../../src/session/transports/transport.js';

/** The parser whose place this one takes in browsers. */
const official = createRequire(createRequire(import.meta.url).resolve('engine.io-client'))(
  'engine.io-parser',
) as {
  encodePayload: typeof encodePayload;
  decodePacket: typeof decodePacket;
  decodePayload: typeof decodePayload;
};

const payloadOf = (encode: typeof encodePayload, packets: readonly EnginePacket[]): Promise<string> =>
  new Promise((resolve) => encode(packets, resolve));

const anyPacket = fc.oneof(
  fc.record({ type: fc.constantFrom(...TYPES), data: fc.string({ minLength: 1 }) }),
  fc.record({ type: fc.constantFrom(...TYPES) }),
  fc.record({ type: fc.constant('message'), data: fc.uint8Array() }),
  fc.record({ type: fc.constant('message'), data: fc.uint8Array().map((bytes) => bytes.slice().buffer) }),
);

const plain = (packet: EnginePacket): unknown =>
  packet.data instanceof ArrayBuffer ? { ...packet, data: [...new Uint8Array(packet.data)] } : packet;

describe('packets', () => {
  it('are encoded as by the official parser', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyPacket, { minLength: 1 }), async (packets) => {
        expect(await payloadOf(encodePayload, packets)).toBe(
          await payloadOf(official.encodePayload, packets),
        );
      }),
    );
  });

  it('are decoded as by the official parser, invalid ones included', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', 'x'), fc.string())
        .map((t) => t.join('')),
      fc.uint8Array().map((bytes) => `b${Buffer.from(bytes).toString('base64')}`),
    );
    fc.assert(
      fc.property(text, (one) => {
        fc.pre(
          !one.startsWith('b') || Buffer.from(one.slice(1), 'base64').toString('base64') === one.slice(1),
        );
        const decoded = decodePacket(one, 'arraybuffer');
        expect(plain(decoded)).toStrictEqual(plain(official.decodePacket(one, 'arraybuffer')));
      }),
    );
    const payload = '4a\x1e9\x1e4b';
    expect(decodePayload(payload)).toStrictEqual(official.decodePayload(payload));
  });

  it.each(['b4', 'b****'])('whose base64 is invalid are an error: %s', (text) => {
    expect(decodePacket(text)).toStrictEqual({ type: 'error', data: 'parser error' });
  });

  it('keep their bytes, as a Blob if the program wants Blobs', async () => {
    const memory = Uint8Array.of(1, 2, 255).buffer;
    expect(decodePacket(memory, 'arraybuffer')).toStrictEqual({ type: 'message', data: memory });
    for (const encoded of [memory, 'bAQL/']) {
      const { data } = decodePacket(encoded, 'blob');
      expect(data).toBeInstanceOf(Blob);
      expect([...new Uint8Array(await (data as Blob).arrayBuffer())]).toEqual([1, 2, 255]);
    }
    const blob = new Blob(['a']);
    expect(decodePacket(blob, 'blob').data).toBe(blob);
  });
});

describe('bytes', () => {
  const message = (data: unknown): EnginePacket => ({ type: 'message', data });

  it.each([Uint8Array.of(1, 2), Uint8Array.of(1, 2).buffer, new Blob(['a'])])(
    'go as they are where the transport carries them: %s',
    (data) => {
      const sent: unknown[] = [];
      encodePacket(message(data), true, (encoded) => sent.push(encoded));
      expect(sent).toEqual([data]);
    },
  );

  it('become base64 elsewhere, those of a Blob as soon as they are read', async () => {
    const blob = new Blob([Uint8Array.of(1, 2, 255)]);
    expect(await payloadOf(encodePayload, [message('a'), message(blob), message(Uint8Array.of(0))])).toBe(
      '4a\x1ebAQL/\x1ebAA==',
    );
  });

  it('of a Blob that cannot be read are not sent, and nobody gets an error', async () => {
    const blob = new Blob(['a']);
    blob.arrayBuffer = () => Promise.reject(new Error('unreadable'));
    const sent: unknown[] = [];
    encodePacket(message(blob), false, (encoded) => sent.push(encoded));
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual([]);
  });
});
