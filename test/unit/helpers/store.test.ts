import { describe, expect, it, vi } from 'vitest';
import { CONNECTING, type ConnectionSnapshot, type Store, store } from '../../../src/helpers/store.js';
import { idleSocket, joinedSocket, type Wired } from '../../support/wired-socket.js';

/** The state of a connection as a snapshot and a subscription. */

/** Collects what a subscriber sees. */
function watched({ socket }: Wired): {
  readonly seen: ConnectionSnapshot[];
  readonly of: Store<ConnectionSnapshot>;
  stop(): void;
} {
  const of = store(socket);
  const seen = [of.snapshot()];
  const stop = of.subscribe(() => seen.push(of.snapshot()));
  return { seen, of, stop };
}

const statuses = (seen: readonly ConnectionSnapshot[]): string[] => seen.map(({ status }) => status);

describe('the status of a socket', () => {
  it('follows its connection', () => {
    const wired = idleSocket();
    const { socket, wire } = wired;
    expect(store(socket).snapshot().status).toBe('closed');
    socket.connect();
    const { seen } = watched(wired);
    wire.linkUp();
    expect(store(socket).snapshot()).toMatchObject({ status: 'connecting', transport: undefined });
    wire.accept();
    expect(store(socket).snapshot()).toMatchObject({ status: 'connected', transport: 'websocket' });
    wire.linkDown();
    wire.linkUp();
    wire.accept('sid2');
    socket.disconnect();
    expect(statuses(seen).filter((one, i, all) => one !== all[i - 1])).toEqual([
      'connecting',
      'connected',
      'reconnecting',
      'connected',
      'closed',
    ]);
  });

  it('is refused where the server has refused it or disconnected it, whenever one looks', () => {
    const refused = idleSocket();
    refused.socket.connect();
    refused.wire.linkUp();
    refused.wire.receive('4{"message":"no"}');
    expect(store(refused.socket).snapshot().status).toBe('refused');

    const kicked = joinedSocket();
    const { seen } = watched(kicked);
    kicked.wire.receive('1');
    expect(store(kicked.socket).snapshot().status).toBe('refused');
    expect(seen.at(-1)?.status).toBe('refused');
    // Another look at the same: nothing has changed.
    expect(store(kicked.socket).snapshot()).toBe(seen.at(-1));
    kicked.socket.connect();
    kicked.wire.accept('sid2');
    expect(seen.at(-1)?.status).toBe('connected');
    kicked.socket.disconnect();
    expect(seen.at(-1)?.status).toBe('closed');
  });

  it('is closed after the program has left a connection that others go on using', () => {
    const wired = idleSocket();
    wired.socket.connect();
    const { seen } = watched(wired);
    wired.wire.attemptFails();
    wired.socket.disconnect();
    wired.wire.clock.settle();
    expect(seen.at(-1)?.status).toBe('closed');
  });

  it('is closed where there will be no further attempt', () => {
    const wired = joinedSocket();
    const { seen } = watched(wired);
    wired.wire.linkDown();
    wired.wire.giveUp();
    expect(seen.at(-1)?.status).toBe('closed');
  });

  it('is offline without a network', () => {
    const wired = joinedSocket();
    const { seen } = watched(wired);
    vi.spyOn(wired.wire.manager, '_online', 'get').mockReturnValue(false);
    wired.wire.linkDown();
    expect(seen.at(-1)?.status).toBe('offline');
  });
});

describe('a snapshot', () => {
  it('is the same object until something changes, and cannot be changed', () => {
    const wired = joinedSocket();
    const { of, seen } = watched(wired);
    expect(of.snapshot()).toBe(of.snapshot());
    expect(Object.isFrozen(of.snapshot())).toBe(true);
    wired.wire.receive('2["news"]');
    expect(seen).toHaveLength(1);
  });

  it('tells how long the wait was when it began, and stays while it lasts', () => {
    const wired = joinedSocket({ reconnectionDelay: 4_000, reconnectionDelayMax: 4_000 });
    const { of } = watched(wired);
    wired.wire.linkDown();
    const waiting = of.snapshot();
    expect(waiting.retryInMs).toBeGreaterThanOrEqual(0);
    wired.wire.clock.advance((waiting.retryInMs as number) / 2);
    expect(of.snapshot()).toBe(waiting);
    wired.wire.clock.advance(waiting.retryInMs as number);
    expect(of.snapshot()).toMatchObject({ status: 'reconnecting', retryInMs: undefined });
    wired.wire.attemptFails();
    expect(of.snapshot().retryInMs).toBe(4_000);
  });

  it('is the same without a subscriber, too', () => {
    const wired = joinedSocket({ reconnectionDelay: 4_000, reconnectionDelayMax: 4_000 });
    const of = store(wired.socket);
    wired.wire.linkDown();
    const waiting = of.snapshot();
    wired.wire.clock.advance(0.4);
    expect(of.snapshot()).toBe(waiting);
  });

  it('of a connection that has not come to anything yet is one and the same', () => {
    const one = idleSocket();
    const other = idleSocket();
    one.socket.connect();
    other.socket.connect();
    expect([store(one.socket).snapshot(), store(other.socket).snapshot()]).toEqual([CONNECTING, CONNECTING]);
    expect(store(one.socket).snapshot()).toBe(CONNECTING);
  });
});

describe('a subscription', () => {
  it('listens to nothing before the first and after the last one', () => {
    const wired = joinedSocket();
    const { manager } = wired.wire;
    const before = [manager._observers.length, wired.socket._hooks.length];
    const stops = [watched(wired).stop, watched(wired).stop];
    stops[0]?.();
    stops[0]?.();
    expect(manager._observers.length).toBe((before[0] as number) + 1);
    stops[1]?.();
    expect([manager._observers.length, wired.socket._hooks.length]).toEqual(before);
  });

  it('survives off(), and a subscriber that throws', () => {
    const wired = joinedSocket();
    const { of, seen } = watched(wired);
    const reported = vi.fn();
    vi.stubGlobal('reportError', reported);
    of.subscribe(() => {
      throw new Error('a subscriber');
    });
    const told = vi.fn();
    of.subscribe(told);
    wired.socket.off();
    wired.wire.manager.off();
    wired.wire.linkDown();
    expect(seen.at(-1)?.status).toBe('reconnecting');
    expect(told).toHaveBeenCalled();
    expect(reported).toHaveBeenCalled();
    vi.unstubAllGlobals();
  });

  it('may be made twice with one function', () => {
    const wired = joinedSocket();
    const of = store(wired.socket);
    const told = vi.fn();
    const stop = of.subscribe(told);
    of.subscribe(told);
    stop();
    wired.wire.linkDown();
    expect(told).toHaveBeenCalledTimes(1);
  });
});

describe('store()', () => {
  it('is the same for the same socket, also through a Proxy', () => {
    const { socket } = joinedSocket();
    expect(store(socket)).toBe(store(socket));
    expect(store(new Proxy(socket, {}))).toBe(store(socket));
  });

  it('takes a manager', () => {
    const wired = joinedSocket();
    const of = store(wired.wire.manager);
    const seen = [of.snapshot().status];
    of.subscribe(() => seen.push(of.snapshot().status));
    wired.wire.linkDown();
    wired.wire.linkUp();
    expect(seen.filter((one, i, all) => one !== all[i - 1])).toEqual([
      'connected',
      'reconnecting',
      'connected',
    ]);
    expect(of.snapshot().transport).toBe('websocket');
  });
});
