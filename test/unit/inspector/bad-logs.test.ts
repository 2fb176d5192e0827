import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describe as lineOf } from '../../../src/plugins/inspector/describe.js';
import { LogError, MAX_MS } from '../../../src/plugins/inspector/fields.js';
import { MAX_LOG_BYTES, replay } from '../../../src/plugins/inspector/log.js';
import { parseLog } from '../../../src/plugins/inspector/log-schema.js';
import { spansOf } from '../../../src/plugins/inspector/panel/attempts.js';
import { periodsOf } from '../../../src/plugins/inspector/panel/overview.js';
import { shownTime } from '../../../src/plugins/inspector/panel/plots.js';

/** Damaged and hostile logs: rejected with one sentence, or harmless. */

const packet = {
  type: 'packet',
  atMs: 10,
  number: 1,
  direction: 'out',
  kind: 'event',
  nsp: '/',
  event: 'price',
  bytes: 9,
  attachments: 0,
  ackId: 1,
  answers: { number: 1, ms: 2 },
  payload: '["price",1]',
};
const failure = {
  type: 'failure',
  atMs: 5,
  round: 1,
  lost: false,
  message: 'xhr poll error',
  attempts: [{ transport: 'polling', phase: 'open', ms: 4, status: 401, message: 'xhr poll error' }],
};
const connection = {
  address: 'https://host.test/socket.io',
  startedAt: '2026-11-27T00:56:52.872Z',
  nowMs: 9_598.8,
  events: [
    { type: 'state', atMs: 1, state: 'connecting', reason: 'why', retryInMs: 4 },
    { type: 'attempt', atMs: 2, round: 1, transport: 'polling', probe: false, phase: 'start', ms: 0 },
    failure,
    { type: 'namespace', atMs: 6, nsp: '/', state: 'joined', id: 'a', recovered: true },
    { type: 'gap', atMs: 7, nsp: '/', awayMs: 3 },
    { type: 'dropped', atMs: 8, nsp: '/', event: 'price', code: 'OUTBOX_FULL', message: 'full' },
  ],
  packets: [packet],
  rtts: [{ atMs: 9, ms: 12 }],
  samples: [
    { second: 0, packetsIn: 0, packetsOut: 1, bytesIn: 0, bytesOut: 9, outbox: 0, buffered: 0 },
    { second: 9, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0, outbox: 0, buffered: 0 },
  ],
  discarded: { events: 0, packets: 0 },
};
const log = {
  format: 'holdfast-log',
  version: 2,
  savedAt: '2026-11-27T00:57:02.472Z',
  userAgent: 'of a page',
  payloads: true,
  connections: [connection],
};
const withConnection = (change: object): object => ({ ...log, connections: [{ ...connection, ...change }] });
const withPacket = (change: object): object => withConnection({ packets: [{ ...packet, ...change }] });
const withEvent = (event: object): object => withConnection({ events: [event] });

describe('a bad file', () => {
  it.each([
    ['{"format":"holdfast-lo', 'not JSON: it is not a log, or it was cut off'],
    ['', 'not JSON'],
    ['\0\x1bPK', 'not JSON'],
    ['[]', 'not a log of a holdfast inspector'],
    ['null', 'not a log of a holdfast inspector'],
    ['{"log":{"entries":[]}}', 'not a log of a holdfast inspector'],
    [`${'['.repeat(400_000)}${']'.repeat(400_000)}`, 'nested more than 20 levels deep'],
    [`{"a":`.repeat(400_000), 'nested more than 20 levels deep'],
    [`[${'0,'.repeat(3_000_001)}0]`, 'more than 3000000 values'],
    [`${JSON.stringify(log)}${' '.repeat(MAX_LOG_BYTES)}`, 'has 65 MB; a log has 64 MB at most'],
  ])('is rejected in one sentence: %#', (text, sentence) => {
    expect(() => parseLog(text)).toThrow(LogError);
    expect(() => parseLog(text)).toThrow(sentence);
  });

  it.each([
    [{ ...log, version: 9 }, 'has version 9; this inspector reads version 2'],
    [{ ...log, version: '2' }, 'has no version'],
    [{ ...log, savedAt: 'yesterday' }, 'savedAt is not a time between 1970 and 2100'],
    [{ ...log, payloads: 'yes' }, 'payloads is not true or false'],
    [{ ...log, connections: {} }, 'connections is not a list'],
    [{ ...log, connections: [null] }, 'connections[0] is not an object'],
    [{ ...log, connections: Array(51).fill(connection) }, 'has 51 entries; at most 50 can be read'],
    [withConnection({ address: 5 }), 'connections[0].address is not a text'],
    [withConnection({ startedAt: 'yesterday' }), 'connections[0].startedAt is not a time'],
    [withConnection({ startedAt: '+275760-09-13T00:00:00.000Z' }), 'startedAt is not a time'],
    [withConnection({ nowMs: 1e19 }), 'connections[0].nowMs is not a number from 0 to 86400000000'],
    [withConnection({ nowMs: null }), 'connections[0].nowMs is not a number'],
    [withConnection({ nowMs: -1 }), 'connections[0].nowMs is not a number'],
    [withConnection({ events: {} }), 'connections[0].events is not a list'],
    [withConnection({ events: Array(50_001).fill(0) }), 'has 50001 entries'],
    [withEvent({ type: 'state' }), 'connections[0].events[0].atMs is not a number'],
    [withEvent({ type: 5, atMs: 1 }), 'connections[0].events[0].type is not a text'],
    [withEvent({ ...failure, message: 5 }), 'events[0].message is not a text'],
    [withEvent({ ...failure, attempts: [3] }), 'attempts[0] is not an object'],
    [withEvent({ ...failure, attempts: Array(50_001).fill(3) }), 'has 50001 entries'],
    [withEvent({ type: 'state', atMs: 1, state: 'party' }), 'events[0].state is not one of idle, connecting'],
    [withEvent({ type: 'gap', atMs: 1, nsp: '/', awayMs: 1e300 }), 'events[0].awayMs is not a number'],
    [withPacket({ direction: 'up' }), 'connections[0].packets[0].direction is not one of in, out'],
    [withPacket({ kind: '__proto__' }), 'packets[0].kind is not one of'],
    [withPacket({ event: {} }), 'packets[0].event is not a text'],
    [withPacket({ nsp: 7 }), 'packets[0].nsp is not a text'],
    [withPacket({ payload: [1] }), 'packets[0].payload is not a text'],
    [withPacket({ number: 1.5 }), 'packets[0].number is not a whole number'],
    [withPacket({ bytes: 1e19 }), 'packets[0].bytes is not a whole number'],
    [withPacket({ answers: 'yes' }), 'packets[0].answers is not an object'],
    [withConnection({ packets: [packet, packet] }), 'the packets of connections[0] are not in order'],
    [withConnection({ samples: [{}] }), 'connections[0].samples[0].second is not a whole number'],
    [withConnection({ discarded: undefined }), 'connections[0].discarded is not an object'],
  ])('is rejected in one sentence that names the place: %#', (value, sentence) => {
    const text = JSON.stringify(value);
    expect(() => parseLog(text)).toThrow(LogError);
    expect(() => parseLog(text)).toThrow(sentence);
  });

  it('is rejected in one sentence that repeats nothing of the file', () => {
    const text = JSON.stringify({ ...log, version: 'x'.repeat(1e6), [`${'y'.repeat(1e6)}`]: 1 });
    expect(() => parseLog(text)).toThrow(/^.{1,200}$/);
  });
});

describe('a log of a later version', () => {
  it('may have unknown events and fields, which are left out', () => {
    const later = withConnection({
      more: 1,
      events: [
        { type: 'party', atMs: 1, guests: 5 },
        { ...failure, colour: 'red' },
      ],
    });
    const [read] = parseLog(JSON.stringify({ ...later, more: {} })).connections;
    expect(read?.events).toEqual([expect.not.objectContaining({ colour: 'red' })]);
    expect(read).not.toHaveProperty('more');
  });
});

/** Values that programs expect least. `__proto__` is a member of its own in JSON. */
const hostile = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', '1e19', [], {}, [[[]]], -1, -0, 0.5, 1e19, 1e308, MAX_MS, 2 ** 53),
  fc.constantFrom<unknown>('\n\x1b[2J', '\u202eabc', '\ud800', 'x'.repeat(100_000), 'token=hunter2hunter2'),
  fc.constant({ toString: 1, valueOf: 1, toJSON: 1, length: 1e9 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** All the places in a value of JSON. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.keys(value).flatMap((key) => placesIn((value as never)[key], [...path, key]))];
}

function withValueAt(value: unknown, [key, ...rest]: readonly string[], replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  (copy as Record<string, unknown>)[key] = withValueAt((value as never)[key], rest, replacement);
  return copy;
}

/** Everything that the panel computes from a log; the rest is text. */
function show(text: string): string[] {
  return parseLog(text).connections.flatMap((one) => {
    const record = replay(one);
    const nowMs = (): number => one.nowMs;
    const { fromMs, toMs } = shownTime({ record, nowMs, address: '', startedAtMs: 0 });
    expect(toMs - fromMs).toBeLessThanOrEqual(120_000);
    const rounds = [...record.rounds].flatMap(({ candidates }) =>
      candidates.flatMap((candidate) => spansOf(candidate, toMs)),
    );
    const periods = periodsOf([...record.states], fromMs, toMs);
    for (const ms of [
      ...rounds.flatMap((span) => [span.fromMs, span.toMs]),
      ...periods.map((p) => p.untilMs),
    ]) {
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThanOrEqual(MAX_MS);
    }
    return [...[...record.events].map(lineOf), ...[...record.packets].map((row) => lineOf(row))];
  });
}

it('a log with any value in any place is rejected as a log, or can be shown', () => {
  const places = placesIn(log);
  expect(show(JSON.stringify(log)).length).toBe(7);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...places), hostile), { minLength: 1, maxLength: 3 }),
      (changes) => {
        let value: unknown = log;
        for (const [path, replacement] of changes) {
          try {
            value = withValueAt(value, path, replacement);
          } catch {
            // An earlier change took the place away.
          }
        }
        const text = JSON.stringify(value) ?? '';
        let lines: string[] = [];
        try {
          lines = show(text);
        } catch (error) {
          if (!(error instanceof LogError)) throw error;
          expect(error.message).toMatch(/^This .{1,300}\.$/);
        }
        for (const line of lines) {
          expect(line.length).toBeLessThan(20_000);
          expect(line).toMatch(/^[^\p{Cc}\u2028-\u202e]*$/u);
        }
      },
    ),
    { numRuns: 500 },
  );
}, 60_000);
