import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, framesOf } from '../../../src/session/transports/frames.js';
import { encoded } from '../../support/fake-web-transport.js';

const message = (data: unknown): { type: string; data: unknown } => ({ type: 'message', data });

/** Lengths around those at which the header changes. */
const lengths = [1, 2, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537, 200_000];

describe('frames', () => {
  it.each(lengths)('of %i bytes are written as by the server’s parser', async (length) => {
    const packets = [message('x'.repeat(length)), message(new Uint8Array(length).fill(7))];
    expect(Buffer.from(framesOf(packets)).equals(await encoded(packets))).toBe(true);
  });

  it('are read as they were written, however the stream cuts them', () => {
    const payload = fc.oneof(
      fc.string({ minLength: 1, maxLength: 300, unit: 'binary' }),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
    );
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 10 }), fc.array(fc.nat(50)), (payloads, cuts) => {
        const bytes = framesOf(payloads.map(message));
        const reader = new FrameReader(1_000);
        const read: unknown[] = [];
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          reader._readChunks(bytes.slice(at, at + cut), (one) =>
            read.push(typeof one === 'string' ? one.slice(1) : new Uint8Array(one)),
          );
          at += cut;
        }
        expect(read).toEqual(payloads);
      }),
    );
  });

  it('never throw anything but an error, whatever arrives, and take no more memory than the input', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
        const reader = new FrameReader(100);
        try {
          for (const chunk of chunks) {
            reader._readChunks(chunk, (one) =>
              expect(typeof one === 'string' ? one.length : one.byteLength).toBeLessThanOrEqual(100),
            );
          }
        } catch (error) {
          expect((error as Error).message).toMatch(/^(an empty frame|a message of more than 100 bytes)$/);
        }
      }),
    );
  });

  it('take time in proportion to the input, a byte at a time', () => {
    const bytes = framesOf([message('x'.repeat(400_000))]);
    const reader = new FrameReader(1e6);
    let read = 0;
    const startedMs = performance.now();
    for (const byte of bytes) {
      reader._readChunks(Uint8Array.of(byte), (one) => {
        read = (one as string).length;
      });
    }
    expect(read).toBe(400_001);
    // In proportion to the square it would be a minute.
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});
