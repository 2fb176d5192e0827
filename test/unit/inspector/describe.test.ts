import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { debug } from '../../../src/plugins/inspector/debug.js';
import { describe as lineOf } from '../../../src/plugins/inspector/describe.js';
import { cleanEvent } from '../../../src/plugins/inspector/event-fields.js';
import { toLog } from '../../../src/plugins/inspector/log.js';
import type { ObservedEvent } from '../../../src/plugins/inspector/observed.js';
import { ConnectionRecord } from '../../../src/plugins/inspector/record.js';
import { useManagers } from '../../support/fake-managers.js';

/** Text from a server can neither forge lines of `debug`, of the journal or of a log, nor hide a part of one. */

const managers = useManagers();

/** Characters that move the cursor, end a line, reorder or hide text. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028-\u202e\u2060-\u206f\u200b\u200e\u200f\ufeff\u{e0000}-\u{e007f}]/u;

const FORGED =
  'no\nholdfast:state +0ms connected\r\x1b[2J\x1b]0;title\x07\x9b31m\u2028\u202egnp.exe\u200b\ud800\b\b';

const events = (text: string): ObservedEvent[] => [
  { type: 'state', atMs: 1, state: 'waiting', reason: text, transport: text, retryInMs: 5 },
  { type: 'attempt', atMs: 1, round: 1, transport: text, probe: false, phase: 'failed', ms: 1, error: text },
  {
    type: 'failure',
    atMs: 1,
    round: 1,
    lost: false,
    message: text,
    hint: text,
    attempts: [{ transport: text, phase: text, ms: 1, message: text, responseText: text }],
  },
  { type: 'namespace', atMs: 1, nsp: text, state: 'refused', id: text, reason: text },
  { type: 'gap', atMs: 1, nsp: text, awayMs: 5 },
  { type: 'dropped', atMs: 1, nsp: text, event: text, code: text, message: text },
  { type: 'invalid', atMs: 1, nsp: text, event: text, path: text, message: text },
];

const packet = (payload: unknown): ObservedEvent => ({
  type: 'packet',
  atMs: 1,
  number: 1,
  direction: 'in',
  kind: 'event',
  nsp: '/',
  event: 'price',
  bytes: 9,
  attachments: 0,
  payload,
});

it('a line of an event has no character that could forge another line', () => {
  fc.assert(
    fc.property(fc.oneof(fc.constant(FORGED), fc.string({ unit: 'binary' })), (text) => {
      for (const event of events(text)) {
        expect(lineOf(cleanEvent(event))).not.toMatch(UNPRINTABLE);
        expect(lineOf(event)).not.toMatch(UNPRINTABLE);
      }
      for (const payload of [text, [text], { [text]: text }]) {
        expect(lineOf(packet(payload))).not.toMatch(UNPRINTABLE);
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);

it('neither have texts that are kept, shown and saved', () => {
  const record = new ConnectionRecord();
  for (const event of events(FORGED)) record.add(cleanEvent(event));
  const texts: string[] = [];
  JSON.stringify(
    [
      toLog([{ address: '', startedAtMs: 0, nowMs: 0, record }], {
        payloads: true,
        savedAtMs: 0,
        userAgent: '',
      }),
      [...record.rounds],
      [...record.namespaces],
    ],
    (key, value) => {
      texts.push(key);
      if (typeof value === 'string') texts.push(value);
      return value;
    },
  );
  expect(texts.length).toBeGreaterThan(50);
  expect(texts.filter((text) => UNPRINTABLE.test(text))).toEqual([]);
});

it('quoted names end at their closing quote', () => {
  const [, , , , , dropped] = events('a", 5 B \\"');
  expect(lineOf(dropped as ObservedEvent)).toContain('"a\\", 5 B \\\\\\"" will not be sent');
  expect(lineOf({ type: 'gap', atMs: 1, nsp: '/a missed all', awayMs: 5 })).toMatch(
    /^"\/a missed all" missed/,
  );
});

describe('debug', () => {
  it('prints one line for each event, whatever a server sends', async () => {
    const { manager, socket, below } = await managers.joined();
    const lines: string[] = [];
    const stop = debug(manager, { filter: '*', payloads: true, print: (line) => lines.push(line) });
    const text = JSON.stringify(FORGED).slice(1, -1);
    socket.on('connect_error', () => {});
    below.gives('message', `2["${text}","${text}"]`);
    for (const name of [
      'dropped',
      'invalid',
      'gap',
      'attempt',
      'error',
      'connect',
      'disconnect',
      'connect_error',
    ]) {
      for (const args of [
        '',
        `,"${text}"`,
        ',null',
        ',{"awayMs":"x","attempts":5,"message":{}}',
        ',[],[[]]',
        ',5,5',
      ]) {
        below.gives('message', `2["${name}"${args}]`);
      }
    }
    below.gives('message', `2["${FORGED}",1]`);
    below.gives('message', `2/${FORGED},["a"]`);
    below.gives('message', `4{"message":"${text}"}`);
    below.closes();
    stop();
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) {
      expect(line).not.toMatch(UNPRINTABLE);
      expect(line).toMatch(/^holdfast:[a-z]+ \+\d+ms /);
    }
  });
});
