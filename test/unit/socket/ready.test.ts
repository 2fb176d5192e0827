import { describe, expect, it } from 'vitest';
import type { Socket } from '../../../src/socket/socket.js';
import { settled } from '../../support/fake-transports.js';
import { useReportError } from '../../support/report-error.js';
import { watched } from '../../support/watched-signal.js';
import { idleSocket, joinedSocket, type Wire } from '../../support/wired-socket.js';

useReportError({ expectNone: true });

interface Both {
  readonly socket: Socket;
  readonly wire: Wire;
}

describe('connect({ signal })', () => {
  it('disconnects if it is aborted before the socket is connected', async () => {
    const { socket, wire } = idleSocket();
    const { controller, count } = watched();
    expect(socket.connect({ signal: controller.signal })).toBe(socket);
    wire.linkUp();
    controller.abort();
    await Promise.resolve();
    await Promise.resolve();
    expect([socket.active, count()]).toEqual([false, 0]);
  });

  it('does nothing if it was aborted before', () => {
    const { socket, wire } = idleSocket();
    socket.open({ signal: AbortSignal.abort() });
    expect([socket.active, wire.manager.status]).toEqual([false, 'idle']);
  });

  it('has no effect on a connected socket, and releases the signal', async () => {
    const { socket, wire } = idleSocket();
    const [early, late] = [watched(), watched()];
    socket.connect({ signal: early.controller.signal });
    wire.linkUp();
    wire.accept();
    socket.connect({ signal: late.controller.signal });
    expect([early.count(), late.count()]).toEqual([0, 0]);
    early.controller.abort();
    late.controller.abort();
    await Promise.resolve();
    expect(socket.connected).toBe(true);
  });
});

describe('ready()', () => {
  it('connects, and resolves with the socket as soon as it is connected', async () => {
    const { socket, wire } = idleSocket();
    const ready = socket.ready();
    expect(socket.active).toBe(true);
    wire.attemptFails();
    wire.linkUp();
    wire.linkDown();
    wire.linkUp();
    wire.accept();
    await expect(ready).resolves.toBe(socket);
    await expect(socket.ready()).resolves.toBe(socket);
  });

  it.each<[string, object, (both: Both) => void]>([
    [
      'it is refused',
      { code: 'CONNECT_REJECTED', message: 'no', data: { why: 1 } },
      ({ wire }) => wire.receive('4{"message":"no","data":{"why":1}}'),
    ],
    ['the program disconnects', { code: 'DISCONNECTED' }, ({ socket }) => void socket.disconnect()],
    ['the server is too old', { code: 'LEGACY_SERVER' }, ({ wire }) => wire.receive('0')],
    [
      'the retries end',
      { message: 'the last attempt' },
      ({ wire }) => {
        wire.linkDown();
        wire.giveUp('the last attempt');
      },
    ],
  ])('rejects if %s', async (_what, error, end) => {
    const { socket, wire } = idleSocket();
    const { controller, count } = watched();
    const ready = socket.ready({ signal: controller.signal });
    wire.linkUp();
    end({ socket, wire });
    await expect(ready).rejects.toMatchObject(error);
    expect(count()).toBe(0);
  });

  it('rejects with the reason of its signal; the socket continues', async () => {
    const { socket, wire } = idleSocket();
    const { controller, count } = watched();
    const ready = socket.ready({ signal: controller.signal });
    controller.abort('enough');
    await expect(ready).rejects.toBe('enough');
    expect([socket.active, count()]).toEqual([true, 0]);
    wire.linkUp();
    wire.accept();
    expect(socket.connected).toBe(true);
  });

  it('does not even connect with a signal that was aborted before', async () => {
    const { socket } = idleSocket();
    await expect(socket.ready({ signal: AbortSignal.abort('early') })).rejects.toBe('early');
    expect(socket.active).toBe(false);
  });

  it('releases the signal when it has resolved', async () => {
    const { socket, wire } = idleSocket();
    const { controller, count } = watched();
    const ready = socket.ready({ signal: controller.signal });
    wire.linkUp();
    wire.accept();
    await ready;
    expect(count()).toBe(0);
  });
});

it.each<[string, (socket: Socket, signal: never) => unknown]>([
  ['signal()', (socket, signal) => socket.signal(signal)],
  ['connect()', (socket, signal) => socket.connect({ signal })],
])('%s names the accepted values, and does nothing', (_what, call) => {
  for (const bad of [5, 'x', {}, new AbortController(), new EventTarget(), () => {}]) {
    const { socket } = idleSocket();
    expect(() => call(socket, bad as never)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(() => call(socket, bad as never)).toThrow(/signal is .*accepted: an AbortSignal/);
    expect(socket.active).toBe(false);
  }
});

it('ready() rejects for an invalid signal, and does nothing', async () => {
  const { socket } = idleSocket();
  await expect(socket.ready({ signal: {} as never })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  expect(socket.active).toBe(false);
});

describe('using', () => {
  it('disconnects at the end of the block', () => {
    const { socket, wire } = joinedSocket();
    {
      using own = socket;
      own.emit('a');
    }
    expect([socket.active, wire.sent()]).toEqual([false, ['2["a"]', '1']]);
  });

  it('with await disconnects after earlier emits have left', async () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    const left = async (): Promise<void> => {
      await using own = socket;
      own.emit('a');
    };
    const leaving = left();
    for (let i = 0; i < 3; i++) {
      await settled();
      wire.clock.advance(1_000);
    }
    expect([socket.connected, wire.sent()]).toEqual([true, []]);
    wire.stuck = false;
    wire.clock.advance(1_000);
    await leaving;
    expect([socket.active, wire.sent()]).toEqual([false, ['2["a"]', '1']]);
  });

  it('with await does not wait for a lost connection', async () => {
    const { socket, wire } = joinedSocket();
    wire.stuck = true;
    const left = async (): Promise<void> => {
      await using own = socket;
      own.emit('a');
    };
    const leaving = left();
    await settled();
    wire.linkDown();
    wire.clock.advance(1_000);
    await leaving;
    expect(socket.active).toBe(false);
  });
});
