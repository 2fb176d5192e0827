import { expect } from 'vitest';
import type { Socket } from '../../../src/socket/socket.js';
import { type Behaviour, because } from '../behaviour.js';
import type { Stage } from '../fixture.js';

/** Both namespaces of one connection. */
export async function two(stage: Stage): Promise<{ root: Socket; second: Socket }> {
  const root = await stage.connected();
  return { root, second: await stage.beside(root, '/second') };
}

export const reasonOf = async (stage: Stage, socket: Socket): Promise<string> =>
  (await stage.next(socket, 'disconnect'))[0];

/** Asks until the server has noticed that somebody left. */
async function untilHere(stage: Stage, witness: Socket, namespace: string, count: number): Promise<void> {
  for (;;) {
    const { here } = await stage.account(witness);
    if (here[namespace] === count) return;
    if (witness.disconnected) throw new Error('The witness is gone.');
  }
}

export const leaving: Behaviour[] = [
  {
    name: 'leaves one namespace, and the others stay',
    async run(stage) {
      const { root, second } = await two(stage);
      const reason = reasonOf(stage, second);
      second.disconnect();
      expect(await reason).toBe('io client disconnect');
      await untilHere(stage, root, '/second', 0);
      expect(root.connected).toBe(true);
    },
  },
  {
    name: 'leaves the root namespace, and the others stay',
    async run(stage) {
      const { root, second } = await two(stage);
      root.disconnect();
      await untilHere(stage, second, '/', 0);
      expect(await stage.ask(second, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'closes the connection when the last namespace is left, and the server is told',
    async run(stage) {
      const { root, second } = await two(stage);
      const witness = await stage.connected('/hall', { query: { who: stage.who } });
      root.disconnect();
      second.disconnect();
      await untilHere(stage, witness, '/second', 0);
      if (stage.transport === 'websocket') {
        await stage.untilOpen(1);
      }
    },
  },
  {
    name: 'is put out of one namespace by the server, and the others stay',
    async run(stage) {
      const { root, second } = await two(stage);
      const reason = reasonOf(stage, second);
      second.emit('let me out');
      expect(await reason).toBe('io server disconnect');
      expect(second.active).toBe(false);
      expect(await stage.ask(root, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'is put out of the root namespace by the server, and the others stay',
    async run(stage) {
      const { root, second } = await two(stage);
      const reason = reasonOf(stage, root);
      root.emit('let me out');
      expect(await reason).toBe('io server disconnect');
      expect(await stage.ask(second, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'is put out of everything by the server (`disconnect(true)`), and does not come back by itself',
    cannot: because('no `disconnect(true)`', 'python'),
    async run(stage) {
      const root = await stage.connected();
      const reason = reasonOf(stage, root);
      root.emit('let me out of everything');
      expect(await reason).toBe('io server disconnect');
      // Over polling, connections are the browser's own.
      if (stage.transport === 'websocket') await stage.untilOpen(0);
      expect(root.io.status).toBe('closed');
      expect(root.active).toBe(false);
    },
  },
  {
    name: 'comes back into a namespace that it left, over the same connection',
    async run(stage) {
      const { root, second } = await two(stage);
      second.disconnect();
      second.connect();
      await stage.next(second, 'connect');
      const { made, here } = await stage.account(root);
      expect([made['/second']?.length, here['/second']]).toEqual([2, 1]);
      expect(made['/second']?.at(-1)).toBe(second.id);
      expect(root.connected).toBe(true);
    },
  },
  {
    name: 'comes back into the root namespace that it left, over the same connection',
    async run(stage) {
      const { root, second } = await two(stage);
      root.disconnect();
      root.connect();
      root.emit('number', 1);
      await stage.next(root, 'connect');
      const { made, here, numbers } = await stage.account(second);
      expect([made['/']?.length, here['/'], numbers]).toEqual([2, 1, [1]]);
      expect(made['/']?.at(-1)).toBe(root.id);
    },
  },
  {
    name: 'comes back into a namespace that the server put it out of',
    async run(stage) {
      const { root, second } = await two(stage);
      const reason = reasonOf(stage, second);
      second.emit('let me out');
      await reason;
      second.connect();
      await stage.next(second, 'connect');
      expect((await stage.account(root)).here['/second']).toBe(1);
    },
  },
  {
    name: 'comes back into the root namespace that the server put it out of',
    async run(stage) {
      const { root, second } = await two(stage);
      const reason = reasonOf(stage, root);
      root.emit('let me out');
      await reason;
      root.connect();
      await stage.next(root, 'connect');
      expect((await stage.account(second)).here['/']).toBe(1);
      expect(await stage.ask(root, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'comes back after it has left everything',
    async run(stage) {
      const root = await stage.connected();
      const first = root.id;
      root.disconnect();
      root.connect();
      await stage.next(root, 'connect');
      expect(root.id).not.toBe(first);
      expect((await stage.account(root)).made['/']).toEqual([first, root.id]);
    },
  },
  {
    name: 'leaves nothing behind in a namespace that it left before it was let in',
    async run(stage) {
      const root = await stage.connected();
      root.io.socket('/second').disconnect();
      await stage.ask(root, 'echo');
      await untilHere(stage, await stage.connected('/hall'), '/second', 0);
      expect(root.connected).toBe(true);
    },
  },
];
