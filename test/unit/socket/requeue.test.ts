import { describe, expect, it, vi } from 'vitest';
import { useReportError } from '../../support/report-error.js';
import { joinedSocket } from '../../support/wired-socket.js';

useReportError();

const DISCONNECTED = (maybeDelivered: boolean): unknown =>
  expect.objectContaining({ code: 'DISCONNECTED', maybeDelivered });

describe('an emit that the transport has not been given when the connection is cut', () => {
  it('is sent after the reconnect, once, in order, before newer ones', () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    socket.emit('a');
    socket.compress(false).emit('b', 1);
    socket.once('disconnect', () => socket.emit('in the listener'));
    wire.linkDown();
    socket.emit('away');
    wire.stuck = false;
    wire.linkUp();
    socket.emit('joining');
    wire.accept('sid2');
    expect(wire.packets().map(({ data, options }) => [data, options?.compress])).toEqual([
      ['0', true],
      ['2["a"]', true],
      ['2["b",1]', false],
      ['2["in the listener"]', true],
      ['2["away"]', true],
      ['2["joining"]', true],
    ]);
    wire.reconnect();
    expect(wire.sent()).toEqual(['0']);
  });

  it('precedes emits that were kept because the heartbeat was overdue', () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    socket.emit('given');
    wire.late = true;
    socket.emit('kept');
    wire.linkDown();
    expect(socket.sendBuffer.map(({ data }) => data[0])).toEqual(['given', 'kept']);
  });

  it('is in sendBuffer when disconnect fires, and can be removed there', () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    socket.emit('a', 1);
    const seen: unknown[] = [];
    socket.once('disconnect', () => {
      seen.push(...socket.sendBuffer.map(({ data }) => data), socket.bufferedAmount);
      socket.sendBuffer = [];
    });
    wire.linkDown();
    wire.sent();
    wire.linkUp();
    wire.accept();
    expect([seen, wire.sent()]).toEqual([[['a', 1], '2["a",1]'.length], ['0']]);
  });

  it('is sent as it was emitted, even if its arguments have changed', () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    const argument: Record<string, unknown> = { count: 1 };
    socket.emit('a', argument);
    argument.self = argument;
    wire.linkDown();
    wire.stuck = false;
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toEqual(['0', '2["a",{"count":1}]']);
  });

  it('keeps its attachments', () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    socket.emit('file', new Uint8Array([1, 2]));
    wire.linkDown();
    wire.stuck = false;
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toEqual(['0', '51-["file",{"_placeholder":true,"num":0}]', '0102']);
  });

  it('is shown to outgoing catch-all listeners once', () => {
    const { socket, wire } = joinedSocket();
    const seen = vi.fn();
    socket.onAnyOutgoing(seen);
    wire.stuck = true;
    socket.emit('a', 1);
    wire.reconnect();
    wire.reconnect();
    socket.emit('b');
    expect(seen.mock.calls).toEqual([['a', 1], ['b']]);
  });

  it('may be returned repeatedly, and is sent once', () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    socket.emit('a');
    socket.emit('b');
    wire.reconnect();
    wire.reconnect();
    wire.linkDown();
    expect(wire.sent()).toEqual(['0', '0']);
    wire.stuck = false;
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toEqual(['0', '2["a"]', '2["b"]']);
    wire.reconnect();
    expect(wire.sent()).toEqual(['0']);
  });

  it('keeps its acknowledgement, and its timeout', () => {
    const { socket, wire } = joinedSocket();
    const [timed, plain, late] = [vi.fn(), vi.fn(), vi.fn()];
    wire.stuck = true;
    socket.timeout(5_000).emit('a', timed);
    socket.emit('b', plain);
    socket.timeout(1_000).emit('c', late);
    wire.linkDown();
    wire.clock.advance(1_000);
    expect(late.mock.calls).toEqual([
      [expect.objectContaining({ code: 'ACK_TIMEOUT', maybeDelivered: false })],
    ]);
    wire.stuck = false;
    wire.sent();
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toEqual(['0', '20["a"]', '21["b"]']);
    wire.receive('30["A"]', '31["B"]');
    expect([timed.mock.calls, plain.mock.calls, wire.timers]).toEqual([[[null, 'A']], [['B']], 0]);
  });

  it('is no longer sent if its acknowledgement has already ended', () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    const gone = vi.fn();
    socket.timeout(1_000).emit('a', gone);
    wire.clock.advance(1_000);
    expect(gone).toHaveBeenCalledOnce();
    wire.linkDown();
    expect(socket.sendBuffer).toEqual([]);
  });

  it('does not count as an attempt of its retries', () => {
    const { socket, wire } = joinedSocket({ retries: 1 });
    const callback = vi.fn();
    wire.stuck = true;
    socket.emit('a', callback);
    for (let i = 0; i < 5; i++) wire.reconnect();
    expect(callback).not.toHaveBeenCalled();
    // From here on each one leaves: the first is the try, and the second is the retry.
    wire.stuck = false;
    wire.reconnect();
    expect(callback).not.toHaveBeenCalled();
    wire.reconnect();
    expect(callback.mock.calls).toEqual([[DISCONNECTED(true)]]);
  });
});

describe('an emit that may have arrived when the connection is cut', () => {
  it('is not sent again, and its acknowledgement says so', async () => {
    const { socket, wire } = joinedSocket();
    const [timed, plain] = [vi.fn(), vi.fn()];
    socket.emit('without');
    socket.timeout(5_000).emit('a', timed);
    socket.emit('b', plain);
    const awaited = socket.emitWithAck('c');
    wire.sent();
    wire.reconnect();
    expect(wire.sent()).toEqual(['0']);
    expect([timed.mock.calls, plain.mock.calls]).toEqual([[[DISCONNECTED(true)]], []]);
    await expect(awaited).rejects.toMatchObject({ code: 'DISCONNECTED', maybeDelivered: true });
  });

  it('reports at its timeout whether it had left', () => {
    const { socket, wire } = joinedSocket();
    const callback = vi.fn();
    socket.timeout(100).emit('sent', callback);
    wire.clock.advance(100);
    wire.linkDown();
    socket.timeout(100).emit('kept', callback);
    wire.clock.advance(100);
    expect(callback.mock.calls.map(([error]) => [error.code, error.maybeDelivered])).toEqual([
      ['ACK_TIMEOUT', true],
      ['ACK_TIMEOUT', false],
    ]);
  });
});

describe('emits in a listener of disconnect', () => {
  it.each<[string, (both: ReturnType<typeof joinedSocket>) => void]>([
    ['by the network', ({ wire }) => wire.linkDown()],
    ['by the program', ({ socket }) => void socket.disconnect()],
    ['by the server', ({ wire }) => wire.receive('1')],
  ])('%s are kept, in order, for the next session', async (_who, end) => {
    const both = joinedSocket();
    const { socket, wire } = both;
    const answers: unknown[] = [];
    socket.once('disconnect', () => {
      socket.emit('plain');
      void socket.emitWithAck('awaited').then((answer) => answers.push(answer));
      socket.volatile.emit('volatile');
    });
    end(both);
    expect(socket.sendBuffer.map(({ data }) => data[0])).toEqual(['plain', 'awaited']);
    wire.sent();
    // The server has read on by then.
    wire.linkDown();
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toEqual(['0', '2["plain"]', '20["awaited"]']);
    wire.receive('30["yes"]');
    await Promise.resolve();
    await Promise.resolve();
    expect(answers).toEqual(['yes']);
  });
});
