import { describe, expect, it } from 'vitest';
import type { Observed, ObservedPacket } from '../../../src/plugins/inspector/observed.js';
import { spansOf } from '../../../src/plugins/inspector/panel/attempts.js';
import { stretches } from '../../../src/plugins/inspector/panel/overview.js';
import { FilteredPackets, matches } from '../../../src/plugins/inspector/panel/packet-filter.js';
import { roundUp } from '../../../src/plugins/inspector/panel/plot.js';
import { ConnectionRecord, KEPT } from '../../../src/plugins/inspector/record.js';
import { Ring } from '../../../src/plugins/inspector/ring.js';

const packet = (no: number, more: Partial<ObservedPacket> = {}): ObservedPacket => ({
  type: 'packet',
  atMs: no,
  no,
  way: 'in',
  kind: 'event',
  nsp: '/',
  event: 'price',
  bytes: 10,
  attachments: 0,
  ...more,
});

const recordOf = (...events: Observed[]): ConnectionRecord => {
  const record = new ConnectionRecord();
  for (const event of events) record.add(event);
  return record;
};

describe('a ring', () => {
  it('keeps the newest, in order, and counts what is gone', () => {
    const ring = new Ring<number>(3);
    const gone = [1, 2, 3, 4, 5].map((item) => ring.push(item));
    expect(gone).toEqual([undefined, undefined, undefined, 1, 2]);
    expect([[...ring], ring.length, ring.gone]).toEqual([[3, 4, 5], 3, 2]);
    expect([ring.at(0), ring.at(2), ring.at(3), ring.at(-1), ring.at(-3), ring.at(-4)]).toEqual([
      3,
      5,
      undefined,
      5,
      3,
      undefined,
    ]);
    ring.clear();
    expect([[...ring], ring.gone, ring.at(0)]).toEqual([[], 5, undefined]);
  });
});

describe('a record', () => {
  it('is bounded in everything', () => {
    const record = new ConnectionRecord();
    for (let no = 1; no <= 12_000; no++) {
      record.add(packet(no, { nsp: `/${no % 1_000}`, atMs: no * 1_000, payload: 'x'.repeat(500) }));
      record.add({ type: 'rtt', atMs: no, ms: 1 });
      record.add({
        type: 'attempt',
        atMs: no,
        round: no,
        transport: 'polling',
        probe: false,
        phase: 'start',
        ms: 0,
      });
      record.add({ type: 'state', atMs: no, state: 'connecting' });
    }
    const { packets, events, rtts, rounds, states, samples, namespaces } = record;
    const lengths = [packets, events, rtts, rounds, states, samples].map(({ length }) => length);
    expect([...lengths, namespaces.size]).toEqual([5_000, 2_000, 600, 50, 500, 600, 500]);
    expect([...packets].reduce((sum, { payload = '' }) => sum + payload.length, 0)).toBeLessThanOrEqual(
      KEPT.payloads,
    );
    expect(packets.at(-1)?.payload).toHaveLength(500);
  });

  it('cuts a payload that is too long', () => {
    const record = recordOf(packet(1, { payload: 'y'.repeat(50_000) }));
    expect(record.packets.at(0)?.payload).toBe(`${'y'.repeat(KEPT.payload)}…`);
  });

  it('keeps no packet while it is paused, and counts them', () => {
    const record = recordOf(packet(1));
    record.paused = true;
    record.add(packet(2));
    record.paused = false;
    record.add(packet(3));
    expect([...record.packets].map(({ no }) => no)).toEqual([1, 3]);
    expect(record.passedBy).toBe(1);
    expect([record.packet(1)?.no, record.packet(2), record.packet(3)?.no]).toEqual([1, undefined, 3]);
    expect(record.namespaces.get('/')).toMatchObject({ packetsIn: 3, bytesIn: 30 });
  });

  it('knows for each event when it was answered', () => {
    const record = recordOf(
      packet(1, { way: 'out', ackId: 4 }),
      packet(2, { kind: 'ack', ackId: 4, answers: { no: 1, ms: 9 } }),
    );
    expect(record.packet(1)?.answeredMs).toBe(9);
  });

  it('sums up each second', () => {
    const record = recordOf(
      packet(1, { atMs: 1_100 }),
      packet(2, { atMs: 1_900, way: 'out', bytes: 5 }),
      packet(3, { atMs: 2_000 }),
    );
    expect([...record.samples]).toMatchObject([
      { second: 1, packetsIn: 1, bytesIn: 10, packetsOut: 1, bytesOut: 5 },
      { second: 2, packetsIn: 1, bytesIn: 10, packetsOut: 0, bytesOut: 0 },
    ]);
  });

  it('follows the transports of a try, and the answer to the first CONNECT', () => {
    const attempt = (
      transport: string,
      phase: 'start' | 'open' | 'failed' | 'won',
      atMs: number,
      error?: string,
    ): Observed => ({
      type: 'attempt',
      atMs,
      round: 1,
      transport,
      probe: false,
      phase,
      ms: 0,
      error,
    });
    const record = recordOf(
      attempt('websocket', 'start', 0),
      attempt('polling', 'start', 300),
      attempt('websocket', 'failed', 400, 'websocket error'),
      attempt('polling', 'open', 500),
      attempt('polling', 'won', 510),
      packet(1, { kind: 'connect', way: 'out', atMs: 512 }),
      packet(2, { kind: 'connect', way: 'in', atMs: 560 }),
    );
    const [websocket, polling] = record.rounds.at(0)?.candidates ?? [];
    expect(websocket).toMatchObject({ outcome: 'failed', error: 'websocket error' });
    expect(spansOf(polling as never, 999)).toEqual([
      { phase: 'open', fromMs: 300, toMs: 500 },
      { phase: 'handshake', fromMs: 500, toMs: 510 },
      { phase: 'connect', fromMs: 512, toMs: 560 },
    ]);
  });

  it('knows of a CONNECT that was never answered', () => {
    const record = recordOf(
      { type: 'attempt', atMs: 0, round: 1, transport: 'websocket', probe: false, phase: 'start', ms: 0 },
      { type: 'attempt', atMs: 5, round: 1, transport: 'websocket', probe: false, phase: 'won', ms: 5 },
      packet(1, { kind: 'connect', way: 'out', atMs: 6 }),
      { type: 'state', atMs: 5_000, state: 'connecting', reason: 'ping timeout' },
    );
    const [candidate] = record.rounds.at(0)?.candidates ?? [];
    expect(candidate?.connect).toMatchObject({ startMs: 6, endMs: 5_000 });
    expect(candidate?.connect?.answered).toBeUndefined();
  });
});

describe('the filter of packets', () => {
  const row = packet(1, { event: 'order:place', nsp: '/shop', ackId: 12, payload: undefined });

  it.each([
    ['order', true],
    ['ORDER shop', true],
    ['order nowhere', false],
    ['#12', true],
    ['#13', false],
    ['event', true],
    ['', true],
  ])('finds by the words "%s": %s', (words, found) => {
    expect(matches(row as never, { words, way: 'all', kind: 'all' })).toBe(found);
  });

  it('finds what is in a packet, where that is kept', () => {
    expect(
      matches({ ...row, payload: '["order:place","gold"]' }, { words: 'gold', way: 'all', kind: 'all' }),
    ).toBe(true);
  });

  it('goes by direction and kind', () => {
    expect(matches(row as never, { words: '', way: 'out', kind: 'all' })).toBe(false);
    expect(matches(row as never, { words: '', way: 'in', kind: 'ack' })).toBe(false);
    expect(matches({ ...row, kind: 'connect' } as never, { words: '', way: 'all', kind: 'other' })).toBe(
      true,
    );
  });

  it('finds the same bit by bit as all at once, while old packets go', () => {
    const filter = { words: 'a', way: 'all', kind: 'all' } as const;
    const record = new ConnectionRecord();
    const found = new FilteredPackets();
    let gone = 0;
    for (let no = 1; no <= 11_000; no++) {
      record.add(packet(no, { event: no % 3 === 0 ? 'alpha' : 'beta', nsp: no % 2 === 0 ? '/a' : '/x' }));
      if (no % 700 === 0) gone += found.update(record, filter);
    }
    gone += found.update(record, filter);
    const wanted = [...record.packets].filter((one) => matches(one, filter));
    expect(Array.from({ length: found.length }, (_, i) => found.at(i)?.no)).toEqual(
      wanted.map(({ no }) => no),
    );
    expect(gone).toBeGreaterThan(1_000);
    expect(found.indexOf(wanted.at(-1)?.no as number)).toBe(found.length - 1);
    record.clearPackets();
    found.update(record, filter);
    expect(found.length).toBe(0);
  });
});

it('each state lasts until the next one', () => {
  const states = [
    { state: 'connecting', atMs: 0 },
    { state: 'connected', atMs: 40 },
    { state: 'waiting', atMs: 90 },
  ] as const;
  expect(stretches(states, 50, 100).map(({ state, untilMs }) => [state, untilMs])).toEqual([
    ['connected', 90],
    ['waiting', 100],
  ]);
});

it.each([
  [0, 1],
  [0.3, 0.5],
  [7, 10],
  [10, 10],
  [12, 20],
  [4_700, 5_000],
])('the axis above %d ends at %d', (value, top) => {
  expect(roundUp(value)).toBeCloseTo(top);
});
