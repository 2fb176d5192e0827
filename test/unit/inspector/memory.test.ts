import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { ChunkReader } from '../../../src/plugins/inspector/chunk-reader.js';
import { cleanEvent } from '../../../src/plugins/inspector/event-fields.js';
import {
  fileOf,
  type Log,
  type LoggedConnection,
  MAX_LOG_BYTES,
  replay,
  toLog,
} from '../../../src/plugins/inspector/log.js';
import { parseLog } from '../../../src/plugins/inspector/log-schema.js';
import { observe } from '../../../src/plugins/inspector/observe.js';
import type { ObservedEvent } from '../../../src/plugins/inspector/observed.js';
import { MAX_PRETTY, pretty, previewOf } from '../../../src/plugins/inspector/payload.js';
import { ConnectionRecord, LIMITS } from '../../../src/plugins/inspector/record.js';
import { useManagers } from '../../support/fake-managers.js';

/** The inspector's memory is bounded in bytes: each test fills a bound, and reads the size of the heap. */

// Filling takes longer on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const managers = useManagers();

/** 200 kB of text, different for each number; characters beyond Latin-1 take two bytes each. */
const longText = (i: number): string => `${i}: ${'жук '.repeat(25_000)}`;

async function usedBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await setImmediate();
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How much memory `fill` leaves in use while its result is kept, in bytes. */
async function kept(fill: () => unknown): Promise<number> {
  // Once before: caches are filled, code is compiled. A function that is returned undoes it.
  const first = fill();
  if (typeof first === 'function') first();
  const before = await usedBytes();
  const result = fill();
  const after = await usedBytes();
  expect(result).toBeDefined();
  return after - before;
}

function recordOf(count: number, events: (i: number) => readonly ObservedEvent[]): ConnectionRecord {
  const record = new ConnectionRecord();
  for (let i = 1; i <= count; i++) for (const event of events(i)) record.add(cleanEvent(event));
  return record;
}

const failureOf = (i: number): ObservedEvent => {
  const page = longText(i);
  const cause = { url: page, response: page, headers: { cookie: page } };
  const attempt = {
    transport: page,
    phase: 'open',
    ms: 4,
    status: 502,
    message: page,
    responseText: page,
    cause,
  };
  return {
    type: 'failure',
    atMs: i,
    round: i,
    lost: false,
    message: page,
    hint: page,
    attempts: Array(40).fill(attempt),
  };
};

/** Packets that a reader creates from chunks with long names and payloads. */
function packetsOf(i: number, payloads: boolean): ObservedEvent[] {
  const reader = new ChunkReader(
    () => 'websocket',
    () => undefined,
    () => payloads,
  );
  const read = reader.read(`2/${longText(i)},${i}["${longText(i)}","${longText(i)}"]`);
  if (!read) throw new Error('the chunk could not be read');
  return [{ type: 'packet', atMs: i, number: i, direction: 'out', ...read }];
}

/** Checks that `fill` leaves less than this in use, and something at all, so that the measurement means something. */
async function expectKept(fill: () => unknown, moreThanMb: number, lessThanMb: number): Promise<void> {
  const mb = (await kept(fill)) / 1e6;
  expect(mb).toBeGreaterThan(moreThanMb);
  expect(mb).toBeLessThan(lessThanMb);
}

describe('for one connection', () => {
  it('failures whose message, response and cause are long pages take at most 1.5 MB', async () => {
    await expectKept(() => recordOf(40, (i) => [failureOf(i)]), 0.5, 1.5);
  });

  it('states, attempts, refusals and dropped events with long texts take at most 3 MB', async () => {
    const fill = (): ConnectionRecord =>
      recordOf(600, (i) => {
        const text = i % 20 === 0 ? longText(i) : `${i}${'жук '.repeat(1_000)}`;
        return [
          { type: 'state', atMs: i, state: 'waiting', reason: text, transport: text },
          { type: 'attempt', atMs: i, round: i, transport: text, probe: false, phase: 'start', ms: 0 },
          {
            type: 'attempt',
            atMs: i,
            round: i,
            transport: text,
            probe: false,
            phase: 'failed',
            ms: 0,
            error: text,
          },
          { type: 'namespace', atMs: i, nsp: text, state: 'refused', id: text, reason: text },
          { type: 'dropped', atMs: i, nsp: text, event: text, code: text, message: text },
          { type: 'gap', atMs: i, nsp: text, awayMs: 1 },
        ];
      });
    await expectKept(fill, 0.5, 3);
  });

  it('packets are kept with the beginning of their names and payloads', async () => {
    const fill = (): ConnectionRecord => recordOf(40, (i) => packetsOf(i, true));
    const [row] = fill().packets;
    expect([row?.nsp.length, row?.event?.length, row?.payload?.length]).toEqual([
      201,
      201,
      LIMITS.payload + 1,
    ]);
    await expectKept(fill, 0.5, 1.5);
  });

  it('a full record takes at most 6 MB, with its payloads', async () => {
    const fill = (): ConnectionRecord => {
      const record = new ConnectionRecord();
      for (let i = 1; i <= 6_000; i++) {
        const name = `${i}${'ж'.repeat(150)}`;
        const atMs = i * 1_000 + 0.5;
        record.add({
          type: 'packet',
          atMs,
          number: i,
          direction: 'out',
          kind: 'event',
          nsp: `/${i % 700}`,
          event: name,
          bytes: 3_000,
          attachments: 0,
          ackId: i,
          payload: `${i}["price","${'x'.repeat(3_000)}"]`,
        });
        record.add({ type: 'rtt', atMs, ms: 1.5 });
        record.add({
          type: 'attempt',
          atMs,
          round: i,
          transport: name,
          probe: false,
          phase: 'start',
          ms: 0.5,
        });
        record.add({ type: 'state', atMs, state: 'connecting', reason: name });
        record.add({ type: 'namespace', atMs, nsp: `/${i % 700}`, state: 'joined', id: name });
      }
      return record;
    };
    let payloadBytes = 0;
    for (const { payload } of fill().packets) payloadBytes += payload?.length ?? 0;
    expect(payloadBytes).toBeGreaterThan(LIMITS.payloadBytes - 10_000);
    expect(payloadBytes).toBeLessThanOrEqual(LIMITS.payloadBytes);
    await expectKept(fill, 3, 6);
  });

  it('events that are never acknowledged are remembered within 4 MB', async () => {
    const { manager } = await managers.joined();
    const stops: (() => void)[] = [];
    const fill = (): (() => void) => {
      const stop = observe(manager, () => {});
      for (let i = 0; i < 4_000; i++) {
        const name = `${i}${'ж'.repeat(500)}`;
        for (const observer of manager._observers) observer.chunk?.('in', `2/${name},${i}["${name}"]`);
      }
      stops.push(stop);
      return stop;
    };
    await expectKept(fill, 0.5, 4);
    for (const stop of stops) stop();
  });
});

const logOf = (record: ConnectionRecord, count: number): Log =>
  toLog(Array(count).fill({ address: 'https://host.test', startedAtMs: 0, nowMs: 6_000_000, record }), {
    payloads: true,
    savedAtMs: 0,
    userAgent: 'test',
  });

describe('a log', () => {
  it('at the size limit of a file stays within the bounds of a record', async () => {
    const text = 'ж'.repeat(1_500);
    const log = logOf(new ConnectionRecord(), 1);
    const rows = Array.from({ length: 5_000 }, (_, i) => i);
    const events = rows.map((i) => ({
      type: 'dropped',
      atMs: i,
      nsp: `/${i}${text}`,
      event: text,
      message: text,
    }));
    const packets = rows.map((i) => ({
      atMs: i,
      number: i,
      direction: 'in',
      kind: 'event',
      nsp: text,
      event: text,
      bytes: 1,
      attachments: 0,
      payload: `${i}${text}`,
    }));
    const json = JSON.stringify({ ...log, connections: [{ ...log.connections[0], events, packets }] });
    expect(json.length).toBeGreaterThan(40_000_000);
    await expectKept(() => parseLog(json).connections.map(replay), 1, 6);
  });

  it('of full records can be opened again', () => {
    const record = recordOf(5_000, (i) => [
      {
        type: 'packet',
        atMs: i * 1_000,
        number: i,
        direction: 'in',
        kind: 'event',
        nsp: '/trading',
        event: 'price:update',
        bytes: 3_000,
        attachments: 0,
        ackId: i,
        payload: i % 5 === 0 ? JSON.stringify(['price', { a: '"'.repeat(900) }]) : undefined,
      },
      { type: 'rtt', atMs: i * 1_000, ms: 1.123456789 },
      { type: 'state', atMs: i * 1_000, state: 'waiting', reason: 'transport close', retryInMs: 1234.56789 },
    ]);
    const { text, payloads } = fileOf(logOf(record, 8));
    expect(payloads).toBe(true);
    expect(parseLog(text).connections).toHaveLength(8);
  });

  it.each(['x', '"', '\\', '你', '😀'])('of 24 connections full of %s can be opened again', (filler) => {
    const text = (i: number): string => `${i}`.padEnd(300, filler);
    const record = recordOf(2_500, (i) => [
      {
        type: 'packet',
        atMs: i,
        number: i,
        direction: 'out',
        kind: 'event',
        nsp: text(i),
        event: text(i),
        bytes: 5,
        attachments: 0,
      },
      { type: 'state', atMs: i, state: 'waiting', reason: text(i), transport: text(i) },
      { type: 'dropped', atMs: i, nsp: text(i), event: text(i), code: text(i), message: text(i) },
    ]);
    const log = { ...logOf(record, 24), payloads: false };
    const saved = fileOf(log).text;
    expect(new Blob([saved]).size).toBeLessThanOrEqual(MAX_LOG_BYTES);
    const { packets, events, discarded } = parseLog(saved).connections[23] as LoggedConnection;
    expect(packets.length).toBeGreaterThan(500);
    expect(packets.at(-1)?.number).toBe(2_500);
    expect(discarded.packets + packets.length).toBe(2_500);
    expect(discarded.events + events.length).toBe(5_000);
  });

  it('is always cut to a finite size, however small the limit', () => {
    const log = logOf(
      recordOf(50, (i) => packetsOf(i, true)),
      2,
    );
    const { text } = fileOf(log, 10);
    expect(parseLog(text).connections).toMatchObject([{ packets: [] }, { packets: [] }]);
  });

  it('that would be too large to open is saved without payloads', () => {
    const record = recordOf(3, (i) => packetsOf(i, true));
    const log = logOf(record, 1);
    expect(fileOf(log)).toEqual({ text: JSON.stringify(log), payloads: true });
    const { text, payloads } = fileOf(log, 20_000);
    expect(payloads).toBe(false);
    expect(parseLog(text)).toMatchObject({
      payloads: false,
      connections: [{ address: 'https://host.test' }],
    });
    expect(text).not.toContain('payload"');
    expect(log.connections[0]?.packets[0]).toHaveProperty('payload');
  });
});

describe('a displayed payload', () => {
  it.each([
    ['brackets', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['brackets with values', `${'[1,'.repeat(2_400)}1${']'.repeat(2_400)}`],
    ['objects', `${'{"a":'.repeat(1_600)}1${'}'.repeat(1_600)}`],
    ['many values', `[${'1,'.repeat(4_900)}1]`],
    ['spaces', `[${' '.repeat(9_000)}[${' '.repeat(900)}]]`],
  ])('stays short when it is formatted: %s', (_, json) => {
    const text = pretty(json);
    expect(text.length).toBeLessThanOrEqual(MAX_PRETTY + 20);
  });

  it('is formatted without changing its values', () => {
    const json = '{"id":12345678901234567890,"list":[1,[],{},"a\\"]"], "e":{"f":null}}';
    const text = pretty(json);
    expect(text).toBe(
      '{\n  "id": 12345678901234567890,\n  "list": [\n    1,\n    [],\n    {},\n    "a\\"]"\n  ],\n  "e": {\n    "f": null\n  }\n}',
    );
    expect(pretty('not JSON [')).toBe('not JSON [');
  });

  it('is not read beyond what is shown, whatever a parser decoded', () => {
    let reads = 0;
    const endless: unknown = new Proxy([], {
      get(_, key) {
        if (key === 'length') return 1e9;
        reads++;
        return 'item';
      },
    });
    const circle: unknown[] = [];
    circle.push(circle);
    let deep: unknown = 'end';
    for (let i = 0; i < 100_000; i++) deep = [deep];
    const throwing = {
      get a(): string {
        throw new Error('never');
      },
    };
    for (const value of [endless, circle, deep, throwing, longText(1), 5n, undefined, new Uint8Array(9)]) {
      expect(previewOf(value, 1_000).length).toBeLessThanOrEqual(1_001);
    }
    expect(reads).toBeLessThan(500);
    expect(previewOf(['a', { b: [1, null] }, new Uint8Array(9)], 1_000)).toBe(
      '["a",{"b":[1,null]},"<9 bytes>"]',
    );
  });
});
