import { expect } from 'vitest';
import type { Behaviour } from '../../generations/behaviour.js';

const bytes = Uint8Array.from([0, 1, 30, 127, 128, 255]);
const hex = '00011e7f80ff';
const listed = (data: ArrayBuffer): number[] => [...new Uint8Array(data)];

/** The types of binary data in browsers. */
const kinds: Readonly<Record<string, () => unknown>> = {
  'an ArrayBuffer': () => bytes.slice().buffer,
  'a Uint8Array over part of a buffer': () => new Uint8Array(Uint8Array.from([9, ...bytes, 9]).buffer, 1, 6),
  'a DataView': () => new DataView(Uint8Array.from([9, ...bytes, 9]).buffer, 1, 6),
  'a Blob': () => new Blob([bytes.slice(0, 2), bytes.slice(2)]),
  'a File': () => new File([bytes], 'bytes.bin', { type: 'image/png' }),
};

export const binary: Behaviour[] = [
  ...Object.entries(kinds).map(
    ([kind, make]): Behaviour => ({
      name: `sends ${kind}, alone and nested in other arguments`,
      async run(fixture) {
        const socket = await fixture.connected();
        const seen = await fixture.ask(socket, 'kinds', make(), { a: [make(), 'text'], b: { c: make() } });
        const expected = `binary ${hex}`;
        expect(seen).toEqual([expected, { a: [expected, 'text'], b: { c: expected } }]);
      },
    }),
  ),
  {
    name: 'receives binary data as an ArrayBuffer',
    async run(fixture) {
      const socket = await fixture.connected();
      const said = fixture.next(socket, 'said');
      socket.emit('say', bytes, { deep: [bytes] });
      const [exclusive, { deep }] = await said;
      expect([exclusive, deep[0]].map((one) => one instanceof ArrayBuffer)).toEqual([true, true]);
      expect(listed(exclusive)).toEqual([...bytes]);
    },
  },
  {
    name: 'receives binary data as a Blob on request (`binaryType`)',
    on: 'websocket',
    async run(fixture) {
      const socket = await fixture.connected();
      socket.io.engine.binaryType = 'blob';
      const said = fixture.next(socket, 'said');
      socket.emit('say', bytes);
      const [blob] = await said;
      expect(blob).toBeInstanceOf(Blob);
      expect(listed(await blob.arrayBuffer())).toEqual([...bytes]);
    },
  },
  {
    name: 'acknowledges with a Blob',
    async run(fixture) {
      const socket = await fixture.connected();
      socket.on('file please', (answer: (file: Blob) => void) => answer(new Blob([bytes])));
      const [back] = await fixture.ask(socket, 'ask me', 'file please');
      expect(listed(back)).toEqual([...bytes]);
    },
  },
  {
    name: 'preserves the order of text after a Blob that is slow to read',
    async run(fixture) {
      const socket = await fixture.connected();
      const said = fixture.collect(socket, 'said', 3);
      socket.emit('say', 'before');
      socket.emit('say', new Blob([new Uint8Array(200_000)]));
      socket.emit('say', 'after');
      const [[before], [blob], [after]] = (await said) as [[string], [ArrayBuffer], [string]];
      expect([before, blob.byteLength, after]).toEqual(['before', 200_000, 'after']);
    },
  },
  {
    name: 'keeps a Blob while disconnected, and sends it after connecting',
    async run(fixture) {
      const socket = fixture.io('/', { autoConnect: false });
      const answered = fixture.ask(socket, 'kinds', new Blob([bytes]));
      socket.connect();
      expect(await answered).toEqual([`binary ${hex}`]);
    },
  },
];
