import { describe, expect, it, vi } from 'vitest';
import { useReportError } from '../../support/report-error.js';
import { idleSocket, joinedSocket } from '../../support/wired-socket.js';

useReportError({ expectNone: true });

const failure = (code: string, more: object = {}): unknown => expect.objectContaining({ code, ...more });

describe('with retries and a window', () => {
  it('as many packets are in flight as fit, in order, and each answer lets the next one follow', () => {
    const { socket, wire } = joinedSocket({ retries: 1, retryWindow: 3 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) socket.emit(name);
    expect(wire.sent()).toEqual(['20["a"]', '21["b"]', '22["c"]']);
    wire.receive('31');
    expect(wire.sent()).toEqual(['23["d"]']);
    wire.receive('30', '32');
    expect(wire.sent()).toEqual(['24["e"]']);
  });

  it('packets retried after a cut keep their order, and precede newer ones', () => {
    const { socket, wire } = joinedSocket({ retries: 3, retryWindow: 3 });
    for (const name of ['a', 'b', 'c', 'd']) socket.emit(name);
    wire.receive('31');
    wire.linkDown();
    socket.emit('e');
    wire.sent();
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toEqual(['0', '24["a"]', '25["c"]', '26["d"]']);
    wire.receive('34', '35', '36');
    expect(wire.sent()).toEqual(['27["e"]']);
  });

  it('a packet retried after its timeout precedes those that were never sent', () => {
    const { socket, wire } = joinedSocket({ retries: 3, retryWindow: 2, ackTimeout: 100 });
    for (const name of ['a', 'b', 'c']) socket.emit(name);
    wire.receive('31');
    wire.sent();
    wire.clock.advance(100);
    expect(wire.sent()[0]).toBe('23["a"]');
  });

  it('the limit applies across reconnects, and time away is no attempt', () => {
    const { socket, wire } = joinedSocket({ retries: 2, retryWindow: 2 });
    const callback = vi.fn();
    socket.emit('a', callback);
    wire.linkDown();
    wire.clock.advance(3_600_000);
    for (let i = 0; i < 5; i++) {
      wire.linkUp();
      wire.linkDown();
    }
    wire.linkUp();
    wire.accept();
    wire.reconnect();
    expect(callback).not.toHaveBeenCalled();
    wire.reconnect();
    expect(callback.mock.calls).toEqual([[failure('DISCONNECTED', { maybeDelivered: true })]]);
    expect(wire.sent().filter((text) => text.startsWith('2'))).toEqual(['20["a"]', '21["a"]', '22["a"]']);
  });

  it('a final failure without a callback is reported once by dropped', () => {
    const { socket, wire } = joinedSocket({ retries: 1, ackTimeout: 100 });
    const dropped = vi.fn();
    socket.on('dropped', dropped);
    socket.emit('a', 1);
    wire.clock.advance(200);
    expect(dropped.mock.calls).toEqual([[failure('ACK_TIMEOUT'), ['a', 1]]]);
  });

  it('the queue is bounded while disconnected, and not while connected', () => {
    const { socket, wire } = joinedSocket({ retries: 1, outbox: { maxPackets: 2 } });
    const refused: unknown[] = [];
    const emit = (name: string): unknown =>
      socket.emit(name, (error: unknown) => error && refused.push([name, error]));
    for (const name of ['a', 'b', 'c']) emit(name);
    expect(refused).toEqual([]);
    wire.linkDown();
    emit('d');
    expect(refused).toEqual([['d', failure('OUTBOX_FULL')]]);
  });

  it.each<['drop-oldest' | 'drop-newest', string]>([
    ['drop-oldest', 'a'],
    ['drop-newest', 'b'],
  ])('%s makes room for one more while disconnected by dropping %s', (whenFull, gone) => {
    const { socket, wire } = idleSocket({ retries: 1, retryWindow: 9, outbox: { maxPackets: 2, whenFull } });
    const dropped = vi.fn();
    socket.on('dropped', dropped);
    for (const name of ['a', 'b', 'c']) socket.emit(name);
    expect(dropped.mock.calls).toEqual([[failure('OUTBOX_FULL'), [gone]]]);
    socket.connect();
    wire.linkUp();
    wire.accept();
    const left = ['a', 'b', 'c'].filter((name) => name !== gone);
    expect(wire.sent().slice(1)).toEqual(left.map((name, i) => `2${i}["${name}"]`));
  });

  it('bytes are counted for packets queued while disconnected, and not for finished ones', () => {
    const { socket, wire } = joinedSocket({ retries: 1, outbox: { maxBytes: 50 } });
    const callback = vi.fn();
    socket.emit('a', 'x'.repeat(30));
    wire.receive('30');
    wire.linkDown();
    expect(socket.bufferedAmount).toBe(0);
    socket.emit('b', 'x'.repeat(30));
    expect(socket.bufferedAmount).toBe('2["b",""]'.length + 30);
    socket.emit('c', 'x'.repeat(30), callback);
    expect(callback.mock.calls).toEqual([[failure('OUTBOX_FULL')]]);
  });

  it('awaited packets end when the program disconnects, and the rest is kept', async () => {
    const { socket, wire } = joinedSocket({ retries: 5 });
    wire.linkDown();
    const awaited = socket.emitWithAck('awaited');
    const callback = vi.fn();
    socket.emit('mine', callback);
    socket.disconnect();
    await expect(awaited).rejects.toMatchObject({ code: 'DISCONNECTED', maybeDelivered: false });
    wire.sent();
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect([wire.sent(), callback.mock.calls]).toEqual([['0', '20["mine"]'], []]);
  });

  it('a signal ends the wait with its reason, and the attempts', async () => {
    const { socket, wire } = joinedSocket({ retries: 5, ackTimeout: 100 });
    const [first, second] = [new AbortController(), new AbortController()];
    const sent = socket.signal(first.signal).emitWithAck('sent');
    const waiting = socket.signal(second.signal).emitWithAck('waiting');
    first.abort('enough');
    second.abort('too late');
    await expect(sent).rejects.toBe('enough');
    await expect(waiting).rejects.toBe('too late');
    wire.clock.advance(10_000);
    expect([wire.sent(), wire.timers]).toEqual([['20["sent"]'], 0]);
  });

  it('a packet too large for the server is reported once with both sizes, and not retried', () => {
    const { socket, wire } = joinedSocket({ retries: 5, handshake: { maxPayload: 50 } });
    const [dropped, tried] = [vi.fn(), vi.fn()];
    socket.on('dropped', dropped);
    socket.onAnyOutgoing(tried);
    socket.emit('big', 'x'.repeat(100));
    wire.clock.advance(60_000);
    expect(tried).toHaveBeenCalledOnce();
    expect(dropped.mock.calls).toEqual([[failure('TOO_LARGE'), ['big', 'x'.repeat(100)]]]);
    expect(dropped.mock.calls[0]?.[0].message).toMatch(/is 113 bytes.*at most 50/);
  });
});
