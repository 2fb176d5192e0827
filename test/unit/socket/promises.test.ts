import { describe, expect, it, vi } from 'vitest';
import type { Socket } from '../../../src/socket/socket.js';
import { useReportError } from '../../support/report-error.js';
import { watched } from '../../support/watched-signal.js';
import { idleSocket, joinedSocket, type Wire } from '../../support/wired-socket.js';

useReportError({ expectNone: true });

interface Both {
  readonly socket: Socket;
  readonly wire: Wire;
}

/** A socket that is connecting. */
function connecting(): Both {
  const both = idleSocket();
  both.socket.connect();
  both.wire.linkUp();
  return both;
}

describe('a buffered emitWithAck', () => {
  it.each<[string, object, (both: Both) => void]>([
    [
      'the program disconnects',
      { code: 'DISCONNECTED', maybeDelivered: false },
      ({ socket }) => void socket.disconnect(),
    ],
    [
      'a middleware refuses the socket',
      { code: 'DISCONNECTED', maybeDelivered: false },
      ({ wire }) => wire.receive('4{"message":"no"}'),
    ],
    [
      'the retries end',
      { code: 'DISCONNECTED', maybeDelivered: false },
      ({ wire }) => {
        wire.linkDown();
        wire.giveUp();
      },
    ],
    ['the server is too old', { code: 'DISCONNECTED' }, ({ wire }) => wire.receive('0')],
    ['the buffer is cleared', { code: 'CLEARED' }, ({ socket }) => void socket.clearBuffer()],
    [
      'the buffer was emptied, and the socket connects',
      { code: 'CLEARED' },
      ({ socket, wire }) => {
        socket.sendBuffer = [];
        wire.accept();
      },
    ],
    [
      'its time is over',
      { code: 'ACK_TIMEOUT', maybeDelivered: false },
      ({ wire }) => wire.clock.advance(5_000),
    ],
  ])('rejects if %s', async (_what, error, end) => {
    const both = connecting();
    const awaited = both.socket.timeout(5_000).emitWithAck('a');
    end(both);
    await expect(awaited).rejects.toMatchObject(error);
    expect([both.socket.sendBuffer, both.wire.sent().slice(1)]).toEqual([[], []]);
  });

  it('rejects without a timeout, and an emit with a callback stays', async () => {
    const { socket } = connecting();
    const awaited = socket.emitWithAck('a');
    const callback = vi.fn();
    socket.timeout(60_000).emit('b', callback);
    socket.disconnect();
    await expect(awaited).rejects.toMatchObject({ code: 'DISCONNECTED' });
    expect([callback.mock.calls, socket.sendBuffer.map(({ data }) => data)]).toEqual([[], [['b']]]);
  });

  it('continues if an attempt fails, or if a server’s refusal is retried', async () => {
    const { socket, wire } = idleSocket({ reconnectOnReject: () => 10 });
    socket.connect();
    wire.attemptFails();
    const awaited = socket.emitWithAck('a');
    wire.linkUp();
    wire.receive('4{"message":"no"}');
    wire.clock.advance(10);
    wire.accept();
    wire.receive('30["yes"]');
    await expect(awaited).resolves.toBe('yes');
  });
});

describe('an emitWithAck that was sent', () => {
  it.each<[string, (both: Both) => void]>([
    ['by the network', ({ wire }) => wire.linkDown()],
    ['by the program', ({ socket }) => void socket.disconnect()],
    ['by the server', ({ wire }) => wire.receive('1')],
  ])('rejects with the session %s, as maybe delivered', async (_who, end) => {
    const both = joinedSocket();
    const awaited = both.socket.emitWithAck('a');
    end(both);
    await expect(awaited).rejects.toMatchObject({ code: 'DISCONNECTED', maybeDelivered: true });
  });
});

describe('signal()', () => {
  it('that is already aborted sends nothing, and rejects with its reason', async () => {
    const { socket, wire } = joinedSocket();
    const callback = vi.fn();
    socket.signal(AbortSignal.abort('early')).emit('a', callback);
    await expect(socket.signal(AbortSignal.abort('early')).emitWithAck('a')).rejects.toBe('early');
    expect([callback.mock.calls, wire.sent(), wire.timers]).toEqual([[['early']], [], 0]);
  });

  it('that is already aborted leaves no timer behind with retries', () => {
    const { socket, wire } = joinedSocket({ retries: 2, outbox: { maxAgeMs: 60_000 } });
    const dropped = vi.fn();
    socket.on('dropped', dropped);
    socket.signal(AbortSignal.abort('early')).emit('a');
    expect([dropped.mock.calls, wire.sent(), wire.timers]).toEqual([[['early', ['a']]], [], 0]);
  });

  it('that is aborted while the event is buffered removes it', async () => {
    const { socket, wire } = connecting();
    const { controller, count } = watched();
    const callback = vi.fn();
    const awaited = socket.signal(controller.signal).emitWithAck('a');
    socket.signal(controller.signal).timeout(5_000).emit('b', callback);
    expect(count()).toBe(2);
    controller.abort('enough');
    await expect(awaited).rejects.toBe('enough');
    expect([callback.mock.calls, socket.sendBuffer, wire.timers - 1]).toEqual([[['enough']], [], 0]);
    wire.accept();
    expect([wire.sent(), count()]).toEqual([['0'], 0]);
  });

  it('that is aborted after the event has left ends the wait, and a late answer is ignored', async () => {
    const { socket, wire } = joinedSocket();
    const controller = new AbortController();
    const awaited = socket.signal(controller.signal).emitWithAck('a');
    controller.abort();
    wire.receive('30["late"]');
    await expect(awaited).rejects.toMatchObject({ name: 'AbortError' });
    expect(wire.sent()).toEqual(['20["a"]']);
  });

  it('gives the callback null before the answer, for one emit, and is released', () => {
    const { socket, wire } = joinedSocket();
    const { controller, count } = watched();
    const [first, second] = [vi.fn(), vi.fn()];
    socket.signal(controller.signal).emit('a', first);
    socket.emit('b', second);
    wire.receive('30["one"]', '31["two"]');
    expect([first.mock.calls, second.mock.calls, count()]).toEqual([[[null, 'one']], [['two']], 0]);
    controller.abort();
    expect(first).toHaveBeenCalledOnce();
  });

  it('is released at a disconnect and at the timeout', () => {
    const { socket, wire } = joinedSocket();
    const { controller, count } = watched();
    const callback = vi.fn();
    socket.signal(controller.signal).emit('a', callback);
    socket.signal(controller.signal).timeout(10).emit('b', callback);
    wire.clock.advance(10);
    wire.linkDown();
    expect([callback.mock.calls.length, count()]).toEqual([2, 0]);
  });
});
