import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HoldfastError } from '../../src/platform/errors.js';
import { Decoder } from '../../src/protocol/decode.js';
import { type Chunk, encode } from '../../src/protocol/encode.js';
import { findLossy } from '../../src/protocol/lossy.js';
import type { EventData } from '../../src/protocol/packet.js';
import { officialParser } from '../support/official-parser.js';
import { arrival, build, canonical, type Recipe, recipe } from './values.js';

/**
 * Emits of every value there is: each is sent, as the official client sends it or better, or refused at the call; and the next
 * one goes through. HOLDFAST_FUZZ_VALUES: how many, 20,000 by default. HOLDFAST_FUZZ_SEED: the seed, a number or `random`.
 */
const { HOLDFAST_FUZZ_VALUES, HOLDFAST_FUZZ_SEED } = process.env;
const runs = Number(HOLDFAST_FUZZ_VALUES ?? 20_000);
const seed =
  HOLDFAST_FUZZ_SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(HOLDFAST_FUZZ_SEED ?? 1);

const official = officialParser();

interface EnginePacket {
  readonly type: string;
  readonly data: unknown;
}

/** The layer below: the parser of Engine.IO. */
const engine = createRequire(createRequire(import.meta.url).resolve('engine.io-client'))(
  'engine.io-parser',
) as {
  encodePacket(packet: EnginePacket, binary: boolean, done: (encoded: unknown) => void): void;
  decodePacket(encoded: unknown, binaryType: string): EnginePacket;
  encodePayload(packets: readonly EnginePacket[], done: (encoded: string) => void): void;
  decodePayload(payload: string, binaryType: string): EnginePacket[];
};

/** `expect` is slow, so it is called only to show a difference. */
function same(a: unknown, b: unknown): void {
  if (JSON.stringify(a) !== JSON.stringify(b)) expect(a).toEqual(b);
}
function holds(condition: boolean, what: string): void {
  if (!condition) expect.unreachable(what);
}

/** A frame as ws delivers it. */
function onTheWire(frame: unknown): unknown {
  if (ArrayBuffer.isView(frame)) return Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  return frame instanceof ArrayBuffer ? Buffer.from(frame) : frame;
}

/** Carries the chunks over both transports; both must deliver the same. */
function carried(chunks: readonly Chunk[]): unknown[] {
  const packets = chunks.map((data) => ({ type: 'message', data }));
  const frames = packets.map((packet) => {
    let frame: unknown;
    engine.encodePacket(packet, true, (encoded) => {
      frame = encoded;
    });
    return engine.decodePacket(onTheWire(frame), 'arraybuffer').data;
  });
  let payload = '';
  engine.encodePayload(packets, (encoded) => {
    payload = encoded;
  });
  const polled = engine.decodePayload(payload, 'arraybuffer').map(({ data }) => data);
  same(polled.map(canonical), frames.map(canonical));
  return frames;
}

/** Checks an attachment by what browsers ask of it, and takes a Blob, which Node's transports do not know, for its size. */
function checkAttachment(chunk: unknown): void {
  if (chunk instanceof Blob) return;
  const memory: unknown = ArrayBuffer.isView(chunk) ? chunk.buffer : chunk;
  holds(memory instanceof ArrayBuffer, 'memory of this frame, not shared');
  holds((memory as { resizable?: boolean }).resizable !== true, 'memory that is not resizable');
  same(new Blob([chunk as ArrayBuffer]).size, (chunk as ArrayBuffer).byteLength);
}

function officiallyDecoded(chunks: readonly unknown[]): unknown {
  const decoder = new official.Decoder({ maxAttachments: 10_000 });
  const got: unknown[] = [];
  decoder.on('decoded', ({ data }) => got.push(data));
  for (const chunk of chunks) decoder.add(chunk);
  same(got.length, 1);
  return canonical(got[0]);
}

function decoded(chunks: readonly unknown[]): unknown {
  const decoder = new Decoder(10_000);
  const got = chunks.map((chunk) => decoder.add(chunk));
  same(got.filter(Boolean).length, 1);
  return canonical((got.at(-1) as { data: unknown }).data);
}

/** What the official client makes of it, if it does not throw. */
function byOfficialClient(recipes: readonly Recipe[]): unknown {
  try {
    const data = ['value', ...build(recipes).args];
    return officiallyDecoded(new official.Encoder().encode({ type: 2, nsp: '/', data }));
  } catch {
    return undefined;
  }
}

function byModel(recipes: readonly Recipe[]): unknown {
  try {
    return canonical(['value', ...arrival(build(recipes).args)]);
  } catch {
    return undefined;
  }
}

const sums = { sent: 0, refused: 0, tooLarge: 0, unstable: 0, withAttachments: 0, betterThanOfficial: 0 };

function check(recipes: readonly Recipe[], maxAttachments: number): void {
  const { args, doubts } = build(recipes);
  const data = ['value', ...args] as EventData;
  // Like the development build: it never throws, and does not change the data.
  findLossy(args);
  let chunks: Chunk[] | undefined;
  try {
    chunks = encode({ type: 2, nsp: '/', data }, undefined, maxAttachments);
  } catch (error) {
    // Not compared by `expect`, which would read the cause, and that may be as hostile as the value.
    if (!(error instanceof HoldfastError)) throw new Error('an error that is not holdfast’s own');
    if (error.code === 'TOO_LARGE') {
      sums.tooLarge++;
      const all = doubts.unstable ? undefined : encode({ type: 2, nsp: '/', data });
      holds(!all || all.length - 1 > maxAttachments, 'the limit on attachments');
    } else {
      same(error.code, 'UNSERIALIZABLE');
      holds(/^argument [123] of "value" cannot be sent/.test(error.message), error.message);
      sums.refused++;
      if (!doubts.unstable) same(byModel(recipes), undefined);
    }
  }
  if (chunks) {
    sums.sent++;
    const [head, ...attachments] = chunks;
    if (attachments.length > 0) sums.withAttachments++;
    holds(attachments.length <= maxAttachments, 'the limit on attachments');
    for (const attachment of attachments) checkAttachment(attachment);
    const blobless = !attachments.some((chunk) => chunk instanceof Blob);
    const received = blobless ? carried(chunks) : chunks;
    same(received[0], head);
    const ours = decoded(received);
    same(officiallyDecoded(received), ours);
    if (doubts.unstable) sums.unstable++;
    else {
      same(ours, byModel(recipes));
      const theirs = byOfficialClient(recipes);
      if (!doubts.officialLoses && theirs !== undefined) same(ours, theirs);
      else sums.betterThanOfficial++;
    }
  }
  same(encode({ type: 2, nsp: '/', data: ['next', 1] }), ['2["next",1]']);
}

test(`encodes or refuses ${runs.toLocaleString('en')} values of every kind`, {
  timeout: runs * 10 + 60_000,
}, () => {
  const started = performance.now();
  fc.assert(
    fc.property(
      fc.array(recipe, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(10_000, 10_000, 10_000, 1),
      check,
    ),
    { numRuns: runs, seed },
  );
  console.log(`${((performance.now() - started) / 1_000).toFixed(1)} s, seed ${seed}:`, sums);
  // The mix is right: the fuzzer neither refuses nor sends everything.
  expect(sums.sent).toBeGreaterThan(runs / 4);
  expect(sums.refused).toBeGreaterThan(runs / 20);
  expect(sums.withAttachments).toBeGreaterThan(runs / 10);
});
