import { describe, expect, it, vi } from 'vitest';
import { useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';
import { useReportError } from '../../support/report-error.js';
import { idleSocket, joinedSocket } from '../../support/wired-socket.js';

/** Corner cases in which an emit could be lost, be sent despite a reported failure, or have no outcome. */

const fake = useManagers();
const reported = useReportError();

const failure = (code: string, more: object = {}): unknown => expect.objectContaining({ code, ...more });

/** The current state of a promise. */
async function standing(promise: Promise<unknown>): Promise<unknown> {
  let state: unknown = 'waiting';
  promise.then(
    (value) => {
      state = value;
    },
    (error) => {
      state = error;
    },
  );
  await settled();
  return state;
}

describe('after an emit that was kept while the heartbeat was overdue', () => {
  it.each<[string, object]>([
    ['an emit', {}],
    ['an emit with retries', { retries: 3, retryWindow: 2 }],
  ])('%s keeps its acknowledgement, and is sent once', (_what, options) => {
    const { socket, wire } = joinedSocket(options);
    wire.late = true;
    socket.emit('kept', () => {});
    wire.late = false;
    const [timed, plain] = [vi.fn(), vi.fn()];
    socket.timeout(1_000).emit('timed', timed);
    expect(timed).not.toHaveBeenCalled();
    wire.receive('31["yes"]');
    socket.emit('plain', plain);
    wire.receive('32["yes"]');
    expect(wire.sent()).toEqual(['20["kept"]', '21["timed"]', '22["plain"]']);
    expect([timed.mock.calls, plain.mock.calls.map((call) => call.at(-1))]).toEqual([
      [[null, 'yes']],
      ['yes'],
    ]);
  });

  it('an emit after a plain one keeps its acknowledgement', () => {
    const { socket, wire } = joinedSocket();
    wire.late = true;
    socket.emit('kept');
    wire.late = false;
    const plain = vi.fn();
    socket.emit('plain', plain);
    wire.receive('30["yes"]');
    expect([wire.sent(), plain.mock.calls]).toEqual([['2["kept"]', '20["plain"]'], [['yes']]]);
  });
});

it('a dropped volatile emit still waits for its timeout, also across a connect', () => {
  const { socket, wire } = idleSocket();
  const callback = vi.fn();
  socket.connect();
  socket.volatile.timeout(5_000).emit('a', callback);
  wire.linkUp();
  wire.accept();
  expect(callback).not.toHaveBeenCalled();
  wire.clock.advance(5_000);
  expect(callback.mock.calls).toEqual([[failure('ACK_TIMEOUT')]]);
});

describe('an outbox with maxPackets 0', () => {
  it.each(['drop-oldest', 'drop-newest'] as const)(
    'reports events that a cut has returned to it: %s',
    (whenFull) => {
      const { socket, wire } = joinedSocket({ outbox: { maxPackets: 0, whenFull } });
      const [timed, dropped] = [vi.fn(), vi.fn()];
      socket.on('dropped', dropped);
      wire.stuck = true;
      socket.timeout(60_000).emit('a', timed);
      socket.emit('b');
      wire.linkDown();
      socket.emit('c');
      // Whichever is dropped, each is either kept or reported.
      const kept = socket.sendBuffer.map(({ data }) => data[0]);
      const told = [
        ...(timed.mock.calls.length > 0 ? ['a'] : []),
        ...dropped.mock.calls.map(([, [name]]) => name),
      ];
      expect([...kept, ...told].sort()).toEqual(['a', 'b', 'c']);
    },
  );

  it('reports messages queued by retries', () => {
    const { socket, wire } = joinedSocket({ retries: 1, outbox: { maxPackets: 0, whenFull: 'drop-oldest' } });
    const told: string[] = [];
    for (const name of ['a', 'b']) socket.emit(name, () => told.push(name));
    wire.linkDown();
    socket.emit('c', () => told.push('c'));
    wire.linkUp();
    wire.accept();
    wire.receive('31', '32');
    expect(told.sort()).toEqual(['a', 'b', 'c']);
  });
});

describe('the age of queued events', () => {
  it('leaves no timer behind when everything has been sent', () => {
    const { socket, wire } = idleSocket({ outbox: { maxAgeMs: 60_000 } });
    socket.emit('a');
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect(wire.timers).toBe(0);
  });

  it('is limited with retries, too', () => {
    const { socket, wire } = idleSocket({ retries: 3, outbox: { maxAgeMs: 1_000 } });
    const callback = vi.fn();
    socket.emit('a', callback);
    wire.clock.advance(1_000);
    expect(callback.mock.calls).toEqual([[failure('EXPIRED')]]);
    socket.connect();
    wire.linkUp();
    wire.accept();
    expect(wire.sent()).toEqual(['0']);
  });
});

describe('a pending wait', () => {
  it('with retries ends as maybe delivered if it was in flight when the program disconnected', async () => {
    const { socket, wire } = joinedSocket({ retries: 3 });
    const awaited = socket.emitWithAck('a');
    const waiting = socket.emitWithAck('b');
    socket.disconnect();
    expect(wire.sent()).toEqual(['20["a"]', '1']);
    expect(await Promise.all([standing(awaited), standing(waiting)])).toEqual([
      failure('DISCONNECTED', { maybeDelivered: true }),
      failure('DISCONNECTED', { maybeDelivered: false }),
    ]);
  });

  it('ends if the program has emptied sendBuffer and then disconnects', async () => {
    const { socket } = idleSocket();
    socket.connect();
    const awaited = socket.emitWithAck('a');
    socket.sendBuffer = [];
    socket.disconnect();
    expect(await standing(awaited)).toEqual(failure(expect.any(String) as never));
  });

  it('ends if the program disconnects a socket that has already given up', async () => {
    const { socket } = idleSocket();
    const awaited = socket.emitWithAck('a');
    socket.disconnect();
    expect(await standing(awaited)).toEqual(failure('DISCONNECTED', { maybeDelivered: false }));
  });

  it('ends if the only attempt has failed, and so does ready()', async () => {
    const manager = fake.make({ reconnection: false, autoConnect: false });
    const socket = manager.socket('/');
    const [ready, awaited] = [socket.ready(), socket.emitWithAck('a')];
    await settled();
    fake.network.last.fails('refused');
    expect(manager.status).toBe('closed');
    expect(await Promise.all([standing(ready), standing(awaited)])).toEqual([
      expect.objectContaining({ message: 'refused' }),
      failure('DISCONNECTED', { maybeDelivered: false }),
    ]);
  });

  it.each([[null], [0], ['']])('rejects if it is aborted with %o', async (reason) => {
    const { socket } = joinedSocket();
    const controller = new AbortController();
    const awaited = socket.signal(controller.signal).emitWithAck('a');
    controller.abort(reason);
    // A callback with an error first would read these as no error.
    await expect(awaited).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('with retries, while the heartbeat is overdue', () => {
  it('clearBuffer sends none of the events it has returned', () => {
    const { socket, wire } = joinedSocket({ retries: 3 });
    const callback = vi.fn();
    wire.late = true;
    socket.emit('a', callback);
    expect(socket.clearBuffer()).toEqual([['a']]);
    expect(callback.mock.calls).toEqual([[failure('CLEARED')]]);
    wire.late = false;
    wire.reconnect();
    expect([socket.sendBuffer, wire.sent()]).toEqual([[], ['0']]);
  });

  it('an aborted emit is no longer sent', async () => {
    const { socket, wire } = joinedSocket({ retries: 3 });
    wire.late = true;
    const controller = new AbortController();
    const awaited = socket.signal(controller.signal).emitWithAck('a');
    controller.abort('enough');
    await expect(awaited).rejects.toBe('enough');
    wire.late = false;
    wire.reconnect();
    expect(wire.sent()).toEqual(['0']);
  });
});

it('with retries, one acknowledgement too many is rejected at once, and not retried forever', () => {
  const { socket, wire } = joinedSocket({ retries: 3, maxPendingAcks: 0 });
  const callback = vi.fn();
  const seen = vi.spyOn(wire.manager._connection, '_encode');
  socket.emit('a', callback);
  expect(callback.mock.calls).toEqual([[failure('TOO_MANY_ACKS')]]);
  // With retries of Infinity it would never end: once to weigh it, once to send it.
  expect(seen.mock.calls.length).toBeLessThanOrEqual(2);
});

it('clearBuffer does not report the events that it returns, even with retries', () => {
  const { socket } = idleSocket({ retries: 3 });
  const dropped = vi.fn();
  socket.on('dropped', dropped);
  socket.emit('a', 1);
  expect(socket.clearBuffer()).toEqual([['a', 1]]);
  expect([dropped.mock.calls, reported.mock.calls]).toEqual([[], []]);
});

it('a packet that replaces another one in sendBuffer is counted with its own size', () => {
  const { socket } = idleSocket();
  socket.emit('big', 'x'.repeat(1_000));
  const [big] = socket.sendBuffer.splice(0, 1);
  socket.emit('small');
  const { bufferedAmount } = socket;
  socket.sendBuffer[0] = big as never;
  expect(socket.bufferedAmount).toBeGreaterThan(bufferedAmount);
});

it('a socket that reconnects counts in the manager’s bufferedAmount again', async () => {
  const { manager, socket } = await fake.joined();
  socket.disconnect();
  socket.connect();
  socket.emit('a');
  expect(manager.bufferedAmount).toBe(socket.bufferedAmount);
});

it('an outgoing catch-all listener that disconnects sees the event only once', () => {
  const { socket, wire } = idleSocket();
  const seen: unknown[] = [];
  socket.emit('a');
  socket.onAnyOutgoing((name) => {
    if (seen.push(name) === 1) socket.disconnect();
  });
  socket.connect();
  wire.linkUp();
  wire.accept();
  wire.linkDown();
  socket.connect();
  wire.linkUp();
  wire.accept();
  expect([seen, wire.sent().at(-1)]).toEqual([['a'], '2["a"]']);
});

it('ready() rejects with the disconnect if the program disconnects after a failed attempt', async () => {
  const { socket, wire } = idleSocket();
  const ready = socket.ready();
  wire.attemptFails();
  socket.disconnect();
  await expect(ready).rejects.toMatchObject({ code: 'DISCONNECTED' });
});

it('the option outbox accepts undefined and null for each of its parts, and no list', () => {
  for (const value of [undefined, null]) {
    for (const name of ['maxPackets', 'maxBytes', 'maxAgeMs', 'whenFull']) {
      expect(() => fake.make({ outbox: { [name]: value } as never, autoConnect: false }), name).not.toThrow();
    }
  }
  for (const whenFull of [['refuse'], ['drop-oldest']]) {
    expect(() => fake.make({ outbox: { whenFull } as never, autoConnect: false })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  }
});
