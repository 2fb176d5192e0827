import { expect } from 'vitest';
import type { TransportAttemptEvent } from '../../../src/session/negotiate.js';
import type { ConnectionError } from '../../../src/platform/errors.js';
import type { Options } from '../../../src/platform/options.js';
import type { Socket } from '../../../src/socket/socket.js';
import type { Behaviour } from '../../generations/behaviour.js';
import type { Stage } from '../../generations/fixture.js';

/** What holdfast does where nothing is said of transports. */
const byDefault = { transports: undefined } as unknown as Options;
const both: Options = { transports: ['websocket', 'polling'] };

async function refusal(stage: Stage, options: Options): Promise<ConnectionError> {
  const socket = stage.io('/', { reconnection: false, ...options });
  const [error] = await stage.next(socket, 'connect_error');
  return error;
}

/** What the manager tells of its candidates until the socket is connected. */
async function newsOf(stage: Stage, socket: Socket): Promise<string[]> {
  const told: string[] = [];
  socket.io.on('attempt', ({ transport, phase }: TransportAttemptEvent) => told.push(`${transport} ${phase}`));
  await stage.next(socket, 'connect');
  return told;
}

const remembered = (stage: Stage): { failedAt?: number; rtt?: number } =>
  JSON.parse(
    Object.entries(localStorage).find(([key]) => key.includes(new URL(stage.url).host))?.[1] ?? '{}',
  );

export const opening: Behaviour[] = [
  {
    name: 'tells which candidates it tried, and which one won',
    on: 'polling',
    async run(stage) {
      await stage.network.refuseUpgrades(403);
      const told = await newsOf(stage, stage.io('/', both));
      expect(told).toEqual(['websocket start', 'websocket failed', 'polling start', 'polling won']);
    },
  },
  {
    name: 'tries polling beside a WebSocket that keeps silent, and closes the loser',
    on: 'polling',
    // Firefox opens one WebSocket to a host at a time: one that hangs holds up all others.
    alone: true,
    async run(stage) {
      await stage.network.swallowUpgrades();
      const told = await newsOf(stage, stage.io('/', { ...both, upgrade: false }));
      expect(told.slice(0, 2)).toEqual(['websocket start', 'polling start']);
      expect(told).toContain('polling won');
    },
  },
  {
    name: 'remembers in localStorage that WebSocket failed, and begins with polling the next time',
    on: 'polling',
    async run(stage) {
      await stage.network.refuseUpgrades(403);
      await newsOf(stage, stage.io('/', byDefault));
      expect(remembered(stage).failedAt).toBeGreaterThan(0);
      const told = await newsOf(stage, stage.io('/', byDefault));
      expect(told[0]).toBe('polling start');
    },
  },
  {
    name: 'remembers in localStorage how long the way to the server and back takes',
    on: 'websocket',
    async run(stage) {
      await stage.connected('/', byDefault);
      const { failedAt, rtt } = remembered(stage);
      expect(rtt).toBeGreaterThanOrEqual(0);
      expect(failedAt || 0).toBe(0);
    },
  },
  {
    name: 'moves to WebSocket on the same session, when there is news of the network',
    on: 'polling',
    alone: true,
    async run(stage) {
      await stage.network.refuseUpgrades(403);
      const socket = stage.io('/', both);
      await stage.next(socket, 'connect');
      const { id } = socket;
      await stage.network.heal();
      const upgraded = stage.next(socket.io.engine, 'upgrade');
      window.dispatchEvent(new Event('online'));
      await upgraded;
      expect(socket.io.transport).toBe('websocket');
      expect([socket.connected, socket.id]).toEqual([true, id]);
      expect((await stage.account(socket)).made['/']).toEqual([id]);
    },
  },
  {
    name: 'tells of every candidate, and what to do, where nothing opens',
    on: 'websocket',
    async run(stage) {
      await stage.network.down();
      const { code, attempts, hint } = await refusal(stage, both);
      expect(code).toBe('NEGOTIATION_FAILED');
      expect(attempts.map(({ transport }) => transport)).toEqual(['websocket', 'polling']);
      expect(hint).toContain('cannot be reached');
    },
  },
  {
    name: 'fails with the words of the official client',
    async run(stage) {
      await stage.network.down();
      const { message } = await refusal(stage, {});
      expect(message).toBe(stage.transport === 'websocket' ? 'websocket error' : 'xhr poll error');
    },
  },
  {
    name: 'gives up in time where everything is swallowed (`timeout`)',
    alone: true,
    async run(stage) {
      await stage.network.swallowUpgrades();
      await stage.network.blockPolling('swallow');
      const { message } = await refusal(stage, { timeout: 400 });
      expect(message).toBe('timeout');
    },
  },
  {
    name: 'never asks for a WebSocket where only polling is listed',
    on: 'polling',
    async run(stage) {
      const socket = await stage.connected();
      await stage.ask(socket, 'echo', 1);
      expect(await stage.network.seen()).toMatchObject({ upgrades: 0 });
    },
  },
  {
    name: 'never polls where only WebSocket is listed and refused',
    on: 'websocket',
    async run(stage) {
      await stage.network.refuseUpgrades(403);
      await refusal(stage, {});
      expect(await stage.network.seen()).toMatchObject({ polling: 0 });
    },
  },
  {
    name: 'obeys the order of a list that the program gave',
    on: 'polling',
    async run(stage) {
      const told = await newsOf(stage, stage.io('/', { transports: ['polling', 'websocket'] }));
      expect(told).toEqual(['polling start', 'polling won']);
    },
  },
  {
    name: 'opens after several failures, when the server is there',
    async run(stage) {
      await stage.network.down();
      const socket = stage.io();
      await stage.next(socket.io, 'reconnect_error');
      expect(socket.io.status).toBe('reconnecting');
      await stage.network.up();
      await stage.next(socket, 'connect');
      expect([socket.io.status, socket.io.retryInMs]).toEqual(['connected', undefined]);
    },
  },
  {
    name: 'sends `extraHeaders` with the requests of polling',
    on: 'polling',
    async run(stage) {
      const socket = await stage.connected('/', { extraHeaders: { 'x-token': 'secret' } });
      const [{ headers }] = await stage.ask(socket, 'describe');
      expect(headers['x-token']).toBe('secret');
    },
  },
  {
    name: 'sends the cookies of the server where asked to (`withCredentials`), and else none',
    on: 'polling',
    async run(stage) {
      const cookies = async (withCredentials: boolean): Promise<unknown[]> => {
        const asked = String(withCredentials);
        const socket = await stage.connected('/', { withCredentials, query: { asked } });
        await stage.ask(socket, 'echo', 1);
        const { requests } = await stage.network.seen();
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
    async run(stage) {
      await stage.network.down();
      const socket = stage.io('/', { reconnectionAttempts: 2 });
      await stage.next(socket.io, 'reconnect_failed');
      expect([socket.active, socket.io.status]).toEqual([false, 'closed']);
    },
  },
];
