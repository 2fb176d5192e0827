import { describe, expect, it, vi } from 'vitest';
import { idleSocket, joinedSocket } from '../../support/wired-socket.js';

/** A clock that stands at the fake wire's date, as Redis streams name their entries. */
const offset = (n: number): string => `${Date.UTC(2026, 0, 1)}-${n}`;

/** A socket of a server that keeps sessions, and what its listeners had. */
function keeping(options = {}) {
  const { socket, wire } = idleSocket(options);
  const had: unknown[][] = [];
  socket.onAny((...args) => had.push(args));
  socket.connect();
  wire.linkUp();
  wire.accept('sid1', 'pid');
  wire.sent();
  return { socket, wire, had };
}

describe('the event gap', () => {
  it('comes after connect, with the time away, where the session was not brought back', () => {
    const { socket, wire } = joinedSocket();
    const order: unknown[] = [];
    socket.on('connect', () => order.push('connect'));
    socket.on('gap', (gap) => order.push(gap));
    wire.clock.advance(10_000);
    wire.linkDown();
    wire.clock.advance(1_500);
    wire.linkUp();
    wire.clock.advance(34);
    wire.accept();
    expect(order).toEqual(['connect', { awayMs: 1_534 }]);
    expect(socket.recovered).toBe(false);
  });

  it('does not come at the first connect', () => {
    const { socket, wire } = idleSocket();
    const gap = vi.fn();
    socket.on('gap', gap);
    socket.connect();
    wire.linkUp();
    wire.linkDown();
    wire.clock.advance(5_000);
    wire.linkUp();
    wire.accept();
    expect(gap).not.toHaveBeenCalled();
  });

  it('does not come where the session was brought back, and comes where the next one was not', () => {
    const { socket, wire } = keeping();
    const gap = vi.fn();
    socket.on('gap', gap);
    wire.reconnect('sid2', 'pid');
    expect([gap.mock.calls, socket.recovered]).toEqual([[], true]);
    wire.reconnect('sid3', 'another');
    expect([gap.mock.calls.length, socket.recovered]).toEqual([1, false]);
  });

  it('does not come where a listener of connect leaves', () => {
    const { socket, wire } = joinedSocket();
    const gap = vi.fn();
    socket.on('gap', gap);
    socket.on('connect', () => socket.disconnect());
    wire.reconnect();
    expect(gap).not.toHaveBeenCalled();
  });
});

describe('a session that was brought back', () => {
  it('is asked for with the last offset that a listener has had', () => {
    const { wire } = keeping();
    wire.receive(`2["a","${offset(1)}"]`, `2["b","${offset(2)}"]`, '2["volatile","x"]');
    wire.linkDown();
    wire.linkUp();
    expect(wire.sent()).toEqual([`0{"pid":"pid","offset":"${offset(2)}"}`]);
  });

  it('gives events that come twice once, in order, with those that are new', () => {
    const { wire, had } = keeping();
    wire.receive(`2["a","${offset(1)}"]`, `2["b","${offset(2)}"]`);
    wire.linkDown();
    wire.linkUp();
    // The server may begin before its answer.
    wire.receive(`2["a","${offset(1)}"]`);
    wire.accept('sid2', 'pid');
    wire.receive(`2["b","${offset(2)}"]`, `2["c","${offset(3)}"]`);
    expect(had.map(([name]) => name)).toEqual(['a', 'b', 'c']);
  });

  it('swallows no later event that looks like one before', () => {
    const { wire, had } = keeping();
    wire.receive(`2["a","${offset(1)}"]`);
    wire.reconnect('sid2', 'pid');
    wire.receive(`2["a","${offset(1)}"]`, `2["b","${offset(2)}"]`, `2["a","${offset(1)}"]`);
    expect(had.map(([name]) => name)).toEqual(['a', 'b']);
    wire.clock.advance(10_000);
    wire.receive(`2["a","${offset(1)}"]`);
    expect(had.map(([name]) => name)).toEqual(['a', 'b', 'a']);
  });

  it('tells two events of one offset apart by their names', () => {
    const { wire, had } = keeping();
    wire.receive(`2["a","${offset(1)}"]`);
    wire.reconnect('sid2', 'pid');
    wire.receive(`2["b","${offset(1)}"]`);
    expect(had.map(([name]) => name)).toEqual(['a', 'b']);
  });

  it('takes nothing for given that only a session before the one before had', () => {
    const { wire, had } = keeping();
    wire.receive(`2["a","${offset(1)}"]`);
    wire.reconnect('sid2', 'another');
    wire.reconnect('sid3', 'another');
    wire.receive(`2["a","${offset(1)}"]`);
    expect(had).toHaveLength(2);
  });

  it('that is another one gives everything', () => {
    const { wire, had } = keeping();
    wire.receive(`2["a","${offset(1)}"]`);
    wire.reconnect('sid2', 'another');
    wire.receive(`2["a","${offset(1)}"]`);
    expect(had).toHaveLength(2);
  });
});

describe('an offset', () => {
  it('is shown to the listeners, as with the official client', () => {
    const { socket, wire, had } = keeping();
    const listener = vi.fn();
    socket.on('a', listener);
    wire.receive(`2["a",1,"${offset(1)}"]`);
    expect([listener.mock.calls, had]).toEqual([[[1, offset(1)]], [['a', 1, offset(1)]]]);
  });

  it('is hidden from all of them where the program wants that, and asked for all the same', () => {
    const { socket, wire, had } = keeping({ hideOffset: true });
    const listener = vi.fn();
    socket.on('a', listener);
    wire.receive(`2["a",1,"${offset(1)}"]`, '2["a","mine"]');
    expect([listener.mock.calls, had]).toEqual([
      [[1], ['mine']],
      [
        ['a', 1],
        ['a', 'mine'],
      ],
    ]);
    wire.linkDown();
    wire.linkUp();
    expect(wire.sent()).toEqual([`0{"pid":"pid","offset":"${offset(1)}"}`]);
  });

  it('is none where the server keeps no sessions', () => {
    const { socket, wire } = joinedSocket({ hideOffset: true });
    const listener = vi.fn();
    socket.on('a', listener);
    wire.receive(`2["a","${offset(1)}"]`, `2["a","${offset(1)}"]`);
    expect(listener.mock.calls).toEqual([[offset(1)], [offset(1)]]);
  });
});
