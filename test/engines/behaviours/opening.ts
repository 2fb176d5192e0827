import { expect } from 'vitest';
import type { ConnectionError } from '../../../src/platform/errors.js';
import type { Options } from '../../../src/platform/options.js';
import type { TransportAttemptEvent } from '../../../src/session/negotiate.js';
import type { Socket } from '../../../src/socket/socket.js';
import type { Behaviour } from '../../generations/behaviour.js';
import type { Fixture } from '../../generations/fixture.js';
import { developmentIo } from '../page/builds.js';

/** The default transports. */
const defaults = { transports: undefined } as unknown as Options;
const both: Options = { transports: ['websocket', 'polling'] };

async function refusal(fixture: Fixture, options: Options): Promise<ConnectionError> {
  const socket = fixture.io('/', { reconnection: false, ...options });
  const [error] = await fixture.next(socket, 'connect_error');
  return error;
}

/** The `attempt` events until the socket is connected. */
async function attemptsOf(fixture: Fixture, socket: Socket): Promise<string[]> {
  const attempts: string[] = [];
  socket.io.on('attempt', ({ transport, phase }: TransportAttemptEvent) =>
    attempts.push(`${transport} ${phase}`),
  );
  await fixture.next(socket, 'connect');
  return attempts;
}

const remembered = (fixture: Fixture): { [fact: string]: readonly [value: unknown, at: number] } =>
  JSON.parse(
    Object.entries(localStorage).find(([key]) => key.includes(new URL(fixture.url).host))?.[1] ?? '{}',
  );

export const opening: Behaviour[] = [
  {
    name: 'reports which transports it tried, and which one won',
    on: 'polling',
    async run(fixture) {
      await fixture.network.refuseUpgrades(403);
      const attempts = await attemptsOf(fixture, fixture.io('/', both));
      expect(attempts).toEqual(['websocket start', 'websocket failed', 'polling start', 'polling won']);
    },
  },
  {
    name: 'tries polling in parallel to a silent WebSocket, and closes the loser',
    on: 'polling',
    // Firefox opens one WebSocket per host at a time: a hanging one blocks all others.
    exclusive: true,
    async run(fixture) {
      await fixture.network.swallowUpgrades();
      const attempts = await attemptsOf(fixture, fixture.io('/', { ...both, upgrade: false }));
      expect(attempts.slice(0, 2)).toEqual(['websocket start', 'polling start']);
      expect(attempts).toContain('polling won');
    },
  },
  {
    name: 'remembers in localStorage that WebSocket failed, and starts with polling next time',
    on: 'polling',
    async run(fixture) {
      await fixture.network.refuseUpgrades(403);
      await attemptsOf(fixture, fixture.io('/', defaults));
      expect(remembered(fixture).websocket?.[0]).toBe(true);
      const attempts = await attemptsOf(fixture, fixture.io('/', defaults));
      expect(attempts[0]).toBe('polling start');
    },
  },
  {
    name: 'remembers the round-trip time in localStorage',
    on: 'websocket',
    async run(fixture) {
      await fixture.connected('/', defaults);
      const { websocket, rttMs } = remembered(fixture);
      expect(rttMs?.[0]).toBeGreaterThanOrEqual(0);
      expect(websocket?.[0]).toBe(false);
    },
  },
  {
    name: 'upgrades to WebSocket on the same session after a network change',
    on: 'polling',
    exclusive: true,
    async run(fixture) {
      await fixture.network.refuseUpgrades(403);
      const socket = fixture.io('/', both);
      await fixture.next(socket, 'connect');
      const { id } = socket;
      await fixture.network.heal();
      const upgraded = fixture.next(socket.io.engine, 'upgrade');
      window.dispatchEvent(new Event('online'));
      await upgraded;
      expect(socket.io.transport).toBe('websocket');
      expect([socket.connected, socket.id]).toEqual([true, id]);
      expect((await fixture.record(socket)).created['/']).toEqual([id]);
    },
  },
  {
    name: 'reports every attempt when nothing opens, and a hint in the development build',
    on: 'websocket',
    async run(fixture) {
      await fixture.network.down();
      const socket = developmentIo()(fixture.url, { ...both, forceNew: true, reconnection: false });
      const inDevelopment: Promise<ConnectionError[]> = fixture.next(socket, 'connect_error');
      const errors = [await refusal(fixture, both), ...(await inDevelopment)];
      for (const { code, attempts } of errors) {
        expect(code).toBe('NEGOTIATION_FAILED');
        expect(attempts.map(({ transport }) => transport)).toEqual(['websocket', 'polling']);
      }
      expect(errors[0]?.hint).toBeUndefined();
      // The second text, if the coach has found the cause by then.
      expect(errors[1]?.hint).toMatch(/cannot be reached|no server answers/);
    },
  },
  {
    name: 'fails with the error messages of the official client',
    async run(fixture) {
      await fixture.network.down();
      const { message } = await refusal(fixture, {});
      expect(message).toBe(fixture.transport === 'websocket' ? 'websocket error' : 'xhr poll error');
    },
  },
  {
    name: 'gives up in time when everything is swallowed (`timeout`)',
    exclusive: true,
    async run(fixture) {
      await fixture.network.swallowUpgrades();
      await fixture.network.blockPolling('swallow');
      const { message } = await refusal(fixture, { timeout: 400 });
      expect(message).toBe('timeout');
    },
  },
  {
    name: 'never opens a WebSocket if only polling is listed',
    on: 'polling',
    async run(fixture) {
      const socket = await fixture.connected();
      await fixture.ask(socket, 'echo', 1);
      expect(await fixture.network.traffic()).toMatchObject({ upgrades: 0 });
    },
  },
  {
    name: 'never polls if only WebSocket is listed and it is refused',
    on: 'websocket',
    async run(fixture) {
      await fixture.network.refuseUpgrades(403);
      await refusal(fixture, {});
      expect(await fixture.network.traffic()).toMatchObject({ polling: 0 });
    },
  },
  {
    name: 'follows the transport order given by the program',
    on: 'polling',
    async run(fixture) {
      const attempts = await attemptsOf(fixture, fixture.io('/', { transports: ['polling', 'websocket'] }));
      expect(attempts).toEqual(['polling start', 'polling won']);
    },
  },
  {
    name: 'connects after several failures once the server is up',
    async run(fixture) {
      await fixture.network.down();
      const socket = fixture.io();
      await fixture.next(socket.io, 'reconnect_error');
      expect(socket.io.status).toBe('reconnecting');
      await fixture.network.up();
      await fixture.next(socket, 'connect');
      expect([socket.io.status, socket.io.retryInMs]).toEqual(['connected', undefined]);
    },
  },
  {
    name: 'sends `extraHeaders` with polling requests',
    on: 'polling',
    async run(fixture) {
      const socket = await fixture.connected('/', { extraHeaders: { 'x-token': 'secret' } });
      const [{ headers }] = await fixture.ask(socket, 'describe');
      expect(headers['x-token']).toBe('secret');
    },
  },
  {
    name: 'sends the server’s cookies only on request (`withCredentials`)',
    on: 'polling',
    async run(fixture) {
      const cookies = async (withCredentials: boolean): Promise<unknown[]> => {
        const asked = String(withCredentials);
        const socket = await fixture.connected('/', { withCredentials, query: { asked } });
        await fixture.ask(socket, 'echo', 1);
        const { requests } = await fixture.network.traffic();
        const [, ...later] = requests.filter(({ url }) => url.includes(`asked=${asked}`));
        expect(later.length).toBeGreaterThan(0);
        return later.map(({ cookie }) => cookie);
      };
      for (const cookie of await cookies(false)) expect(cookie).toBeNull();
      for (const cookie of await cookies(true)) expect(cookie).toMatch(/(^|; )io=.+/);
    },
  },
  {
    name: 'gives up after `reconnectionAttempts`',
    async run(fixture) {
      await fixture.network.down();
      const socket = fixture.io('/', { reconnectionAttempts: 2 });
      await fixture.next(socket.io, 'reconnect_failed');
      expect([socket.active, socket.io.status]).toEqual([false, 'closed']);
    },
  },
];
