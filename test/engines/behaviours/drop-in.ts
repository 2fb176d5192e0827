import { expect } from 'vitest';
import type { Io } from '../../../src/io.js';
import type { Behaviour } from '../../generations/behaviour.js';

const { io } = globalThis as unknown as { io: Io };

export const dropIn: Behaviour[] = [
  {
    name: 'is the one global `io`, with all that the official one has on it',
    async run() {
      expect([io.io, io.connect].map((one) => typeof one)).toEqual(['function', 'function']);
      expect(typeof io.Manager).toBe('function');
      expect(typeof io.Socket).toBe('function');
      expect(io.protocol).toBe(5);
    },
  },
  {
    name: 'shares one connection among the namespaces of a server',
    async run(stage) {
      const shared = { forceNew: false };
      const root = stage.io('/', shared);
      const second = stage.io('/second', shared);
      expect(second.io).toBe(root.io);
      await Promise.all([stage.next(root, 'connect'), stage.next(second, 'connect')]);
      expect(second.id).not.toBe(root.id);
    },
  },
  {
    name: 'gives the same socket again for the same namespace (`manager.socket`)',
    async run(stage) {
      const socket = await stage.connected();
      expect(socket.io.socket('/')).toBe(socket);
    },
  },
  {
    name: 'calls a listener once where asked to, and no more where it was taken away',
    async run(stage) {
      const socket = await stage.connected();
      const heard: string[] = [];
      const listener = (): void => void heard.push('on');
      socket.on('said', listener);
      socket.once('said', () => heard.push('once'));
      for (const word of ['a', 'b']) socket.emit('say', word);
      await stage.ask(socket, 'echo');
      socket.off('said', listener);
      socket.emit('say', 'c');
      await stage.ask(socket, 'echo');
      expect(heard).toEqual(['on', 'once', 'on']);
      expect(socket.hasListeners('said')).toBe(false);
    },
  },
  {
    name: 'sends what JSON makes of dates, `undefined` and numbers that are none',
    async run(stage) {
      const socket = await stage.connected();
      const date = new Date(0);
      expect(await stage.ask(socket, 'echo', date, undefined, Number.NaN, { gone: undefined })).toEqual([
        date.toISOString(),
        null,
        null,
        {},
      ]);
    },
  },
  {
    name: 'has the properties of the official socket, before and after it is connected',
    async run(stage) {
      const socket = stage.io();
      const look = (): unknown[] => [
        typeof socket.id,
        socket.connected,
        socket.disconnected,
        socket.active,
        socket.recovered,
        socket.nsp,
      ];
      expect(look()).toEqual(['undefined', false, true, true, false, '/']);
      await stage.next(socket, 'connect');
      expect(look()).toEqual(['string', true, false, true, false, '/']);
      socket.close();
      expect(look()).toEqual(['undefined', false, true, false, false, '/']);
    },
  },
  {
    name: 'shows its engine, the transport’s name and its packets',
    async run(stage) {
      const socket = stage.io();
      const { engine } = socket.io;
      const opened = stage.next(engine, 'handshake');
      const packet = stage.next(engine, 'packet');
      await stage.next(socket, 'connect');
      expect((await opened)[0]).toMatchObject({ sid: engine.id });
      expect((await packet)[0]).toMatchObject({ type: 'open' });
      expect(engine.transport.name).toBe(stage.transport);
    },
  },
  {
    name: 'connects by hand, once the program has disconnected by hand',
    async run(stage) {
      const socket = await stage.connected();
      const left = stage.next(socket, 'disconnect');
      socket.disconnect();
      expect((await left)[0]).toBe('io client disconnect');
      const back = stage.next(socket, 'connect');
      socket.connect();
      await back;
      expect(await stage.ask(socket, 'echo', 1)).toEqual([1]);
    },
  },
];
