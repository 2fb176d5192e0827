import { describe, expect, it } from 'vitest';
import { ConnectionError } from '../../../src/platform/errors.js';
import { cleanEvent } from '../../../src/plugins/inspector/event-fields.js';
import { replay, toLog } from '../../../src/plugins/inspector/log.js';
import { parseLog } from '../../../src/plugins/inspector/log-schema.js';
import type { ObservedEvent } from '../../../src/plugins/inspector/observed.js';
import { ConnectionRecord } from '../../../src/plugins/inspector/record.js';
import { redact } from '../../../src/plugins/inspector/redact.js';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';

describe('a possible secret', () => {
  it.each([
    [
      'GET https://me:pass@host.test:8443/socket.io/?EIO=4&sid=abc&token=hush failed',
      'GET https://…@host.test:8443/socket.io/?… failed',
    ],
    ['wss://host.test/path#fragment', 'wss://host.test/path#…'],
    ['/socket.io/?token=hush', '/socket.io/?…'],
    ['Authorization: Bearer abc.def-ghi', 'Authorization: …'],
    ['bad bearer abc.def', 'bad bearer …'],
    [`jwt ${JWT} has expired`, 'jwt … has expired'],
    ['{"token":"hush","user":1}', '{"token":"…","user":1}'],
    ['accessToken=hush; other=1', 'accessToken=…; other=1'],
    ['api_key: hush', 'api_key: …'],
    ['password=hush&x=1', 'password=…&x=1'],
    ['id 0123456789abcdef0123456789abcdef01', 'id …'],
  ])('is left out of %s', (text, left) => {
    const found = redact(text);
    expect(found).not.toMatch(/hush|pass@|abc\.def|eyJ/);
    if (!text.startsWith('Auth')) expect(found).toBe(left);
  });

  it.each([
    'xhr poll error',
    'websocket error',
    'the server cannot be reached: is it running, is the address right?',
    'only for administrators',
    '502 Bad Gateway nginx/1.26.3',
    'https://host.test/socket.io',
  ])('is not found in "%s"', (text) => {
    expect(redact(text)).toBe(text);
  });
});

function recordOf(...events: ObservedEvent[]): ConnectionRecord {
  const record = new ConnectionRecord();
  for (const event of events) record.add(cleanEvent(event));
  return record;
}

const request = { url: 'https://host.test/?token=hush', headers: { cookie: 'hush' } };
const failure = new ConnectionError('xhr poll error', [
  {
    transport: 'polling',
    phase: 'open',
    ms: 4,
    status: 401,
    message: 'xhr poll error',
    responseText: 'token=hush is wrong',
    cause: request,
  },
]);
failure.hint = 'look at the server';
const session: ObservedEvent[] = [
  { type: 'state', atMs: 1, state: 'connecting' },
  { type: 'attempt', atMs: 1, round: 1, transport: 'polling', probe: false, phase: 'start', ms: 0 },
  {
    type: 'failure',
    atMs: 5,
    round: 1,
    lost: false,
    message: 'failed for https://host.test/?token=hush',
    hint: failure.hint,
    attempts: failure.attempts,
  },
  {
    type: 'state',
    atMs: 6,
    state: 'waiting',
    reason: 'failed for https://host.test/?token=hush',
    retryInMs: 3,
  },
  { type: 'namespace', atMs: 8, nsp: '/', state: 'refused', reason: 'bad token=hush' },
  { type: 'dropped', atMs: 9, nsp: '/', event: 'price', code: 'OUTBOX_FULL', message: 'token=hush' },
  { type: 'gap', atMs: 9, nsp: '/', awayMs: 4 },
  { type: 'rtt', atMs: 9, ms: 12 },
  {
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
    payload: '["price","private"]',
  },
  {
    type: 'packet',
    atMs: 12,
    number: 2,
    direction: 'in',
    kind: 'ack',
    nsp: '/',
    event: 'price',
    bytes: 5,
    attachments: 0,
    ackId: 1,
    answers: { number: 1, ms: 2 },
  },
];

const saved = (payloads: boolean, record = recordOf(...session)): string =>
  JSON.stringify(
    toLog([{ address: 'https://host.test/socket.io', startedAtMs: 1_000, nowMs: 20, record }], {
      payloads,
      savedAtMs: 2_000,
      userAgent: 'test',
    }),
  );

describe('a saved log', () => {
  it('has no secrets', () => {
    expect(saved(true)).not.toContain('hush');
    expect(saved(false)).toContain('look at the server');
  });

  it('has payloads only if they were requested', () => {
    expect(saved(true)).toContain('private');
    expect(saved(false)).not.toContain('private');
  });

  it('is unchanged when it is opened and saved again', () => {
    const log = parseLog(saved(true));
    const [connection] = log.connections;
    const again = saved(true, replay(connection as never));
    expect(JSON.parse(again)).toEqual(JSON.parse(saved(true)));
  });

  it('shows the same when it is opened again', () => {
    const before = recordOf(...session);
    Object.assign(before.sample(12), { outbox: 3, buffered: 4 });
    const log = parseLog(saved(true, before));
    const [connection] = log.connections;
    const after = replay(connection as never);
    expect([...after.packets]).toEqual([...before.packets]);
    expect([...after.samples]).toEqual([...before.samples]);
    expect([...after.states].map(({ state }) => state)).toEqual(['connecting', 'waiting']);
    expect(after.namespaces.get('/')).toMatchObject({
      state: 'refused',
      packetsIn: 1,
      packetsOut: 1,
      dropped: 1,
      gaps: 1,
    });
    expect(after.rounds.at(0)?.candidates).toMatchObject([{ transport: 'polling' }]);
    expect(connection).toMatchObject({
      address: 'https://host.test/socket.io',
      startedAt: '1970-01-01T00:00:01.000Z',
    });
  });
});
