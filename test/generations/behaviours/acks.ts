import { expect } from 'vitest';
import { type Behaviour, sixteen } from '../behaviour.js';

export const acks: Behaviour[] = [
  {
    name: 'gets an acknowledgement with all its arguments',
    async run(stage) {
      const socket = await stage.connected();
      expect(await stage.ask(socket, 'echo', 1, 'zwei', { three: [3] })).toEqual([1, 'zwei', { three: [3] }]);
    },
  },
  {
    name: 'gets an empty acknowledgement',
    async run(stage) {
      const socket = await stage.connected();
      expect(await stage.ask(socket, 'echo')).toEqual([]);
    },
  },
  {
    name: 'gets an acknowledgement by `emitWithAck`',
    async run(stage) {
      const socket = await stage.connected();
      expect(await socket.emitWithAck('echo', { deep: ['ü'] })).toEqual({ deep: ['ü'] });
    },
  },
  {
    name: 'tells apart the acknowledgements of many events at once',
    cannot: sixteen,
    async run(stage) {
      const socket = await stage.connected();
      const numbers = Array.from({ length: 50 }, (_, n) => n);
      expect((await Promise.all(numbers.map((n) => stage.ask(socket, 'echo', n)))).flat()).toEqual(numbers);
    },
  },
  {
    name: 'tells that an acknowledgement did not come in time (`timeout`)',
    async run(stage) {
      const socket = await stage.connected();
      await expect(socket.timeout(30).emitWithAck('never answered')).rejects.toThrow('timed out');
      const error = await new Promise((resolve) => socket.timeout(30).emit('never answered', resolve));
      expect(error).toBeInstanceOf(Error);
    },
  },
  {
    name: 'tells that no acknowledgement comes by `ackTimeout`',
    async run(stage) {
      const socket = await stage.connected('/', { ackTimeout: 30 });
      await expect(socket.emitWithAck('never answered')).rejects.toThrow('timed out');
    },
  },
  {
    name: 'tells who waits for an acknowledgement that the socket was disconnected',
    async run(stage) {
      const socket = await stage.connected();
      const answer = socket.emitWithAck('never answered');
      answer.catch(() => {});
      await stage.ask(socket, 'echo', 1);
      socket.disconnect();
      await expect(answer).rejects.toThrow('disconnected');
    },
  },
  {
    name: 'acknowledges what the server asks',
    async run(stage) {
      const socket = await stage.connected();
      socket.on('multiply', (a: number, b: number, answer: (product: number) => void) => answer(a * b));
      expect(await stage.ask(socket, 'ask me', 'multiply', 6, 7)).toEqual([42]);
    },
  },
  {
    name: 'acknowledges what the server asks in a namespace, with several arguments',
    async run(stage) {
      const second = await stage.beside(await stage.connected(), '/second');
      second.on('split', (text: string, answer: (...words: string[]) => void) => answer(...text.split(' ')));
      expect(await stage.ask(second, 'ask me', 'split', 'one zwei três')).toEqual(['one', 'zwei', 'três']);
    },
  },
  {
    name: 'sends an event again until it is acknowledged (`retries`)',
    async run(stage) {
      // Longer than the way there and back on a busy machine: an answer that comes late counts for nothing.
      const socket = await stage.connected('/', { retries: 10, ackTimeout: 1_000 });
      expect(await socket.emitWithAck('third time lucky')).toBeGreaterThanOrEqual(3);
    },
  },
  {
    name: 'keeps the order of events that may be sent again, and sends none twice where all is well',
    async run(stage) {
      const socket = stage.io('/', { retries: 3, ackTimeout: 10_000 });
      const numbers = Array.from({ length: 20 }, (_, n) => n);
      await Promise.all(numbers.map((n) => socket.emitWithAck('number', n)));
      expect((await socket.emitWithAck('account')).numbers).toEqual(numbers);
    },
  },
  {
    name: 'adds a key by which an event that is sent again is known (`idempotent`)',
    async run(stage) {
      const socket = await stage.connected();
      const [word, added] = await new Promise<unknown[]>((resolve) => {
        socket.idempotent('key 1').emit('echo', 'word', (...answer: unknown[]) => resolve(answer));
      });
      expect([word, added]).toEqual(['word', { idempotencyKey: 'key 1' }]);
    },
  },
];

export const binary: Behaviour[] = [
  {
    name: 'sends bytes, and whatever is a view of them',
    async run(stage) {
      const socket = await stage.connected();
      const { buffer } = new Uint8Array([0, 1, 2, 250, 255]);
      const kinds = [
        new Uint8Array(buffer, 1, 3),
        buffer,
        new Uint16Array([0x0102]),
        new TextEncoder().encode('ü'),
      ];
      expect(await stage.ask(socket, 'kinds', ...kinds)).toEqual([
        'binary 0102fa',
        'binary 000102faff',
        'binary 0201',
        'binary c3bc',
      ]);
    },
  },
  {
    name: 'hears bytes',
    async run(stage) {
      const socket = await stage.connected();
      const heard = stage.next(socket, 'said');
      socket.emit('say', new Uint8Array([0, 1, 30, 127, 128, 255]));
      expect(hex((await heard)[0])).toBe('00011e7f80ff');
    },
  },
  {
    name: 'carries bytes deep in other arguments, both ways',
    async run(stage) {
      const socket = await stage.connected();
      const deep = (): object => ({ a: [{ b: new Uint8Array([1]) }, 'text'], c: new Uint8Array([2, 3]) });
      const [seen] = await stage.ask(socket, 'kinds', deep());
      expect(seen).toEqual({ a: [{ b: 'binary 01' }, 'text'], c: 'binary 0203' });
      const [back] = await stage.ask(socket, 'echo', deep());
      expect([hex(back.a[0].b), back.a[1], hex(back.c)]).toEqual(['01', 'text', '0203']);
    },
  },
  {
    name: 'acknowledges with bytes, and gets acknowledgements with bytes',
    async run(stage) {
      const socket = await stage.connected();
      socket.on('bytes', (given: Uint8Array, answer: (...args: unknown[]) => void) =>
        answer(bytesOf(given).slice().reverse(), 'and text'),
      );
      const [bytes, text] = await stage.ask(socket, 'ask me', 'bytes', new Uint8Array([1, 2, 3]));
      expect([hex(bytes), text]).toEqual(['030201', 'and text']);
    },
  },
  {
    name: 'keeps the order of text and bytes, mixed',
    cannot: sixteen,
    async run(stage) {
      const socket = await stage.connected();
      const heard = stage.collect(socket, 'said', 60);
      for (let n = 0; n < 60; n++) socket.emit('say', n % 2 ? n : new Uint8Array([n]));
      expect((await heard).map(([one]) => (typeof one === 'number' ? one : Number(`0x${hex(one)}`)))).toEqual(
        Array.from({ length: 60 }, (_, n) => n),
      );
    },
  },
  {
    name: 'carries several attachments in one event',
    async run(stage) {
      const socket = await stage.connected();
      const many = Array.from({ length: 9 }, (_, n) => new Uint8Array([n, n]));
      const [back] = await stage.ask(socket, 'echo', many);
      expect(back.map(hex)).toEqual(many.map(hex));
    },
  },
  {
    name: 'carries an empty attachment',
    async run(stage) {
      const socket = await stage.connected();
      const [kind, empty] = [
        ...(await stage.ask(socket, 'kinds', new Uint8Array(0))),
        ...(await stage.ask(socket, 'echo', new Uint8Array(0))),
      ];
      expect([kind, hex(empty)]).toEqual(['binary ', '']);
    },
  },
  {
    name: 'carries large attachments',
    async run(stage) {
      const socket = await stage.connected();
      const large = Uint8Array.from({ length: 300_000 }, (_, n) => n);
      const [back] = await stage.ask(socket, 'echo', large);
      const bytes = bytesOf(back);
      expect([bytes.length, bytes.findIndex((byte, n) => byte !== large[n])]).toEqual([300_000, -1]);
    },
  },
  {
    name: 'sends attachments as base64 where asked to (`forceBase64`)',
    async run(stage) {
      const socket = await stage.connected('/', { forceBase64: true });
      const [kind] = await stage.ask(socket, 'kinds', new Uint8Array([1, 255]));
      const [back] = await stage.ask(socket, 'echo', new Uint8Array([1, 255]));
      expect([kind, hex(back)]).toEqual(['binary 01ff', '01ff']);
    },
  },
];

const bytesOf = (data: ArrayBuffer | Uint8Array): Uint8Array =>
  ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
const hex = (data: ArrayBuffer | Uint8Array): string =>
  Array.from(bytesOf(data), (byte) => byte.toString(16).padStart(2, '0')).join('');
