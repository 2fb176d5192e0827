import { describe, expect, it, vi } from 'vitest';
import { idleSocket, joinedSocket, type Wire } from '../../support/wired-socket.js';

/** An offset of Redis streams, at the fake wire's date. */
const offset = (n: number): string => `${Date.UTC(2026, 0, 1)}-${n}`;

/** A socket of a server that keeps sessions, and the events of its listeners. */
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
  it('follows connect, with the time away, if the session was not recovered', () => {
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

  it('is not fired at the first connect', () => {
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

  it('is not fired if the session was recovered, and is fired if the next one was not', () => {
    const { socket, wire } = keeping();
    const gap = vi.fn();
    socket.on('gap', gap);
    wire.reconnect('sid2', 'pid');
    expect([gap.mock.calls, socket.recovered]).toEqual([[], true]);
    wire.reconnect('sid3', 'another');
    expect([gap.mock.calls.length, socket.recovered]).toEqual([1, false]);
  });

  it('is not fired if a listener of connect disconnects', () => {
    const { socket, wire } = joinedSocket();
    const gap = vi.fn();
    socket.on('gap', gap);
    socket.on('connect', () => socket.disconnect());
    wire.reconnect();
    expect(gap).not.toHaveBeenCalled();
  });
});

describe('a session that the server has continued', () => {
  const connects = (wire: Wire): string[] => wire.sent().filter((text) => text.startsWith('0'));

  it.each([
    ['not claimed again if the link seems dead, and the server may not have noticed', 'verify', false],
    [
      'claimed again if the heartbeat stayed away for so long that the server has noticed, too',
      'ping timeout',
      true,
    ],
    ['claimed again if the other side has closed the link', 'transport close', true],
    ['claimed again if the program has closed the link', 'forced close', true],
  ])('is %s', (_what, end, claimed) => {
    const { socket, wire } = keeping();
    wire.receive(`2["n",1,"${offset(1)}"]`);
    wire.reconnect('sid1', 'pid');
    expect(socket.recovered).toBe(true);
    wire.sent();
    if (end === 'verify') wire.manager._connection._drop('ping timeout');
    else wire.linkDown(end);
    wire.linkUp();
    expect(connects(wire)).toEqual([claimed ? `0{"pid":"pid","offset":"${offset(1)}"}` : '0']);
    wire.accept('sid2', claimed ? 'pid' : 'other');
    expect(socket.recovered).toBe(claimed);
  });

  it('is claimed once if the answer to that did not come', () => {
    const { wire } = keeping();
    wire.linkDown();
    wire.linkUp();
    expect(connects(wire)).toHaveLength(1);
    wire.manager._connection._drop('ping timeout');
    wire.linkUp();
    expect(connects(wire)).toEqual(['0']);
  });
});

describe('a recovered session', () => {
  it('receives thousands of missed events, which servers send before the answer to CONNECT', () => {
    const { socket, wire, had } = keeping();
    wire.linkDown();
    wire.linkUp();
    for (let i = 1; i <= 5_000; i++) wire.receive(`2["n",${i},"${offset(i)}"]`);
    wire.accept('sid2', 'pid');
    expect([socket.recovered, had.length, had.at(-1)]).toEqual([true, 5_000, ['n', 5_000, offset(5_000)]]);
  });

  it('is given up if the missed events cannot be read, because the server would repeat them', () => {
    const { socket, wire } = keeping();
    wire.linkDown();
    wire.linkUp();
    expect(wire.sent()).toEqual(['0{"pid":"pid"}']);
    wire.receive('29');
    wire.linkUp();
    expect(wire.sent()).toEqual(['0']);
    wire.accept('sid2', 'other');
    expect([socket.connected, socket.recovered]).toEqual([true, false]);
  });

  it('is requested with the last offset that a listener received', () => {
    const { wire } = keeping();
    wire.receive(`2["a","${offset(1)}"]`, `2["b","${offset(2)}"]`, '2["volatile","x"]');
    wire.linkDown();
    wire.linkUp();
    expect(wire.sent()).toEqual([`0{"pid":"pid","offset":"${offset(2)}"}`]);
  });

  it('delivers repeated events once, in order, with the new ones', () => {
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

  it('does not discard later events that look like earlier ones', () => {
    const { wire, had } = keeping();
    wire.receive(`2["a","${offset(1)}"]`);
    wire.reconnect('sid2', 'pid');
    wire.receive(`2["a","${offset(1)}"]`, `2["b","${offset(2)}"]`, `2["a","${offset(1)}"]`);
    expect(had.map(([name]) => name)).toEqual(['a', 'b']);
    wire.clock.advance(10_000);
    wire.receive(`2["a","${offset(1)}"]`);
    expect(had.map(([name]) => name)).toEqual(['a', 'b', 'a']);
  });

  it('distinguishes two events with one offset by their names', () => {
    const { wire, had } = keeping();
    wire.receive(`2["a","${offset(1)}"]`);
    wire.reconnect('sid2', 'pid');
    wire.receive(`2["b","${offset(1)}"]`);
    expect(had.map(([name]) => name)).toEqual(['a', 'b']);
  });

  it('does not discard events of older sessions', () => {
    const { wire, had } = keeping();
    wire.receive(`2["a","${offset(1)}"]`);
    wire.reconnect('sid2', 'another');
    wire.reconnect('sid3', 'another');
    wire.receive(`2["a","${offset(1)}"]`);
    expect(had).toHaveLength(2);
  });

  it('with another id delivers everything', () => {
    const { wire, had } = keeping();
    wire.receive(`2["a","${offset(1)}"]`);
    wire.reconnect('sid2', 'another');
    wire.receive(`2["a","${offset(1)}"]`);
    expect(had).toHaveLength(2);
  });
});

describe('an offset', () => {
  it('is passed to the listeners, as with the official client', () => {
    const { socket, wire, had } = keeping();
    const listener = vi.fn();
    socket.on('a', listener);
    wire.receive(`2["a",1,"${offset(1)}"]`);
    expect([listener.mock.calls, had]).toEqual([[[1, offset(1)]], [['a', 1, offset(1)]]]);
  });

  it('is hidden from all of them with hideOffset, and still sent to the server', () => {
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

  it('is an ordinary argument if the server keeps no sessions', () => {
    const { socket, wire } = joinedSocket({ hideOffset: true });
    const listener = vi.fn();
    socket.on('a', listener);
    wire.receive(`2["a","${offset(1)}"]`, `2["a","${offset(1)}"]`);
    expect(listener.mock.calls).toEqual([[offset(1)], [offset(1)]]);
  });
});
