import { expect } from 'vitest';
import type { Socket } from '../../../src/socket/socket.js';
import { type Behaviour, because } from '../behaviour.js';
import type { Fixture } from '../fixture.js';

/** A connection with two namespaces. */
export async function twoNamespaces(fixture: Fixture): Promise<{ root: Socket; second: Socket }> {
  const root = await fixture.connected();
  return { root, second: await fixture.join(root, '/second') };
}

export const reasonOf = async (fixture: Fixture, socket: Socket): Promise<string> =>
  (await fixture.next(socket, 'disconnect'))[0];

/** Waits until the server has `count` sockets in a namespace. */
async function untilConnected(
  fixture: Fixture,
  observer: Socket,
  namespace: string,
  count: number,
): Promise<void> {
  for (;;) {
    const { connected } = await fixture.record(observer);
    if (connected[namespace] === count) return;
    if (observer.disconnected) throw new Error('The observing socket is disconnected.');
  }
}

export const disconnecting: Behaviour[] = [
  {
    name: 'leaves one namespace and keeps the others',
    async run(fixture) {
      const { root, second } = await twoNamespaces(fixture);
      const reason = reasonOf(fixture, second);
      second.disconnect();
      expect(await reason).toBe('io client disconnect');
      await untilConnected(fixture, root, '/second', 0);
      expect(root.connected).toBe(true);
    },
  },
  {
    name: 'leaves the root namespace and keeps the others',
    async run(fixture) {
      const { root, second } = await twoNamespaces(fixture);
      root.disconnect();
      await untilConnected(fixture, second, '/', 0);
      expect(await fixture.ask(second, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'notifies the server and closes the connection after leaving the last namespace',
    async run(fixture) {
      const { root, second } = await twoNamespaces(fixture);
      const observer = await fixture.connected('/hall', { query: { client: fixture.client } });
      root.disconnect();
      second.disconnect();
      await untilConnected(fixture, observer, '/second', 0);
      if (fixture.transport === 'websocket') {
        await fixture.untilOpen(1);
      }
    },
  },
  {
    name: 'is disconnected from one namespace by the server and keeps the others',
    async run(fixture) {
      const { root, second } = await twoNamespaces(fixture);
      const reason = reasonOf(fixture, second);
      second.emit('disconnect me');
      expect(await reason).toBe('io server disconnect');
      expect(second.active).toBe(false);
      expect(await fixture.ask(root, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'is disconnected from the root namespace by the server and keeps the others',
    async run(fixture) {
      const { root, second } = await twoNamespaces(fixture);
      const reason = reasonOf(fixture, root);
      root.emit('disconnect me');
      expect(await reason).toBe('io server disconnect');
      expect(await fixture.ask(second, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'is disconnected from all namespaces by the server (`disconnect(true)`), and does not reconnect by itself',
    cannot: because('no `disconnect(true)`', 'python'),
    async run(fixture) {
      const root = await fixture.connected();
      const reason = reasonOf(fixture, root);
      root.emit('disconnect me entirely');
      expect(await reason).toBe('io server disconnect');
      // Over polling, the browser decides when to close connections.
      if (fixture.transport === 'websocket') await fixture.untilOpen(0);
      expect(root.io.status).toBe('closed');
      expect(root.active).toBe(false);
    },
  },
  {
    name: 'rejoins a namespace that it left, over the same connection',
    async run(fixture) {
      const { root, second } = await twoNamespaces(fixture);
      second.disconnect();
      second.connect();
      await fixture.next(second, 'connect');
      const { created, connected } = await fixture.record(root);
      expect([created['/second']?.length, connected['/second']]).toEqual([2, 1]);
      expect(created['/second']?.at(-1)).toBe(second.id);
      expect(root.connected).toBe(true);
    },
  },
  {
    name: 'rejoins the root namespace after leaving it, over the same connection',
    async run(fixture) {
      const { root, second } = await twoNamespaces(fixture);
      root.disconnect();
      root.connect();
      root.emit('number', 1);
      await fixture.next(root, 'connect');
      const { created, connected, numbers } = await fixture.record(second);
      expect([created['/']?.length, connected['/'], numbers]).toEqual([2, 1, [1]]);
      expect(created['/']?.at(-1)).toBe(root.id);
    },
  },
  {
    name: 'rejoins a namespace after the server disconnected it',
    async run(fixture) {
      const { root, second } = await twoNamespaces(fixture);
      const reason = reasonOf(fixture, second);
      second.emit('disconnect me');
      await reason;
      second.connect();
      await fixture.next(second, 'connect');
      expect((await fixture.record(root)).connected['/second']).toBe(1);
    },
  },
  {
    name: 'rejoins the root namespace after the server disconnected it',
    async run(fixture) {
      const { root, second } = await twoNamespaces(fixture);
      const reason = reasonOf(fixture, root);
      root.emit('disconnect me');
      await reason;
      root.connect();
      await fixture.next(root, 'connect');
      expect((await fixture.record(second)).connected['/']).toBe(1);
      expect(await fixture.ask(root, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'reconnects after leaving all namespaces',
    async run(fixture) {
      const root = await fixture.connected();
      const first = root.id;
      root.disconnect();
      root.connect();
      await fixture.next(root, 'connect');
      expect(root.id).not.toBe(first);
      expect((await fixture.record(root)).created['/']).toEqual([first, root.id]);
    },
  },
  {
    name: 'leaves no socket behind when it leaves a namespace before joining completes',
    async run(fixture) {
      const root = await fixture.connected();
      root.io.socket('/second').disconnect();
      await fixture.ask(root, 'echo');
      await untilConnected(fixture, await fixture.connected('/hall'), '/second', 0);
      expect(root.connected).toBe(true);
    },
  },
];
