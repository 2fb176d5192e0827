import { describe, expect, it } from 'vitest';
import { BoundedList } from '../../../src/plugins/inspector/bounded-list.js';
import type { ObservedEvent, ObservedPacket } from '../../../src/plugins/inspector/observed.js';
import { spansOf } from '../../../src/plugins/inspector/panel/attempts.js';
import { periodsOf } from '../../../src/plugins/inspector/panel/overview.js';
import { FilteredPackets, matches } from '../../../src/plugins/inspector/panel/packet-filter.js';
import { roundUp } from '../../../src/plugins/inspector/panel/plot.js';
import { ConnectionRecord, LIMITS } from '../../../src/plugins/inspector/record.js';

const packet = (no: number, more: Partial<ObservedPacket> = {}): ObservedPacket => ({
  type: 'packet',
  atMs: no,
  number: no,
  direction: 'in',
  kind: 'event',
  nsp: '/',
  event: 'price',
  bytes: 10,
  attachments: 0,
  ...more,
});

const recordOf = (...events: ObservedEvent[]): ConnectionRecord => {
  const record = new ConnectionRecord();
  for (const event of events) record.add(event);
  return record;
};

describe('a bounded list', () => {
  it('keeps the newest, in order, and counts what it discarded', () => {
    const discarded: number[] = [];
    const list = new BoundedList<number>(3, undefined, undefined, (item) => discarded.push(item));
    for (const item of [1, 2, 3, 4, 5]) list.push(item);
    expect(discarded).toEqual([1, 2]);
    expect([[...list], list.length, list.discarded]).toEqual([[3, 4, 5], 3, 2]);
    expect([list.at(0), list.at(2), list.at(3), list.at(-1), list.at(-3), list.at(-4)]).toEqual([
      3,
      5,
      undefined,
      5,
      3,
      undefined,
    ]);
    list.clear();
    expect([[...list], list.discarded, list.at(0), list.at(-1)]).toEqual([[], 5, undefined, undefined]);
  });

  it('keeps no more bytes than allowed, but always the newest item', () => {
    const list = new BoundedList<string>(1_000, 10, ({ length }) => length);
    for (const item of ['aaaa', 'bbbb', 'cc']) list.push(item);
    expect([...list]).toEqual(['aaaa', 'bbbb', 'cc']);
    list.push('d');
    expect([...list]).toEqual(['bbbb', 'cc', 'd']);
    list.push('e'.repeat(50));
    expect([...list]).toEqual(['e'.repeat(50)]);
    list.push('f');
    expect([...list]).toEqual(['f']);
  });

  it('holds no reference to discarded items, however long it is used', () => {
    const list = new BoundedList<number>(10);
    for (let i = 0; i < 10_000; i++) list.push(i);
    expect((list as unknown as { items: unknown[] }).items.length).toBeLessThan(200);
    expect([...list]).toEqual([9_990, 9_991, 9_992, 9_993, 9_994, 9_995, 9_996, 9_997, 9_998, 9_999]);
  });
});

describe('a record', () => {
  it('is bounded in everything', () => {
    const record = new ConnectionRecord();
    for (let no = 1; no <= 12_000; no++) {
      record.add(
        packet(no, { direction: 'out', nsp: `/${no % 1_000}`, atMs: no * 1_000, payload: 'x'.repeat(500) }),
      );
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
      LIMITS.payloadBytes,
    );
    expect(packets.at(-1)?.payload).toHaveLength(500);
  });

  it('cuts a payload that is too long', () => {
    const record = recordOf(packet(1, { payload: 'y'.repeat(50_000) }));
    expect(record.packets.at(0)?.payload).toBe(`${'y'.repeat(LIMITS.payload)}…`);
  });

  it('keeps no packet while it is paused, and counts the skipped ones', () => {
    const record = recordOf({ type: 'namespace', atMs: 0, nsp: '/', state: 'joined' }, packet(1));
    record.paused = true;
    record.add(packet(2));
    record.paused = false;
    record.add(packet(3));
    expect([...record.packets].map(({ number }) => number)).toEqual([1, 3]);
    expect(record.skipped).toBe(1);
    expect([record.packet(1)?.number, record.packet(2), record.packet(3)?.number]).toEqual([1, undefined, 3]);
    expect(record.namespaces.get('/')).toMatchObject({ packetsIn: 3, bytesIn: 30 });
  });

  it('has a row for a namespace that the program uses, and none for names that a server invents', () => {
    const record = recordOf(packet(1, { nsp: '/made-up' }), packet(2, { nsp: '/mine', direction: 'out' }));
    record.add(packet(3, { nsp: '/mine' }));
    expect([...record.namespaces.keys()]).toEqual(['/mine']);
    expect(record.namespaces.get('/mine')).toMatchObject({ packetsIn: 1, packetsOut: 1 });
  });

  it('forgets unjoined namespaces before joined ones', () => {
    const record = recordOf({ type: 'namespace', atMs: 0, nsp: '/joined', state: 'joined' });
    for (let i = 0; i < LIMITS.namespaces + 10; i++)
      record.add({ type: 'namespace', atMs: i, nsp: `/left-${i}`, state: 'left' });
    expect(record.namespaces.size).toBe(LIMITS.namespaces);
    expect(record.namespaces.has('/joined')).toBe(true);
  });

  it('records for each event when it was answered', () => {
    const record = recordOf(
      packet(1, { direction: 'out', ackId: 4 }),
      packet(2, { kind: 'ack', ackId: 4, answers: { number: 1, ms: 9 } }),
    );
    expect(record.packet(1)?.answeredMs).toBe(9);
  });

  it('sums up each second', () => {
    const record = recordOf(
      packet(1, { atMs: 1_100 }),
      packet(2, { atMs: 1_900, direction: 'out', bytes: 5 }),
      packet(3, { atMs: 2_000 }),
    );
    expect([...record.samples]).toMatchObject([
      { second: 1, packetsIn: 1, bytesIn: 10, packetsOut: 1, bytesOut: 5 },
      { second: 2, packetsIn: 1, bytesIn: 10, packetsOut: 0, bytesOut: 0 },
    ]);
  });

  it('tracks the transports of an attempt, and the answer to the first CONNECT', () => {
    const attempt = (
      transport: string,
      phase: 'start' | 'open' | 'failed' | 'won',
      atMs: number,
      error?: string,
    ): ObservedEvent => ({
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
      packet(1, { kind: 'connect', direction: 'out', atMs: 512 }),
      packet(2, { kind: 'connect', direction: 'in', atMs: 560 }),
    );
    const [websocket, polling] = record.rounds.at(0)?.candidates ?? [];
    expect(websocket).toMatchObject({ outcome: 'failed', error: 'websocket error' });
    expect(spansOf(polling as never, 999)).toEqual([
      { phase: 'open', fromMs: 300, toMs: 500 },
      { phase: 'handshake', fromMs: 500, toMs: 510 },
      { phase: 'connect', fromMs: 512, toMs: 560 },
    ]);
  });

  it('records a CONNECT that was never answered', () => {
    const record = recordOf(
      { type: 'attempt', atMs: 0, round: 1, transport: 'websocket', probe: false, phase: 'start', ms: 0 },
      { type: 'attempt', atMs: 5, round: 1, transport: 'websocket', probe: false, phase: 'won', ms: 5 },
      packet(1, { kind: 'connect', direction: 'out', atMs: 6 }),
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
  ])('finds "%s": %s', (words, found) => {
    expect(matches(row as never, { search: words, direction: 'all', kind: 'all' })).toBe(found);
  });

  it('searches the payload of a packet, if it was kept', () => {
    expect(
      matches(
        { ...row, payload: '["order:place","gold"]' },
        { search: 'gold', direction: 'all', kind: 'all' },
      ),
    ).toBe(true);
  });

  it('selects by direction and kind', () => {
    expect(matches(row as never, { search: '', direction: 'out', kind: 'all' })).toBe(false);
    expect(matches(row as never, { search: '', direction: 'in', kind: 'ack' })).toBe(false);
    expect(
      matches({ ...row, kind: 'connect' } as never, { search: '', direction: 'all', kind: 'other' }),
    ).toBe(true);
  });

  it('finds the same packets incrementally as all at once, while old packets are discarded', () => {
    const filter = { search: 'a', direction: 'all', kind: 'all' } as const;
    const record = new ConnectionRecord();
    const found = new FilteredPackets();
    let gone = 0;
    for (let no = 1; no <= 11_000; no++) {
      record.add(packet(no, { event: no % 3 === 0 ? 'alpha' : 'beta', nsp: no % 2 === 0 ? '/a' : '/x' }));
      if (no % 700 === 0) gone += found.update(record, filter);
    }
    gone += found.update(record, filter);
    const wanted = [...record.packets].filter((one) => matches(one, filter));
    expect(Array.from({ length: found.length }, (_, i) => found.at(i)?.number)).toEqual(
      wanted.map(({ number }) => number),
    );
    expect(gone).toBeGreaterThan(1_000);
    expect(found.indexOf(wanted.at(-1)?.number as number)).toBe(found.length - 1);
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
  expect(periodsOf(states, 50, 100).map(({ state, untilMs }) => [state, untilMs])).toEqual([
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
