import { expect } from 'vitest';
import { type Behaviour, sixteen } from '../behaviour.js';

export const acks: Behaviour[] = [
  {
    name: 'receives an acknowledgement with all its arguments',
    async run(fixture) {
      const socket = await fixture.connected();
      expect(await fixture.ask(socket, 'echo', 1, 'zwei', { three: [3] })).toEqual([
        1,
        'zwei',
        { three: [3] },
      ]);
    },
  },
  {
    name: 'receives an empty acknowledgement',
    async run(fixture) {
      const socket = await fixture.connected();
      expect(await fixture.ask(socket, 'echo')).toEqual([]);
    },
  },
  {
    name: 'receives an acknowledgement through `emitWithAck`',
    async run(fixture) {
      const socket = await fixture.connected();
      expect(await socket.emitWithAck('echo', { deep: ['ü'] })).toEqual({ deep: ['ü'] });
    },
  },
  {
    name: 'matches the acknowledgements of many concurrent events',
    cannot: sixteen,
    async run(fixture) {
      const socket = await fixture.connected();
      const numbers = Array.from({ length: 50 }, (_, n) => n);
      expect((await Promise.all(numbers.map((n) => fixture.ask(socket, 'echo', n)))).flat()).toEqual(numbers);
    },
  },
  {
    name: 'fails when an acknowledgement does not arrive in time (`timeout`)',
    async run(fixture) {
      const socket = await fixture.connected();
      await expect(socket.timeout(30).emitWithAck('never answered')).rejects.toThrow('timed out');
      const error = await new Promise((resolve) => socket.timeout(30).emit('never answered', resolve));
      expect(error).toBeInstanceOf(Error);
    },
  },
  {
    name: 'fails when no acknowledgement arrives within `ackTimeout`',
    async run(fixture) {
      const socket = await fixture.connected('/', { ackTimeout: 30 });
      await expect(socket.emitWithAck('never answered')).rejects.toThrow('timed out');
    },
  },
  {
    name: 'fails pending acknowledgements when the socket is disconnected',
    async run(fixture) {
      const socket = await fixture.connected();
      const answer = socket.emitWithAck('never answered');
      answer.catch(() => {});
      await fixture.ask(socket, 'echo', 1);
      socket.disconnect();
      await expect(answer).rejects.toThrow('disconnected');
    },
  },
  {
    name: 'acknowledges events of the server',
    async run(fixture) {
      const socket = await fixture.connected();
      socket.on('multiply', (a: number, b: number, answer: (product: number) => void) => answer(a * b));
      expect(await fixture.ask(socket, 'ask me', 'multiply', 6, 7)).toEqual([42]);
    },
  },
  {
    name: 'acknowledges events of the server in a namespace, with several arguments',
    async run(fixture) {
      const second = await fixture.join(await fixture.connected(), '/second');
      second.on('split', (text: string, answer: (...words: string[]) => void) => answer(...text.split(' ')));
      expect(await fixture.ask(second, 'ask me', 'split', 'one zwei três')).toEqual(['one', 'zwei', 'três']);
    },
  },
  {
    name: 'resends an event until it is acknowledged (`retries`)',
    async run(fixture) {
      // Longer than a round trip on a busy machine: a late answer would not count.
      const socket = await fixture.connected('/', { retries: 10, ackTimeout: 1_000 });
      expect(await socket.emitWithAck('third time lucky')).toBeGreaterThanOrEqual(3);
    },
  },
  {
    name: 'preserves the order of events with retries, and sends none twice without need',
    async run(fixture) {
      const socket = fixture.io('/', { retries: 3, ackTimeout: 10_000 });
      const numbers = Array.from({ length: 20 }, (_, n) => n);
      await Promise.all(numbers.map((n) => socket.emitWithAck('number', n)));
      expect((await socket.emitWithAck('record')).numbers).toEqual(numbers);
    },
  },
  {
    name: 'adds a key that identifies a resent event (`idempotent`)',
    async run(fixture) {
      const socket = await fixture.connected();
      const [word, added] = await new Promise<unknown[]>((resolve) => {
        socket.idempotent('key 1').emit('echo', 'word', (...answer: unknown[]) => resolve(answer));
      });
      expect([word, added]).toEqual(['word', { idempotencyKey: 'key 1' }]);
    },
  },
];

export const binary: Behaviour[] = [
  {
    name: 'sends binary data, including any view of a buffer',
    async run(fixture) {
      const socket = await fixture.connected();
      const { buffer } = new Uint8Array([0, 1, 2, 250, 255]);
      const kinds = [
        new Uint8Array(buffer, 1, 3),
        buffer,
        new Uint16Array([0x0102]),
        new TextEncoder().encode('ü'),
      ];
      expect(await fixture.ask(socket, 'kinds', ...kinds)).toEqual([
        'binary 0102fa',
        'binary 000102faff',
        'binary 0201',
        'binary c3bc',
      ]);
    },
  },
  {
    name: 'receives binary data',
    async run(fixture) {
      const socket = await fixture.connected();
      const heard = fixture.next(socket, 'said');
      socket.emit('say', new Uint8Array([0, 1, 30, 127, 128, 255]));
      expect(hex((await heard)[0])).toBe('00011e7f80ff');
    },
  },
  {
    name: 'transfers binary data nested in other arguments, in both directions',
    async run(fixture) {
      const socket = await fixture.connected();
      const deep = (): object => ({ a: [{ b: new Uint8Array([1]) }, 'text'], c: new Uint8Array([2, 3]) });
      const [seen] = await fixture.ask(socket, 'kinds', deep());
      expect(seen).toEqual({ a: [{ b: 'binary 01' }, 'text'], c: 'binary 0203' });
      const [back] = await fixture.ask(socket, 'echo', deep());
      expect([hex(back.a[0].b), back.a[1], hex(back.c)]).toEqual(['01', 'text', '0203']);
    },
  },
  {
    name: 'sends and receives acknowledgements with binary data',
    async run(fixture) {
      const socket = await fixture.connected();
      socket.on('bytes', (given: Uint8Array, answer: (...args: unknown[]) => void) =>
        answer(bytesOf(given).slice().reverse(), 'and text'),
      );
      const [bytes, text] = await fixture.ask(socket, 'ask me', 'bytes', new Uint8Array([1, 2, 3]));
      expect([hex(bytes), text]).toEqual(['030201', 'and text']);
    },
  },
  {
    name: 'preserves the order of mixed text and binary messages',
    cannot: sixteen,
    async run(fixture) {
      const socket = await fixture.connected();
      const heard = fixture.collect(socket, 'said', 60);
      for (let n = 0; n < 60; n++) socket.emit('say', n % 2 ? n : new Uint8Array([n]));
      expect((await heard).map(([one]) => (typeof one === 'number' ? one : Number(`0x${hex(one)}`)))).toEqual(
        Array.from({ length: 60 }, (_, n) => n),
      );
    },
  },
  {
    name: 'transfers several attachments in one event',
    async run(fixture) {
      const socket = await fixture.connected();
      const many = Array.from({ length: 9 }, (_, n) => new Uint8Array([n, n]));
      const [back] = await fixture.ask(socket, 'echo', many);
      expect(back.map(hex)).toEqual(many.map(hex));
    },
  },
  {
    name: 'transfers an empty attachment',
    async run(fixture) {
      const socket = await fixture.connected();
      const [kind, empty] = [
        ...(await fixture.ask(socket, 'kinds', new Uint8Array(0))),
        ...(await fixture.ask(socket, 'echo', new Uint8Array(0))),
      ];
      expect([kind, hex(empty)]).toEqual(['binary ', '']);
    },
  },
  {
    name: 'transfers large attachments',
    async run(fixture) {
      const socket = await fixture.connected();
      const large = Uint8Array.from({ length: 300_000 }, (_, n) => n);
      const [back] = await fixture.ask(socket, 'echo', large);
      const bytes = bytesOf(back);
      expect([bytes.length, bytes.findIndex((byte, n) => byte !== large[n])]).toEqual([300_000, -1]);
    },
  },
  {
    name: 'sends attachments as base64 on request (`forceBase64`)',
    async run(fixture) {
      const socket = await fixture.connected('/', { forceBase64: true });
      const [kind] = await fixture.ask(socket, 'kinds', new Uint8Array([1, 255]));
      const [back] = await fixture.ask(socket, 'echo', new Uint8Array([1, 255]));
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
