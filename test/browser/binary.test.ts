import type { Server } from 'socket.io';
import { describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { useFixture } from '../support/fixture.js';
import { waysOfLoading } from '../support/page-server.js';

const fixture = useFixture({ setup: application });
const browser = useBrowser();

const bytes = [0, 1, 2, 127, 128, 254, 255];
const hex = Buffer.from(bytes).toString('hex');

function application(app: Server): void {
  app.on('connection', (socket) => {
    socket.on('describe', (value: unknown, answer: (description: unknown) => void) =>
      answer(described(value)),
    );
    socket.on('echo', (...args: unknown[]) => socket.emit('echoed', ...args));
    socket.on('bytes please', (answer: (...args: unknown[]) => void) => {
      answer(Buffer.from(bytes), { deep: [{ er: new Uint8Array(bytes) }] });
    });
  });
}

/** The value with each Buffer as its hex digits. */
function described(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return `Buffer ${value.toString('hex')}`;
  if (Array.isArray(value)) return value.map(described);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, described(inner)]));
}

const kinds = [
  'ArrayBuffer',
  'Uint8Array',
  'typed array in a larger buffer',
  'DataView',
  'Blob',
  'File',
] as const;

describe.each(waysOfLoading)('loaded as a %s, holdfast', (loading) => {
  describe.each(['websocket', 'polling'])('over %s', (transport) => {
    test.each(kinds)('sends a %s, alone, nested in objects and beside others', async (kind) => {
      const page = await browser.open(loading);
      const descriptions = await page.evaluate(
        async ({ url, transport, kind, bytes }) => {
          const padded = new Uint8Array([9, ...bytes, 9, 9]);
          const makers: Record<typeof kind, () => unknown> = {
            ArrayBuffer: () => new Uint8Array(bytes).buffer,
            Uint8Array: () => new Uint8Array(bytes),
            'typed array in a larger buffer': () => new Uint8Array(padded.buffer, 1, bytes.length),
            DataView: () => new DataView(padded.buffer, 1, bytes.length),
            Blob: () => new Blob([new Uint8Array(bytes)]),
            File: () => new File([new Uint8Array(bytes)], 'bytes.bin'),
          };
          const make = makers[kind];
          const socket = window.io(url, { transports: [transport], upgrade: false });
          const alone = await socket.emitWithAck('describe', make());
          const nested = await socket.emitWithAck('describe', {
            a: [{ b: make() }, 'text', null],
            c: { d: make() },
          });
          return { alone, nested, transport: socket.io.engine.transport.name };
        },
        { url: fixture.proxy.url, transport, kind, bytes },
      );
      expect(descriptions).toEqual({
        alone: `Buffer ${hex}`,
        nested: { a: [{ b: `Buffer ${hex}` }, 'text', null], c: { d: `Buffer ${hex}` } },
        transport,
      });
    });

    test('receives binary as ArrayBuffers, at any depth, in events and in acks both ways', async () => {
      const page = await browser.open(loading);
      await page.evaluate(
        async ({ url, transport }) => {
          const isBytes = (value: unknown): unknown =>
            value instanceof ArrayBuffer
              ? [...new Uint8Array(value)]
              : `not an ArrayBuffer: ${String(value)}`;
          window.socket = window.io(url, { transports: [transport], upgrade: false });
          window.socket.on('news', (alone: unknown, nested: { a: { b: unknown }[] }, text: string) => {
            window.record.push([isBytes(alone), isBytes(nested.a[0]?.b), text]);
          });
          window.socket.on('file please', (answer: (...args: unknown[]) => void) => {
            answer({ file: new File([new Uint8Array([1, 2, 3])], 'f') });
          });
          window.socket.emit('bytes please', (alone: unknown, nested: { deep: { er: unknown }[] }) => {
            window.record.push([isBytes(alone), isBytes(nested.deep[0]?.er)]);
          });
          await window.next(window.socket, 'connect');
        },
        { url: fixture.proxy.url, transport },
      );
      const socket = await fixture.server.socket();
      socket.emit('news', Buffer.from(bytes), { a: [{ b: Buffer.from(bytes) }] }, 'text');
      expect(described(await socket.timeout(5000).emitWithAck('file please'))).toEqual({
        file: 'Buffer 010203',
      });
      const record = await page.evaluate(() => window.record);
      expect(record).toHaveLength(2);
      expect(record).toEqual(
        expect.arrayContaining([
          [bytes, bytes],
          [bytes, bytes, 'text'],
        ]),
      );
    });

    test('keeps text in order behind a Blob that is slow to read', async () => {
      const page = await browser.open(loading);
      const echoed = await page.evaluate(
        async ({ url, transport }) => {
          const socket = window.io(url, { transports: [transport], upgrade: false });
          await window.next(socket, 'connect');
          const all = window.collect(socket, 'echoed', 4);
          socket.emit('echo', 'before');
          socket.emit('echo', new Blob([new Uint8Array(50_000)]));
          socket.emit('echo', 'behind');
          socket.emit('echo', new Uint8Array(1));
          return (await all).map(([value]) => (value instanceof ArrayBuffer ? value.byteLength : value));
        },
        { url: fixture.proxy.url, transport },
      );
      expect(echoed).toEqual(['before', 50_000, 'behind', 1]);
    });
  });

  test('receives an event with 12 attachments', async () => {
    const page = await browser.open(loading);
    await page.evaluate(async (url) => {
      window.socket = window.io(url);
      await window.next(window.socket, 'connect');
    }, fixture.proxy.url);
    const lengths = page.evaluate(async () => {
      const [list] = await window.next(window.socket, 'many');
      return list.map((buffer: ArrayBuffer) => buffer.byteLength);
    });
    await page.evaluate(() => undefined);
    fixture.server.latest().emit(
      'many',
      Array.from({ length: 12 }, (_, n) => Buffer.alloc(n)),
    );
    expect(await lengths).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});
