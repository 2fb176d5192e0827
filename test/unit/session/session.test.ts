import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { internals } from '../../../src/connection/engine.js';
import { type EngineOpening, openEngineLink } from '../../../src/connection/engine-link.js';
import type { Link } from '../../../src/connection/link.js';
import type { CandidateNews } from '../../../src/connection/race.js';
import type { Attempt, ConnectionError } from '../../../src/platform/errors.js';
import type { Options } from '../../../src/platform/options.js';
import { TransportMemory } from '../../../src/plugins/memory.js';
import { type Codec, createCodec } from '../../../src/protocol/codec.js';
import { FakeEnvironment } from '../../support/fake-environment.js';
import { FakeNetwork, type FakeTransport, settled } from '../../support/fake-transports.js';
import type { SimulatedClock } from '../../support/simulated-clock.js';

const newCodec = (): Codec =>
  createCodec({ maxAttachments: 10, maxReceivedBytes: 1_000_000, maxSentAttachments: 10 });

let world: FakeEnvironment;
let clock: SimulatedClock;
let network: FakeNetwork;
let openings: EngineOpening[];

beforeEach(() => {
  world = new FakeEnvironment();
  clock = world.clock;
  network = new FakeNetwork();
  openings = [];
});
afterEach(async () => {
  for (const { engine } of openings) engine.close();
  await settled();
  expect(clock.pending).toBe(0);
});

const memory = (): TransportMemory =>
  new TransportMemory(world.store, world.dateMs, 'http://host.test:3000/ws');

interface Opened extends EngineOpening {
  readonly news: CandidateNews[];
  readonly data: unknown[];
  readonly lost: unknown[][];
  readonly failures: ConnectionError[];
  link: Link | undefined;
  onNews: (news: CandidateNews) => void;
}

async function open(
  options: Options = {},
  names: readonly string[] = ['websocket', 'polling'],
  deaf: readonly Attempt[] = [],
): Promise<Opened> {
  const made = {
    news: [],
    data: [],
    lost: [],
    failures: [],
    link: undefined,
    onNews() {},
  } as unknown as Opened;
  const opening = openEngineLink(
    {
      uri: 'http://host.test:3000',
      newCodec,
      options: {
        ...(names && { transports: names.map((name) => network.transport(name)) }),
        path: '/ws',
        ...options,
      },
      memory: memory(),
      deaf,
    },
    world,
    {
      won(link) {
        network.log.push('won');
        made.link = link;
      },
      exhausted: (error) => made.failures.push(error as ConnectionError),
      data: (chunk) => made.data.push(chunk),
      lost: (...args) => made.lost.push(args),
      news(news) {
        made.news.push(news);
        made.onNews(news);
      },
      ping: () => network.log.push('ping'),
      upgraded: () => network.log.push('upgraded'),
      revived: () => network.log.push('revived'),
      troubled: (error) => network.log.push(`trouble: ${error.message}`),
    },
  );
  openings.push(opening);
  Object.assign(made, opening);
  await settled();
  return made;
}

const transport = (index: number): FakeTransport => network.made[index] as FakeTransport;
const names = (): string[] => network.made.map(({ name }) => name);

describe('the race of the transports', () => {
  it('begins when whoever asked for it can listen', async () => {
    const opening = open();
    expect(names()).toEqual([]);
    await opening;
    expect(names()).toEqual(['websocket']);
    expect(transport(0).query).toMatchObject({ EIO: 4, transport: 'websocket' });
  });

  it('is won by the first alone, where its handshake is quick', async () => {
    const { engine, data, lost, ...made } = await open();
    transport(0).shakes();
    clock.advance(60_000);
    expect(names()).toEqual(['websocket']);
    expect(engine.id).toBe('engine1');
    expect(engine.transport.name).toBe('websocket');
    expect(made.failures).toEqual([]);
    transport(0).gives('message', '2["a"]');
    expect(data).toEqual(['2["a"]']);
    transport(0).closes();
    expect(lost).toEqual([
      ['transport close', expect.objectContaining({ description: 'websocket connection closed' })],
    ]);
  });

  it('is not won by an open transport: only by a handshake', async () => {
    const made = await open();
    transport(0).opens();
    expect(made.link).toBeUndefined();
    clock.advance(1_000);
    expect(names()).toEqual(['websocket', 'polling']);
    transport(0).shakes();
    expect(made.link?.transport).toBe('websocket');
    expect(network.log).toEqual(['websocket opens', 'polling opens', 'polling is closed', 'won']);
  });

  it('is joined by the second after the head start, and the loser is closed before the winner is used', async () => {
    const made = await open();
    clock.advance(999);
    expect(names()).toEqual(['websocket']);
    clock.advance(1);
    expect(names()).toEqual(['websocket', 'polling']);
    transport(1).shakes();
    expect(made.link?.transport).toBe('polling');
    expect(network.log.slice(0, 4)).toEqual([
      'websocket opens',
      'polling opens',
      'websocket is closed',
      'won',
    ]);
    expect(transport(0).written).toEqual([]);
  });

  it('hears nothing of a loser any more', async () => {
    const made = await open({ upgrade: false });
    clock.advance(1_000);
    transport(1).shakes();
    transport(0).fails();
    transport(0).shakes({ sid: 'late' });
    transport(0).gives('message', 'late');
    expect(made.engine.id).toBe('engine1');
    expect(made.data).toEqual([]);
    expect([made.lost, made.failures]).toEqual([[], []]);
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
    ['sends a handshake that is no JSON', (one) => one.gives('open', '<html>')],
    ['sends an empty handshake', (one) => one.gives('open')],
    ['sends a handshake of bytes', (one) => one.gives('open', new ArrayBuffer(4))],
    ['sends null', (one) => one.gives('open', 'null')],
    ['sends a handshake without sid', (one) => one.shakes({ sid: undefined })],
    ['sends a handshake with a number for sid', (one) => one.shakes({ sid: 5 })],
    ['sends a handshake without times', (one) => one.shakes({ pingInterval: undefined })],
    ['sends a handshake with text for a time', (one) => one.shakes({ pingTimeout: '20000' })],
  ])('goes on at once with the next where the first %s', async (_what, happen) => {
    const made = await open({ upgrade: false });
    happen(transport(0));
    expect(names()).toEqual(['websocket', 'polling']);
    transport(1).shakes();
    expect(made.link?.transport).toBe('polling');
    expect([made.failures, made.lost]).toEqual([[], []]);
  });

  it.each<[string, () => void]>([
    ['fails while it is opened', () => network.onOpen.set('websocket', (one) => one.fails())],
    ['closes while it is opened', () => network.onOpen.set('websocket', (one) => one.closes())],
    [
      'throws while it is opened',
      () =>
        network.onOpen.set('websocket', () => {
          throw new Error('no');
        }),
    ],
    [
      'throws while it is made',
      () =>
        network.onMake.set('websocket', () => {
          throw new Error('no');
        }),
    ],
  ])('goes on at once with the next where the first %s', async (_what, prepare) => {
    prepare();
    const made = await open({ upgrade: false });
    expect(names().at(-1)).toBe('polling');
    network.last.shakes();
    expect(made.link?.transport).toBe('polling');
    expect(made.failures).toEqual([]);
  });

  it('may be won on the spot', async () => {
    network.onOpen.set('websocket', (one) => one.shakes());
    const made = await open();
    expect(made.link?.transport).toBe('websocket');
    expect(clock.pending).toBe(0);
  });

  it('takes a handshake without upgrades, and with odd ones', async () => {
    const made = await open({}, ['polling', 'websocket']);
    transport(0).shakes({ upgrades: 'websocket' });
    expect(made.link?.transport).toBe('polling');
    expect(names()).toEqual(['polling']);
  });
});

describe('when no transport comes through', () => {
  it('the error is that of the last, in its words, and names each attempt', async () => {
    const { failures, engine } = await open();
    const closed: unknown[] = [];
    engine.on('error', (error) => closed.push(['error', (error as Error).message]));
    engine.on('close', (reason) => closed.push(['close', reason]));
    clock.advance(50);
    transport(0).fails('websocket error', { type: 'error' });
    clock.advance(70);
    transport(1).fails('xhr poll error', 403);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({
      message: 'xhr poll error',
      code: 'NEGOTIATION_FAILED',
      type: 'TransportError',
      description: 403,
      attempts: [
        { transport: 'websocket', phase: 'open', ms: 50, message: 'websocket error' },
        { transport: 'polling', phase: 'open', ms: 70, message: 'xhr poll error', status: 403 },
      ],
    });
    expect(closed).toEqual([
      ['error', 'xhr poll error'],
      ['close', 'transport error'],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('the phase tells how far each has come', async () => {
    const { failures } = await open();
    transport(0).opens();
    transport(0).fails();
    transport(1).fails();
    expect(failures[0]?.attempts.map(({ phase }) => phase)).toEqual(['handshake', 'open']);
  });

  it('all of them failing on the spot is told to whoever listens by then', async () => {
    for (const name of ['websocket', 'polling']) network.onOpen.set(name, (one) => one.fails());
    const { failures } = await open();
    expect(failures).toHaveLength(1);
    expect(failures[0]?.attempts).toHaveLength(2);
  });

  it('one that hangs is given up after its deadline while another is on its way', async () => {
    const made = await open();
    clock.advance(10_000);
    expect(network.log).toContain('websocket is closed');
    transport(1).fails('xhr poll error');
    expect(made.failures[0]?.attempts).toMatchObject([
      { transport: 'websocket', ms: 10_000, message: 'timeout' },
      { transport: 'polling', ms: 9_000, message: 'xhr poll error' },
    ]);
  });

  it('both hanging ends with the time-out of the whole', async () => {
    const made = await open({ timeout: 4_000 });
    clock.advance(4_000);
    expect(made.failures[0]).toMatchObject({ message: 'timeout' });
    expect(made.failures[0]?.attempts.map(({ transport: name }) => name)).toEqual(['websocket', 'polling']);
    expect(network.log.filter((line) => line.endsWith('is closed'))).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it('it takes 20 s unless told otherwise, and for ever where the time-out is off', async () => {
    const standard = await open();
    clock.advance(19_999);
    expect(standard.failures).toEqual([]);
    clock.advance(1);
    expect(standard.failures).toHaveLength(1);
    const patient = await open({ timeout: false });
    clock.advance(1e7);
    expect(patient.failures).toEqual([]);
  });
});

describe('giving up a race', () => {
  it('closes whoever runs, and leaves no timer', async () => {
    const made = await open();
    clock.advance(1_000);
    made.abandon();
    expect(network.log.slice(-2)).toEqual(['websocket is closed', 'polling is closed']);
    expect(clock.pending).toBe(0);
    transport(0).shakes();
    expect(made.link).toBeUndefined();
  });

  it('before it has begun begins nothing', async () => {
    const opening = open();
    openings[0]?.abandon();
    await opening;
    expect(names()).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('does nothing to a link that was won', async () => {
    const made = await open();
    transport(0).shakes();
    made.abandon();
    expect(made.lost).toEqual([]);
    expect(made.engine.readyState).toBe('open');
  });

  it('by a program that is told of the winner makes no link', async () => {
    const made = await open();
    made.onNews = ({ phase }) => {
      if (phase === 'won') made.abandon();
    };
    transport(0).shakes();
    expect(made.link).toBeUndefined();
    expect(clock.pending).toBe(0);
    expect(network.log).toContain('websocket is closed');
  });

  it('closes a polling session on the server as soon as its id is known', async () => {
    const made = await open({}, ['polling']);
    made.abandon();
    transport(0).gives('open', '{"sid":"orphan","upgrades":[],"pingInterval":1,"pingTimeout":1}');
    expect(transport(0).query.sid).toBe('orphan');
    expect(transport(0).written).toEqual(['close']);
    expect(made.link).toBeUndefined();
  });
});

describe('what a page is told', () => {
  it('is who was tried, who failed and how, and who won', async () => {
    const { news } = await open({ upgrade: false });
    clock.advance(40);
    transport(0).fails('websocket error');
    clock.advance(60);
    transport(1).shakes();
    expect(news).toEqual([
      { transport: 'websocket', phase: 'start' },
      { transport: 'websocket', phase: 'failed', ms: 40, error: 'websocket error' },
      { transport: 'polling', phase: 'start' },
      { transport: 'polling', phase: 'won', ms: 60 },
    ]);
  });

  it('includes one that could not even be made', async () => {
    network.onMake.set('websocket', () => {
      throw new Error('no such thing');
    });
    const { news } = await open({ upgrade: false });
    expect(news.map(({ transport: name, phase }) => `${name} ${phase}`)).toEqual([
      'websocket start',
      'websocket failed',
      'polling start',
    ]);
  });
});

describe('a program that listens to the engine', () => {
  it('misses nothing, whoever wins', async () => {
    const opening = open({ upgrade: false });
    const seen: string[] = [];
    const { engine } = openings[0] as EngineOpening;
    for (const event of [
      'open',
      'handshake',
      'packet',
      'data',
      'message',
      'heartbeat',
      'ping',
      'pong',
      'drain',
      'flush',
    ]) {
      engine.on(event as 'open', () => void seen.push(event));
    }
    const made = await opening;
    transport(0).fails();
    transport(1).shakes();
    expect(seen).toEqual(['packet', 'heartbeat', 'handshake', 'open']);
    seen.length = 0;
    transport(1).gives('ping');
    await settled();
    expect(seen).toEqual(['packet', 'heartbeat', 'flush', 'ping', 'pong', 'drain']);
    seen.length = 0;
    transport(1).gives('message', 'hello');
    expect(seen).toEqual(['packet', 'heartbeat', 'data', 'message']);
    expect(network.log).toContain('ping');
    expect(made.engine).toBe(engine);
  });
});

describe('a link', () => {
  it('sends what it is given, in order, and says whether it can at once', async () => {
    const made = await open();
    transport(0).shakes();
    const link = made.link as Link;
    expect(link.writable).toBe(true);
    link.send('a', { compress: true }, true);
    expect(link.writable).toBe(false);
    link.send('b', { compress: false }, true);
    await settled();
    expect(transport(0).written).toEqual(['message:a', 'message:b']);
    expect(link.writable).toBe(true);
  });

  it('tells the largest message that the server takes', async () => {
    const made = await open();
    transport(0).shakes({ maxPayload: 1_000 });
    expect(made.link?.maxPayload).toBe(1_000);
    const other = await open();
    network.last.shakes();
    expect(other.link?.maxPayload).toBe(0);
  });

  it('is closed after what was sent', async () => {
    const made = await open();
    transport(0).shakes();
    made.link?.send('last', { compress: true }, true);
    made.link?.close();
    expect(made.lost).toEqual([]);
    await settled();
    expect(transport(0).written).toEqual(['message:last']);
    expect(made.lost).toEqual([['forced close', undefined]]);
  });

  it('whose heartbeat is late by the monotonic clock is lost with ping timeout', async () => {
    const made = await open();
    transport(0).shakes({ pingInterval: 300, pingTimeout: 200 });
    clock.advance(500);
    expect(made.link?.overdue(clock.now())).toBe(false);
    transport(0).gives('ping');
    clock.advance(500);
    expect(made.link?.overdue(clock.now())).toBe(false);
    clock.advance(1);
    expect(made.link?.overdue(clock.now())).toBe(true);
    await settled();
    expect(made.lost).toEqual([['ping timeout', undefined]]);
  });

  it('is alive by whatever the server sends', async () => {
    const made = await open();
    transport(0).shakes({ pingInterval: 300, pingTimeout: 200 });
    clock.advance(400);
    transport(0).gives('message', 'x');
    clock.advance(400);
    expect(made.link?.overdue(clock.now())).toBe(false);
  });

  it('that gets a second handshake in mid-session is lost, and nothing is thrown', async () => {
    const made = await open();
    transport(0).shakes();
    expect(() => transport(0).gives('open', '<html>')).not.toThrow();
    expect(made.lost).toEqual([['transport error', expect.any(Error)]]);
  });

  it('that fails tells so, and is lost', async () => {
    const made = await open();
    transport(0).shakes();
    transport(0).fails('websocket error');
    expect(network.log.filter((line) => line.startsWith('trouble'))).toEqual(['trouble: websocket error']);
    expect(made.lost).toEqual([['transport error', expect.objectContaining({ message: 'websocket error' })]]);
    expect(made.failures).toEqual([]);
  });
});

describe('what is remembered of a server', () => {
  const failed = (): boolean => memory().recall().webSocketFailed;

  it('gives the first candidate a head start by the round trip', async () => {
    memory().remember({ rttMs: 100 });
    await open();
    clock.advance(599);
    expect(names()).toEqual(['websocket']);
    clock.advance(1);
    expect(names()).toEqual(['websocket', 'polling']);
  });

  it('is that WebSocket works, where it has won', async () => {
    memory().remember({ webSocketFailed: true });
    await open();
    transport(0).shakes();
    expect(failed()).toBe(false);
  });

  it.each<[string, () => void]>([
    ['has failed', () => transport(0).fails()],
    ['was slower', () => clock.advance(1_000)],
    ['has hung', () => clock.advance(10_000)],
  ])('is that WebSocket %s, where polling has won in the same try', async (_how, happen) => {
    await open({ upgrade: false });
    happen();
    network.last.shakes();
    expect(failed()).toBe(true);
  });

  it('is nothing about WebSocket where polling has failed as well: being offline teaches nothing', async () => {
    const made = await open();
    transport(0).fails();
    transport(1).fails();
    expect(made.failures).toHaveLength(1);
    expect(memory().recall()).toEqual({ webSocketFailed: false, rttMs: undefined });
  });

  it('is nothing about WebSocket where polling has won alone', async () => {
    await open({}, ['polling']);
    transport(0).shakes();
    expect(failed()).toBe(false);
    memory().remember({ webSocketFailed: true });
    await open({}, ['polling']);
    network.last.shakes();
    expect(failed()).toBe(true);
  });

  it('is half the time that the handshake took, for the round trip, until it is measured', async () => {
    const first = await open();
    clock.advance(80);
    transport(0).shakes();
    first.engine.close();
    expect(memory().recall().rttMs).toBe(40);
    memory().remember({ rttMs: 7 });
    await open();
    clock.advance(200);
    network.last.shakes();
    expect(memory().recall().rttMs).toBe(7);
  });

  it('changes the order of our own list', () => {
    const order = (given: Options = {}): readonly string[] => {
      const opening = openEngineLink(
        { uri: 'http://host.test', options: given, memory: memory(), deaf: [], newCodec },
        world,
        {
          won() {},
          exhausted() {},
          data() {},
          lost() {},
          news() {},
          ping() {},
          upgraded() {},
          revived() {},
          troubled() {},
        },
      );
      // Before anything is tried.
      opening.abandon();
      return internals(opening.engine).transports;
    };
    expect(order()).toEqual(['websocket', 'polling']);
    memory().remember({ webSocketFailed: true });
    expect(order()).toEqual(['polling', 'websocket']);
    expect(order({ transports: ['websocket', 'polling'] })).toEqual(['websocket', 'polling']);
    world.clock.advance(30 * 60_000);
    expect(order()).toEqual(['websocket', 'polling']);
  });

  it('changes nothing about the order of a list that the program gave', async () => {
    memory().remember({ webSocketFailed: true });
    await open();
    expect(names()).toEqual(['websocket']);
  });
});

describe('transports that were found deaf in this try', () => {
  const deaf: Attempt[] = [{ transport: 'websocket', phase: 'connect', ms: 3_000, message: 'timeout' }];

  it('do not run', async () => {
    const made = await open({ upgrade: false }, ['websocket', 'polling'], deaf);
    clock.advance(5_000);
    expect(names()).toEqual(['polling']);
    transport(0).shakes();
    expect(made.link?.transport).toBe('polling');
  });

  it('are remembered, for WebSocket, once the server has answered over another', async () => {
    await open({ upgrade: false }, ['websocket', 'polling'], deaf);
    transport(0).shakes();
    transport(0).gives('ping');
    expect(memory().recall().webSocketFailed).toBe(false);
    transport(0).gives('message', '0{"sid":"a"}');
    expect(memory().recall().webSocketFailed).toBe(true);
    // Once: whatever is learnt later is not taken back by the next message.
    memory().remember({ webSocketFailed: false });
    transport(0).gives('message', '2["a"]');
    expect(memory().recall().webSocketFailed).toBe(false);
  });

  it('are not remembered as a failing WebSocket where they were others', async () => {
    const other: Attempt[] = [{ transport: 'polling', phase: 'connect', ms: 3_000, message: 'timeout' }];
    await open({ upgrade: false }, ['polling', 'websocket'], other);
    transport(0).shakes();
    transport(0).gives('message', '0{"sid":"a"}');
    expect(memory().recall().webSocketFailed).toBe(false);
  });

  it('are named in the error beside the others', async () => {
    const made = await open({}, ['websocket', 'polling'], deaf);
    transport(0).fails('xhr poll error');
    expect(made.failures[0]?.attempts).toMatchObject([...deaf, { transport: 'polling', phase: 'open' }]);
    expect(made.failures[0]?.hint).toMatch(/nothing comes through/);
  });
});

describe('whether another transport is left beside the one that has won', () => {
  const three = ['websocket', 'webtransport', 'polling'];
  const attempt = (name: string): Attempt => ({
    transport: name,
    phase: 'connect',
    ms: 1,
    message: 'timeout',
  });
  const left = async (names: readonly string[], deaf: readonly string[], failing = 0): Promise<unknown> => {
    const made = await open({ upgrade: false }, names, deaf.map(attempt));
    for (let count = 0; count < failing; count++) network.last.fails();
    network.last.shakes({ upgrades: [] });
    return made.link?.othersLeft;
  };

  it.each<[string, readonly string[], readonly string[], number, boolean]>([
    ['none has failed', ['websocket', 'polling'], [], 0, true],
    ['the other has failed', ['websocket', 'polling'], [], 1, false],
    ['the other was found deaf', ['websocket', 'polling'], ['websocket'], 0, false],
    ['it is alone', ['websocket'], [], 0, false],
    ['one of three has failed', three, [], 1, true],
    ['two of three have failed', three, [], 2, false],
    ['one of three was found deaf', three, ['websocket'], 0, true],
    ['one of three was found deaf and another has failed', three, ['websocket'], 1, false],
  ])('is told by those that are out: %s', async (_how, names, deaf, failing, expected) => {
    expect(await left(names, deaf, failing)).toBe(expected);
  });

  it('is so where the other was only slower', async () => {
    const made = await open({ upgrade: false });
    clock.advance(1_000);
    network.last.shakes();
    expect([made.link?.transport, made.link?.othersLeft]).toEqual(['polling', true]);
  });
});

describe('the heartbeat', () => {
  beforeEach(() => {
    // The engine waits for the server's ping with a timer of its own.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const beating = async (): Promise<Opened> => {
    const made = await open();
    transport(0).shakes({ pingInterval: 300, pingTimeout: 200 });
    return made;
  };
  /** Time passes, and the engine's timers are on time. */
  const passes = (ms: number): void => {
    clock.advance(ms);
    vi.advanceTimersByTime(ms);
  };
  /** Time passes in which no timer runs; then those that are due do. */
  const sleeps = (ms: number): void => {
    clock.sleep(ms);
    vi.advanceTimersByTime(500);
  };

  it('that is missed by a timer that is on time ends the link at once', async () => {
    const made = await beating();
    passes(499);
    expect(made.lost).toEqual([]);
    passes(1);
    expect(made.lost).toEqual([['ping timeout', undefined]]);
    expect(clock.pending).toBe(0);
  });

  it('that is missed by a timer that came late gets a second more', async () => {
    const made = await beating();
    sleeps(60_000);
    expect(made.lost).toEqual([]);
    clock.advance(999);
    expect(made.lost).toEqual([]);
    clock.advance(1);
    expect(made.lost).toEqual([['ping timeout', undefined]]);
    expect(clock.pending).toBe(0);
  });

  it('that arrives within that second keeps the link', async () => {
    const made = await beating();
    sleeps(60_000);
    clock.advance(10);
    transport(0).gives('ping');
    passes(400);
    transport(0).gives('ping');
    passes(499);
    expect([made.lost, made.engine.readyState]).toEqual([[], 'open']);
  });

  it('is waited for again after a message kept a link that was in doubt', async () => {
    const made = await beating();
    sleeps(60_000);
    clock.advance(10);
    transport(0).gives('message', 'x');
    expect(network.log).not.toContain('revived');
    for (let i = 0; i < 50; i++) passes(100);
    expect(made.lost).toEqual([['ping timeout', undefined]]);
    expect(network.log.filter((entry) => entry === 'revived')).toHaveLength(1);
  });

  it('that a link in doubt hears while it is being closed revives nobody', async () => {
    const made = await beating();
    sleeps(60_000);
    made.engine.write('the last words');
    made.engine.close();
    clock.advance(10);
    transport(0).gives('message', 'x');
    expect(made.engine.readyState).toBe('closing');
    clock.advance(990);
    expect(network.log).not.toContain('revived');
  });

  it('in doubt leaves one timer, however often it is looked at, and none after the end', async () => {
    const made = await beating();
    sleeps(60_000);
    for (let i = 0; i < 5; i++) {
      expect(made.link?.overdue(clock.now())).toBe(true);
      await settled();
    }
    expect(clock.pending).toBe(1);
    made.link?.close();
    await settled();
    expect(clock.pending).toBe(0);
  });
});

it('is not ended by the browser’s saying that it is offline: the server tells', async () => {
  const made = await open();
  transport(0).shakes();
  // What the engine's own listener does.
  internals(made.engine)._onClose('transport close', { description: 'network connection lost' });
  expect([made.lost, made.engine.readyState]).toEqual([[], 'open']);
  internals(made.engine)._onClose('transport close', { description: 'websocket connection closed' });
  expect(made.lost).toHaveLength(1);
});

it('tells when something last came over it', async () => {
  const made = await open();
  clock.advance(10);
  transport(0).shakes();
  const { link } = made;
  expect(link?.lastSeenMs).toBe(clock.now());
  clock.advance(70);
  transport(0).gives('message', 'x');
  expect(link?.lastSeenMs).toBe(clock.now());
  clock.advance(5);
  link?.send('y', { compress: true }, true);
  expect(clock.now() - (link?.lastSeenMs ?? 0)).toBe(5);
});
