import { expect } from 'vitest';
import { type Behaviour, because, sixteen } from '../behaviour.js';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

export const messages: Behaviour[] = [
  {
    name: 'sends and receives messages (`send`)',
    async run(fixture) {
      const socket = await fixture.connected();
      const heard = fixture.next(socket, 'message');
      socket.send('hello', 'again');
      expect(await heard).toEqual(['hello', 'again']);
    },
  },
  {
    name: 'sends and receives custom events with arguments of every JSON type',
    async run(fixture) {
      const socket = await fixture.connected();
      const values = ['text', '', 0, -1.5, true, null, [1, [2]], { a: { b: ['c'] } }];
      const heard = fixture.next(socket, 'said');
      socket.emit('say', ...values);
      expect(await heard).toEqual(values);
    },
  },
  {
    name: 'sends and receives events without arguments',
    async run(fixture) {
      const socket = await fixture.connected();
      const heard = fixture.next(socket, 'said');
      socket.emit('say');
      expect(await heard).toEqual([]);
    },
  },
  {
    name: 'transfers text in any script, and control characters',
    async run(fixture) {
      const socket = await fixture.connected();
      const texts = [
        'ünïcödé €',
        '日本語',
        '🎉👩‍👩‍👧',
        '\u0000\u0001\u001e\u001f\u007f\u0080\u00ff',
        '\u2028"\\\n',
      ];
      expect(await fixture.ask(socket, 'echo', ...texts)).toEqual(texts);
    },
  },
  {
    name: 'transfers text that looks like packets and payloads',
    async run(fixture) {
      const socket = await fixture.connected();
      const texts = ['2["x"]', '40/a,', '5:41-0', 'b4AAAA', 'b', '0', '\u0000\u00ff', '/a,1[]'];
      expect(await fixture.ask(socket, 'echo', ...texts)).toEqual(texts);
    },
  },
  {
    name: 'transfers a lone surrogate as JSON does',
    async run(fixture) {
      const socket = await fixture.connected();
      expect(await fixture.ask(socket, 'echo', 'half \ud83c')).toEqual(['half \ud83c']);
    },
  },
  {
    name: 'transfers large messages',
    async run(fixture) {
      const socket = await fixture.connected();
      const large = 'größe 🎉 '.repeat(20_000);
      const [answer] = await fixture.ask(socket, 'echo', large);
      expect(answer === large).toBe(true);
    },
  },
  {
    name: 'preserves the order of many events to the server',
    cannot: sixteen,
    async run(fixture) {
      const socket = await fixture.connected();
      for (const n of upTo(200)) socket.emit('number', n);
      expect((await fixture.record(socket)).numbers).toEqual(upTo(200));
    },
  },
  {
    name: 'preserves the order of many events from the server',
    async run(fixture) {
      const socket = await fixture.connected();
      const heard = fixture.collect(socket, 'number', 200);
      socket.emit('count to', 200);
      expect((await heard).flat()).toEqual(upTo(200));
    },
  },
  {
    name: 'sends events emitted before connecting in order, followed by those of the connect handler',
    async run(fixture) {
      const socket = fixture.io();
      socket.on('connect', () => socket.emit('number', 3));
      for (const n of upTo(3)) socket.emit('number', n);
      await fixture.next(socket, 'connect');
      expect((await fixture.record(socket)).numbers).toEqual(upTo(4));
    },
  },
  {
    name: 'drops volatile events while disconnected, and sends them while connected',
    async run(fixture) {
      const socket = fixture.io();
      socket.volatile.emit('number', 1);
      await fixture.next(socket, 'connect');
      // Pending messages leave first; only then can a volatile event leave immediately.
      await fixture.ask(socket, 'number', 2);
      while (!socket.io.engine.transport.writable) await fixture.next(socket.io.engine, 'drain');
      socket.volatile.emit('number', 3);
      expect((await fixture.record(socket)).numbers).toEqual([2, 3]);
    },
  },
  {
    name: 'receives volatile events from the server',
    cannot: because('no volatile events', 'python'),
    async run(fixture) {
      const socket = await fixture.connected();
      const heard: string[] = [];
      socket.on('said', (word: string) => heard.push(word));
      // Over polling, the server drops it if no request is pending at that moment.
      for (let tries = 0; heard.length === 0 && tries < 50; tries++) {
        socket.emit('say volatile', 'now');
        await fixture.ask(socket, 'echo', 1);
      }
      expect(heard).toEqual(['now']);
    },
  },
  {
    name: 'sends compressed and uncompressed messages (`compress`)',
    async run(fixture) {
      const socket = await fixture.connected();
      const heard = fixture.collect(socket, 'said', 2);
      socket.compress(false).emit('say', 'plain '.repeat(500));
      socket.compress(true).emit('say', 'dense '.repeat(500));
      expect(await heard).toEqual([['plain '.repeat(500)], ['dense '.repeat(500)]]);
    },
  },
  {
    name: 'passes every event to `onAny` and `onAnyOutgoing`',
    async run(fixture) {
      const socket = await fixture.connected();
      await fixture.ask(socket, 'echo', 1);
      const seen: unknown[] = [];
      socket.onAny((...args: unknown[]) => seen.push(['in', ...args]));
      socket.onAnyOutgoing((...args: unknown[]) => seen.push(['out', ...args]));
      const heard = fixture.next(socket, 'said');
      socket.emit('say', 'x', 1);
      await heard;
      expect(seen).toEqual([
        ['out', 'say', 'x', 1],
        ['in', 'said', 'x', 1],
      ]);
    },
  },
  {
    name: 'calls `prependAny` listeners first, and removed listeners never',
    async run(fixture) {
      const socket = await fixture.connected();
      await fixture.ask(socket, 'echo', 1);
      const seen: string[] = [];
      const gone = (): unknown => seen.push('gone');
      socket.onAny(gone);
      socket.on('said', () => seen.push('own'));
      socket.onAny(() => seen.push('second'));
      socket.prependAny(() => seen.push('first'));
      socket.offAny(gone);
      const heard = fixture.next(socket, 'said');
      socket.emit('say');
      await heard;
      expect(seen).toEqual(['first', 'second', 'own']);
    },
  },
];
