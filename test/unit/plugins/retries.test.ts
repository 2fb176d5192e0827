import { describe, expect, it, vi } from 'vitest';
import { useReportError } from '../../support/report-error.js';
import { idleSocket, joinedSocket } from '../../support/wired-socket.js';

useReportError();

const failure = (message: string): unknown => expect.objectContaining({ message });

describe('with retries', () => {
  it('one packet is in flight at a time, in order', () => {
    const { socket, wire } = joinedSocket({ retries: 3, ackTimeout: 1_000 });
    const callback = vi.fn();
    socket.emit('a', callback);
    socket.emit('b', 1);
    socket.emit('c');
    expect(wire.sent()).toEqual(['20["a"]']);
    wire.receive('30["answer",2]');
    expect(callback.mock.calls).toEqual([[null, 'answer', 2]]);
    expect(wire.sent()).toEqual(['21["b",1]']);
    wire.receive('31');
    expect(wire.sent()).toEqual(['22["c"]']);
    wire.receive('32[]');
    expect(wire.sent()).toEqual([]);
    expect(wire.timers).toBe(0);
  });

  it('a packet is tried up to retries + 1 times, then fails, and the next one follows', () => {
    const { socket, wire } = joinedSocket({ retries: 2, ackTimeout: 1_000 });
    const callback = vi.fn();
    socket.emit('a', callback);
    socket.emit('b');
    wire.clock.advance(2_999);
    expect(wire.sent()).toEqual(['20["a"]', '21["a"]', '22["a"]']);
    expect(callback).not.toHaveBeenCalled();
    wire.clock.advance(1);
    expect(callback.mock.calls).toEqual([[failure('operation has timed out')]]);
    expect(wire.sent()).toEqual(['23["b"]']);
  });

  it('an answer to an earlier attempt is ignored without harm', () => {
    const { socket, wire } = joinedSocket({ retries: 2, ackTimeout: 1_000 });
    const callback = vi.fn();
    socket.emit('a', callback);
    wire.clock.advance(1_000);
    wire.receive('30["late"]');
    expect(callback).not.toHaveBeenCalled();
    wire.receive('31["now"]');
    expect(callback.mock.calls).toEqual([[null, 'now']]);
  });

  it('the limit applies across reconnects, without ackTimeout', () => {
    const { socket, wire } = joinedSocket({ retries: 1 });
    const callback = vi.fn();
    socket.emit('a', callback);
    wire.reconnect();
    expect(wire.sent()).toEqual(['20["a"]', '0', '21["a"]']);
    expect(callback).not.toHaveBeenCalled();
    wire.reconnect();
    expect(wire.sent()).toEqual(['0']);
    expect(callback.mock.calls).toEqual([[failure('socket has been disconnected')]]);
  });

  it('nothing is sent while disconnected, and everything in order afterwards, before connect fires', () => {
    const { socket, wire } = idleSocket({ retries: 1 });
    socket.on('connect', () => socket.emit('c'));
    socket.emit('a');
    socket.emit('b');
    expect(socket.sendBuffer).toEqual([]);
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toEqual(['0', '20["a"]']);
    wire.receive('30', '31');
    expect(wire.sent()).toEqual(['21["b"]', '22["c"]']);
  });

  it('timeout() applies to every attempt', () => {
    const { socket, wire } = joinedSocket({ retries: 1, ackTimeout: 9_000 });
    const callback = vi.fn();
    socket.timeout(100).emit('a', callback);
    wire.clock.advance(200);
    expect(wire.sent()).toEqual(['20["a"]', '21["a"]']);
    expect(callback.mock.calls).toEqual([[failure('operation has timed out')]]);
  });

  it('a volatile packet is not retried', () => {
    const { socket, wire } = joinedSocket({ retries: 1, ackTimeout: 1_000 });
    socket.emit('a');
    socket.volatile.emit('b');
    expect(wire.sent()).toEqual(['20["a"]', '2["b"]']);
    wire.stuck = true;
    socket.volatile.emit('c');
    wire.stuck = false;
    wire.reconnect();
    expect(wire.sent()).toEqual(['0', '21["a"]']);
  });

  it('emitWithAck resolves with the answer, or rejects after the last attempt', async () => {
    const { socket, wire } = joinedSocket({ retries: 1, ackTimeout: 100 });
    const answer = socket.emitWithAck('a');
    const none = socket.emitWithAck('b');
    wire.receive('30["yes"]');
    wire.clock.advance(200);
    await expect(answer).resolves.toBe('yes');
    await expect(none).rejects.toEqual(failure('operation has timed out'));
  });

  it('an unserialisable argument throws at the call, and blocks nothing', () => {
    const { socket, wire } = joinedSocket({ retries: 1 });
    expect(() => socket.emit('bad', 1n)).toThrow(expect.objectContaining({ code: 'UNSERIALIZABLE' }));
    expect(() => socket.emit('connect')).toThrow(expect.objectContaining({ code: 'RESERVED_EVENT' }));
    socket.emit('good');
    expect(wire.sent()).toEqual(['20["good"]']);
  });

  it('an argument that became unserialisable fails, and blocks neither other packets nor connect', () => {
    const { socket, wire } = idleSocket({ retries: 1 });
    const changing: Record<string, unknown> = {};
    const [connected, bad] = [vi.fn(), vi.fn()];
    socket.on('connect', connected);
    socket.emit('bad', changing, bad);
    socket.emit('good');
    changing.self = changing;
    socket.connect();
    wire.linkUp();
    expect(() => wire.accept()).not.toThrow();
    expect(connected).toHaveBeenCalledOnce();
    expect(bad.mock.calls).toEqual([[expect.objectContaining({ code: 'UNSERIALIZABLE' })]]);
    expect(wire.sent().at(-1)).toMatch(/\["good"\]$/);
  });

  it('a packet that is too large fails at once, and the next one follows', () => {
    const { socket, wire } = joinedSocket({ retries: 3, ackTimeout: 1_000, handshake: { maxPayload: 50 } });
    const dropped = vi.fn();
    socket.on('dropped', dropped);
    const callback = vi.fn();
    socket.emit('big', 'x'.repeat(100), callback);
    socket.emit('small');
    expect(callback.mock.calls).toEqual([[expect.objectContaining({ code: 'TOO_LARGE' })]]);
    expect(dropped).not.toHaveBeenCalled();
    expect(wire.sent().at(-1)).toMatch(/\["small"\]$/);
  });

  it('a packet emitted while the heartbeat was overdue is not sent twice', () => {
    const { socket, wire } = joinedSocket({ retries: 3 });
    wire.late = true;
    socket.emit('a');
    wire.late = false;
    wire.reconnect();
    expect(wire.sent()).toEqual(['0', '20["a"]']);
  });

  it('a callback that throws blocks nothing', () => {
    const { socket, wire } = joinedSocket({ retries: 1 });
    socket.emit('a', () => {
      throw new Error('mine');
    });
    socket.emit('b');
    wire.receive('30');
    expect(wire.sent()).toEqual(['20["a"]', '21["b"]']);
  });

  it('disconnecting meanwhile keeps unanswered packets for the next session', () => {
    const { socket, wire } = joinedSocket({ retries: 3 });
    socket.emit('a');
    socket.emit('b');
    socket.disconnect();
    socket.connect();
    expect(wire.readOn()).toEqual(['20["a"]', '1']);
    wire.accept();
    expect(wire.sent()).toEqual(['0', '21["a"]']);
  });
});

it('retries of 0 means no retries', () => {
  const { socket, wire } = joinedSocket({ retries: 0 });
  socket.emit('a');
  socket.emit('b');
  expect(wire.sent()).toEqual(['2["a"]', '2["b"]']);
});
