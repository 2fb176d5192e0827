import { expect } from 'vitest';
import { type Behaviour, because } from '../behaviour.js';
import type { Fixture } from '../fixture.js';
import { reasonOf, twoNamespaces } from './disconnecting.js';

/** Takes the network down until the sockets disconnect; even requests that Node repeats by itself fail meanwhile. */
async function interrupt(fixture: Fixture, disconnected: Promise<unknown>): Promise<void> {
  await fixture.network.down();
  await disconnected;
  await fixture.network.up();
}

const quick = { pingInterval: 300, pingTimeout: 2_000 };

export const reconnecting: Behaviour[] = [
  {
    name: 'stays connected over several heartbeats',
    async run(fixture) {
      const own = await fixture.withSettings(quick);
      const socket = await own.connected();
      const left = reasonOf(own, socket);
      left.catch(() => {});
      let beats = 0;
      const fourBeats = new Promise<string>((resolve) => {
        socket.io.engine.on('packet', ({ type }: { type: string }) => {
          if (/^p[io]ng$/.test(type) && ++beats === 4) resolve('four heartbeats');
        });
      });
      expect(await Promise.race([fourBeats, left])).toBe('four heartbeats');
      expect(await own.ask(socket, 'echo', 1)).toEqual([1]);
      expect((await own.record(socket)).created['/']).toEqual([socket.id]);
    },
  },
  {
    name: 'detects that the server has gone silent (`ping timeout`), and reconnects',
    async run(fixture) {
      const own = await fixture.withSettings({ pingInterval: 500, pingTimeout: 2_500 });
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
    name: 'reconnects after a cut to every namespace once, and sends the events emitted meanwhile',
    async run(fixture) {
      const { root, second } = await twoNamespaces(fixture);
      const ids = [root.id, second.id];
      const reasons = Promise.all([reasonOf(fixture, root), reasonOf(fixture, second)]);
      const back = reasons.then(() =>
        Promise.all([fixture.next(root, 'connect'), fixture.next(second, 'connect')]),
      );
      await interrupt(fixture, reasons);
      expect((await reasons).every((reason) => /^transport (close|error)$/.test(reason))).toBe(true);
      for (const number of [1, 2, 3]) root.emit('number', number);
      await back;
      const { created, numbers } = await fixture.record(root);
      expect(created['/']).toEqual([ids[0], root.id]);
      expect(created['/second']).toEqual([ids[1], second.id]);
      expect(numbers).toEqual([1, 2, 3]);
    },
  },
  {
    name: 'reconnects after the server closes the connection',
    async run(fixture) {
      const root = await fixture.connected();
      const left = reasonOf(fixture, root);
      const back = left.then(() => fixture.next(root, 'connect'));
      root.emit('close my connection');
      expect(await left).toMatch(/^transport (close|error)$/);
      await back;
      expect((await fixture.record(root)).created['/']).toHaveLength(2);
    },
  },
  {
    name: 'reconnects after the server is killed and restarted',
    async run(fixture) {
      const { fixture: own, restart } = await fixture.isolated();
      const { root, second } = await twoNamespaces(own);
      const left = reasonOf(own, root);
      const back = left.then(() => Promise.all([own.next(root, 'connect'), own.next(second, 'connect')]));
      await restart();
      await left;
      root.emit('number', 1);
      await back;
      const { created, connected, numbers } = await own.record(root);
      expect(created).toEqual({ '/': [root.id], '/second': [second.id] });
      expect([connected, numbers]).toEqual([{ '/': 1, '/second': 1 }, [1]]);
    },
  },
  {
    name: 'reports its reconnection attempts and the gap',
    async run(fixture) {
      const root = await fixture.connected();
      const events: string[] = [];
      for (const event of ['reconnect_attempt', 'reconnect'] as const) {
        root.io.on(event, () => events.push(event));
      }
      const gap = fixture.next(root, 'gap');
      await interrupt(fixture, reasonOf(fixture, root));
      const [{ awayMs }] = await gap;
      expect(awayMs).toBeGreaterThanOrEqual(0);
      expect(events.at(0)).toBe('reconnect_attempt');
      expect(events.filter((event) => event === 'reconnect')).toHaveLength(1);
    },
  },
  {
    name: 'keeps only what fits into the outbox, and reports what it dropped',
    async run(fixture) {
      const socket = fixture.io('/', { outbox: { maxPackets: 2, whenFull: 'drop-oldest' } });
      const dropped: unknown[] = [];
      (socket as { on(event: string, listener: (...args: unknown[]) => void): unknown }).on(
        'dropped',
        (error, message) => dropped.push([(error as { code: string }).code, message]),
      );
      for (const number of [1, 2, 3]) socket.emit('number', number);
      await fixture.next(socket, 'connect');
      expect((await fixture.record(socket)).numbers).toEqual([2, 3]);
      expect(dropped).toEqual([['OUTBOX_FULL', ['number', 1]]]);
    },
  },
  {
    name: 'recovers its session with missed events (connection state recovery)',
    // The server stores a session when it notices the cut; over polling, that may be later.
    on: 'websocket',
    cannot: because('no connection state recovery', '1.3.7', '1.7.4', '2.5.1', '3.1.2', 'python'),
    async run(fixture) {
      const own = await fixture.withSettings({ recovery: true });
      const socket = await own.connected();
      const first = socket.id;
      // The session can be recovered only after the first event, which has an offset.
      await own.ask(socket, 'echo', 1);
      await interrupt(own, reasonOf(own, socket));
      await own.next(socket, 'connect');
      expect([socket.recovered, socket.id]).toEqual([true, first]);
    },
  },
];
