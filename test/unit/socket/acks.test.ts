import { describe, expect, it, vi } from 'vitest';
import { cpuTimeMs } from '../../support/cpu-time.js';
import { useReportError } from '../../support/report-error.js';
import { idleSocket, joinedSocket } from '../../support/wired-socket.js';

const reported = useReportError();

const DISCONNECTED = expect.objectContaining({
  message: 'socket has been disconnected',
  code: 'DISCONNECTED',
});
const TIMED_OUT = expect.objectContaining({ message: 'operation has timed out', code: 'ACK_TIMEOUT' });

describe('an acknowledgement by the server', () => {
  it('calls back with its arguments, once', () => {
    const { socket, wire } = joinedSocket();
    const callback = vi.fn();
    socket.emit('a', 1, callback);
    socket.emit('b', callback);
    expect(wire.sent()).toEqual(['20["a",1]', '21["b"]']);
    wire.receive('31["second"]', '30["first",2]', '30["again"]', '31');
    expect(callback.mock.calls).toEqual([['second'], ['first', 2]]);
  });

  it('may have attachments, or no arguments', () => {
    const { socket, wire } = joinedSocket();
    const callback = vi.fn();
    socket.emit('a', callback);
    socket.emit('b', callback);
    const file = new Uint8Array([1]).buffer;
    wire.receive('61-0[{"_placeholder":true,"num":0}]', file, '31');
    expect(callback.mock.calls).toEqual([[file], []]);
  });

  it('that is unexpected is ignored', () => {
    const { socket, wire } = joinedSocket();
    wire.receive('399[1]', '3123456789012345[1]');
    expect(socket.connected).toBe(true);
  });

  it('without an id is ignored without harm', () => {
    const { socket, wire } = joinedSocket();
    const callback = vi.fn();
    socket.emit('a', callback);
    expect(() => wire.receive('3["stray"]')).not.toThrow();
    expect(callback).not.toHaveBeenCalled();
    wire.receive('30["mine"]');
    expect(callback.mock.calls).toEqual([['mine']]);
  });

  it('is requested only by a function as the last argument', () => {
    const { socket, wire } = joinedSocket();
    socket.emit('a', () => {}, 1);
    expect(wire.sent()).toEqual(['2["a",null,1]']);
  });

  it('whose callback throws is reported, and the others still run', () => {
    const { socket, wire } = joinedSocket();
    const error = new Error('mine');
    const other = vi.fn();
    socket.emit('a', () => {
      throw error;
    });
    socket.emit('b', other);
    wire.receive('30[]', '31[]');
    expect(other).toHaveBeenCalledOnce();
    expect(reported.mock.calls).toEqual([[error]]);
  });

  it('reaches a packet that was buffered', () => {
    const { socket, wire } = idleSocket();
    const callback = vi.fn();
    socket.emit('a', callback);
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toEqual(['0', '20["a"]']);
    wire.receive('30[1]');
    expect(callback.mock.calls).toEqual([[1]]);
  });

  it('of an earlier session cannot answer a packet of this one', () => {
    const { socket, wire } = joinedSocket();
    const [first, second] = [vi.fn(), vi.fn()];
    socket.emit('a', first);
    wire.reconnect();
    socket.emit('b', second);
    wire.receive('30["late"]');
    expect(first).not.toHaveBeenCalled();
    expect(second).not.toHaveBeenCalled();
    wire.receive('31["now"]');
    expect(second.mock.calls).toEqual([['now']]);
  });
});

describe('with timeout()', () => {
  it('the callback gets null before the answer', () => {
    const { socket, wire } = joinedSocket();
    const callback = vi.fn();
    socket.timeout(1_000).emit('a', callback);
    wire.receive('30["answer"]');
    expect(callback.mock.calls).toEqual([[null, 'answer']]);
    expect(wire.timers).toBe(0);
  });

  it('the callback gets an error when the time is over, and a later answer is ignored', () => {
    const { socket, wire } = joinedSocket();
    const callback = vi.fn();
    socket.timeout(1_000).emit('a', callback);
    wire.clock.advance(999);
    expect(callback).not.toHaveBeenCalled();
    wire.clock.advance(1);
    wire.receive('30["late"]');
    expect(callback.mock.calls).toEqual([[TIMED_OUT]]);
    expect(callback.mock.calls[0]?.[0]).toBeInstanceOf(Error);
  });

  it('a buffered packet leaves the buffer when its time is over', () => {
    const { socket, wire } = idleSocket();
    const callback = vi.fn();
    socket.emit('first');
    socket.timeout(1_000).emit('late', callback);
    socket.emit('last');
    wire.clock.advance(1_000);
    expect(callback.mock.calls).toEqual([[TIMED_OUT]]);
    expect(socket.sendBuffer.map(({ data }) => data)).toEqual([['first'], ['last']]);
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toEqual(['0', '2["first"]', '2["last"]']);
  });

  it('applies to one emit', () => {
    const { socket, wire } = joinedSocket();
    const callback = vi.fn();
    socket.timeout(1_000).emit('a');
    socket.emit('b', callback);
    expect(wire.timers).toBe(0);
    wire.receive('30["answer"]');
    expect(callback.mock.calls).toEqual([['answer']]);
  });

  it('of 0 ms is obeyed', () => {
    const { socket, wire } = joinedSocket({ ackTimeout: 1_000 });
    const callback = vi.fn();
    socket.timeout(0).emit('a', callback);
    wire.clock.advance(0);
    expect(callback.mock.calls).toEqual([[TIMED_OUT]]);
  });

  it('overrides ackTimeout, which applies everywhere else', () => {
    const { socket, wire } = joinedSocket({ ackTimeout: 500 });
    const [mine, standard] = [vi.fn(), vi.fn()];
    socket.timeout(2_000).emit('a', mine);
    socket.emit('b', standard);
    wire.clock.advance(500);
    expect(standard.mock.calls).toEqual([[TIMED_OUT]]);
    expect(mine).not.toHaveBeenCalled();
    wire.receive('30[1]');
    expect(mine.mock.calls).toEqual([[null, 1]]);
  });
});

describe('emitWithAck', () => {
  it('resolves with the first argument of the answer', async () => {
    const { socket, wire } = joinedSocket();
    const answer = socket.emitWithAck('a', 1);
    expect(wire.sent()).toEqual(['20["a",1]']);
    wire.receive('30["yes","ignored"]');
    await expect(answer).resolves.toBe('yes');
  });

  it('rejects when the time is over', async () => {
    const { socket, wire } = joinedSocket();
    const answer = socket.timeout(100).emitWithAck('a');
    wire.clock.advance(100);
    await expect(answer).rejects.toEqual(TIMED_OUT);
  });

  it('rejects when the socket is disconnected', async () => {
    const { socket, wire } = joinedSocket();
    const lost = socket.emitWithAck('a');
    wire.linkDown();
    await expect(lost).rejects.toEqual(DISCONNECTED);
  });

  it('rejects for a reserved name, and the next emit is not affected', async () => {
    const { socket, wire } = joinedSocket();
    await expect(socket.timeout(5).emitWithAck('disconnect')).rejects.toMatchObject({
      code: 'RESERVED_EVENT',
    });
    socket.emit('b');
    expect(wire.sent()).toEqual(['2["b"]']);
    expect(wire.timers).toBe(0);
  });
});

describe('a disconnect', () => {
  it.each<[string, (both: ReturnType<typeof joinedSocket>) => void]>([
    ['by the network', ({ wire }) => wire.linkDown()],
    ['by the program', ({ socket }) => void socket.disconnect()],
    ['by the server', ({ wire }) => wire.receive('1')],
  ])(
    '%s fails the acknowledgements that take an error, and drops the plain ones silently',
    (_who, happen) => {
      const { socket, wire } = joinedSocket();
      const [plain, timed] = [vi.fn(), vi.fn()];
      socket.emit('a', plain);
      socket.timeout(1_000).emit('b', timed);
      happen({ socket, wire });
      expect(timed.mock.calls).toEqual([[DISCONNECTED]]);
      expect(wire.timers).toBe(0);
      wire.receive('30[]', '31[]');
      expect(plain).not.toHaveBeenCalled();
      expect(timed).toHaveBeenCalledOnce();
    },
  );

  it('fires before the acknowledgements fail', () => {
    const { socket, wire } = joinedSocket();
    const order: string[] = [];
    socket.on('disconnect', () => order.push('disconnect'));
    socket.timeout(1_000).emit('a', () => order.push('ack'));
    wire.linkDown();
    expect(order).toEqual(['disconnect', 'ack']);
  });

  it('keeps the acknowledgements of buffered packets pending', () => {
    const { socket, wire } = joinedSocket();
    wire.linkDown();
    const callback = vi.fn();
    socket.timeout(10_000).emit('a', callback);
    wire.linkUp();
    wire.linkDown();
    wire.linkUp();
    wire.accept();
    wire.receive('30["answer"]');
    expect(callback.mock.calls).toEqual([[null, 'answer']]);
  });

  it('lets a callback emit again, for the next session', () => {
    const { socket, wire } = joinedSocket();
    const again = vi.fn();
    socket.timeout(1_000).emit('a', () => socket.timeout(1_000).emit('a', again));
    wire.linkDown();
    expect(again).not.toHaveBeenCalled();
    expect(socket.sendBuffer).toHaveLength(1);
  });

  it('takes ten times as long for ten times as many acknowledgements and buffered messages', () => {
    const disconnect = (count: number): number => {
      let failed = 0;
      const wires = [1, 2, 3].map(() => {
        const { socket, wire } = joinedSocket({ outbox: { maxPackets: count } });
        for (let i = 0; i < count; i++) socket.timeout(60_000).emit('a', () => failed++);
        wire.late = true;
        for (let i = 0; i < count; i++) socket.emit('b', () => {});
        expect(socket.sendBuffer).toHaveLength(count);
        return wire;
      });
      const ms = cpuTimeMs(() => wires.pop()?.linkDown());
      expect(failed).toBe(3 * count);
      return ms;
    };
    disconnect(1_000);
    expect(disconnect(10_000) / disconnect(1_000)).toBeLessThan(40);
  });
});

describe('acknowledging an event of the server', () => {
  /** The function that comes with an event which wants an acknowledgement. */
  function asked(): ReturnType<typeof joinedSocket> & { ack: (...answer: unknown[]) => void } {
    const both = joinedSocket();
    let ack: (...answer: unknown[]) => void = () => {};
    both.socket.on('ask', (...args) => {
      expect(args.slice(0, -1)).toEqual(['x']);
      ack = args.at(-1);
    });
    both.wire.receive('27["ask","x"]');
    return { ...both, ack };
  }

  it("sends the answer with the event's id", () => {
    const { wire, ack } = asked();
    ack('yes', { a: 1 });
    expect(wire.sent()).toEqual(['37["yes",{"a":1}]']);
  });

  it('may have no arguments, or attachments', () => {
    const first = asked();
    first.ack();
    expect(first.wire.sent()).toEqual(['37[]']);
    const second = asked();
    second.ack(new Uint8Array([5]));
    expect(second.wire.sent()).toEqual(['61-7[{"_placeholder":true,"num":0}]', '05']);
  });

  it('works once', () => {
    const { wire, ack } = asked();
    ack(1);
    ack(2);
    expect(wire.sent()).toEqual(['37[1]']);
  });

  it('after the namespace was left sends nothing', () => {
    const { socket, wire, ack } = asked();
    socket.disconnect();
    wire.sent();
    ack(1);
    expect(wire.sent()).toEqual([]);
  });

  it('sends nothing in a session other than the one that asked', () => {
    const { wire, ack } = asked();
    wire.reconnect();
    wire.sent();
    ack(1);
    expect(wire.sent()).toEqual([]);
  });

  it('while CONNECT is pending sends nothing', () => {
    const { wire, ack } = asked();
    wire.linkDown();
    wire.linkUp();
    wire.sent();
    ack(1);
    expect(wire.sent()).toEqual([]);
  });

  it('throws at the call for an unserialisable argument, names it, and may be repeated', () => {
    const { wire, ack } = asked();
    expect(() => ack('fine', 1n)).toThrow(expect.objectContaining({ code: 'UNSERIALIZABLE' }));
    expect(() => ack('fine', 1n)).toThrow(/argument 2/);
    ack('ok');
    expect(wire.sent()).toEqual(['37["ok"]']);
  });

  it.each<[string, unknown]>([
    ['a BigInt', 1n],
    [
      'a circular object',
      (() => {
        const loop: Record<string, unknown> = Object.create(null);
        loop.loop = loop;
        return loop;
      })(),
    ],
  ])('with %s as the only argument names it, too', (_what, value) => {
    const { ack } = asked();
    expect(() => ack(value)).toThrow(/argument 1/);
  });
});

describe('acknowledging an event that came before the server’s answer to CONNECT', () => {
  it('works in the session that follows', () => {
    const { socket, wire } = idleSocket();
    socket.on('ask', (ack: (answer: number) => void) => ack(1));
    socket.connect();
    wire.linkUp();
    wire.receive('27["ask"]');
    wire.accept();
    expect(wire.sent()).toEqual(['0', '37[1]']);
  });

  it('sends nothing in a later session', () => {
    const { socket, wire } = idleSocket();
    let ack: (answer: number) => void = () => {};
    socket.on('ask', (given: (answer: number) => void) => {
      ack = given;
    });
    socket.connect();
    wire.linkUp();
    wire.receive('27["ask"]');
    wire.accept();
    wire.reconnect();
    wire.sent();
    ack(1);
    expect(wire.sent()).toEqual([]);
  });
});

describe('the id of an acknowledgement', () => {
  it('increases, and is never reused, whatever ends the wait', () => {
    const { socket, wire } = joinedSocket();
    const ids: string[] = [];
    const emit = (): void => {
      socket.timeout(10).emit('a', () => {});
      ids.push(...wire.sent());
    };
    emit();
    wire.receive('30');
    emit();
    wire.clock.advance(10);
    emit();
    wire.reconnect();
    wire.sent();
    emit();
    socket.clearBuffer();
    emit();
    expect(ids).toEqual([0, 1, 2, 3, 4].map((id) => `2${id}["a"]`));
  });

  it.each<[string, (emit: () => unknown) => object]>([
    [
      'a getter',
      (emit) => ({
        get x() {
          return emit();
        },
      }),
    ],
    ['toJSON', (emit) => ({ toJSON: emit })],
    ['a Proxy', (emit) => new Proxy({ x: 1 }, { get: (_, name) => (name === 'x' ? emit() : undefined) })],
  ])('differs from that of an event which %s of its arguments emits', (_what, argument) => {
    for (const both of [joinedSocket(), joinedSocket({ retries: 2, retryWindow: 100 }), idleSocket()]) {
      const { socket, wire } = both;
      const answers: unknown[][] = [];
      let emitted = 0;
      const inner = (): number => {
        if (emitted++ === 0)
          socket
            .timeout(60_000)
            .emit('inner', (_: unknown, answer: unknown) => answers.push(['inner', answer]));
        return 1;
      };
      socket
        .timeout(60_000)
        .emit('outer', argument(inner), (_: unknown, answer: unknown) => answers.push(['outer', answer]));
      if (!socket.connected) {
        socket.connect();
        wire.linkUp();
        wire.accept();
      }
      for (const text of wire.sent()) {
        const [, id, name] = /^2(\d+)\["(\w+)"/.exec(text) ?? [];
        if (id !== undefined) wire.receive(`3${id}["to ${name}"]`);
      }
      expect(answers.sort()).toEqual([
        ['inner', 'to inner'],
        ['outer', 'to outer'],
      ]);
    }
  });
});

it('a pending acknowledgement is cleaned up before its callback is called', () => {
  const { socket, wire } = idleSocket();
  const left: number[] = [];
  socket.timeout(10).emit('a', () => left.push(socket.sendBuffer.length, wire.timers));
  wire.clock.advance(10);
  expect(left).toEqual([0, 0]);
});

describe('more pending acknowledgements than allowed', () => {
  it('fail the emit that requests one more, which is not sent', async () => {
    const { socket, wire } = joinedSocket({ maxPendingAcks: 2 });
    const [timed, dropped] = [vi.fn(), vi.fn()];
    socket.on('dropped', dropped);
    socket.emit('a', () => {});
    socket.emit('b', () => {});
    socket.timeout(1_000).emit('c', timed);
    await expect(socket.emitWithAck('d')).rejects.toMatchObject({ code: 'TOO_MANY_ACKS' });
    expect(timed.mock.calls).toEqual([[expect.objectContaining({ code: 'TOO_MANY_ACKS' })]]);
    expect([wire.sent(), dropped.mock.calls]).toEqual([['20["a"]', '21["b"]'], []]);
    expect(timed.mock.calls[0]?.[0].message).toMatch(/"c".* 2 acknowledgements.*maxPendingAcks/);

    socket.emit('without');
    wire.receive('30');
    socket.timeout(1_000).emit('e', timed);
    expect(wire.sent()).toEqual(['2["without"]', '24["e"]']);
  });

  it('are reported by dropped if the callback takes no error', () => {
    const { socket, wire } = joinedSocket({ maxPendingAcks: 0 });
    const [plain, dropped] = [vi.fn(), vi.fn()];
    socket.on('dropped', dropped);
    socket.emit('b', 2, plain);
    expect(dropped.mock.calls).toEqual([[expect.objectContaining({ code: 'TOO_MANY_ACKS' }), ['b', 2]]]);
    expect([plain.mock.calls, wire.sent()]).toEqual([[], []]);
  });

  it('means more than 100,000 by default', () => {
    const { socket } = joinedSocket();
    const dropped = vi.fn();
    socket.on('dropped', dropped);
    for (let i = 0; i < 100_000; i++) socket.emit('a', () => {});
    expect(dropped).not.toHaveBeenCalled();
    socket.emit('b', () => {});
    expect(dropped).toHaveBeenCalledOnce();
  });
});

describe('the member `acks` of the official client', () => {
  type Acks = Record<string, (...answer: unknown[]) => void>;
  const acksOf = (socket: unknown): Acks => (socket as { acks: Acks }).acks;

  it('has pending acknowledgements by id, also through a Proxy', () => {
    const { socket, wire } = joinedSocket();
    expect(acksOf(socket)).toEqual({});
    socket.emit('a', () => {});
    socket.emit('b');
    wire.linkDown();
    void socket.emitWithAck('c');
    expect(acksOf(socket)).toEqual({ 1: expect.any(Function) });
    wire.linkUp();
    wire.accept();
    socket.emit('d', () => {});
    expect(Object.keys(acksOf(new Proxy(socket, {})))).toEqual(['1', '2']);
    wire.receive('31[]');
    expect(Object.keys(acksOf(socket))).toEqual(['2']);
  });

  it('answers by hand, once', () => {
    const { socket, wire } = joinedSocket();
    const [plain, errorFirst] = [vi.fn(), vi.fn()];
    socket.emit('a', plain);
    socket.timeout(1_000).emit('b', errorFirst);
    const acks = acksOf(socket);
    for (let time = 0; time < 2; time++) for (const id of ['0', '1']) acks[id]?.('mine', 2);
    wire.receive('30["late"]', '31["late"]');
    wire.clock.advance(2_000);
    expect([plain.mock.calls, errorFirst.mock.calls]).toEqual([[['mine', 2]], [[null, 'mine', 2]]]);
  });

  it('may be assigned without effect', () => {
    const { socket, wire } = joinedSocket();
    const callback = vi.fn();
    socket.emit('a', callback);
    Object.assign(socket, { acks: {} });
    wire.receive('30["answer"]');
    expect(callback).toHaveBeenCalledWith('answer');
  });
});
