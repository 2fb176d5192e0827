import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Attempt } from '../../../src/platform/errors.js';
import { message, sender, useSessions } from '../../support/fake-sessions.js';
import { type FakeTransport, settled } from '../../support/fake-transports.js';

const fake = useSessions();
const { open, opened, transport, names } = fake;

afterEach(() => {
  vi.unstubAllGlobals();
});

const ORPHAN = '{"sid":"orphan","upgrades":[],"pingInterval":1,"pingTimeout":1}';

describe('opening a session', () => {
  it('begins after the program had a chance to listen', async () => {
    const { session } = fake.begin();
    expect([session.readyState, session.transport.name, names()]).toEqual(['opening', 'websocket', []]);
    await settled();
    expect(names()).toEqual(['websocket']);
    expect(transport(0).query).toMatchObject({ EIO: '4', transport: 'websocket' });
  });

  it('uses the first transport alone if its handshake is quick', async () => {
    const { session, messages, closed, failures } = await open();
    transport(0).shakes();
    fake.clock.advance(40_000);
    expect([names(), session.id, session.transport.name]).toEqual([['websocket'], 'engine1', 'websocket']);
    transport(0).gives('message', '2["a"]');
    expect([messages, failures]).toEqual([['2["a"]'], []]);
    transport(0).closes();
    expect(closed).toEqual([
      ['transport close', expect.objectContaining({ description: 'websocket connection closed' })],
    ]);
    expect([session.id, session.readyState]).toEqual([null, 'closed']);
  });

  it('needs a handshake, not only an open transport', async () => {
    const { session } = await open();
    transport(0).opens();
    expect(session.readyState).toBe('opening');
    fake.clock.advance(1_000);
    expect(names()).toEqual(['websocket', 'polling']);
    transport(0).shakes();
    expect(session.transport.name).toBe('websocket');
    expect(fake.network.log).toEqual(['websocket opens', 'polling opens', 'won']);
    // The loser is closed as soon as the id of its session is known.
    transport(1).gives('open', ORPHAN);
    expect(fake.network.log.at(-1)).toBe('polling is closed');
  });

  it('continues with the second transport after the head start; the loser is closed before the winner is used', async () => {
    const { session } = await open();
    fake.clock.advance(1_000);
    transport(1).shakes();
    expect(session.transport.name).toBe('polling');
    expect(fake.network.log).toEqual(['websocket opens', 'polling opens', 'websocket is closed', 'won']);
    expect(transport(0).written).toEqual([]);
  });

  it('ignores later packets of a loser', async () => {
    const made = await open();
    fake.clock.advance(1_000);
    transport(1).shakes();
    transport(0).fails();
    transport(0).shakes({ sid: 'late' });
    transport(0).gives('message', 'late');
    expect(made.session.id).toBe('engine1');
    expect([made.messages, made.closed, made.failures]).toEqual([[], [], []]);
  });

  it.each<[string, (one: FakeTransport) => void]>([
    ['fails', (one) => one.fails()],
    ['closes', (one) => one.closes()],
    [
      'opens and closes',
      (one) => {
        one.opens();
        one.closes();
      },
    ],
    ['sends a message before the handshake', (one) => one.gives('message', 'x')],
    ['sends a ping before the handshake', (one) => one.gives('ping')],
    ['ends the session before the handshake', (one) => one.gives('close')],
    ['sends an error', (one) => one.gives('error', 'parser error')],
    ['sends a handshake that is not JSON', (one) => one.gives('open', '<html>')],
    ['sends an empty handshake', (one) => one.gives('open')],
    ['sends a handshake of bytes', (one) => one.gives('open', new ArrayBuffer(4))],
    ['sends null', (one) => one.gives('open', 'null')],
    ['sends a handshake without sid', (one) => one.shakes({ sid: undefined })],
    ['sends a handshake with a number for sid', (one) => one.shakes({ sid: 5 })],
    ['sends a handshake without times', (one) => one.shakes({ pingInterval: undefined })],
    ['sends a handshake with text for a time', (one) => one.shakes({ pingTimeout: '20000' })],
  ])('continues with the next transport at once if the first %s', async (_what, happen) => {
    const made = await open();
    happen(transport(0));
    expect(names()).toEqual(['websocket', 'polling']);
    transport(1).shakes();
    expect(made.session.transport.name).toBe('polling');
    expect([made.failures, made.closed]).toEqual([[], []]);
  });

  const refuses = (): never => {
    throw new Error('no');
  };

  it.each<[string, () => void]>([
    ['fails while it is opened', () => fake.network.onOpen.set('websocket', (one) => one.fails())],
    ['closes while it is opened', () => fake.network.onOpen.set('websocket', (one) => one.closes())],
    ['throws while it is opened', () => fake.network.onOpen.set('websocket', refuses)],
    ['throws while it is made', () => fake.network.onMake.set('websocket', refuses)],
  ])('continues with the next transport at once if the first %s', async (_what, prepare) => {
    prepare();
    const made = await open();
    expect(names().at(-1)).toBe('polling');
    fake.network.last.shakes();
    expect([made.session.transport.name, made.failures]).toEqual(['polling', []]);
  });

  it('may succeed synchronously', async () => {
    fake.network.onOpen.set('websocket', (one) => one.shakes());
    const { session, won } = await open();
    expect([session.readyState, won.length]).toEqual(['open', 1]);
    // Only the heartbeat.
    expect(fake.clock.waits).toEqual([45_000]);
  });

  it('accepts a handshake whose upgrades are not a list', async () => {
    const { session } = await open({ names: ['polling'] });
    transport(0).shakes({ upgrades: 'websocket' });
    expect(session.transport.name).toBe('polling');
  });
});

describe('when no transport opens', () => {
  it('the error has the message of the last one, and names each attempt', async () => {
    const { failures, session } = await open();
    const seen: unknown[] = [];
    session.on('error', (error) => seen.push(['error', error.message]));
    session.on('close', (reason) => seen.push(['close', reason]));
    fake.clock.advance(50);
    transport(0).fails('websocket error', { type: 'error' });
    fake.clock.advance(70);
    transport(1).fails('xhr poll error', 403);
    expect(failures).toMatchObject([
      {
        message: 'xhr poll error',
        code: 'NEGOTIATION_FAILED',
        type: 'TransportError',
        description: 403,
        hint: expect.stringContaining('cors.origin'),
        attempts: [
          { transport: 'websocket', phase: 'open', ms: 50, message: 'websocket error' },
          { transport: 'polling', phase: 'open', ms: 70, message: 'xhr poll error', status: 403 },
        ],
      },
    ]);
    expect(seen).toEqual([
      ['error', 'xhr poll error'],
      ['close', 'transport error'],
    ]);
    expect(fake.clock.pending).toBe(0);
  });

  it('the phase shows how far each one got', async () => {
    const { failures } = await open();
    transport(0).opens();
    transport(0).fails();
    transport(1).fails();
    expect(failures[0]?.attempts.map(({ phase }) => phase)).toEqual(['handshake', 'open']);
  });

  it('it is reported once, even if all of them fail synchronously', async () => {
    for (const name of ['websocket', 'polling']) fake.network.onOpen.set(name, (one) => one.fails());
    const { failures, closed } = await open();
    expect([failures.length, failures[0]?.attempts.length, closed]).toEqual([1, 2, []]);
  });

  it('one that hangs is abandoned after its deadline while another one is running', async () => {
    const { failures } = await open();
    fake.clock.advance(10_000);
    expect(fake.network.log).toContain('websocket is closed');
    transport(1).fails('xhr poll error');
    expect(failures[0]?.attempts).toMatchObject([
      { transport: 'websocket', ms: 10_000, message: 'timeout' },
      { transport: 'polling', ms: 9_000, message: 'xhr poll error' },
    ]);
  });

  it('the timeout ends all of them', async () => {
    const { failures } = await open({ timeoutMs: 4_000 });
    fake.clock.advance(4_000);
    expect(failures).toMatchObject([{ message: 'timeout' }]);
    expect(failures[0]?.attempts.map(({ transport: name }) => name)).toEqual(['websocket', 'polling']);
    fake.clock.advance(10_000);
    expect(fake.network.log.slice(2)).toEqual(['websocket is closed', 'polling is closed']);
    expect(fake.clock.pending).toBe(0);
  });

  it('there is no limit without a timeout', async () => {
    const { failures, session } = await open({ timeoutMs: false });
    fake.clock.advance(1e7);
    expect([failures, session.readyState]).toEqual([[], 'opening']);
  });

  it('transports over which the server did not answer before are named, too', async () => {
    const unresponsive: Attempt[] = [
      { transport: 'websocket', phase: 'connect', ms: 3_000, message: 'timeout' },
    ];
    const { failures } = await open({ names: ['polling'], unresponsive });
    transport(0).fails('xhr poll error');
    expect(failures[0]?.attempts).toMatchObject([...unresponsive, { transport: 'polling', phase: 'open' }]);
    expect(failures[0]?.hint).toMatch(/nothing comes through/);
  });
});

describe('cancelling a session that is opening', () => {
  it('closes running candidates, and leaves no timer', async () => {
    const { session, closed } = await open();
    fake.clock.advance(1_000);
    session.close();
    fake.clock.advance(10_000);
    expect(fake.network.log.slice(-2)).toEqual(['websocket is closed', 'polling is closed']);
    expect(fake.clock.pending).toBe(0);
    expect([closed, session.readyState]).toEqual([[['forced close', undefined]], 'closed']);
    transport(0).shakes();
    expect(session.readyState).toBe('closed');
  });

  it('before it has begun prevents its start', async () => {
    const { session } = fake.begin();
    session.close();
    await settled();
    expect([names(), fake.clock.pending]).toEqual([[], 0]);
  });

  it('in a listener of the winner closes the winner', async () => {
    const made = await open();
    made.onAttempt = ({ phase }) => {
      if (phase === 'won') made.session.close();
    };
    transport(0).shakes();
    expect([made.won, made.session.readyState, fake.clock.pending]).toEqual([[], 'closed', 0]);
    expect(fake.network.log).toContain('websocket is closed');
  });

  it('in a listener of `handshake` closes it, too', async () => {
    const { session, won } = await open();
    session.on('handshake', () => void session.close());
    transport(0).shakes();
    expect([won, session.readyState]).toEqual([[], 'closed']);
    expect(fake.network.log).toContain('websocket is closed');
  });

  it('closes a polling session on the server as soon as its id is known', async () => {
    const { session } = await open({ names: ['polling'] });
    session.close();
    transport(0).gives('open', ORPHAN);
    expect([transport(0).query.sid, fake.network.log.at(-1)]).toEqual(['orphan', 'polling is closed']);
  });

  it('waits at most ten seconds for the id of a polling session', async () => {
    const { session } = await open({ names: ['polling'] });
    session.close();
    fake.clock.advance(9_999);
    expect(fake.network.log).not.toContain('polling is closed');
    fake.clock.advance(1);
    expect(fake.network.log).toContain('polling is closed');
  });
});

describe('the event attempt', () => {
  it('reports which candidates were tried, how they failed, and which one won', async () => {
    const { attempts } = await open();
    fake.clock.advance(40);
    transport(0).fails('websocket error');
    fake.clock.advance(60);
    transport(1).shakes();
    expect(attempts).toEqual([
      { transport: 'websocket', phase: 'start' },
      { transport: 'websocket', phase: 'failed', ms: 40, error: 'websocket error' },
      { transport: 'polling', phase: 'start' },
      { transport: 'polling', phase: 'won', ms: 60 },
    ]);
  });

  it('reports a transport that could not be created', async () => {
    fake.network.onMake.set('websocket', () => {
      throw new Error('no such thing');
    });
    const { attempts } = await open();
    expect(attempts.map(({ transport: name, phase }) => `${name} ${phase}`)).toEqual([
      'websocket start',
      'websocket failed',
      'polling start',
    ]);
  });
});

describe('written packets', () => {
  it('are sent in order; the session is writable again once the transport has taken them', async () => {
    const { session, below } = await opened();
    expect(session._writable).toBe(true);
    session._send({ ...message('a'), options: { compress: true } }, 0);
    expect(session._writable).toBe(false);
    session._send({ ...message('b'), options: { compress: false } }, 0);
    expect(session.writeBuffer.map(({ data, options }) => [data, options])).toEqual([
      ['a', { compress: true }],
      ['b', { compress: false }],
    ]);
    await settled();
    expect([below.written, session._writable, session.writeBuffer]).toEqual([
      ['message:a', 'message:b'],
      true,
      [],
    ]);
  });

  it('by a program to the engine itself are sent, too', async () => {
    const { session, below } = await opened();
    expect(session.write('a').send('b')).toBe(session);
    await settled();
    expect(below.written).toEqual(['message:a', 'message:b']);
  });

  it('are refused as a whole if one part is larger than the server accepts', async () => {
    const { session, below } = await opened();
    expect(session._send(message('short', new ArrayBuffer(11)), 10)).toEqual({ bytes: 11, maxBytes: 10 });
    expect(session._send(message('x'.repeat(10)), 10)).toEqual({ bytes: 11, maxBytes: 10 });
    expect([session.writeBuffer, session._unsentBytes]).toEqual([[], 0]);
    expect(session._send(message('x'.repeat(9), new ArrayBuffer(10)), 10)).toBeUndefined();
    await settled();
    expect(below.written).toHaveLength(2);
  });

  it('are measured in their encoded form: in UTF-8, and in base64 over polling', async () => {
    const { session } = await opened();
    expect(session._send(message('äöü€'), 10)).toBeUndefined();
    expect(session._send(message('äöü€ä'), 10)).toEqual({ bytes: 12, maxBytes: 10 });
    expect(session._send(message('😀😀'), 10)).toBeUndefined();
    expect(session._send(message('😀😀😀'), 10)).toEqual({ bytes: 13, maxBytes: 10 });
    const polling = (await opened('polling')).session;
    expect(polling._send(message(new ArrayBuffer(6)), 10)).toBeUndefined();
    expect(polling._send(message(new ArrayBuffer(7)), 10)).toEqual({ bytes: 13, maxBytes: 10 });
  });

  it('are never refused if there is no limit', async () => {
    const { session, below } = await opened();
    expect(session._send(message('x'.repeat(1e6)), 0)).toBeUndefined();
    await settled();
    expect(below.written).toHaveLength(1);
  });

  it('over polling are divided into requests that the server accepts', async () => {
    const { send, below } = await opened('polling', { maxPayload: 11 });
    const written: number[] = [];
    const { written: list } = below;
    send('1234');
    send('1234', 'äb', 'c'.repeat(30), '1234', '5');
    for (let i = 0; i < 6; i++) {
      written.push(list.length);
      await settled();
    }
    expect(list.map((text) => text.replace('message:', ''))).toEqual([
      ...['1234', '1234', 'äb'],
      ...['c'.repeat(30), '1234', '5'],
    ]);
    expect(written[0]).toBe(1);
  });

  it('count as buffered until they have left the process', async () => {
    const { session, send, below } = await opened();
    send('a'.repeat(100), 'b'.repeat(50));
    expect(session._unsentBytes).toBe(150);
    await settled();
    expect(session._unsentBytes).toBe(0);
    Object.assign(below, { ws: { bufferedAmount: 40, readyState: 1 } });
    expect(session._unsentBytes).toBe(40);
    send('c'.repeat(10), 'd'.repeat(5));
    // The WebSocket has the first one, and counts it.
    expect(session._unsentBytes).toBe(45);
  });

  it('do not count in a WebSocket without `bufferedAmount`', async () => {
    const { session, below } = await opened();
    Object.assign(below, { ws: { readyState: 1 } });
    expect(session._unsentBytes).toBe(0);
  });

  it('are not taken by a WebSocket that is closing', async () => {
    const { session, below } = await opened();
    expect(session._taking).toBe(true);
    Object.assign(below, { ws: { bufferedAmount: 0, readyState: 2 } });
    expect(session._taking).toBe(false);
  });

  it('after the end are ignored', async () => {
    const { session, send, below } = await opened();
    below.closes();
    send('late');
    await settled();
    expect([below.written, session.writeBuffer]).toEqual([[], []]);
  });
});

describe('taking messages back', () => {
  const text = ({ _chunks }: { readonly _chunks: readonly unknown[] }): unknown => _chunks[0];

  it('returns those that the transport was not given, in order', async () => {
    const { session, send, below } = await opened();
    send('a', 'b', 'c');
    expect(session._takeBack().map(text)).toEqual(['b', 'c']);
    await settled();
    expect([below.written, session.writeBuffer, session._unsentBytes]).toEqual([['message:a'], [], 0]);
  });

  it('returns a message once if only its first part was handed over', async () => {
    const { session } = await opened('polling', { maxPayload: 7 });
    const file = message('header', new ArrayBuffer(1), new ArrayBuffer(2));
    session._send(file, 0);
    expect(session._takeBack()).toEqual([file]);
  });

  it('returns a whole message while its last part waits, and releases it once the transport has all of it', async () => {
    const { session, below } = await opened('polling', { maxPayload: 7 });
    const file = { ...message('header', new ArrayBuffer(1)), data: ['file', new ArrayBuffer(1)] };
    const next = { ...message('next'), data: ['next'] };
    session._send(file, 0);
    session._send(next, 0);
    expect(below.written).toHaveLength(1);
    below.drains();
    expect(file).toMatchObject({
      _chunks: ['header', new ArrayBuffer(1)],
      data: ['file', new ArrayBuffer(1)],
    });
    below.drains();
    // An acknowledgement of it may be waited for as long as the connection lives.
    expect(file).toMatchObject({ _chunks: [], data: [] });
    expect(next).toMatchObject({ _chunks: ['next'], data: ['next'] });
    expect(session._takeBack()).toEqual([]);
  });

  it('of one sender returns its whole messages, and sends the others', async () => {
    const { session, below } = await opened();
    const other = { ...message('other'), _sender: {} };
    session._send(message('handed'), 0);
    session._send(message('mine', new ArrayBuffer(3)), 0);
    session._send(other, 0);
    session._send(message('mine, too'), 0);
    expect(session._takeBack(sender).map(text)).toEqual(['mine', 'mine, too']);
    expect(session._unsentBytes).toBe('handed'.length + 'other'.length);
    await settled();
    expect(below.written).toEqual(['message:handed', 'message:other']);
  });

  it('of one sender does not return a message that the transport has in part', async () => {
    const { session } = await opened('polling', { maxPayload: 7 });
    session._send(message('header', new ArrayBuffer(1)), 0);
    expect(session._takeBack(sender)).toEqual([]);
    expect(session.writeBuffer).toHaveLength(2);
  });
});

describe('closing', () => {
  it('comes after the written packets', async () => {
    const { session, send, closed, below } = await opened();
    send('last');
    session.close();
    expect([closed, session.readyState]).toEqual([[], 'closing']);
    await settled();
    expect(below.written).toEqual(['message:last']);
    expect(closed).toEqual([['forced close', undefined]]);
    expect(fake.network.log).toContain('websocket is closed');
  });

  it('is done at once if nothing was written', async () => {
    const { session, closed } = await opened();
    session.close();
    expect([closed.length, session.readyState, fake.clock.pending]).toEqual([1, 'closed', 0]);
  });

  it('happens once', async () => {
    const { session, closed, below } = await opened();
    session.close().close();
    below.closes();
    expect(closed).toHaveLength(1);
  });

  it('has a deadline of ten seconds', async () => {
    const { session, send, closed, below } = await opened();
    (below as unknown as { writable: boolean }).writable = false;
    send('never');
    session.close();
    fake.clock.advance(9_999);
    expect(closed).toEqual([]);
    fake.clock.advance(1);
    expect(closed).toEqual([['forced close', undefined]]);
    expect(fake.clock.pending).toBe(0);
  });
});

describe('a page that is left', () => {
  it('sends what is queued over a WebSocket, and closes the session', async () => {
    const { session, send, closed, below } = await opened();
    session._cork();
    send('a', 'b');
    session._closeNow();
    expect(below.written).toEqual(['message:a', 'message:b']);
    expect(closed).toEqual([['transport close', undefined]]);
    expect(fake.network.log).toContain('websocket is closed');
  });

  it('ends a session over custom polling by a beacon', async () => {
    const beacons: unknown[][] = [];
    vi.stubGlobal('navigator', { sendBeacon: (...args: unknown[]) => beacons.push(args) });
    const { session, send, below } = await opened('polling');
    Object.assign(below, { uri: () => 'http://host.test:3000/ws/?sid=engine1' });
    session._cork();
    // It cannot keep packets for a last request, so they are sent at once.
    send('a');
    expect(below.written).toEqual(['message:a']);
    session._closeNow();
    expect(beacons).toEqual([['http://host.test:3000/ws/?sid=engine1', '1']]);
  });

  it('cancels a session that is still opening', async () => {
    const { session } = await open();
    session._closeNow();
    expect([session.readyState, fake.network.log]).toEqual([
      'closed',
      ['websocket opens', 'websocket is closed'],
    ]);
  });

  it('has no effect on a closed session', async () => {
    const { session, closed, below } = await opened();
    below.closes();
    session._closeNow();
    expect(closed).toHaveLength(1);
  });
});

describe('the heartbeat', () => {
  const beating = (): ReturnType<typeof opened> =>
    opened('websocket', { pingInterval: 300, pingTimeout: 200 });

  it('is answered and reported', async () => {
    const made = await beating();
    made.below.gives('ping');
    await settled();
    expect([made.below.written, made.pings]).toEqual([['pong'], 1]);
  });

  it('ends the session at once if it is missed by a timer that is on time', async () => {
    const { closed } = await beating();
    fake.clock.advance(499);
    expect(closed).toEqual([]);
    fake.clock.advance(1);
    expect(closed).toEqual([['ping timeout', undefined]]);
    expect(fake.clock.pending).toBe(0);
  });

  it('counts from the last packet of the server', async () => {
    const { session, closed, below } = await beating();
    fake.clock.advance(400);
    below.gives('message', 'x');
    expect(session._lastSeenMs).toBe(fake.clock.now());
    fake.clock.advance(400);
    expect([closed, session._overdue(fake.clock.now())]).toEqual([[], false]);
    fake.clock.advance(100);
    expect(closed).toHaveLength(1);
  });

  it('does not count packets of this side', async () => {
    const { session, send } = await beating();
    fake.clock.advance(100);
    send('x');
    expect(fake.clock.now() - session._lastSeenMs).toBe(100);
  });

  it('gets one more second if it is missed by a timer that came late', async () => {
    const { closed } = await beating();
    fake.clock.sleep(60_000);
    fake.clock.advance(0);
    expect(closed).toEqual([]);
    fake.clock.advance(999);
    expect(closed).toEqual([]);
    fake.clock.advance(1);
    expect(closed).toEqual([['ping timeout', undefined]]);
    expect(fake.clock.pending).toBe(0);
  });

  it('ends the session, after its extra second, if an emit finds it overdue', async () => {
    const { session, closed } = await beating();
    fake.clock.sleep(60_000);
    expect(session._overdue(fake.clock.now())).toBe(true);
    await settled();
    fake.clock.advance(1_000);
    expect(closed).toEqual([['ping timeout', undefined]]);
  });

  it('keeps the session if it arrives within that second', async () => {
    const made = await beating();
    fake.clock.sleep(60_000);
    fake.clock.advance(0);
    fake.clock.advance(10);
    made.below.gives('ping');
    fake.clock.advance(400);
    made.below.gives('ping');
    fake.clock.advance(499);
    expect([made.closed, made.session.readyState]).toEqual([[], 'open']);
  });

  it('is awaited again after a message has saved a session in doubt, and the connection is notified', async () => {
    const made = await beating();
    fake.clock.sleep(60_000);
    fake.clock.advance(0);
    fake.clock.advance(10);
    made.below.gives('message', 'x');
    expect(made.changes).toEqual([]);
    fake.clock.advance(5_000);
    expect([made.closed, made.changes]).toEqual([[['ping timeout', undefined]], [true]]);
  });

  it('does not revive a session that is being closed', async () => {
    const { session, changes, send, below } = await beating();
    fake.clock.sleep(60_000);
    fake.clock.advance(0);
    (below as unknown as { writable: boolean }).writable = false;
    send('the last words');
    session.close();
    fake.clock.advance(10);
    below.gives('message', 'x');
    expect(session.readyState).toBe('closing');
    fake.clock.advance(990);
    expect(changes).toEqual([]);
  });

  it('in doubt has one timer, however often it is checked, and none after the end', async () => {
    const { session } = await beating();
    fake.clock.sleep(60_000);
    fake.clock.advance(0);
    for (let i = 0; i < 5; i++) {
      expect(session._overdue(fake.clock.now())).toBe(true);
      await settled();
    }
    expect(fake.clock.pending).toBe(1);
    session.close();
    expect(fake.clock.pending).toBe(0);
  });

  it('is answered at most a thousand times if a server keeps asking and never reads', async () => {
    const { below } = await beating();
    Object.assign(below, { ws: { bufferedAmount: 1, readyState: 1 } });
    for (let i = 0; i < 2_000; i++) {
      below.gives('ping');
      await null;
    }
    expect(below.written).toHaveLength(1_000);
  });

  it('is always answered over a WebSocket without `bufferedAmount`', async () => {
    const { below } = await beating();
    Object.assign(below, { ws: { readyState: 1 } });
    for (let i = 0; i < 2_000; i++) {
      below.gives('ping');
      await null;
    }
    expect(below.written).toHaveLength(2_000);
  });

  it('is answered once if several arrive before the answer has left', async () => {
    const { below } = await beating();
    for (let i = 0; i < 5_000; i++) below.gives('ping');
    await settled();
    expect(below.written).toEqual(['pong', 'pong']);
  });
});

describe('an open session', () => {
  it('ends with transport error at a second handshake, without an exception', async () => {
    const { closed, below } = await opened();
    expect(() => below.gives('open', '<html>')).not.toThrow();
    expect(closed).toEqual([['transport error', expect.any(Error)]]);
  });

  it('ends with transport close when the server ends it', async () => {
    const { closed, below } = await opened();
    below.gives('close');
    expect(closed).toEqual([
      ['transport close', expect.objectContaining({ description: 'transport closed by the server' })],
    ]);
  });

  it('ends with transport error at an unreadable packet, with the code', async () => {
    const { closed, below } = await opened();
    below.gives('error', 'parser error');
    expect(closed).toEqual([
      ['transport error', expect.objectContaining({ message: 'server error', code: 'parser error' })],
    ]);
  });

  it('reports a failure before its end', async () => {
    const { troubles, closed, failures, below } = await opened();
    below.fails('websocket error');
    expect(troubles.map((error) => error.message)).toEqual(['websocket error']);
    expect(closed).toEqual([['transport error', troubles[0]]]);
    expect(failures).toEqual([]);
  });

  it('knows the largest message that the server accepts', async () => {
    expect((await opened('websocket', { maxPayload: 1_000 })).session._payloadLimit).toBe(1_000);
    expect((await opened()).session._payloadLimit).toBe(0);
  });

  it('calls the other listeners of the engine when one of them throws', async () => {
    const reported = vi.fn();
    vi.stubGlobal('reportError', reported);
    const { session, messages, below } = await opened();
    const heard = vi.fn();
    session.on('packet', () => {
      throw new Error('mine');
    });
    session.on('packet', heard);
    below.gives('message', 'a');
    expect([messages, heard.mock.calls.length, reported.mock.calls.length]).toEqual([['a'], 1, 1]);
  });
});
