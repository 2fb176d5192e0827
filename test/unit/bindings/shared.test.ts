import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asking, connectionOf, keyOf, resolve, type Shared } from '../../../src/bindings/shared.js';
import { io } from '../../../src/index.js';
import { idleSocket, joinedSocket } from '../../support/wired-socket.js';

/** The common part of the bindings, without a framework. */

beforeEach(() => void vi.stubGlobal('window', globalThis));
afterEach(() => void vi.unstubAllGlobals());

let addresses = 0;
/** An address without a server. */
const address = (): string => `http://127.0.0.1:65530/${++addresses}`;
const options = { reconnectionDelay: 60_000, transports: ['websocket'], coach: false };

const used: (() => void)[] = [];
const retain = (shared: Shared | undefined): void => void used.push(shared?.retain() as () => void);
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
    expect(other).toBe(one);
    expect(one?.socket.auth).toBe(second.auth);
    expect(one?.socket._options.reconnectOnReject).toBe(second.reconnectOnReject);
    // A component without them takes nothing away.
    resolve(url, options);
    expect(one?.socket.auth).toBe(second.auth);
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
    retain(shared);
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
    const begin = (): (() => void) => resolve(url, options)?.retain() as () => void;
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
