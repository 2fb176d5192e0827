import { expect } from 'vitest';
import type { Options } from '../../../src/platform/options.js';
import { within } from '../../support/waiting.js';
import { type Behaviour, because } from '../behaviour.js';
import type { Stage } from '../fixture.js';

/** A WebSocket over which nothing comes is given up after 5 seconds, well before the 20 of `timeout`. In milliseconds. */
const silenceMs = 14_000;

/** Requests that open a session. */
const dials = async ({ network }: Stage): Promise<number> =>
  (await network.seen()).requests.filter(({ url }) => !url.includes('sid=')).length;

const untold = { legacy: undefined } as unknown as Options;

/** The connect_error of a socket that must not connect. */
async function refusal(stage: Stage, options: Options): Promise<Error & { code?: string }> {
  const socket = stage.io('/', { reconnection: false, ...options });
  const connected = stage.next(socket, 'connect').then(() => 'connected');
  connected.catch(() => {});
  const [error] = (await Promise.race([stage.next(socket, 'connect_error'), connected])) as [Error];
  expect(error).toBeInstanceOf(Error);
  return error;
}

export const connecting: Behaviour[] = [
  {
    name: 'connects over the transport that it is to use',
    async run(stage) {
      const socket = await stage.connected();
      expect(socket.connected).toBe(true);
      expect(socket.io.engine.transport.name).toBe(stage.transport);
    },
  },
  {
    name: 'opens one session with one request for it',
    async run(stage) {
      const socket = await stage.connected();
      await stage.ask(socket, 'echo', 1);
      expect(await dials(stage)).toBe(1);
      if (stage.transport === 'websocket') {
        expect(await stage.network.seen()).toMatchObject({ connections: 1, upgrades: 1, polling: 0 });
      }
    },
  },
  {
    name: 'makes one socket of the root namespace on the server',
    async run(stage) {
      const socket = await stage.connected();
      await stage.ask(socket, 'echo', 1);
      const { made, here } = await stage.account(socket);
      expect(Object.keys(made)).toEqual(['/']);
      expect(made['/']).toHaveLength(1);
      expect(here).toEqual({ '/': 1 });
    },
  },
  {
    name: 'has the id that its socket has on the server',
    async run(stage) {
      const socket = await stage.connected();
      const [{ id }] = await stage.ask(socket, 'describe');
      expect(id).toMatch(/./);
      expect(socket.id).toBe(id);
    },
  },
  {
    name: 'has that id in a namespace, too',
    async run(stage) {
      const root = await stage.connected();
      const second = await stage.beside(root, '/second');
      const [{ id }] = await stage.ask(second, 'describe');
      expect(second.id).toBe(id);
    },
  },
  {
    name: 'has the id in the connect handler',
    async run(stage) {
      const socket = stage.io();
      let id: string | undefined;
      socket.on('connect', () => {
        id = socket.id;
      });
      const [told] = await stage.next(socket, 'hello');
      if (id === undefined) await stage.next(socket, 'connect');
      expect(id).toBe(told);
    },
  },
  {
    name: 'hears what the server says at once',
    async run(stage) {
      const socket = stage.io();
      const [id, nsp] = await stage.next(socket, 'hello');
      expect(nsp).toBe('/');
      if (!socket.connected) await stage.next(socket, 'connect');
      expect(id).toBe(socket.id);
    },
  },
  {
    name: 'finds the server on a path of its own (`path`)',
    async run(stage) {
      const own = await stage.with({ path: '/websocket' });
      const socket = await own.connected('/', { path: '/websocket' });
      expect(await own.ask(socket, 'echo', 'here')).toEqual(['here']);
      expect((await own.network.seen()).requests.every(({ url }) => url.startsWith('/websocket/'))).toBe(
        true,
      );
    },
  },
  {
    name: 'shows its `query` to the server',
    async run(stage) {
      const socket = await stage.connected('/', { query: { room: 'a b&c=ü' } });
      const [{ query }] = await stage.ask(socket, 'describe');
      expect(query).toMatchObject({ room: 'a b&c=ü', who: stage.who });
    },
  },
  {
    name: 'shows a query in the address to the server',
    async run(stage) {
      const socket = await stage.connected('/?room=7');
      const [{ query }] = await stage.ask(socket, 'describe');
      expect(query).toMatchObject({ room: '7' });
    },
  },
  {
    name: 'sends `extraHeaders`',
    notInBrowsers: 'pages cannot give a WebSocket headers, and old servers do not allow those of a request',
    async run(stage) {
      const socket = await stage.connected('/', { extraHeaders: { 'x-token': 'secret' } });
      const [{ headers }] = await stage.ask(socket, 'describe');
      expect(headers['x-token']).toBe('secret');
    },
  },
  {
    name: 'keeps the server’s cookie, and sends it along',
    notInBrowsers: 'the cookies of a host are those of all its ports, and so of every server of the suite',
    on: 'polling',
    async run(stage) {
      const socket = await stage.connected('/', { withCredentials: true });
      await stage.ask(socket, 'echo', 1);
      const [first, ...others] = (await stage.network.seen()).requests;
      expect(first?.cookie).toBeNull();
      expect(others.map(({ cookie }) => cookie)).toEqual(others.map(() => expect.stringMatching(/^io=.+/)));
    },
  },
  {
    name: 'waits for `connect()` where `autoConnect` is off',
    async run(stage) {
      const socket = stage.io('/', { autoConnect: false });
      expect((await stage.network.seen()).requests).toEqual([]);
      const connected = stage.next(socket, 'connect');
      socket.connect();
      await connected;
    },
  },
  {
    name: 'connects a second time as it did the first',
    async run(stage) {
      const first = await stage.connected();
      const second = await stage.connected();
      expect(second.id).not.toBe(first.id);
      expect(await stage.ask(second, 'echo', 'ü', 2)).toEqual(['ü', 2]);
      expect((await stage.account(second)).made['/']).toEqual([first.id, second.id]);
    },
  },
  {
    name: 'measures the time to the server and back',
    async run(stage) {
      const socket = await stage.connected();
      expect(socket.io.latencyMs).toBeGreaterThanOrEqual(0);
    },
  },
  {
    name: 'goes by WebSocket where nothing is said of transports',
    on: 'websocket',
    async run(stage) {
      const socket = await stage.connected('/', { transports: undefined } as unknown as Options);
      expect(socket.io.transport).toBe('websocket');
      expect(await dials(stage)).toBe(1);
    },
  },
  {
    name: 'falls back to polling where WebSocket is refused',
    on: 'polling',
    async run(stage) {
      await stage.network.refuseUpgrades(403);
      const socket = await stage.connected('/', { transports: ['websocket', 'polling'] });
      expect(socket.io.transport).toBe('polling');
      expect((await stage.account(socket)).made['/']).toHaveLength(1);
    },
  },
  {
    name: 'falls back to polling where WebSocket hangs',
    on: 'polling',
    // Firefox opens one WebSocket to a host at a time: one that hangs holds up all others.
    alone: true,
    async run(stage) {
      await stage.network.swallowUpgrades();
      const socket = await stage.connected('/', { transports: ['websocket', 'polling'] });
      expect(socket.io.transport).toBe('polling');
      expect((await stage.account(socket)).made['/']).toHaveLength(1);
    },
  },
  {
    name: 'falls back to polling where WebSocket opens and then keeps silent',
    on: 'polling',
    alone: true,
    async run(stage) {
      await stage.network.deafenUpgrades();
      const connected = stage.connected('/', { transports: ['websocket', 'polling'] });
      const socket = await within(connected, 'polling to take over', silenceMs);
      expect(socket.io.transport).toBe('polling');
      expect(await stage.ask(socket, 'echo', 'ü', new Uint8Array([1]))).toHaveLength(2);
    },
  },
  {
    name: 'moves from polling to WebSocket: same id, no message lost, none twice, in order',
    on: 'polling',
    async run(stage) {
      const socket = stage.io('/', { transports: ['polling', 'websocket'] });
      const { engine } = socket.io;
      let next = 0;
      const down = stage.collect(socket, 'number', 120);
      const upgraded = stage.next(engine, 'upgrade');
      await stage.next(engine, 'open');
      const id = engine.id;
      socket.emit('count to', 60);
      // Until it has moved, and a little longer.
      const talk = (async () => {
        while (engine.transport.name === 'polling') await stage.ask(socket, 'number', next++);
        for (let more = 0; more < 20; more++) socket.emit('number', next++);
        socket.emit('count to', 60);
      })();
      await Promise.all([upgraded, talk]);
      expect(engine.transport.name).toBe('websocket');
      const numbers = (await down).map(([number]) => number);
      expect(numbers).toEqual(Array.from({ length: 120 }, (_, n) => n % 60));
      const account = await stage.account(socket);
      expect(account.numbers).toEqual(Array.from({ length: next }, (_, n) => n));
      expect(account.made).toEqual({ '/': [socket.id] });
      expect(engine.id).toBe(id);
    },
  },
  {
    name: 'stays on polling where `upgrade` is off',
    on: 'polling',
    async run(stage) {
      const socket = await stage.connected('/', { transports: ['polling', 'websocket'], upgrade: false });
      await stage.ask(socket, 'echo', 1);
      expect((await stage.network.seen()).upgrades).toBe(0);
      expect(socket.io.transport).toBe('polling');
    },
  },
  {
    name: 'connects without holdfast/legacy',
    cannot: because('Engine.IO v3: needs `holdfast/legacy`', '1.3.7', '1.7.4', '2.5.1'),
    async run(stage) {
      const socket = await stage.connected('/', untold);
      expect(await stage.ask(socket, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'without holdfast/legacy, says that it is missing (`LEGACY_SERVER`)',
    notInBrowsers: 'the file for the script tag has it',
    cannot: because('is of today’s generation', '3.1.2', '4.8.4', 'python'),
    async run(stage) {
      const { code, message } = await refusal(stage, untold);
      expect(code).toBe('LEGACY_SERVER');
      expect(message).toContain('import { legacy } from "holdfast/legacy"');
    },
  },
];
