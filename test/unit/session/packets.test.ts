import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, TYPES } from '../../../src/session/transports/packets.js';
import type { EnginePacket } from '../../../src/session/transports/transport.js';

type EncodePacket = (packet: EnginePacket, supportsBinary: boolean, done: (text: string) => void) => void;

const { encodePacket } = createRequire(createRequire(import.meta.url).resolve('engine.io-client'))(
  'engine.io-parser',
) as { encodePacket: EncodePacket };

const anyPacket = fc.oneof(
  fc.record({ type: fc.constantFrom(...TYPES), data: fc.string({ minLength: 1 }) }),
  fc.record({ type: fc.constantFrom(...TYPES) }),
  fc.record({ type: fc.constant('message'), data: fc.uint8Array() }),
  fc.record({ type: fc.constant('message'), data: fc.uint8Array().map((bytes) => bytes.slice().buffer) }),
);

describe('packets', () => {
  it('are encoded as by engine.io-parser', async () => {
    await fc.assert(
      fc.asyncProperty(anyPacket, async (packet) => {
        const expected = await new Promise((resolve) => encodePacket(packet, false, resolve));
        expect(encode(packet)).toBe(expected);
      }),
    );
  });

  it('of many bytes are encoded in pieces', () => {
    const bytes = new Uint8Array(1_000_000).fill(7);
    expect(encode({ type: 'message', data: bytes })).toBe(`b${Buffer.from(bytes).toString('base64')}`);
  });
});
