import { expect } from 'vitest';
import { type Behaviour, because } from '../behaviour.js';
import type { Stage } from '../fixture.js';
import { reasonOf, two } from './disconnecting.js';

/** Nobody gets through; those who try again on their own, like Node's requests, do not either. */
async function cutFor(stage: Stage, left: Promise<unknown>): Promise<void> {
  await stage.network.down();
  await left;
  await stage.network.up();
}

const quick = { pingInterval: 300, pingTimeout: 2_000 };

export const staying: Behaviour[] = [
  {
    name: 'stays over several heartbeats',
    async run(stage) {
      const own = await stage.with(quick);
      const socket = await own.connected();
      const left = reasonOf(own, socket);
      left.catch(() => {});
      let beats = 0;
      const beaten = new Promise<string>((resolve) => {
        socket.io.engine.on('packet', ({ type }: { type: string }) => {
          if (/^p[io]ng$/.test(type) && ++beats === 4) resolve('four heartbeats');
        });
      });
      expect(await Promise.race([beaten, left])).toBe('four heartbeats');
      expect(await own.ask(socket, 'echo', 1)).toEqual([1]);
      expect((await own.account(socket)).made['/']).toEqual([socket.id]);
    },
  },
  {
    name: 'finds out that the server has fallen silent (`ping timeout`), and comes back',
    async run(stage) {
      const own = await stage.with({ pingInterval: 500, pingTimeout: 2_500 });
      const socket = await own.connected();
      const left = reasonOf(own, socket);
      await own.network.stall('to-client');
      expect(await left).toBe('ping timeout');
      const back = own.next(socket, 'connect');
      await own.network.cut();
      await own.network.heal();
      await back;
      expect(await own.ask(socket, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'comes back after the connection was cut: into all namespaces, once each, with what was emitted meanwhile',
    async run(stage) {
      const { root, second } = await two(stage);
      const ids = [root.id, second.id];
      const reasons = Promise.all([reasonOf(stage, root), reasonOf(stage, second)]);
      const back = reasons.then(() =>
        Promise.all([stage.next(root, 'connect'), stage.next(second, 'connect')]),
      );
      await cutFor(stage, reasons);
      expect((await reasons).every((reason) => /^transport (close|error)$/.test(reason))).toBe(true);
      for (const number of [1, 2, 3]) root.emit('number', number);
      await back;
      const { made, numbers } = await stage.account(root);
      expect(made['/']).toEqual([ids[0], root.id]);
      expect(made['/second']).toEqual([ids[1], second.id]);
      expect(numbers).toEqual([1, 2, 3]);
    },
  },
  {
    name: 'comes back after the server has closed the connection',
    async run(stage) {
      const root = await stage.connected();
      const left = reasonOf(stage, root);
      const back = left.then(() => stage.next(root, 'connect'));
      root.emit('cut me');
      expect(await left).toMatch(/^transport (close|error)$/);
      await back;
      expect((await stage.account(root)).made['/']).toHaveLength(2);
    },
  },
  {
    name: 'comes back after the server was killed and started anew',
    async run(stage) {
      const { stage: own, restart } = await stage.alone();
      const { root, second } = await two(own);
      const left = reasonOf(own, root);
      const back = left.then(() => Promise.all([own.next(root, 'connect'), own.next(second, 'connect')]));
      await restart();
      await left;
      root.emit('number', 1);
      await back;
      const { made, here, numbers } = await own.account(root);
      expect(made).toEqual({ '/': [root.id], '/second': [second.id] });
      expect([here, numbers]).toEqual([{ '/': 1, '/second': 1 }, [1]]);
    },
  },
  {
    name: 'tells of its tries, and of the gap',
    async run(stage) {
      const root = await stage.connected();
      const told: string[] = [];
      for (const event of ['reconnect_attempt', 'reconnect'] as const) {
        root.io.on(event, () => told.push(event));
      }
      const gap = stage.next(root, 'gap');
      await cutFor(stage, reasonOf(stage, root));
      const [{ awayMs }] = await gap;
      expect(awayMs).toBeGreaterThanOrEqual(0);
      expect(told.at(0)).toBe('reconnect_attempt');
      expect(told.filter((event) => event === 'reconnect')).toHaveLength(1);
    },
  },
  {
    name: 'keeps no more than the outbox holds, and says what it dropped',
    async run(stage) {
      const socket = stage.io('/', { outbox: { maxPackets: 2, whenFull: 'drop-oldest' } });
      const dropped: unknown[] = [];
      (socket as { on(event: string, listener: (...args: unknown[]) => void): unknown }).on(
        'dropped',
        (error, message) => dropped.push([(error as { code: string }).code, message]),
      );
      for (const number of [1, 2, 3]) socket.emit('number', number);
      await stage.next(socket, 'connect');
      expect((await stage.account(socket)).numbers).toEqual([2, 3]);
      expect(dropped).toEqual([['OUTBOX_FULL', ['number', 1]]]);
    },
  },
  {
    name: 'gets back its session, with what it missed (connection state recovery)',
    // The server keeps a session from the moment that it knows of the cut; over polling, that may be later.
    on: 'websocket',
    cannot: because('no connection state recovery', '1.3.7', '1.7.4', '2.5.1', '3.1.2', 'python'),
    async run(stage) {
      const own = await stage.with({ recovery: true });
      const socket = await own.connected();
      const first = socket.id;
      // Only after an event is there something to go on from.
      await own.ask(socket, 'echo', 1);
      await cutFor(own, reasonOf(own, socket));
      await own.next(socket, 'connect');
      expect([socket.recovered, socket.id]).toEqual([true, first]);
    },
  },
];
