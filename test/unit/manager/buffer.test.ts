import { describe, expect, it, vi } from 'vitest';
import type { Manager } from '../../../src/io.js';
import { messages, useManagers } from '../../support/fake-managers.js';
import { type FakeTransport, settled } from '../../support/fake-transports.js';

/** Queued data in the connection and in the sockets. */

const fake = useManagers();
const stuck = (below: FakeTransport, isStuck: boolean): void => {
  (below as unknown as { writable: boolean }).writable = !isStuck;
};

/** Lets `ms` pass in small steps, for code that polls. */
async function pass(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 5) {
    fake.world.clock.advance(5);
    await settled();
  }
}

function watch(promise: Promise<unknown>): { state: unknown } {
  const seen = { state: 'waiting' as unknown };
  promise.then(
    () => Object.assign(seen, { state: 'resolved' }),
    (error: unknown) => Object.assign(seen, { state: error }),
  );
  return seen;
}

describe('bufferedAmount', () => {
  it('counts data queued in the connection and in disconnected sockets', async () => {
    const { manager, socket, below } = await fake.joined();
    const other = manager.socket('/other');
    await messages(below);
    expect(manager.bufferedAmount).toBe(0);
    stuck(below, true);
    socket.emit('a', 'x'.repeat(100));
    socket.emit('file', new Uint8Array(1_000));
    other.emit('b');
    const inConnection =
      '2["a",""]'.length + 100 + '51-["file",{"_placeholder":true,"num":0}]'.length + 1_000;
    expect([socket.bufferedAmount, other.bufferedAmount]).toEqual([0, '2/other,["b"]'.length]);
    expect(manager.bufferedAmount).toBe(inConnection + other.bufferedAmount);
    stuck(below, false);
    below.drains();
    await settled();
    expect(manager.bufferedAmount).toBe(other.bufferedAmount);
  });

  it('counts once what the connection returns after a cut', async () => {
    const { manager, socket, below } = await fake.joined();
    stuck(below, true);
    socket.emit('a', 'x'.repeat(100));
    const before = manager.bufferedAmount;
    below.closes();
    expect([manager.bufferedAmount, socket.bufferedAmount]).toEqual([before, before]);
  });

  it('counts data queued with retries while disconnected', async () => {
    const { manager, socket, below } = await fake.joined({ retries: 2 });
    below.closes();
    socket.emit('a');
    expect(manager.bufferedAmount).toBe('2["a"]'.length);
  });
});

describe('a volatile emit', () => {
  it('is dropped above highWaterMark, and only then', async () => {
    const { manager, socket, below } = await fake.joined({ highWaterMark: 100 });
    // A WebSocket that takes everything, and has a browser's buffer behind it.
    const ws = { bufferedAmount: 100, readyState: 1 };
    Object.assign(below, { ws });
    socket.volatile.emit('at the mark');
    expect(await messages(below)).toEqual(['2["at the mark"]']);
    ws.bufferedAmount = 101;
    expect(manager.bufferedAmount).toBe(101);
    socket.volatile.emit('above');
    socket.emit('not volatile');
    expect(await messages(below)).toEqual(['2["not volatile"]']);
    ws.bufferedAmount = 0;
    socket.volatile.emit('below');
    expect(await messages(below)).toEqual(['2["below"]']);
  });

  it('above highWaterMark rejects an emitWithAck', async () => {
    const { socket, below } = await fake.joined({ highWaterMark: 0 });
    Object.assign(below, { ws: { bufferedAmount: 1, readyState: 1 } });
    await expect(socket.volatile.emitWithAck('a')).rejects.toMatchObject({ code: 'DROPPED' });
  });
});

describe('drained()', () => {
  /** A manager of which this many bytes wait in the browser. */
  async function holding(bytes: number): Promise<{ manager: Manager; ws: { bufferedAmount: number } }> {
    const { manager, below } = await fake.joined({ highWaterMark: 1_000 });
    const ws = { bufferedAmount: bytes, readyState: 1 };
    Object.assign(below, { ws });
    return { manager, ws };
  }

  it('resolves at once up to highWaterMark', async () => {
    const { manager } = await holding(1_000);
    const { pending } = fake.world.clock;
    await manager.drained();
    expect(fake.world.clock.pending).toBe(pending);
  });

  it('waits above highWaterMark until half of it is left, and leaves no timer', async () => {
    const { manager, ws } = await holding(1_001);
    const { pending } = fake.world.clock;
    const drained = watch(manager.drained());
    await pass(100);
    ws.bufferedAmount = 501;
    await pass(100);
    expect(drained.state).toBe('waiting');
    ws.bufferedAmount = 500;
    await pass(10);
    expect([drained.state, fake.world.clock.pending]).toEqual(['resolved', pending]);
  });

  it('waits for disconnected sockets, too', async () => {
    const { manager, socket, below } = await fake.joined({ highWaterMark: 100 });
    below.closes();
    socket.emit('a', 'x'.repeat(200));
    const drained = watch(manager.drained());
    await pass(500);
    expect(drained.state).toBe('waiting');
    socket.clearBuffer();
    await pass(250);
    expect(drained.state).toBe('resolved');
  });

  it('is ended by its signal, with its reason, and leaves no timer', async () => {
    const { manager } = await holding(2_000);
    const { pending } = fake.world.clock;
    const controller = new AbortController();
    const drained = watch(manager.drained({ signal: controller.signal }));
    await pass(10);
    controller.abort('enough');
    await pass(10);
    expect([drained.state, fake.world.clock.pending]).toEqual(['enough', pending]);
    await expect(manager.drained({ signal: AbortSignal.abort('early') })).rejects.toBe('early');
  });

  it('rejects an invalid signal', async () => {
    const { manager } = await holding(0);
    await expect(manager.drained({ signal: 5 as never })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });
});

describe('events emitted while the transport no longer accepts data', () => {
  interface Closing {
    begin(below: FakeTransport, manager: Manager): void;
    end(below: FakeTransport): void;
  }

  it.each<[string, Closing]>([
    [
      'because its WebSocket is closing',
      {
        begin: (below) => void Object.assign(below, { ws: { bufferedAmount: 0, readyState: 2 } }),
        end: (below) => below.closes(),
      },
    ],
    [
      'because the program is closing the engine',
      {
        begin(below, manager) {
          stuck(below, true);
          manager.engine.write('of the program');
          manager.engine.close();
        },
        end(below) {
          stuck(below, false);
          below.drains();
        },
      },
    ],
  ])('%s is kept, and sent after the reconnect, once, in order', async (_why, closing) => {
    const { manager, socket, below } = await fake.joined();
    const callback = vi.fn();
    closing.begin(below, manager);
    socket.emit('a');
    socket.timeout(60_000).emit('b', callback);
    socket.volatile.emit('volatile');
    expect(socket.sendBuffer.map(({ data }) => data)).toEqual([['a'], ['b']]);
    expect(await messages(below)).toEqual([]);

    closing.end(below);
    await settled();
    fake.world.clock.advance(manager.retryInMs as number);
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', '0{"sid":"b"}');
    fake.network.last.gives('message', '30["yes"]');
    expect(await messages(fake.network.last)).toEqual(['0', '2["a"]', '20["b"]']);
    expect(callback.mock.calls).toEqual([[null, 'yes']]);
  });
});

describe('a cut in the middle of a message', () => {
  /** Comes back, and tells what was sent to the server there. */
  async function afterwards(manager: Manager): Promise<string[]> {
    fake.world.clock.advance(manager.retryInMs as number);
    await settled();
    fake.network.last.shakes();
    fake.network.last.gives('message', '0{"sid":"b"}');
    return (await messages(fake.network.last)).slice(1);
  }

  it('has an event sent again from its beginning if the transport had only its first part', async () => {
    const header = '452-0["file",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';
    const { manager, socket, below } = await fake.joined(fake.over('polling'), {
      // The first request has no room for the attachments.
      maxPayload: header.length,
      upgrades: [],
    });
    const callback = vi.fn();
    socket.timeout(60_000).emit('file', new Uint8Array([1]), new Uint8Array([2]), callback);
    socket.emit('behind');
    expect(below.written).toHaveLength(1);
    below.closes();
    expect(callback).not.toHaveBeenCalled();
    const sent = await afterwards(manager);
    expect([sent.length, sent[0]?.slice(0, 4), sent.at(-1)]).toEqual([4, '52-0', '2["behind"]']);
  });

  it('does not resend data that was handed to the transport', async () => {
    const { manager, socket, below } = await fake.joined();
    const callback = vi.fn();
    socket.timeout(60_000).emit('had', callback);
    socket.emit('had not');
    expect(below.written).toEqual(['message:20["had"]']);
    below.closes();
    expect(callback.mock.calls).toEqual([
      [expect.objectContaining({ code: 'DISCONNECTED', maybeDelivered: true })],
    ]);
    expect(await afterwards(manager)).toEqual(['2["had not"]']);
  });

  it('returns each namespace its own events', async () => {
    const { manager, socket, below } = await fake.joined();
    const other = manager.socket('/other');
    below.gives('message', '0/other,{"sid":"o"}');
    await messages(below);
    stuck(below, true);
    socket.emit('a');
    other.emit('b');
    socket.emit('c');
    below.closes();
    const data = (one: typeof socket): unknown => one.sendBuffer.map((packet) => packet.data[0]);
    expect([data(socket), data(other)]).toEqual([['a', 'c'], ['b']]);
  });

  it('by a program that reconnects at once loses nothing, and later emits do not overtake earlier ones', async () => {
    const { socket, below } = await fake.joined();
    stuck(below, true);
    socket.emit('a');
    socket.disconnect();
    socket.connect();
    socket.emit('b');
    await settled();
    // The old session has nothing left to send.
    expect(fake.network.log).toContain('websocket is closed');
    fake.network.last.shakes();
    fake.network.last.gives('message', '0{"sid":"b"}');
    expect(await messages(fake.network.last)).toEqual(['0', '2["a"]', '2["b"]']);
    stuck(below, false);
    below.drains();
    expect(await messages(below)).toEqual([]);
  });

  it('by disconnect() is not a cut: earlier events are sent, and none is returned', async () => {
    const { manager, socket, below } = await fake.joined();
    stuck(below, true);
    socket.emit('a');
    socket.emit('b');
    socket.disconnect();
    expect([manager.status, socket.sendBuffer]).toEqual(['closed', []]);
    stuck(below, false);
    below.drains();
    expect(await messages(below)).toEqual(['2["a"]', '2["b"]', '1']);
  });
});
