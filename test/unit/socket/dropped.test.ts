import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useReportError } from '../../support/report-error.js';
import type { Wired, WiredOptions } from '../../support/wired-socket.js';

// A lost event is reported once for each kind, and never as an uncaught exception.
useReportError({ expectNone: true });

const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
let idleSocket: (options?: WiredOptions) => Wired;
let joinedSocket: (options?: WiredOptions) => Wired;

beforeEach(async () => {
  emitWarning.mockClear();
  // What was warned of is remembered for as long as the module lives.
  vi.resetModules();
  ({ idleSocket, joinedSocket } = await import('../../support/wired-socket.js'));
});

const warnings = (): string[] => emitWarning.mock.calls.map(([text]) => `${text}`);

/** Causes a loss several times. */
const losses: [code: string, lose: () => void][] = [
  [
    'OUTBOX_FULL',
    () => {
      const { socket } = idleSocket({ outbox: { maxPackets: 0 } });
      for (let i = 0; i < 3; i++) socket.emit('a');
    },
  ],
  [
    'OUTBOX_FULL',
    () => {
      const { socket } = idleSocket({ retries: 1, outbox: { maxPackets: 0 } });
      for (let i = 0; i < 3; i++) socket.emit('a');
    },
  ],
  [
    'EXPIRED',
    () => {
      const { socket, wire } = idleSocket({ outbox: { maxAgeMs: 10 } });
      for (let i = 0; i < 3; i++) socket.emit('a');
      wire.clock.advance(10);
    },
  ],
  [
    'EXPIRED',
    () => {
      const { socket, wire } = idleSocket({ retries: 1, outbox: { maxAgeMs: 10 } });
      for (let i = 0; i < 3; i++) socket.emit('a');
      wire.clock.advance(10);
    },
  ],
  [
    'TOO_LARGE',
    () => {
      const { socket } = joinedSocket({ handshake: { maxPayload: 50 } });
      for (let i = 0; i < 3; i++) socket.emit('a', 'x'.repeat(100));
    },
  ],
  [
    'TOO_LARGE',
    () => {
      const { socket, wire } = joinedSocket({ handshake: { maxPayload: 50 } });
      socket.on('ask', (ack: (answer: string) => void) => ack('x'.repeat(100)));
      wire.receive('20["ask"]', '21["ask"]');
    },
  ],
  [
    'ACK_TIMEOUT',
    () => {
      const { socket, wire } = joinedSocket({ retries: 1, ackTimeout: 10 });
      for (let i = 0; i < 3; i++) socket.emit('a');
      wire.clock.advance(1_000);
    },
  ],
  [
    'DISCONNECTED',
    () => {
      const { socket, wire } = joinedSocket({ retries: 1 });
      for (let i = 0; i < 3; i++) socket.emit('a');
      for (let i = 0; i < 6; i++) wire.reconnect();
    },
  ],
  [
    'TOO_MANY_ACKS',
    () => {
      const { socket } = joinedSocket({ maxPendingAcks: 0 });
      for (let i = 0; i < 3; i++) socket.emit('a', () => {});
    },
  ],
  [
    'UNSERIALIZABLE',
    () => {
      const { socket, wire } = idleSocket();
      const changing: Record<string, unknown> = {};
      for (let i = 0; i < 3; i++) socket.emit('a', changing);
      changing.self = changing;
      socket.connect();
      wire.linkUp();
      wire.accept();
    },
  ],
];

describe('an event that is lost without a listener of dropped', () => {
  it.each(losses)('causes one warning: %s', (_code, lose) => {
    lose();
    lose();
    expect(warnings()).toEqual([expect.stringContaining('listen to the event "dropped"')]);
    expect(warnings()[0]).toMatch(/^holdfast: /);
  });

  it('causes one warning for each kind', () => {
    const kinds = new Set(losses.map(([code]) => code));
    for (const [, lose] of losses) lose();
    expect(warnings()).toHaveLength(kinds.size);
  });

  it('causes a warning in the console if there is no process', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.stubGlobal('process', undefined);
    const { socket } = idleSocket({ outbox: { maxPackets: 0 } });
    for (let i = 0; i < 3; i++) socket.emit('a');
    expect([warn.mock.calls.length, warnings()]).toEqual([1, []]);
    warn.mockRestore();
  });

  it('causes no warning if the callback of the event gets the error', () => {
    const { socket } = idleSocket({ outbox: { maxPackets: 0 } });
    const callback = vi.fn();
    socket.timeout(1_000).emit('a', callback);
    expect([callback.mock.calls.length, warnings()]).toEqual([1, []]);
  });
});

it('each lost event is reported to the listeners of dropped, without a warning', () => {
  const { socket } = idleSocket({ outbox: { maxPackets: 0 } });
  const dropped = vi.fn();
  socket.on('dropped', dropped);
  socket.emit('a', 1);
  socket.emit('b', 2);
  expect(dropped.mock.calls.map(([error, data]) => [error.code, data])).toEqual([
    ['OUTBOX_FULL', ['a', 1]],
    ['OUTBOX_FULL', ['b', 2]],
  ]);
  expect(warnings()).toEqual([]);
});
