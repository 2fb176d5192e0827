import { expect } from 'vitest';
import { type Behaviour, because, sixteen } from '../behaviour.js';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

export const messages: Behaviour[] = [
  {
    name: 'sends and hears messages (`send`)',
    async run(stage) {
      const socket = await stage.connected();
      const heard = stage.next(socket, 'message');
      socket.send('hello', 'again');
      expect(await heard).toEqual(['hello', 'again']);
    },
  },
  {
    name: 'sends and hears events of its own, with arguments of every JSON kind',
    async run(stage) {
      const socket = await stage.connected();
      const values = ['text', '', 0, -1.5, true, null, [1, [2]], { a: { b: ['c'] } }];
      const heard = stage.next(socket, 'said');
      socket.emit('say', ...values);
      expect(await heard).toEqual(values);
    },
  },
  {
    name: 'sends and hears events without arguments',
    async run(stage) {
      const socket = await stage.connected();
      const heard = stage.next(socket, 'said');
      socket.emit('say');
      expect(await heard).toEqual([]);
    },
  },
  {
    name: 'carries text of every script, and every control character',
    async run(stage) {
      const socket = await stage.connected();
      const words = [
        'ünïcödé €',
        '日本語',
        '🎉👩‍👩‍👧',
        '\u0000\u0001\u001e\u001f\u007f\u0080\u00ff',
        '\u2028"\\\n',
      ];
      expect(await stage.ask(socket, 'echo', ...words)).toEqual(words);
    },
  },
  {
    name: 'carries text that looks like packets and payloads',
    async run(stage) {
      const socket = await stage.connected();
      const words = ['2["x"]', '40/a,', '5:41-0', 'b4AAAA', 'b', '0', '\u0000\u00ff', '/a,1[]'];
      expect(await stage.ask(socket, 'echo', ...words)).toEqual(words);
    },
  },
  {
    name: 'carries half a surrogate pair as JSON does',
    async run(stage) {
      const socket = await stage.connected();
      expect(await stage.ask(socket, 'echo', 'half \ud83c')).toEqual(['half \ud83c']);
    },
  },
  {
    name: 'carries large messages',
    async run(stage) {
      const socket = await stage.connected();
      const large = 'größe 🎉 '.repeat(20_000);
      const [answer] = await stage.ask(socket, 'echo', large);
      expect(answer === large).toBe(true);
    },
  },
  {
    name: 'keeps the order of many events to the server',
    cannot: sixteen,
    async run(stage) {
      const socket = await stage.connected();
      for (const n of upTo(200)) socket.emit('number', n);
      expect((await stage.account(socket)).numbers).toEqual(upTo(200));
    },
  },
  {
    name: 'keeps the order of many events from the server',
    async run(stage) {
      const socket = await stage.connected();
      const heard = stage.collect(socket, 'number', 200);
      socket.emit('count to', 200);
      expect((await heard).flat()).toEqual(upTo(200));
    },
  },
  {
    name: 'sends what was emitted before it was connected, in order, and then what its connect handler emits',
    async run(stage) {
      const socket = stage.io();
      socket.on('connect', () => socket.emit('number', 3));
      for (const n of upTo(3)) socket.emit('number', n);
      await stage.next(socket, 'connect');
      expect((await stage.account(socket)).numbers).toEqual(upTo(4));
    },
  },
  {
    name: 'drops a volatile event while it is away, and sends it when it is connected',
    async run(stage) {
      const socket = stage.io();
      socket.volatile.emit('number', 1);
      await stage.next(socket, 'connect');
      // What waits for the network goes first; only then is there room for it.
      await stage.ask(socket, 'number', 2);
      while (!socket.io.engine.transport.writable) await stage.next(socket.io.engine, 'drain');
      socket.volatile.emit('number', 3);
      expect((await stage.account(socket)).numbers).toEqual([2, 3]);
    },
  },
  {
    name: 'hears volatile events of the server',
    cannot: because('no volatile events', 'python'),
    async run(stage) {
      const socket = await stage.connected();
      const heard: string[] = [];
      socket.on('said', (word: string) => heard.push(word));
      // Over polling, the server drops it where no request waits just then.
      for (let tries = 0; heard.length === 0 && tries < 50; tries++) {
        socket.emit('say volatile', 'now');
        await stage.ask(socket, 'echo', 1);
      }
      expect(heard).toEqual(['now']);
    },
  },
  {
    name: 'sends compressed and uncompressed (`compress`)',
    async run(stage) {
      const socket = await stage.connected();
      const heard = stage.collect(socket, 'said', 2);
      socket.compress(false).emit('say', 'plain '.repeat(500));
      socket.compress(true).emit('say', 'dense '.repeat(500));
      expect(await heard).toEqual([['plain '.repeat(500)], ['dense '.repeat(500)]]);
    },
  },
  {
    name: 'shows every event to `onAny` and `onAnyOutgoing`',
    async run(stage) {
      const socket = await stage.connected();
      await stage.ask(socket, 'echo', 1);
      const seen: unknown[] = [];
      socket.onAny((...args: unknown[]) => seen.push(['in', ...args]));
      socket.onAnyOutgoing((...args: unknown[]) => seen.push(['out', ...args]));
      const heard = stage.next(socket, 'said');
      socket.emit('say', 'x', 1);
      await heard;
      expect(seen).toEqual([
        ['out', 'say', 'x', 1],
        ['in', 'said', 'x', 1],
      ]);
    },
  },
  {
    name: 'shows every event to `prependAny` first, and none to a listener that was taken away',
    async run(stage) {
      const socket = await stage.connected();
      await stage.ask(socket, 'echo', 1);
      const seen: string[] = [];
      const gone = (): unknown => seen.push('gone');
      socket.onAny(gone);
      socket.on('said', () => seen.push('own'));
      socket.onAny(() => seen.push('second'));
      socket.prependAny(() => seen.push('first'));
      socket.offAny(gone);
      const heard = stage.next(socket, 'said');
      socket.emit('say');
      await heard;
      expect(seen).toEqual(['first', 'second', 'own']);
    },
  },
];
