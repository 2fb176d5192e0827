import { describe, expect, it, vi } from 'vitest';
import { CONNECTING, type ConnectionSnapshot, type Store, store } from '../../../src/helpers/store.js';
import { idleSocket, joinedSocket, type Wired } from '../../support/wired-socket.js';

/** The state of a connection as a snapshot and a subscription. */

/** Collects the snapshots that a subscriber gets. */
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

  it('is refused after the server has refused or disconnected the socket, whenever it is read', () => {
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

  it('is closed after the program has left a connection that is still in use', () => {
    const wired = idleSocket();
    wired.socket.connect();
    const { seen } = watched(wired);
    wired.wire.attemptFails();
    wired.socket.disconnect();
    wired.wire.clock.settle();
    expect(seen.at(-1)?.status).toBe('closed');
  });

  it('is closed when no further attempt will follow', () => {
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

describe('the error of a socket', () => {
  it('is the refusal of the server', () => {
    const wired = idleSocket();
    wired.socket.connect();
    const { seen, of } = watched(wired);
    expect(seen[0]?.error).toBeUndefined();
    wired.wire.linkUp();
    wired.wire.receive('4{"message":"no such user","data":{"id":7}}');
    expect(of.snapshot()).toMatchObject({
      status: 'refused',
      error: { code: 'CONNECT_REJECTED', message: 'no such user', data: { id: 7 } },
    });
    expect(seen.at(-1)).toBe(of.snapshot());
  });

  it('differs between two refusals', () => {
    const wired = idleSocket({ reconnectOnReject: () => 1_000 });
    wired.socket.connect();
    const { seen } = watched(wired);
    wired.wire.linkUp();
    wired.wire.receive('4{"message":"first"}');
    wired.wire.clock.advance(1_000);
    wired.wire.receive('4{"message":"second"}');
    const messages = seen.flatMap(({ error }) => error?.message ?? []);
    expect([...new Set(messages)]).toEqual(['first', 'second']);
  });

  it('is that of the last failed attempt, until the next connection', () => {
    const wired = joinedSocket();
    const { of } = watched(wired);
    wired.wire.linkDown();
    expect(of.snapshot().error).toBeUndefined();
    wired.wire.clock.settle();
    wired.wire.attemptFails();
    expect(of.snapshot()).toMatchObject({ status: 'reconnecting', error: expect.any(Error) });
    wired.wire.linkUp();
    wired.wire.accept('sid2');
    expect(of.snapshot()).toMatchObject({ status: 'connected', error: undefined });
  });

  it('is removed when the program disconnects the socket', () => {
    const wired = joinedSocket();
    const { of } = watched(wired);
    wired.wire.receive('1');
    expect(of.snapshot()).toMatchObject({ status: 'refused', error: { code: 'CONNECT_REJECTED' } });
    wired.socket.disconnect();
    expect(of.snapshot()).toMatchObject({ status: 'closed', error: undefined });
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

  it('counts down to the next attempt once a second', () => {
    const wired = joinedSocket({
      reconnectionDelay: 3_500,
      reconnectionDelayMax: 3_500,
      randomizationFactor: 0,
    });
    const { of, seen } = watched(wired);
    wired.wire.linkDown();
    wired.wire.clock.advance(3_500);
    wired.wire.attemptFails();
    expect(of.snapshot().retryInMs).toBe(3_500);
    const waiting = of.snapshot();
    wired.wire.clock.advance(499);
    expect(of.snapshot()).toBe(waiting);
    seen.length = 0;
    wired.wire.clock.advance(3_000);
    expect(seen.map(({ retryInMs }) => retryInMs)).toEqual([3_000, 2_000, 1_000]);
    wired.wire.clock.advance(1);
    expect(of.snapshot()).toMatchObject({ status: 'reconnecting', retryInMs: undefined });
  });

  it('does not count down without subscribers, and is correct when it is read', () => {
    const wired = joinedSocket({
      reconnectionDelay: 3_500,
      reconnectionDelayMax: 3_500,
      randomizationFactor: 0,
    });
    const { of, stop, seen } = watched(wired);
    wired.wire.linkDown();
    wired.wire.clock.advance(3_500);
    wired.wire.attemptFails();
    const { pending } = wired.wire.clock;
    stop();
    seen.length = 0;
    expect(wired.wire.clock.pending).toBe(pending - 1);
    wired.wire.clock.advance(1_600);
    expect(seen).toEqual([]);
    expect(of.snapshot().retryInMs).toBe(1_900);
  });

  it('is the same object however often it is read, even if an attempt is overdue', () => {
    const wired = joinedSocket({
      reconnectionDelay: 4_000,
      reconnectionDelayMax: 4_000,
      randomizationFactor: 0,
    });
    const of = store(wired.socket);
    wired.wire.linkDown();
    const { clock, manager } = wired.wire;
    // Every look at a real clock sees a later time.
    let leftMs = 2_000.4;
    vi.spyOn(manager, 'retryInMs', 'get').mockImplementation(() => {
      vi.spyOn(clock, 'now').mockReturnValue(1_000 - leftMs);
      leftMs -= 0.1;
      return leftMs;
    });
    expect(of.snapshot().retryInMs).toBeGreaterThan(2_000);
    expect(of.snapshot()).toBe(of.snapshot());
    let nowMs = 5_000;
    vi.spyOn(clock, 'now').mockImplementation(() => ++nowMs);
    vi.spyOn(manager, 'retryInMs', 'get').mockReturnValue(0);
    expect(of.snapshot()).toBe(of.snapshot());
  });

  it('of a connection that has never connected is always the same object', () => {
    const one = idleSocket();
    const other = idleSocket();
    one.socket.connect();
    other.socket.connect();
    expect([store(one.socket).snapshot(), store(other.socket).snapshot()]).toEqual([CONNECTING, CONNECTING]);
    expect(store(one.socket).snapshot()).toBe(CONNECTING);
  });
});

describe('a subscription', () => {
  it('listens to nothing before the first one and after the last one', () => {
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

  it('that unsubscribes during a notification is not notified', () => {
    const wired = joinedSocket();
    const of = store(wired.socket);
    const told = vi.fn();
    of.subscribe(() => stop());
    const stop = of.subscribe(told);
    wired.wire.linkDown();
    expect(told).not.toHaveBeenCalled();
  });

  it('that subscribes during a notification is notified of the next change', () => {
    const wired = joinedSocket();
    const of = store(wired.socket);
    const told = vi.fn();
    const stop = of.subscribe(() => {
      stop();
      of.subscribe(told);
    });
    wired.wire.linkDown();
    expect(told).not.toHaveBeenCalled();
    wired.wire.linkUp();
    wired.wire.accept('sid2');
    expect(told).toHaveBeenCalled();
  });

  it('may be made twice with the same function', () => {
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

  it('accepts a manager', () => {
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
