import { describe, expect, it, vi } from 'vitest';
import type { HoldfastError } from '../../../src/platform/errors.js';
import { RESERVED_EVENTS } from '../../../src/protocol/packet.js';
import { useReportError } from '../../support/report-error.js';
import { idleSocket, joinedSocket } from '../../support/wired-socket.js';

const reported = useReportError({ expectNone: true });

/** The reports so far, which no longer count as unexpected. */
function reports(): unknown[] {
  const errors = reported.mock.calls.map(([error]) => error as unknown);
  reported.mockReset();
  return errors;
}

const loop: Record<string, unknown> = {};
loop.loop = loop;

describe('emit', () => {
  it('sends an event with its arguments', () => {
    const { socket, wire } = joinedSocket();
    expect(socket.emit('hello', 1, { a: [true, null] }, 'x')).toBe(socket);
    expect(wire.sent()).toEqual(['2["hello",1,{"a":[true,null]},"x"]']);
  });

  it('sends attachments after it', () => {
    const { socket, wire } = joinedSocket();
    socket.emit('file', { data: new Uint8Array([1, 255]) });
    expect(wire.sent()).toEqual(['51-["file",{"data":{"_placeholder":true,"num":0}}]', '01ff']);
  });

  it('is what send calls, with the event message', () => {
    const { socket, wire } = joinedSocket();
    expect(socket.send('a', 1)).toBe(socket);
    expect(wire.sent()).toEqual(['2["message","a",1]']);
  });

  it.each([...RESERVED_EVENTS])('throws for the reserved name %s', (name) => {
    const { socket, wire } = joinedSocket();
    const emit = (): unknown => socket.emit(name as string, 1);
    expect(emit).toThrow(expect.objectContaining({ code: 'RESERVED_EVENT' }));
    expect(emit).toThrow(String(name));
    expect(wire.sent()).toEqual([]);
    socket.emit('ok');
    expect(wire.sent()).toEqual(['2["ok"]']);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['an object', {}],
    ['a symbol', Symbol('a')],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['true', true],
    ['a BigInt', 1n],
    ['a list', ['a']],
  ])('throws for a name at which the server would close the connection: %s', (_what, name) => {
    const { socket, wire } = joinedSocket();
    expect(() => socket.emit(name as string)).toThrow(expect.objectContaining({ code: 'BAD_EVENT' }));
    expect(() => socket.emit(name as string)).toThrow('accepted: a string or a number');
    expect([wire.sent(), socket.sendBuffer, wire.timers]).toEqual([[], [], 0]);
    socket.emit('ok');
    expect(wire.sent()).toEqual(['2["ok"]']);
  });

  it('compresses unless told otherwise, for one emit', () => {
    const { socket, wire } = joinedSocket();
    socket.emit('a');
    socket.compress(false).emit('b');
    socket.compress(true).emit('c');
    socket.emit('d');
    expect(wire.compressed()).toEqual([true, false, true, true]);
  });
});

describe('an argument that cannot be serialised', () => {
  it.each<[string, unknown]>([
    ['a BigInt', 1n],
    ['a circular value', loop],
    [
      'an object whose toJSON throws',
      {
        toJSON() {
          throw new Error('no');
        },
      },
    ],
  ])('throws at the call, with the argument and the accepted values: %s', (_what, bad) => {
    for (const { socket, wire } of [joinedSocket(), idleSocket()]) {
      const emit = (): unknown => socket.emit('order', 'fine', { bad }, 2);
      expect(emit).toThrow(expect.objectContaining({ code: 'UNSERIALIZABLE', cause: expect.any(Error) }));
      expect(emit).toThrow(/argument 2 of "order".*accepted:.*JSON.*Blob/s);
      expect(wire.sent()).toEqual([]);
      expect(socket.sendBuffer).toEqual([]);
    }
  });

  it('leaves no flag, acknowledgement or timer behind', () => {
    const { socket, wire } = joinedSocket();
    const callback = vi.fn();
    expect(() => socket.timeout(50).volatile.compress(false).emit('a', 1n, callback)).toThrow();
    expect(wire.timers).toBe(0);
    wire.stuck = true;
    socket.emit('b', callback);
    wire.stuck = false;
    expect(wire.packets()).toMatchObject([{ data: '21["b"]', options: { compress: true } }]);
    wire.receive('31["answer"]');
    expect(callback.mock.calls).toEqual([['answer']]);
  });

  it('leaves no flag behind, and neither does a reserved name', () => {
    const { socket, wire } = joinedSocket();
    expect(() => socket.timeout(50).volatile.emit('connect')).toThrow();
    wire.stuck = true;
    socket.emit('b', () => {});
    wire.stuck = false;
    expect(wire.sent()).toEqual(['20["b"]']);
    expect(wire.timers).toBe(0);
  });

  it('rejects an emitWithAck', async () => {
    const { socket, wire } = joinedSocket();
    await expect(socket.emitWithAck('a', 1n)).rejects.toMatchObject({ code: 'UNSERIALIZABLE' });
    expect(wire.sent()).toEqual([]);
  });

  it('delays neither connect nor the other buffered packets, if it became unserialisable while waiting', () => {
    const { socket, wire } = idleSocket();
    const changing: Record<string, unknown> = {};
    const connected = vi.fn();
    const failed = vi.fn();
    socket.on('connect', connected);
    socket.emit('before');
    socket.timeout(1_000).emit('bad', changing, failed);
    socket.emit('after');
    changing.self = changing;
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect(connected).toHaveBeenCalledOnce();
    expect(wire.sent()).toEqual(['0', '2["before"]', '2["after"]']);
    expect(failed.mock.calls).toEqual([[expect.objectContaining({ code: 'UNSERIALIZABLE' })]]);
    // The caller that waits for the acknowledgement was notified; nothing else must be.
    expect(reports()).toEqual([]);
    // And the ones before it are not sent again.
    wire.reconnect();
    expect(wire.sent()).toEqual(['0']);
  });

  it('is reported to the listeners of dropped, if there are any', () => {
    const { socket, wire } = idleSocket();
    const changing: Record<string, unknown> = {};
    const dropped = vi.fn();
    socket.on('dropped', dropped);
    socket.emit('bad', changing);
    changing.self = changing;
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect(dropped.mock.calls).toEqual([
      [expect.objectContaining({ code: 'UNSERIALIZABLE' }), ['bad', changing]],
    ]);
  });
});

describe('a message larger than the server accepts', () => {
  it('is reported, and not sent', () => {
    const { socket, wire } = joinedSocket({ handshake: { maxPayload: 50 } });
    const dropped = vi.fn();
    const failed = vi.fn();
    socket.on('dropped', dropped);
    socket.timeout(1_000).emit('big', 'x'.repeat(100), failed);
    expect(wire.sent()).toEqual([]);
    expect(failed.mock.calls).toEqual([[expect.objectContaining({ code: 'TOO_LARGE' })]]);
    expect(dropped).not.toHaveBeenCalled();
    expect(wire.timers).toBe(0);
    const big = ['big', 'x'.repeat(100)] as const;
    socket.emit(...big);
    socket.emit(...big, () => {});
    const told = [expect.objectContaining({ code: 'TOO_LARGE' }), big];
    expect(dropped.mock.calls.map(([error, [name, text]]) => [error, [name, text]])).toEqual([told, told]);
    expect(wire.sent()).toEqual([]);
    socket.emit('small');
    expect(wire.sent()).toEqual(['2["small"]']);
  });

  it('is reported if it is an acknowledgement', () => {
    const { socket, wire } = joinedSocket({ handshake: { maxPayload: 50 } });
    const dropped = vi.fn();
    socket.on('dropped', dropped);
    let failure: unknown;
    socket.on('ask', (ack: (answer: string) => void) => {
      try {
        ack('x'.repeat(100));
      } catch (error) {
        failure = error;
      }
    });
    wire.receive('27["ask"]');
    expect(wire.sent()).toEqual([]);
    // At the call, by the event, or as an uncaught error, but not silently.
    expect([
      failure,
      ...dropped.mock.calls.map(([error]) => error as HoldfastError),
      ...reports(),
    ]).toContainEqual(expect.objectContaining({ code: 'TOO_LARGE' }));
  });
});

describe('an emit while disconnected', () => {
  it('waits in sendBuffer, and is sent before connect fires and before the emits of connect listeners', () => {
    const { socket, wire } = idleSocket();
    const order: string[] = [];
    socket.onAnyOutgoing((name) => order.push(`out ${name}`));
    socket.on('connect', () => {
      order.push(`connect ${socket.id} ${socket.connected}`);
      socket.emit('c');
    });
    socket.emit('a', 1);
    socket.connect();
    socket.emit('b');
    expect(socket.sendBuffer.map(({ data }) => data)).toEqual([['a', 1], ['b']]);
    wire.linkUp();
    expect(wire.sent()).toEqual(['0']);
    wire.accept();
    expect(wire.sent()).toEqual(['2["a",1]', '2["b"]', '2["c"]']);
    expect(order).toEqual(['out a', 'out b', 'connect sid1 true', 'out c']);
    expect(socket.sendBuffer).toEqual([]);
  });

  it('keeps its arguments by reference, as the official client does', () => {
    const { socket, wire } = idleSocket();
    const argument = { count: 1 };
    socket.emit('a', argument);
    argument.count = 2;
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toEqual(['0', '2["a",{"count":2}]']);
  });

  it('keeps its compress flag', () => {
    const { socket, wire } = idleSocket();
    socket.compress(false).emit('a');
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect(wire.compressed()).toEqual([true, false]);
  });

  it('is forgotten if the program empties the buffer', () => {
    const { socket, wire } = idleSocket();
    socket.emit('a');
    socket.sendBuffer = [];
    socket.emit('b');
    socket.sendBuffer.length = 0;
    socket.emit('c');
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toEqual(['0', '2["c"]']);
  });

  it('survives any number of lost links, and is sent once', () => {
    const { socket, wire } = joinedSocket();
    wire.linkDown();
    socket.emit('a');
    wire.linkUp();
    wire.linkDown();
    wire.linkUp();
    wire.accept();
    wire.reconnect();
    expect(wire.sent().filter((text) => text.startsWith('2'))).toEqual(['2["a"]']);
  });

  it('survives disconnect() and connect()', () => {
    const { socket, wire } = joinedSocket();
    socket.disconnect();
    socket.emit('a');
    socket.connect();
    expect(wire.readOn()).toEqual(['1']);
    wire.accept();
    expect(wire.sent()).toEqual(['0', '2["a"]']);
  });

  it('includes an emit while the heartbeat is overdue', () => {
    const { socket, wire } = joinedSocket();
    wire.late = true;
    socket.emit('a');
    expect(wire.sent()).toEqual([]);
    expect(socket.sendBuffer).toHaveLength(1);
    wire.late = false;
    wire.reconnect();
    expect(wire.sent()).toEqual(['0', '2["a"]']);
  });

  it('in the listener of disconnect is kept for the next session', () => {
    const { socket, wire } = joinedSocket();
    const answered = vi.fn();
    socket.once('disconnect', () => socket.timeout(5_000).emit('a', answered));
    wire.reconnect();
    expect(wire.sent()).toEqual(['0', '20["a"]']);
    wire.receive('30[1]');
    expect(answered.mock.calls).toEqual([[null, 1]]);
  });

  it('is still kept, and not sent, if a listener of an earlier event disconnects', () => {
    const { socket, wire } = idleSocket();
    socket.emit('mine');
    const connected = vi.fn();
    socket.on('connect', connected);
    socket.on('early', () => socket.disconnect());
    socket.connect();
    wire.linkUp();
    wire.receive('2["early"]');
    wire.accept();
    // To a server, an event behind DISCONNECT is a violation that ends the connection of every namespace.
    expect(wire.sent()).toEqual(['0', '1']);
    expect(connected).not.toHaveBeenCalled();
    expect(socket.sendBuffer.map(({ data }) => data)).toEqual([['mine']]);
  });

  it('is still kept, and not sent, if the outgoing listener of an earlier emit disconnects', () => {
    const { socket, wire } = idleSocket();
    socket.emit('first');
    socket.emit('second');
    socket.onAnyOutgoing(() => socket.disconnect());
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect(wire.sent().indexOf('2["second"]')).toBe(-1);
    expect(socket.sendBuffer.map(({ data }) => data)).toContainEqual(['second']);
  });
});

describe('a volatile emit', () => {
  it('is sent if the connection can take it at once', () => {
    const { socket, wire } = joinedSocket();
    socket.volatile.emit('a');
    expect(wire.sent()).toEqual(['2["a"]']);
  });

  it.each<[string, (both: ReturnType<typeof joinedSocket>) => void]>([
    ['while the transport is busy', ({ wire }) => void Object.assign(wire, { stuck: true })],
    ['while the heartbeat is overdue', ({ wire }) => void Object.assign(wire, { late: true })],
    ['while away', ({ wire }) => wire.linkDown()],
    ['after disconnect()', ({ socket }) => void socket.disconnect()],
    [
      'while CONNECT is pending',
      ({ wire }) => {
        wire.linkDown();
        wire.linkUp();
      },
    ],
  ])('is dropped for good %s', (_when, prepare) => {
    const { socket, wire } = joinedSocket();
    prepare({ socket, wire });
    wire.sent();
    socket.volatile.emit('a');
    expect(socket.sendBuffer).toEqual([]);
    expect(wire.sent()).toEqual([]);
    wire.stuck = wire.late = false;
    socket.disconnect().connect();
    wire.reconnect();
    expect(wire.sent().filter((text) => text.startsWith('2'))).toEqual([]);
  });

  it('is volatile only for one call', () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    socket.volatile.emit('a');
    socket.emit('b');
    wire.stuck = false;
    expect(wire.sent()).toEqual(['2["b"]']);
  });

  it('that is dropped is not shown to the outgoing listeners', () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    socket.onAnyOutgoing(() => expect.unreachable());
    socket.volatile.emit('a');
  });

  it('that is dropped still times out, if it has a timeout', () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    const callback = vi.fn();
    socket.volatile.timeout(100).emit('a', callback);
    wire.clock.advance(100);
    expect(callback.mock.calls).toEqual([[expect.objectContaining({ message: 'operation has timed out' })]]);
  });

  it('that is dropped is reported to emitWithAck, which would wait forever', async () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    await expect(socket.volatile.emitWithAck('a')).rejects.toMatchObject({ code: 'DROPPED' });
    wire.linkDown();
    await expect(socket.volatile.emitWithAck('a')).rejects.toMatchObject({ code: 'DROPPED' });
    expect([wire.sent(), socket.sendBuffer, wire.timers]).toEqual([[], [], 0]);
  });

  it('that is dropped is not reported to a plain callback, as in the official client', async () => {
    const { socket, wire } = joinedSocket();
    const callback = vi.fn();
    wire.stuck = true;
    socket.volatile.emit('a', callback);
    wire.linkDown();
    wire.clock.advance(60_000);
    expect(callback).not.toHaveBeenCalled();
  });

  it('that is dropped rejects emitWithAck at its timeout, if it has one', async () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    const answer = socket.volatile.timeout(100).emitWithAck('a');
    wire.clock.advance(100);
    await expect(answer).rejects.toMatchObject({ code: 'ACK_TIMEOUT' });
  });
});

describe('outgoing catch-all listeners', () => {
  it('see every event once, when it is sent, with its arguments and without its acknowledgement', () => {
    const { socket, wire } = joinedSocket();
    const seen: unknown[][] = [];
    socket.onAnyOutgoing((...args) => seen.push(['second', ...args]));
    socket.prependAnyOutgoing((...args) => seen.push(['first', ...args]));
    socket.emit('a', 1, () => {});
    expect(seen).toEqual([
      ['first', 'a', 1],
      ['second', 'a', 1],
    ]);
    wire.linkDown();
    socket.emit('b');
    expect(seen).toHaveLength(2);
    wire.linkUp();
    wire.accept();
    expect(seen.slice(2)).toEqual([
      ['first', 'b'],
      ['second', 'b'],
    ]);
  });

  it('can be listed and removed', () => {
    const { socket } = joinedSocket();
    const [one, two] = [vi.fn(), vi.fn()];
    socket.onAnyOutgoing(one).onAnyOutgoing(two);
    expect(socket.listenersAnyOutgoing()).toEqual([one, two]);
    socket.offAnyOutgoing(one);
    socket.emit('a');
    socket.offAnyOutgoing();
    socket.emit('b');
    expect(one).not.toHaveBeenCalled();
    expect(two.mock.calls).toEqual([['a']]);
    expect(socket.listenersAnyOutgoing()).toEqual([]);
  });

  it('that throw are reported, and do not prevent sending', () => {
    const { socket, wire } = joinedSocket();
    const error = new Error('mine');
    const other = vi.fn();
    socket.onAnyOutgoing(() => {
      throw error;
    });
    socket.onAnyOutgoing(other);
    socket.emit('a');
    expect(wire.sent()).toEqual(['2["a"]']);
    expect(other).toHaveBeenCalledOnce();
    expect(reports()).toEqual([error]);
  });
});
