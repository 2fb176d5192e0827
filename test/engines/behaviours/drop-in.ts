import { expect } from 'vitest';
import type { Io } from '../../../src/io.js';
import type { Behaviour } from '../../generations/behaviour.js';

const { io } = globalThis as unknown as { io: Io };

export const dropIn: Behaviour[] = [
  {
    name: 'provides the global `io` with the official client’s properties',
    async run() {
      expect([io.io, io.connect].map((one) => typeof one)).toEqual(['function', 'function']);
      expect(typeof io.Manager).toBe('function');
      expect(typeof io.Socket).toBe('function');
      expect(io.protocol).toBe(5);
    },
  },
  {
    name: 'connects with options that are for Node (`autoUnref`, `perMessageDeflate`, `agent`)',
    async run(fixture) {
      const options = { autoUnref: true, perMessageDeflate: { threshold: 10 }, agent: false };
      const socket = await fixture.connected('/', options as object);
      expect(await fixture.ask(socket, 'echo', 'text')).toEqual(['text']);
    },
  },
  {
    name: 'shares one connection among the namespaces of a server',
    async run(fixture) {
      const shared = { forceNew: false };
      const root = fixture.io('/', shared);
      const second = fixture.io('/second', shared);
      expect(second.io).toBe(root.io);
      await Promise.all([fixture.next(root, 'connect'), fixture.next(second, 'connect')]);
      expect(second.id).not.toBe(root.id);
    },
  },
  {
    name: 'returns the same socket for the same namespace (`manager.socket`)',
    async run(fixture) {
      const socket = await fixture.connected();
      expect(socket.io.socket('/')).toBe(socket);
    },
  },
  {
    name: 'calls `once` listeners once, and removed listeners never',
    async run(fixture) {
      const socket = await fixture.connected();
      const heard: string[] = [];
      const listener = (): void => void heard.push('on');
      socket.on('said', listener);
      socket.once('said', () => heard.push('once'));
      for (const word of ['a', 'b']) socket.emit('say', word);
      await fixture.ask(socket, 'echo');
      socket.off('said', listener);
      socket.emit('say', 'c');
      await fixture.ask(socket, 'echo');
      expect(heard).toEqual(['on', 'once', 'on']);
      expect(socket.hasListeners('said')).toBe(false);
    },
  },
  {
    name: 'converts dates, `undefined` and NaN as JSON does',
    async run(fixture) {
      const socket = await fixture.connected();
      const date = new Date(0);
      expect(await fixture.ask(socket, 'echo', date, undefined, Number.NaN, { gone: undefined })).toEqual([
        date.toISOString(),
        null,
        null,
        {},
      ]);
    },
  },
  {
    name: 'has the official socket’s properties before and after connecting',
    async run(fixture) {
      const socket = fixture.io();
      const look = (): unknown[] => [
        typeof socket.id,
        socket.connected,
        socket.disconnected,
        socket.active,
        socket.recovered,
        socket.nsp,
      ];
      expect(look()).toEqual(['undefined', false, true, true, false, '/']);
      await fixture.next(socket, 'connect');
      expect(look()).toEqual(['string', true, false, true, false, '/']);
      socket.close();
      expect(look()).toEqual(['undefined', false, true, false, false, '/']);
    },
  },
  {
    name: 'exposes the engine, the transport’s name and its packets',
    async run(fixture) {
      const socket = fixture.io();
      const { engine } = socket.io;
      const opened = fixture.next(engine, 'handshake');
      const packet = fixture.next(engine, 'packet');
      await fixture.next(socket, 'connect');
      expect((await opened)[0]).toMatchObject({ sid: engine.id });
      expect((await packet)[0]).toMatchObject({ type: 'open' });
      expect(engine.transport.name).toBe(fixture.transport);
    },
  },
  {
    name: 'reconnects with `connect()` after `disconnect()`',
    async run(fixture) {
      const socket = await fixture.connected();
      const left = fixture.next(socket, 'disconnect');
      socket.disconnect();
      expect((await left)[0]).toBe('io client disconnect');
      const back = fixture.next(socket, 'connect');
      socket.connect();
      await back;
      expect(await fixture.ask(socket, 'echo', 1)).toEqual([1]);
    },
  },
];
