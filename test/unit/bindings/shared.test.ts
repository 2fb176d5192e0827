import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  asking,
  connectionOf,
  follow,
  keyOf,
  resolve,
  retain,
  type Shared,
  unprovided,
} from '../../../src/bindings/shared.js';
import { io, type Options, type Socket } from '../../../src/index.js';
import type { PluginOption, TransportConstructor } from '../../../src/platform/options.js';
import { contract } from '../../../src/plugins/contract/index.js';
import { durable } from '../../../src/plugins/durable/index.js';
import { endpoints } from '../../../src/plugins/endpoints.js';
import { schedule } from '../../../src/plugins/schedule.js';
import { tabs } from '../../../src/plugins/tabs/index.js';
import { createTestServer } from '../../../src/testing/index.js';
import { idleSocket, joinedSocket, type Wired } from '../../support/wired-socket.js';

/** The common part of the bindings, without a framework. */

type Wire = Wired['wire'];

beforeEach(() => void vi.stubGlobal('window', globalThis));
afterEach(() => void vi.unstubAllGlobals());

let addresses = 0;
/** An address without a server. */
const address = (): string => `http://127.0.0.1:65530/${++addresses}`;
const options = { reconnectionDelay: 60_000, transports: ['websocket'], coach: false };

const used: (() => void)[] = [];
const use = (shared: Shared | undefined): void => void used.push(retain(shared));
afterEach(() => {
  for (const release of used.splice(0)) release();
});

describe('a shared socket', () => {
  it('is the same for equal options, and calls the newest functions of its components', () => {
    const url = address();
    const first = { ...options, auth: () => ({ user: 'a' }), reconnectOnReject: () => false };
    const second = { ...options, auth: () => ({ user: 'b' }), reconnectOnReject: () => true };
    const one = resolve(url, first);
    const other = resolve(url, second);
    expect(other?.socket).toBe(one?.socket);
    use(one);
    expect(one?.socket.auth).toBe(first.auth);
    use(other);
    expect(one?.socket.auth).toBe(second.auth);
    expect(one?.socket._options.reconnectOnReject).toBe(second.reconnectOnReject);
    // The first component has rendered again.
    const third = { ...options, auth: () => ({ user: 'c' }), reconnectOnReject: () => 5 };
    follow(one as Shared, third);
    expect(one?.socket.auth).toBe(third.auth);
    expect(one?.socket._options.reconnectOnReject).toBe(third.reconnectOnReject);
    expect(keyOf(url, third)).toBe(keyOf(url, first));
  });

  it('calls the functions of a remaining component after the newest one was unmounted', () => {
    const url = address();
    const first = { ...options, auth: () => ({ user: 'a' }), reconnectOnReject: () => false };
    const second = { ...options, auth: () => ({ user: 'b' }), reconnectOnReject: () => true };
    const one = resolve(url, first);
    const other = resolve(url, second);
    use(one);
    const release = retain(other);
    release();
    release();
    follow(other as Shared, second);
    expect(one?.socket.auth).toBe(first.auth);
    expect(one?.socket._options.reconnectOnReject).toBe(first.reconnectOnReject);
    expect(one?.socket.active).toBe(true);
  });

  it('is a different one if only one of two components gives a function', () => {
    for (const one of [{ auth: () => ({}) }, { reconnectOnReject: () => true }, { retryPolicy: () => 5 }])
      expect(keyOf('/', one)).not.toBe(keyOf('/', {}));
  });

  it('is a different one for other classes of transports, or of a parser', () => {
    const [One, Other] = [class {}, class {}] as never as TransportConstructor[];
    const parser = (Encoder: unknown) => ({ parser: { Encoder, Decoder: Object } }) as Options;
    for (const use of [
      (one: TransportConstructor): Options => ({ transports: [one] }),
      (one: TransportConstructor): Options => ({ transportImplementations: [one] }),
      parser,
    ]) {
      expect(keyOf('/', use(One as never))).toBe(keyOf('/', use(One as never)));
      expect(keyOf('/', use(One as never))).not.toBe(keyOf('/', use(Other as never)));
    }
  });

  it('is a different one for plugins with other options', () => {
    const own = { name: 'own', identity: 1 };
    const different: [PluginOption, PluginOption][] = [
      [durable({ name: 'a', owner: 7 }), durable({ name: 'a', owner: 8 })],
      [durable({ name: 'a', owner: 7 }), durable({ name: 'a', owner: 7, maxAgeMs: 5 })],
      [tabs({ key: '7' }), tabs({ key: '8' })],
      [tabs({ worker: '/a.js' }), tabs({ worker: new URL('http://b/a.js') })],
      [endpoints(['http://a', 'http://b']), endpoints(['http://a', 'http://c'])],
      [endpoints(['http://a']), endpoints(['http://a'], { returnAfterMs: 5 })],
      [endpoints(['http://a']), endpoints(() => 'http://a')],
      [schedule({ sliceMs: 5 }), schedule({ sliceMs: 6 })],
      [schedule(), schedule({ coalesce: { move: () => 1 } })],
      [contract(), contract()],
      [own, { ...own, identity: 2 }],
      [own, { name: 'own' }],
    ];
    for (const [one, other] of different)
      expect(keyOf('/', { plugins: [one] })).not.toBe(keyOf('/', { plugins: [other] }));
    const equal: [PluginOption, PluginOption][] = [
      [durable({ name: 'a', owner: 7 }), durable({ name: 'a', owner: 7 })],
      [tabs({ key: '7' }), tabs({ key: '7' })],
      [endpoints(() => 'http://a'), endpoints(() => 'http://b')],
      [schedule({ coalesce: { move: () => 1 } }), schedule({ coalesce: { move: () => 2 } })],
    ];
    for (const [one, other] of equal)
      expect(keyOf('/', { plugins: [one] })).toBe(keyOf('/', { plugins: [other] }));
  });

  it('belongs to one user: after a change of the user, nothing is sent over the socket of the previous one', async () => {
    const { server } = createTestServer();
    server.on('connection', ({ handshake: { auth } }) => users.push(auth.user));
    const users: unknown[] = [];
    const of = (user: number): Shared | undefined =>
      resolve(url, {
        transports: [server.transport],
        plugins: [durable({ name: 'a', owner: user, fallback: 'memory' })],
        auth: () => ({ user }),
      });
    const url = 'http://app';
    const seven = of(7);
    const release = retain(seven);
    await seven?.socket.ready();
    const eight = of(8);
    use(eight);
    release();
    await eight?.socket.ready();
    expect(eight?.socket).not.toBe(seven?.socket);
    const auth = seven?.socket.auth as (() => object) | undefined;
    expect([users, auth?.()]).toEqual([[7, 8], { user: 7 }]);
    server.close();
  });

  it('is a different one for a different address, whatever the options are', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const odd = [{ auth: { n: 1n } }, { auth: circle }, { auth: { in: Object.create(null) } }];
    for (const one of odd) {
      expect(keyOf('/a', one)).toBe(keyOf('/a', one));
      expect(keyOf('/a', one)).not.toBe(keyOf('/b', one));
    }
    expect(keyOf('/a', { auth: { n: 1n } })).not.toBe(keyOf('/a', { auth: { n: 2n } }));
  });

  it('connects when it is used, even if the program has opened the connection', () => {
    const url = address();
    const own = io(url.replace(/\d+$/, 'own').replace('65530', '65529'), options);
    const shared = resolve(url.replace('65530', '65529'), options);
    expect([own.active, shared?.socket.active]).toEqual([true, false]);
    expect(shared?.socket.io).toBe(own.io);
    use(shared);
    expect(shared?.socket.active).toBe(true);
    own.disconnect();
  });

  it('leaves the program its own sockets, which connect by themselves', () => {
    const url = address().replace('65530', '65531');
    const shared = resolve(url, options);
    resolve(`${url}/other`, options);
    const own = io(`${url}/own`, options);
    expect(own.io).toBe(shared?.socket.io);
    expect([own.active, shared?.socket.active]).toEqual([true, false]);
    own.disconnect();
    // One that the program has made with its own wish is left alone.
    const quiet = io(url.replace('65531', '65532'), { ...options, autoConnect: false });
    resolve(`${url.replace('65531', '65532')}/x`, options);
    expect(quiet.io.socket('/y').active).toBe(false);
  });

  it('is kept while it is used, and a moment longer', async () => {
    setFlagsFromString('--expose_gc');
    const collect = runInNewContext('gc') as () => void;
    const url = address();
    // Only the release function is kept, as after a component was destroyed.
    const begin = (): (() => void) => retain(resolve(url, options));
    const release = begin();
    const socket = (): unknown => resolve(url, options)?.socket.io;
    const before = new WeakRef(socket() as object);
    const turn = async (): Promise<void> => {
      await new Promise((done) => setTimeout(done, 10));
      collect();
    };
    await turn();
    expect(socket()).toBe(before.deref());
    release();
    await turn();
    expect(socket()).toBe(before.deref());
  });
});

describe('a request', () => {
  it.each<[string, (wire: Wire, socket: Socket) => unknown, boolean?]>([
    ['the server disconnects the socket', (wire: Wire) => wire.receive('1')],
    ['the program disconnects it', (_: Wire, socket: Socket) => socket.disconnect(), true],
    [
      'the server refuses it after a reconnect',
      (wire: Wire) => {
        wire.linkDown();
        wire.linkUp();
        wire.receive('4{"message":"no"}');
      },
    ],
  ])(
    'has an error beside its last answer if %s, until it is connected again',
    async (_, end, byHand = false) => {
      const { socket, wire } = joinedSocket();
      const asked = asking(socket, 'members', []);
      asked.subscribe(() => {});
      wire.clock.settle();
      wire.receive('30[["a"]]');
      await Promise.resolve();
      await Promise.resolve();
      expect(asked.snapshot()).toEqual({ pending: false, error: undefined, data: ['a'] });
      end(wire, socket as Socket);
      wire.clock.settle();
      expect(asked.snapshot()).toMatchObject({
        pending: false,
        error: { code: 'DISCONNECTED' },
        data: ['a'],
      });
      socket.connect();
      // What the server reads after a disconnect by the program.
      if (byHand) wire.readOn();
      wire.accept('sid2');
      wire.clock.settle();
      expect(asked.snapshot()).toEqual({ pending: true, error: undefined, data: ['a'] });
    },
  );

  it('of a socket that was refused has no answer, and is not pending', async () => {
    const { socket, wire } = idleSocket();
    socket.connect();
    wire.linkUp();
    wire.receive('4{"message":"no"}');
    const asked = asking(socket, 'members', []);
    asked.subscribe(() => {});
    wire.clock.settle();
    expect(asked.snapshot()).toMatchObject({ pending: false, error: { code: 'DISCONNECTED' } });
    socket.connect();
    wire.accept();
    wire.clock.settle();
    expect(asked.snapshot()).toMatchObject({ pending: true, error: undefined });
    wire.receive('30[["a"]]');
    await Promise.resolve();
    await Promise.resolve();
    expect(asked.snapshot()).toEqual({ pending: false, error: undefined, data: ['a'] });
  });

  it('is repeated once at a reconnect, even if a gap follows, and off() does not end it', () => {
    const { socket, wire } = joinedSocket();
    asking(socket, 'members', []).subscribe(() => {});
    wire.clock.settle();
    socket.off();
    wire.linkDown();
    wire.linkUp();
    wire.accept('sid2');
    wire.clock.settle();
    expect(wire.sent().filter((packet) => packet.includes('members'))).toHaveLength(2);
  });
});

it('an address of null is a closed connection, whose snapshot cannot be changed', () => {
  const none = connectionOf(null);
  expect(none.snapshot()).toMatchObject({ status: 'closed' });
  expect(none.snapshot()).toBe(none.snapshot());
  expect(Object.isFrozen(none.snapshot())).toBe(true);
});

it('without a provider and an address says that a variable may be without a value', () => {
  expect(unprovided()).toMatchObject({
    code: 'BAD_OPTION',
    message: expect.stringContaining(
      'no provider, and no address: if one was passed, its value is undefined',
    ),
  });
});
