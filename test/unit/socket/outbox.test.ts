import { describe, expect, it, vi } from 'vitest';
import type { SocketOptions } from '../../../src/platform/options.js';
import type { Socket } from '../../../src/socket/socket.js';
import { useReportError } from '../../support/report-error.js';
import { idleSocket, joinedSocket } from '../../support/wired-socket.js';

useReportError({ expectNone: true });

const failure = (code: string): unknown => expect.objectContaining({ code });
const names = (socket: Socket): unknown[] => socket.sendBuffer.map(({ data }) => data[0]);

/** A disconnected socket, and its `dropped` events: the code and the event's name. */
function away(outbox: SocketOptions['outbox'], more: SocketOptions = {}) {
  const both = idleSocket({ ...more, ...(outbox && { outbox }) });
  const told: unknown[][] = [];
  both.socket.on('dropped', (error, [name]) => told.push([error.code, name]));
  return { ...both, told };
}

function letIn({ socket, wire }: ReturnType<typeof idleSocket>): string[] {
  socket.connect();
  wire.linkUp();
  wire.accept();
  return wire.sent().slice(1);
}

describe('the queue of a disconnected socket', () => {
  it('has 10,000 packets by default', () => {
    const { socket, told } = away(undefined);
    for (let i = 0; i < 10_000; i++) socket.emit('a');
    expect([socket.sendBuffer.length, told]).toEqual([10_000, []]);
    socket.emit('one more');
    expect([socket.sendBuffer.length, told]).toEqual([10_000, [['OUTBOX_FULL', 'one more']]]);
  });

  it('has 16 MiB by default', () => {
    const { socket, told } = away(undefined);
    const quarter = new Uint8Array(4 * 2 ** 20);
    for (let i = 0; i < 3; i++) socket.emit('a', quarter);
    socket.emit('too much', quarter, 'the text of four of them would be more than 16 MiB');
    socket.emit('fourth', new Uint8Array(4 * 2 ** 20 - 1_000));
    expect(names(socket)).toEqual(['a', 'a', 'a', 'fourth']);
    expect(told).toEqual([['OUTBOX_FULL', 'too much']]);
  });

  it('is bounded by its bytes, of text and of attachments', () => {
    const { socket, told } = away({ maxBytes: 100 });
    socket.emit('a', 'x'.repeat(40));
    expect(socket.bufferedAmount).toBe('2["a",""]'.length + 40);
    socket.emit('b', new Uint8Array(60));
    socket.emit('c', 'x'.repeat(40));
    socket.emit('d');
    expect(names(socket)).toEqual(['a', 'c']);
    expect(told).toEqual([
      ['OUTBOX_FULL', 'b'],
      ['OUTBOX_FULL', 'd'],
    ]);
  });

  it('is bounded by the age of each packet', () => {
    const both = away({ maxAgeMs: 1_000 });
    const { socket, wire, told } = both;
    socket.emit('old');
    wire.clock.advance(600);
    socket.emit('young');
    wire.clock.advance(399);
    expect(told).toEqual([]);
    wire.clock.advance(1);
    expect([names(socket), told]).toEqual([['young'], [['EXPIRED', 'old']]]);
    wire.clock.advance(599);
    expect(told).toHaveLength(1);
    wire.clock.advance(1);
    expect([names(socket), told.at(-1)]).toEqual([[], ['EXPIRED', 'young']]);
    expect([letIn(both), wire.timers]).toEqual([[], 0]);
  });

  it('may be disabled', () => {
    const both = away({ maxPackets: 0 });
    both.socket.emit('a');
    expect([names(both.socket), both.told, letIn(both)]).toEqual([[], [['OUTBOX_FULL', 'a']], []]);
    both.socket.emit('b');
    expect(both.wire.sent()).toEqual(['2["b"]']);
  });
});

describe('one packet too many', () => {
  it.each<['refuse' | 'drop-oldest' | 'drop-newest' | undefined, string[], string]>([
    [undefined, ['a', 'b', 'c'], 'd'],
    ['refuse', ['a', 'b', 'c'], 'd'],
    ['drop-oldest', ['b', 'c', 'd'], 'a'],
    ['drop-newest', ['a', 'b', 'd'], 'c'],
  ])('with whenFull %o leaves %o and drops %s', (whenFull, left, gone) => {
    const both = away({ maxPackets: 3, ...(whenFull && { whenFull }) });
    for (const name of ['a', 'b', 'c', 'd']) both.socket.emit(name);
    expect([names(both.socket), both.told]).toEqual([left, [['OUTBOX_FULL', gone]]]);
    expect(letIn(both)).toEqual(left.map((name) => `2["${name}"]`));
  });

  it('drops as many others as it needs', () => {
    const { socket, told } = away({ maxBytes: 100, whenFull: 'drop-oldest' });
    for (const name of ['a', 'b', 'c']) socket.emit(name, 'x'.repeat(20));
    socket.emit('big', 'x'.repeat(70));
    expect([names(socket), told.map(([, name]) => name)]).toEqual([['big'], ['a', 'b', 'c']]);
    expect(socket.bufferedAmount).toBe('2["big",""]'.length + 70);
  });

  it.each(['drop-oldest', 'drop-newest'] as const)(
    'that would not fit alone is refused, and drops no others: %s',
    (whenFull) => {
      const { socket, told } = away({ maxBytes: 50, whenFull });
      socket.emit('a');
      socket.emit('big', 'x'.repeat(60));
      expect([names(socket), told]).toEqual([['a'], [['OUTBOX_FULL', 'big']]]);
    },
  );

  it('is reported only to the acknowledgement, if that takes an error first', async () => {
    const { socket, wire, told } = away({ maxPackets: 1, whenFull: 'drop-oldest' });
    const timed = vi.fn();
    socket.timeout(5_000).emit('a', timed);
    const awaited = socket.emitWithAck('b');
    socket.emit('c');
    expect(timed.mock.calls).toEqual([[failure('OUTBOX_FULL')]]);
    await expect(awaited).rejects.toMatchObject({ code: 'OUTBOX_FULL' });
    expect([told, wire.timers]).toEqual([[], 0]);
  });

  it('is reported by dropped if the acknowledgement takes no error', () => {
    const { socket, told } = away({ maxPackets: 0 });
    const plain = vi.fn();
    socket.emit('a', plain);
    expect([plain.mock.calls, told]).toEqual([[], [['OUTBOX_FULL', 'a']]]);
  });

  it('is reported with its name and arguments, and with the option', () => {
    const { socket } = idleSocket({ outbox: { maxPackets: 0, whenFull: 'drop-newest' } });
    const dropped = vi.fn();
    socket.on('dropped', dropped);
    socket.emit('order', 6, { of: 'eggs' });
    expect(dropped.mock.calls).toEqual([[failure('OUTBOX_FULL'), ['order', 6, { of: 'eggs' }]]]);
    expect(dropped.mock.calls[0]?.[0].message).toMatch(/"order".*option "outbox".*drop-newest/);
  });

  it('is reported to the acknowledgement of an event that is too old', () => {
    const { socket, wire, told } = away({ maxAgeMs: 100 });
    const callback = vi.fn();
    socket.timeout(5_000).emit('a', callback);
    wire.clock.advance(100);
    expect([callback.mock.calls, told]).toEqual([[[failure('EXPIRED')]], []]);
  });

  it('may be emitted again by the listener of `dropped`, which then gets the event that makes room for it', () => {
    const { socket, told } = away({ maxPackets: 1, whenFull: 'drop-oldest' });
    socket.once('dropped', (_error, [name]) => socket.emit(String(name), 'again'));
    socket.emit('a');
    socket.emit('b');
    expect(socket.sendBuffer.map(({ data }) => data)).toEqual([['a', 'again']]);
    expect(told.map(([, name]) => name)).toEqual(['a', 'b']);
  });
});

describe('sendBuffer', () => {
  it('may be emptied, replaced and extended by the program, and is then measured again', () => {
    const both = away({ maxPackets: 3, maxBytes: 200 });
    const { socket } = both;
    const big = 'x'.repeat(150);
    socket.emit('a', big);
    socket.sendBuffer.length = 0;
    expect(socket.bufferedAmount).toBe(0);
    socket.emit('b', big);
    socket.sendBuffer = [];
    expect(socket.bufferedAmount).toBe(0);
    socket.emit('c', big);
    const [kept] = socket.sendBuffer;
    socket.sendBuffer = [];
    socket.emit('d');
    socket.sendBuffer.unshift(kept as never);
    expect(socket.bufferedAmount).toBe('2["d"]'.length + '2["c",""]'.length + 150);
    socket.sendBuffer.push({ type: 2, nsp: '/', data: ['mine'] } as never);
    socket.emit('e');
    expect(both.told).toEqual([['OUTBOX_FULL', 'e']]);
    expect(letIn(both)).toEqual([`2["c","${big}"]`, '2["d"]', '2["mine"]']);
  });

  it('may be replaced by a list of the same length, which is measured again', () => {
    const { socket } = away(undefined);
    socket.emit('a', 'x'.repeat(150));
    const before = socket.sendBuffer;
    const weight = socket.bufferedAmount;
    socket.sendBuffer = [];
    socket.emit('b');
    expect(socket.bufferedAmount).toBe('2["b"]'.length);
    socket.sendBuffer = before;
    expect(socket.bufferedAmount).toBe(weight);
  });

  it('fails, at the next connect, the acknowledgements of removed packets that take errors', () => {
    const both = away(undefined);
    const [timed, plain, kept] = [vi.fn(), vi.fn(), vi.fn()];
    both.socket.timeout(60_000).emit('a', timed);
    both.socket.emit('b', plain);
    both.socket.sendBuffer = [];
    both.socket.timeout(60_000).emit('c', kept);
    expect(letIn(both)).toEqual(['22["c"]']);
    expect(timed.mock.calls).toEqual([[failure('CLEARED')]]);
    expect(timed.mock.calls[0]?.[0].maybeDelivered).toBe(false);
    both.wire.receive('32["yes"]', '31["late"]');
    expect([plain.mock.calls, kept.mock.calls, both.wire.timers]).toEqual([[], [[null, 'yes']], 0]);
  });
});

it('an event that is buffered again while the rest is sent keeps its acknowledgement', () => {
  const both = away(undefined);
  const { socket, wire } = both;
  const callback = vi.fn();
  socket.emit('first');
  socket.onAnyOutgoing(() => {
    if (wire.late) return;
    wire.late = true;
    socket.timeout(60_000).emit('second', callback);
  });
  expect(letIn(both)).toEqual(['2["first"]']);
  wire.late = false;
  wire.reconnect();
  wire.receive('30["yes"]');
  expect(callback.mock.calls).toEqual([[null, 'yes']]);
});

describe('clearBuffer', () => {
  it('returns what it removed, and fails the acknowledgements that take errors', () => {
    const both = away(undefined);
    const { socket, wire } = both;
    const [timed, plain] = [vi.fn(), vi.fn()];
    socket.emit('a', 1, { b: 2 });
    socket.timeout(60_000).emit('c', 'd', timed);
    socket.emit('e', plain);
    expect(socket.clearBuffer()).toEqual([['a', 1, { b: 2 }], ['c', 'd'], ['e']]);
    expect(timed.mock.calls).toEqual([[failure('CLEARED')]]);
    expect([socket.sendBuffer, socket.bufferedAmount, wire.timers]).toEqual([[], 0, 0]);
    expect([socket.clearBuffer(), letIn(both), plain.mock.calls, both.told]).toEqual([[], [], [], []]);
  });

  it('rejects pending waits', async () => {
    const { socket } = idleSocket();
    const awaited = socket.emitWithAck('a');
    socket.clearBuffer();
    await expect(awaited).rejects.toMatchObject({ code: 'CLEARED', maybeDelivered: false });
  });

  it('does not affect events that were sent', () => {
    const { socket, wire } = joinedSocket();
    const callback = vi.fn();
    socket.timeout(60_000).emit('a', callback);
    expect(socket.clearBuffer()).toEqual([]);
    wire.receive('30[1]');
    expect(callback.mock.calls).toEqual([[null, 1]]);
  });

  it('removes messages queued by retries, and leaves those in flight', () => {
    const { socket, wire } = joinedSocket({ retries: 2 });
    const [first, second] = [vi.fn(), vi.fn()];
    socket.emit('a', first);
    socket.emit('b', 1, second);
    expect(socket.clearBuffer()).toEqual([['b', 1]]);
    expect(second.mock.calls).toEqual([[failure('CLEARED')]]);
    wire.receive('30["yes"]');
    expect([first.mock.calls, wire.sent()]).toEqual([[[null, 'yes']], ['20["a"]']]);
  });
});
