import { expect } from 'vitest';
import type { Behaviour } from '../../generations/behaviour.js';

const bytes = Uint8Array.from([0, 1, 30, 127, 128, 255]);
const hex = '00011e7f80ff';
const listed = (data: ArrayBuffer): number[] => [...new Uint8Array(data)];

/** The kinds of binary that browsers have. */
const kinds: Readonly<Record<string, () => unknown>> = {
  'an ArrayBuffer': () => bytes.slice().buffer,
  'a Uint8Array that is part of a buffer': () =>
    new Uint8Array(Uint8Array.from([9, ...bytes, 9]).buffer, 1, 6),
  'a DataView': () => new DataView(Uint8Array.from([9, ...bytes, 9]).buffer, 1, 6),
  'a Blob': () => new Blob([bytes.slice(0, 2), bytes.slice(2)]),
  'a File': () => new File([bytes], 'bytes.bin', { type: 'image/png' }),
};

export const binary: Behaviour[] = [
  ...Object.entries(kinds).map(
    ([kind, make]): Behaviour => ({
      name: `sends ${kind}, alone and deep in other arguments`,
      async run(stage) {
        const socket = await stage.connected();
        const seen = await stage.ask(socket, 'kinds', make(), { a: [make(), 'text'], b: { c: make() } });
        const expected = `binary ${hex}`;
        expect(seen).toEqual([expected, { a: [expected, 'text'], b: { c: expected } }]);
      },
    }),
  ),
  {
    name: 'hears bytes as an ArrayBuffer',
    async run(stage) {
      const socket = await stage.connected();
      const said = stage.next(socket, 'said');
      socket.emit('say', bytes, { deep: [bytes] });
      const [alone, { deep }] = await said;
      expect([alone, deep[0]].map((one) => one instanceof ArrayBuffer)).toEqual([true, true]);
      expect(listed(alone)).toEqual([...bytes]);
    },
  },
  {
    name: 'hears bytes as a Blob where asked to (`binaryType`)',
    on: 'websocket',
    async run(stage) {
      const socket = await stage.connected();
      socket.io.engine.binaryType = 'blob';
      const said = stage.next(socket, 'said');
      socket.emit('say', bytes);
      const [blob] = await said;
      expect(blob).toBeInstanceOf(Blob);
      expect(listed(await blob.arrayBuffer())).toEqual([...bytes]);
    },
  },
  {
    name: 'acknowledges with a Blob',
    async run(stage) {
      const socket = await stage.connected();
      socket.on('file please', (answer: (file: Blob) => void) => answer(new Blob([bytes])));
      const [back] = await stage.ask(socket, 'ask me', 'file please');
      expect(listed(back)).toEqual([...bytes]);
    },
  },
  {
    name: 'keeps the order of text behind a Blob that takes its time',
    async run(stage) {
      const socket = await stage.connected();
      const said = stage.collect(socket, 'said', 3);
      socket.emit('say', 'before');
      socket.emit('say', new Blob([new Uint8Array(200_000)]));
      socket.emit('say', 'behind');
      const [[before], [blob], [behind]] = (await said) as [[string], [ArrayBuffer], [string]];
      expect([before, blob.byteLength, behind]).toEqual(['before', 200_000, 'behind']);
    },
  },
  {
    name: 'keeps a Blob while it is away, and sends it then',
    async run(stage) {
      const socket = stage.io('/', { autoConnect: false });
      const answered = stage.ask(socket, 'kinds', new Blob([bytes]));
      socket.connect();
      expect(await answered).toEqual([`binary ${hex}`]);
    },
  },
];
