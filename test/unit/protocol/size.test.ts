import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../../src/protocol/encode.js';
import { sizeOnWire } from '../../../src/protocol/size.js';

interface Encoders {
  encodePacket(packet: { type: string; data: Chunk }, binary: boolean, done: (encoded: never) => void): void;
}
const { encodePacket } = createRequire(createRequire(import.meta.url).resolve('engine.io-client'))(
  'engine.io-parser',
) as Encoders;

/** The size of a message encoded by the parser of Engine.IO, in bytes. */
function encodedSize(data: Chunk, transport: string): number {
  let bytes = 0;
  encodePacket({ type: 'message', data }, transport !== 'polling', (encoded: string | ArrayBufferView) => {
    bytes = typeof encoded === 'string' ? Buffer.byteLength(encoded) : encoded.byteLength;
  });
  return bytes;
}

const chunks: readonly (readonly [string, Chunk])[] = [
  ['no text', ''],
  ['ASCII', '2["a"]'],
  ['umlauts', '2["äöü"]'],
  ['three bytes a character', '2["€漢字"]'],
  ['emoji', '2["😀👍🏽"]'],
  ['half a surrogate pair, which JSON escapes', `2${JSON.stringify(['\ud800'])}`],
  ...[0, 1, 2, 3, 4, 100].map((length) => [`${length} bytes`, new Uint8Array(length)] as const),
  ['16-bit words', new Uint16Array(3)],
  ['a part of a buffer', new Uint8Array(new ArrayBuffer(9), 2, 4)],
];

describe.each(['websocket', 'polling'])('over %s', (transport) => {
  it.each(chunks)('the size of a message is its encoded size: %s', (_what, chunk) => {
    expect(sizeOnWire(chunk, transport, 0)).toBe(encodedSize(chunk, transport));
  });

  it('the size of a Blob is its size in bytes', () => {
    const bytes = new Uint8Array(5);
    expect(sizeOnWire(new Blob([bytes]), transport, 0)).toBe(sizeOnWire(bytes, transport, 0));
  });
});

it('text that is small enough in any case is not measured', () => {
  expect(sizeOnWire('€€', 'websocket', 7)).toBe(2);
  expect(sizeOnWire('€€', 'websocket', 6)).toBe(7);
});
