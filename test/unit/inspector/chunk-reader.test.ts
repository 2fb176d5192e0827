import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChunkReader } from '../../../src/plugins/inspector/chunk-reader.js';
import { cleanName } from '../../../src/plugins/inspector/clean.js';
import { encode } from '../../../src/protocol/encode.js';
import { EVENT } from '../../../src/protocol/packet.js';

const newReader = (transport = 'websocket', parser?: unknown): ChunkReader =>
  new ChunkReader(
    () => transport,
    () => parser,
  );

it.each([
  ['2["a"]', { kind: 'event', nsp: '/', event: 'a', bytes: 7 }],
  ['2/chat,12["say",1]', { kind: 'event', nsp: '/chat', event: 'say', ackId: 12, bytes: 19 }],
  ['2[7,1]', { kind: 'event', event: '7' }],
  ['2[ "a" ]', { kind: 'event', event: 'a' }],
  ['2["ü"]', { kind: 'event', event: 'ü', bytes: 8 }],
  ['312["a"]', { kind: 'ack', ackId: 12 }],
  ['0/nsp?token=hush,{"a":1}', { kind: 'connect', nsp: '/nsp', payload: undefined }],
  ['0/nsp', { kind: 'connect', nsp: '/nsp' }],
  ['1/nsp,', { kind: 'disconnect', nsp: '/nsp' }],
  ['4{"message":"no"}', { kind: 'connect_error', nsp: '/' }],
])('reads %s', (chunk, packet) => {
  expect(newReader().read(chunk)).toMatchObject(packet);
});

it('waits for the attachments, and counts them', () => {
  const reader = newReader();
  expect(reader.read('52-["a",{"_placeholder":true,"num":0}]')).toBeUndefined();
  expect(reader.read(new Uint8Array(10))).toBeUndefined();
  expect(reader.read(new Uint8Array(5))).toMatchObject({
    kind: 'event',
    event: 'a',
    bytes: 54,
    attachments: 2,
  });
  expect(reader.read('2["b"]')).toMatchObject({ event: 'b', attachments: 0 });
});

it('counts the base64 size of attachments over polling', () => {
  const reader = newReader('polling');
  reader.read('51-["a",{"_placeholder":true,"num":0}]');
  expect(reader.read(new Uint8Array(9))).toMatchObject({ bytes: 39 + 13 });
});

it('forgets a half-read packet of an earlier connection', () => {
  const reader = newReader();
  reader.read('51-["a",{"_placeholder":true,"num":0}]');
  reader.reset();
  expect(reader.read('2["b"]')).toMatchObject({ event: 'b' });
});

it('leaves the chunks of a custom parser to that parser', () => {
  const reader = newReader('websocket', {
    Decoder: class {
      listener: (packet: unknown) => void = () => {};
      on(_event: string, listener: (packet: unknown) => void): void {
        this.listener = listener;
      }
      add(chunk: Uint8Array): void {
        if (chunk[0] === 0) throw new Error('unreadable');
        this.listener({ type: 2, nsp: '/x', data: ['made', chunk[0]], id: 3 });
      }
    },
  });
  expect(reader.read(new Uint8Array([9]))).toMatchObject({
    kind: 'event',
    nsp: '/x',
    event: 'made',
    ackId: 3,
    bytes: 1,
  });
  expect(reader.read(new Uint8Array([0]))).toMatchObject({ kind: 'binary', bytes: 1 });
});

it('reads the event names that our encoder wrote, whatever they are', () => {
  const name = fc.string({ unit: 'grapheme', maxLength: 30 });
  fc.assert(
    fc.property(
      name,
      fc.option(fc.nat(), { nil: undefined }),
      fc.constantFrom('/', '/a', '/a/b-c'),
      (event, id, nsp) => {
        const [text] = encode({ type: EVENT, nsp, id, data: [event, { deep: '["x"]' }] });
        const read = newReader().read(text as string);
        expect(read).toMatchObject({ kind: 'event', nsp });
        expect(read?.ackId).toBe(id);
        expect(read?.event).toBe(cleanName(event));
      },
    ),
  );
});
