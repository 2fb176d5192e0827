import { expect } from 'vitest';
import type { Options } from '../../../src/platform/options.js';
import { within } from '../../support/waiting.js';
import { type Behaviour, because } from '../behaviour.js';
import type { Fixture } from '../fixture.js';

/** holdfast gives up a silent WebSocket after 5 seconds, well before the 20 of `timeout`. In milliseconds. */
const silenceMs = 14_000;

/** The number of requests that opened a session. */
const sessionRequests = async ({ network }: Fixture): Promise<number> =>
  (await network.traffic()).requests.filter(({ url }) => !url.includes('sid=')).length;

const withoutLegacy: Options = { plugins: [] };

/** The connect_error of a socket that must not connect. */
async function refusal(fixture: Fixture, options: Options): Promise<Error & { code?: string }> {
  const socket = fixture.io('/', { reconnection: false, ...options });
  const connected = fixture.next(socket, 'connect').then(() => 'connected');
  connected.catch(() => {});
  const [error] = (await Promise.race([fixture.next(socket, 'connect_error'), connected])) as [Error];
  expect(error).toBeInstanceOf(Error);
  return error;
}

export const connecting: Behaviour[] = [
  {
    name: 'connects over the requested transport',
    async run(fixture) {
      const socket = await fixture.connected();
      expect(socket.connected).toBe(true);
      expect(socket.io.engine.transport.name).toBe(fixture.transport);
    },
  },
  {
    name: 'opens one session with a single request',
    async run(fixture) {
      const socket = await fixture.connected();
      await fixture.ask(socket, 'echo', 1);
      expect(await sessionRequests(fixture)).toBe(1);
      if (fixture.transport === 'websocket') {
        expect(await fixture.network.traffic()).toMatchObject({ connections: 1, upgrades: 1, polling: 0 });
      }
    },
  },
  {
    name: 'creates one socket in the root namespace on the server',
    async run(fixture) {
      const socket = await fixture.connected();
      await fixture.ask(socket, 'echo', 1);
      const { created, connected } = await fixture.record(socket);
      expect(Object.keys(created)).toEqual(['/']);
      expect(created['/']).toHaveLength(1);
      expect(connected).toEqual({ '/': 1 });
    },
  },
  {
    name: 'has the same id as its socket on the server',
    async run(fixture) {
      const socket = await fixture.connected();
      const [{ id }] = await fixture.ask(socket, 'describe');
      expect(id).toMatch(/./);
      expect(socket.id).toBe(id);
    },
  },
  {
    name: 'has the same id as its server socket in another namespace',
    async run(fixture) {
      const root = await fixture.connected();
      const second = await fixture.join(root, '/second');
      const [{ id }] = await fixture.ask(second, 'describe');
      expect(second.id).toBe(id);
    },
  },
  {
    name: 'has its id when `connect` fires',
    async run(fixture) {
      const socket = fixture.io();
      let id: string | undefined;
      socket.on('connect', () => {
        id = socket.id;
      });
      const [serverId] = await fixture.next(socket, 'hello');
      if (id === undefined) await fixture.next(socket, 'connect');
      expect(id).toBe(serverId);
    },
  },
  {
    name: 'receives events that the server sends immediately',
    async run(fixture) {
      const socket = fixture.io();
      const [id, nsp] = await fixture.next(socket, 'hello');
      expect(nsp).toBe('/');
      if (!socket.connected) await fixture.next(socket, 'connect');
      expect(id).toBe(socket.id);
    },
  },
  {
    name: 'connects to a server at a custom path (`path`)',
    async run(fixture) {
      const own = await fixture.withSettings({ path: '/websocket' });
      const socket = await own.connected('/', { path: '/websocket' });
      expect(await own.ask(socket, 'echo', 'here')).toEqual(['here']);
      expect((await own.network.traffic()).requests.every(({ url }) => url.startsWith('/websocket/'))).toBe(
        true,
      );
    },
  },
  {
    name: 'sends its `query` to the server',
    async run(fixture) {
      const socket = await fixture.connected('/', { query: { room: 'a b&c=ü' } });
      const [{ query }] = await fixture.ask(socket, 'describe');
      expect(query).toMatchObject({ room: 'a b&c=ü', client: fixture.client });
    },
  },
  {
    name: 'sends the query in the address to the server',
    async run(fixture) {
      const socket = await fixture.connected('/?room=7');
      const [{ query }] = await fixture.ask(socket, 'describe');
      expect(query).toMatchObject({ room: '7' });
    },
  },
  {
    name: 'sends `extraHeaders`',
    notInBrowsers: 'pages cannot set headers on a WebSocket, and old servers do not allow them on a request',
    async run(fixture) {
      const socket = await fixture.connected('/', { extraHeaders: { 'x-token': 'secret' } });
      const [{ headers }] = await fixture.ask(socket, 'describe');
      expect(headers['x-token']).toBe('secret');
    },
  },
  {
    name: 'stores the server’s cookie and sends it back',
    notInBrowsers:
      'cookies are shared between all ports of a host, and so between all servers of these tests',
    on: 'polling',
    async run(fixture) {
      const socket = await fixture.connected('/', { withCredentials: true });
      await fixture.ask(socket, 'echo', 1);
      const [first, ...others] = (await fixture.network.traffic()).requests;
      expect(first?.cookie).toBeNull();
      expect(others.map(({ cookie }) => cookie)).toEqual(others.map(() => expect.stringMatching(/^io=.+/)));
    },
  },
  {
    name: 'waits for `connect()` if `autoConnect` is off',
    async run(fixture) {
      const socket = fixture.io('/', { autoConnect: false });
      expect((await fixture.network.traffic()).requests).toEqual([]);
      const connected = fixture.next(socket, 'connect');
      socket.connect();
      await connected;
    },
  },
  {
    name: 'connects a second time like the first time',
    async run(fixture) {
      const first = await fixture.connected();
      const second = await fixture.connected();
      expect(second.id).not.toBe(first.id);
      expect(await fixture.ask(second, 'echo', 'ü', 2)).toEqual(['ü', 2]);
      expect((await fixture.record(second)).created['/']).toEqual([first.id, second.id]);
    },
  },
  {
    name: 'measures the round-trip time',
    async run(fixture) {
      const socket = await fixture.connected();
      expect(socket.io.latencyMs).toBeGreaterThanOrEqual(0);
    },
  },
  {
    name: 'uses WebSocket by default',
    on: 'websocket',
    // A machine that is busy with other cases may not open a WebSocket within its head start.
    exclusive: true,
    async run(fixture) {
      const socket = await fixture.connected('/', { transports: undefined } as unknown as Options);
      expect(socket.io.transport).toBe('websocket');
      expect(await sessionRequests(fixture)).toBe(1);
    },
  },
  {
    name: 'falls back to polling when WebSocket is refused',
    on: 'polling',
    async run(fixture) {
      await fixture.network.refuseUpgrades(403);
      const socket = await fixture.connected('/', { transports: ['websocket', 'polling'] });
      expect(socket.io.transport).toBe('polling');
      expect((await fixture.record(socket)).created['/']).toHaveLength(1);
    },
  },
  {
    name: 'falls back to polling when WebSocket hangs',
    on: 'polling',
    // Firefox opens one WebSocket per host at a time: a hanging one blocks all others.
    exclusive: true,
    async run(fixture) {
      await fixture.network.swallowUpgrades();
      const socket = await fixture.connected('/', { transports: ['websocket', 'polling'] });
      expect(socket.io.transport).toBe('polling');
      expect((await fixture.record(socket)).created['/']).toHaveLength(1);
    },
  },
  {
    name: 'falls back to polling when WebSocket opens and then stays silent',
    on: 'polling',
    exclusive: true,
    async run(fixture) {
      await fixture.network.silenceAfterHandshake();
      const connected = fixture.connected('/', { transports: ['websocket', 'polling'] });
      const socket = await within(connected, 'polling to take over', silenceMs);
      expect(socket.io.transport).toBe('polling');
      expect(await fixture.ask(socket, 'echo', 'ü', new Uint8Array([1]))).toHaveLength(2);
    },
  },
  {
    name: 'upgrades from polling to WebSocket with the same id, without losing, repeating or reordering messages',
    on: 'polling',
    async run(fixture) {
      const socket = fixture.io('/', { transports: ['polling', 'websocket'] });
      const { engine } = socket.io;
      let next = 0;
      const down = fixture.collect(socket, 'number', 120);
      const upgraded = fixture.next(engine, 'upgrade');
      await fixture.next(engine, 'open');
      const id = engine.id;
      socket.emit('count to', 60);
      // Emits until the upgrade is done, and a little longer.
      const exchange = (async () => {
        while (engine.transport.name === 'polling') await fixture.ask(socket, 'number', next++);
        for (let more = 0; more < 20; more++) socket.emit('number', next++);
        socket.emit('count to', 60);
      })();
      await Promise.all([upgraded, exchange]);
      expect(engine.transport.name).toBe('websocket');
      const numbers = (await down).map(([number]) => number);
      expect(numbers).toEqual(Array.from({ length: 120 }, (_, n) => n % 60));
      const record = await fixture.record(socket);
      expect(record.numbers).toEqual(Array.from({ length: next }, (_, n) => n));
      expect(record.created).toEqual({ '/': [socket.id] });
      expect(engine.id).toBe(id);
    },
  },
  {
    name: 'stays on polling if `upgrade` is off',
    on: 'polling',
    async run(fixture) {
      const socket = await fixture.connected('/', { transports: ['polling', 'websocket'], upgrade: false });
      await fixture.ask(socket, 'echo', 1);
      expect((await fixture.network.traffic()).upgrades).toBe(0);
      expect(socket.io.transport).toBe('polling');
    },
  },
  {
    name: 'connects without holdfast/legacy',
    cannot: because('Engine.IO v3: needs `holdfast/legacy`', '1.3.7', '1.7.4', '2.5.1'),
    async run(fixture) {
      const socket = await fixture.connected('/', withoutLegacy);
      expect(await fixture.ask(socket, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'reports that holdfast/legacy is missing (`LEGACY_SERVER`)',
    notInBrowsers: 'the script-tag file includes it',
    cannot: because('uses the current protocol version', '3.1.2', '4.8.4', 'python', 'foreign'),
    async run(fixture) {
      const { code, message } = await refusal(fixture, withoutLegacy);
      expect(code).toBe('LEGACY_SERVER');
      expect(message).toContain('import { legacy } from "holdfast/legacy"');
    },
  },
];
