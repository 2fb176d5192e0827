import { expect } from 'vitest';
import type { Options } from '../../../src/platform/options.js';
import type { Socket } from '../../../src/socket/socket.js';
import { type Behaviour, because } from '../behaviour.js';
import type { Stage } from '../fixture.js';
import { oldOnes } from '../names.js';

const noQuery = because('a namespace has no query, and CONNECT no data', '1.3.7');
const instead = because('the server sends `data` in place of the message', ...oldOnes);

interface Refusal {
  readonly message: string;
  readonly code?: string;
  readonly data?: unknown;
}

async function refused(stage: Stage, socket: Socket): Promise<Refusal> {
  const [error] = await stage.next(socket, 'connect_error');
  expect(error).toBeInstanceOf(Error);
  expect([socket.connected, socket.active]).toEqual([false, false]);
  return error;
}

const guarded = (root: Socket, token: string): Socket =>
  root.io.socket('/guarded', { auth: { token } }) as unknown as Socket;

async function shownAuth(stage: Stage, auth: Options['auth']): Promise<string> {
  const root = await stage.connected();
  const second = root.io.socket('/second', auth && { auth }) as unknown as Socket;
  await stage.next(second, 'connect');
  const [{ auth: shown, query }] = await stage.ask(second, 'describe');
  return shown.token ?? query.token;
}

export const namespaces: Behaviour[] = [
  {
    name: 'has several namespaces over one connection, and keeps them apart',
    async run(stage) {
      const root = await stage.connected();
      const second = await stage.beside(root, '/second');
      const heard: unknown[] = [];
      root.on('said', (word: string) => heard.push(['/', word]));
      second.on('said', (word: string) => heard.push(['/second', word]));
      root.emit('say', 'one');
      await stage.ask(root, 'echo');
      second.emit('say', 'two');
      await stage.ask(second, 'echo');
      expect(heard).toEqual([
        ['/', 'one'],
        ['/second', 'two'],
      ]);
      const { made } = await stage.account(root);
      expect([made['/'], made['/second']].map((ids) => ids?.length)).toEqual([1, 1]);
      if (stage.transport === 'websocket') expect((await stage.network.seen()).connections).toBe(1);
    },
  },
  {
    name: 'connects to a namespace that the program has no root socket beside',
    async run(stage) {
      const second = await stage.connected('/second');
      expect(await stage.ask(second, 'echo', 'ü')).toEqual(['ü']);
      expect((await stage.account(second)).made['/second']).toHaveLength(1);
    },
  },
  {
    name: 'leaves no socket of the root namespace on the server where none was asked for',
    cannot: because('the server joins everybody to the root namespace by itself', ...oldOnes),
    async run(stage) {
      const second = await stage.connected('/second');
      expect((await stage.account(second)).made['/']).toBeUndefined();
    },
  },
  {
    name: 'hears nothing of the root namespace where none was asked for, and all of it once it is',
    async run(stage) {
      const second = await stage.connected('/second');
      const root = second.io.socket('/') as unknown as Socket;
      const hello = stage.next(root, 'hello');
      await stage.next(root, 'connect');
      expect((await hello)[0]).toBe(root.id);
      expect((await stage.account(root)).made['/']).toEqual([root.id]);
    },
  },
  {
    name: 'takes a namespace whose name is not plain',
    async run(stage) {
      const root = await stage.connected();
      const odd = await stage.beside(root, '/odd.name-1/a:b(c)');
      expect(await stage.ask(odd, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'takes a namespace whose name is no part of a URL',
    cannot: because('reads the name as part of a URL, and looks for it encoded', '1.7.4', '2.5.1'),
    async run(stage) {
      const root = await stage.connected();
      const odd = await stage.beside(root, '/with space & ümlaut');
      expect(await stage.ask(odd, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'shows `auth` of a namespace to the server',
    cannot: noQuery,
    async run(stage) {
      expect(await shownAuth(stage, { token: 'a b&c=ü' })).toBe('a b&c=ü');
    },
  },
  {
    name: 'shows `auth` that a function gives, at once or later',
    cannot: noQuery,
    async run(stage) {
      const later = (answer: (auth: object) => void): void =>
        void setTimeout(answer, 0, { token: 'callback' });
      expect(await shownAuth(stage, later)).toBe('callback');
      expect(await shownAuth(stage, async () => ({ token: 'promise' }))).toBe('promise');
    },
  },
  {
    name: 'comes in where `auth` is of no use to the server',
    async run(stage) {
      const second = await stage.beside(await stage.connected(), '/second', { token: 'whatever' });
      expect(await stage.ask(second, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'tells that there is no such namespace, and the others go on',
    async run(stage) {
      const root = await stage.connected();
      const error = await refused(stage, root.io.socket('/nowhere') as unknown as Socket);
      expect(error).toMatchObject({
        code: 'CONNECT_REJECTED',
        message: stage.server === 'python' ? 'Unable to connect' : 'Invalid namespace',
      });
      expect(await stage.ask(root, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'tells that there is no such namespace where `auth` goes along',
    async run(stage) {
      const root = await stage.connected();
      const nowhere = root.io.socket('/nowhere', { auth: { token: 'x' } }) as unknown as Socket;
      expect((await refused(stage, nowhere)).code).toBe('CONNECT_REJECTED');
    },
  },
  {
    name: 'tells a middleware’s refusal with its message, and the others go on',
    async run(stage) {
      const root = await stage.connected();
      expect(await refused(stage, guarded(root, 'wrong'))).toMatchObject({
        code: 'CONNECT_REJECTED',
        message: 'not you',
      });
      expect(await stage.ask(root, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'tells a middleware’s refusal with its data',
    cannot: noQuery,
    async run(stage) {
      const root = await stage.connected();
      expect((await refused(stage, guarded(root, 'with data'))).data).toEqual({ code: 'E_TOKEN' });
    },
  },
  {
    name: 'tells a middleware’s refusal with its message where it has data, too',
    cannot: { ...instead, ...noQuery },
    async run(stage) {
      const root = await stage.connected();
      expect(await refused(stage, guarded(root, 'with data'))).toMatchObject({
        message: 'not you',
        data: { code: 'E_TOKEN' },
      });
    },
  },
  {
    name: 'comes in where a middleware takes its time',
    async run(stage) {
      const root = await stage.connected('/', { query: { token: 'right' } });
      const inside = await stage.beside(root, '/guarded');
      expect(await stage.ask(inside, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'comes in with other `auth` after a refusal',
    cannot: noQuery,
    async run(stage) {
      const root = await stage.connected();
      const inside = guarded(root, 'wrong');
      await refused(stage, inside);
      inside.auth = { token: 'right' };
      inside.connect();
      await stage.next(inside, 'connect');
      expect((await stage.account(root)).made['/guarded']).toEqual([inside.id]);
    },
  },
  {
    name: 'comes in by itself after a refusal where asked to (`reconnectOnReject`)',
    cannot: noQuery,
    async run(stage) {
      const root = await stage.connected();
      let asked = 0;
      const inside = root.io.socket('/guarded', {
        auth: async () => ({ token: ++asked < 3 ? 'wrong' : 'right' }),
        reconnectOnReject: () => 10,
      });
      await stage.next(inside, 'connect');
      expect(asked).toBe(3);
    },
  },
  {
    name: 'tells a refusal of the root namespace',
    async run(stage) {
      const root = stage.io('/', { query: { admission: 'refused' } });
      expect(await refused(stage, root)).toMatchObject({
        code: 'CONNECT_REJECTED',
        message: 'no admission',
      });
    },
  },
  {
    name: 'waits until the root namespace lets it in, and then sends what it was given',
    async run(stage) {
      const root = stage.io('/', { query: { admission: 'slow' } });
      root.emit('number', 1);
      await stage.next(root, 'connect');
      root.emit('number', 2);
      const { made, numbers } = await stage.account(root);
      expect([made['/'], numbers]).toEqual([[root.id], [1, 2]]);
    },
  },
  {
    name: 'connects to another namespace where the root namespace refuses',
    cannot: because('who is refused by the root namespace is refused', ...oldOnes),
    async run(stage) {
      const second = await stage.connected('/second', { query: { admission: 'refused' } });
      expect(await stage.ask(second, 'echo', 1)).toEqual([1]);
    },
  },
];
