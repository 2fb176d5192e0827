import { expect } from 'vitest';
import type { Options } from '../../../src/platform/options.js';
import type { Socket } from '../../../src/socket/socket.js';
import { type Behaviour, because } from '../behaviour.js';
import type { Fixture } from '../fixture.js';
import { oldServers } from '../names.js';

const noQuery = because('namespaces have no query, and CONNECT carries no data', '1.3.7');
const dataInstead = because('the server sends `data` instead of the message', ...oldServers);

interface Refusal {
  readonly message: string;
  readonly code?: string;
  readonly data?: unknown;
}

async function refused(fixture: Fixture, socket: Socket): Promise<Refusal> {
  const [error] = await fixture.next(socket, 'connect_error');
  expect(error).toBeInstanceOf(Error);
  expect([socket.connected, socket.active]).toEqual([false, false]);
  return error;
}

const guarded = (root: Socket, token: string): Socket =>
  root.io.socket('/guarded', { auth: { token } }) as unknown as Socket;

async function authSeenByServer(fixture: Fixture, auth: Options['auth']): Promise<string> {
  const root = await fixture.connected();
  const second = root.io.socket('/second', auth && { auth }) as unknown as Socket;
  await fixture.next(second, 'connect');
  const [{ auth: seen, query }] = await fixture.ask(second, 'describe');
  return seen.token ?? query.token;
}

export const namespaces: Behaviour[] = [
  {
    name: 'runs several separate namespaces over one connection',
    async run(fixture) {
      const root = await fixture.connected();
      const second = await fixture.join(root, '/second');
      const heard: unknown[] = [];
      root.on('said', (word: string) => heard.push(['/', word]));
      second.on('said', (word: string) => heard.push(['/second', word]));
      root.emit('say', 'one');
      await fixture.ask(root, 'echo');
      second.emit('say', 'two');
      await fixture.ask(second, 'echo');
      expect(heard).toEqual([
        ['/', 'one'],
        ['/second', 'two'],
      ]);
      const { created } = await fixture.record(root);
      expect([created['/'], created['/second']].map((ids) => ids?.length)).toEqual([1, 1]);
      if (fixture.transport === 'websocket') expect((await fixture.network.traffic()).connections).toBe(1);
    },
  },
  {
    name: 'connects to a namespace without a root socket',
    async run(fixture) {
      const second = await fixture.connected('/second');
      expect(await fixture.ask(second, 'echo', 'ü')).toEqual(['ü']);
      expect((await fixture.record(second)).created['/second']).toHaveLength(1);
    },
  },
  {
    name: 'creates no root namespace socket on the server unless requested',
    cannot: because('the server joins every client to the root namespace', ...oldServers),
    async run(fixture) {
      const second = await fixture.connected('/second');
      expect((await fixture.record(second)).created['/']).toBeUndefined();
    },
  },
  {
    name: 'receives root namespace events only after joining it',
    async run(fixture) {
      const second = await fixture.connected('/second');
      const root = second.io.socket('/') as unknown as Socket;
      const hello = fixture.next(root, 'hello');
      await fixture.next(root, 'connect');
      expect((await hello)[0]).toBe(root.id);
      expect((await fixture.record(root)).created['/']).toEqual([root.id]);
    },
  },
  {
    name: 'accepts a namespace name with punctuation',
    async run(fixture) {
      const root = await fixture.connected();
      const odd = await fixture.join(root, '/odd.name-1/a:b(c)');
      expect(await fixture.ask(odd, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'accepts a namespace name that is not valid in a URL',
    cannot: because('parses the name as part of a URL, and looks up its encoded form', '1.7.4', '2.5.1'),
    async run(fixture) {
      const root = await fixture.connected();
      const odd = await fixture.join(root, '/with space & ümlaut');
      expect(await fixture.ask(odd, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'sends the `auth` of a namespace to the server',
    cannot: noQuery,
    async run(fixture) {
      expect(await authSeenByServer(fixture, { token: 'a b&c=ü' })).toBe('a b&c=ü');
    },
  },
  {
    name: 'sends `auth` from a callback or a Promise',
    cannot: noQuery,
    async run(fixture) {
      const later = (answer: (auth: object) => void): void =>
        void setTimeout(answer, 0, { token: 'callback' });
      expect(await authSeenByServer(fixture, later)).toBe('callback');
      expect(await authSeenByServer(fixture, async () => ({ token: 'promise' }))).toBe('promise');
    },
  },
  {
    name: 'connects when the server ignores `auth`',
    async run(fixture) {
      const second = await fixture.join(await fixture.connected(), '/second', { token: 'whatever' });
      expect(await fixture.ask(second, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'reports an unknown namespace, and keeps the others',
    async run(fixture) {
      const root = await fixture.connected();
      const error = await refused(fixture, root.io.socket('/nowhere') as unknown as Socket);
      expect(error).toMatchObject({
        code: 'CONNECT_REJECTED',
        message: fixture.server === 'python' ? 'Unable to connect' : 'Invalid namespace',
      });
      expect(await fixture.ask(root, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'reports an unknown namespace when `auth` is sent',
    async run(fixture) {
      const root = await fixture.connected();
      const nowhere = root.io.socket('/nowhere', { auth: { token: 'x' } }) as unknown as Socket;
      expect((await refused(fixture, nowhere)).code).toBe('CONNECT_REJECTED');
    },
  },
  {
    name: 'reports a middleware’s refusal with its message, and keeps the other namespaces',
    async run(fixture) {
      const root = await fixture.connected();
      expect(await refused(fixture, guarded(root, 'wrong'))).toMatchObject({
        code: 'CONNECT_REJECTED',
        message: 'not you',
      });
      expect(await fixture.ask(root, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'reports a middleware’s refusal with its data',
    cannot: noQuery,
    async run(fixture) {
      const root = await fixture.connected();
      expect((await refused(fixture, guarded(root, 'with data'))).data).toEqual({ code: 'E_TOKEN' });
    },
  },
  {
    name: 'reports a middleware’s refusal with both message and data',
    cannot: { ...dataInstead, ...noQuery },
    async run(fixture) {
      const root = await fixture.connected();
      expect(await refused(fixture, guarded(root, 'with data'))).toMatchObject({
        message: 'not you',
        data: { code: 'E_TOKEN' },
      });
    },
  },
  {
    name: 'connects when a middleware is slow',
    async run(fixture) {
      const root = await fixture.connected('/', { query: { token: 'right' } });
      const inside = await fixture.join(root, '/guarded');
      expect(await fixture.ask(inside, 'echo', 1)).toEqual([1]);
    },
  },
  {
    name: 'connects with new `auth` after a refusal',
    cannot: noQuery,
    async run(fixture) {
      const root = await fixture.connected();
      const inside = guarded(root, 'wrong');
      await refused(fixture, inside);
      inside.auth = { token: 'right' };
      inside.connect();
      await fixture.next(inside, 'connect');
      expect((await fixture.record(root)).created['/guarded']).toEqual([inside.id]);
    },
  },
  {
    name: 'retries by itself after a refusal (`reconnectOnReject`)',
    cannot: noQuery,
    async run(fixture) {
      const root = await fixture.connected();
      let asked = 0;
      const inside = root.io.socket('/guarded', {
        auth: async () => ({ token: ++asked < 3 ? 'wrong' : 'right' }),
        reconnectOnReject: () => 10,
      });
      await fixture.next(inside, 'connect');
      expect(asked).toBe(3);
    },
  },
  {
    name: 'reports a refusal by the root namespace',
    async run(fixture) {
      const root = fixture.io('/', { query: { admission: 'refused' } });
      expect(await refused(fixture, root)).toMatchObject({
        code: 'CONNECT_REJECTED',
        message: 'no admission',
      });
    },
  },
  {
    name: 'waits until the root namespace accepts it, then sends kept events',
    async run(fixture) {
      const root = fixture.io('/', { query: { admission: 'slow' } });
      root.emit('number', 1);
      await fixture.next(root, 'connect');
      root.emit('number', 2);
      const { created, numbers } = await fixture.record(root);
      expect([created['/']?.at(-1), numbers]).toEqual([root.id, [1, 2]]);
      // The server may not have seen the end of an earlier session yet.
      const present = async (): Promise<unknown> => (await fixture.record(root)).connected['/'];
      for (let asked = 0; asked < 500 && (await present()) !== 1; asked++);
      expect(await present()).toBe(1);
      // A server of 1.3 answers like some current ones: its late packet ends the first session.
      const atOnce = fixture.server !== '1.3.7' || fixture.transport === 'polling';
      if (atOnce) expect(created['/']).toHaveLength(1);
    },
  },
  {
    name: 'connects to another namespace when the root namespace refuses',
    cannot: because('a refusal by the root namespace refuses the connection', ...oldServers),
    async run(fixture) {
      const second = await fixture.connected('/second', { query: { admission: 'refused' } });
      expect(await fixture.ask(second, 'echo', 1)).toEqual([1]);
    },
  },
];
