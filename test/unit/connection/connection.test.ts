import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection, type ConnectionOwner } from '../../../src/connection/connection.js';
import type { Notice, Rules } from '../../../src/connection/lifecycle.js';
import type { Link, LinkHandlers, OpenLink, Ticket } from '../../../src/connection/link.js';
import type { Attempt } from '../../../src/platform/errors.js';
import { createCodec } from '../../../src/protocol/codec.js';
import type { Chunk } from '../../../src/protocol/encode.js';
import type { Packet } from '../../../src/protocol/packet.js';
import { FakeEnvironment } from '../../support/fake-environment.js';
import { stubReportError } from '../../support/report-error.js';

class FakeLink implements Link {
  transport = 'websocket';
  othersLeft = false;
  open = true;
  writable = true;
  bufferedAmount = 0;
  /** What was not handed to the transport. */
  readonly unsent: Set<Ticket> = new Set();
  lastSeenMs = 0;
  improved = 0;
  maxPayload = 0;
  late = false;
  closed = 0;
  closedNow = 0;
  readonly sent: Chunk[] = [];

  overdue(): boolean {
    return this.late;
  }

  send(chunk: Chunk): void {
    this.sent.push(chunk);
  }

  improve(): void {
    this.improved++;
  }

  takeBack(): ReadonlySet<Ticket> {
    const back = new Set(this.unsent);
    this.unsent.clear();
    return back;
  }

  takeBackFrom(): ReadonlySet<Ticket> {
    return new Set();
  }

  close(): void {
    this.closed++;
  }

  closeNow(): void {
    this.closedNow++;
  }
}

/** One try of the connection, in the hands of the test. */
class Try {
  abandoned = 0;
  readonly link: FakeLink = new FakeLink();
  constructor(
    readonly on: LinkHandlers,
    readonly deaf: readonly Attempt[] = [],
  ) {}

  win(): FakeLink {
    this.on.won(this.link);
    return this.link;
  }
}

let world = new FakeEnvironment();
let { clock } = world;
const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;

interface Setting {
  readonly connection: Connection;
  readonly tries: Try[];
  readonly told: string[];
  readonly notices: Notice[];
  readonly statuses: string[];
  readonly packets: Packet[];
  /** What a namespace got, as `namespace: arguments`. */
  readonly got: string[];
  /** Called within each notice. */
  within: (notice: Notice) => void;
  onChanged: () => void;
  onPacket: () => void;
  /** Whether a namespace waits for the server. */
  expectsAnswer: boolean;
  /** Whether the server may be asked, how often it was, and how long an answer takes. */
  mayAsk: boolean;
  asked: number;
  /** Answers the last question. */
  answer: () => void;
  rttMs: number | undefined;
}

function setting(given: Partial<Rules> = {}, open?: OpenLink): Setting {
  const tries: Try[] = [];
  const owner: ConnectionOwner = {
    openLink:
      open ??
      ((on, deaf) => {
        const one = new Try(on, deaf);
        tries.push(one);
        return { abandon: () => void one.abandoned++ };
      }),
    rules: {
      reconnection: true,
      maxAttempts: Number.POSITIVE_INFINITY,
      get online() {
        return world.signals.online;
      },
      delayMs: ({ failures, afterStable }) => (afterStable ? 1 : 100 * 2 ** failures),
      wakeDelayMs: () => 50,
      offlineDelayMs: 5_000,
      ...given,
    },
    notice(notice) {
      made.told.push(notice.type);
      made.notices.push(notice);
      made.within(notice);
    },
    changed() {
      made.statuses.push(made.connection.status);
      made.onChanged();
    },
    receiver: (nsp) =>
      nsp === '/unknown'
        ? undefined
        : {
            receive: (packet) =>
              made.got.push(`${nsp}: ${JSON.stringify('data' in packet ? packet.data : null)}`),
          },
    packet(packet) {
      made.packets.push(packet);
      made.onPacket();
    },
    get expectsAnswer() {
      return made.expectsAnswer;
    },
    get ask() {
      if (!made.mayAsk) return undefined;
      return (answered: () => void) => {
        made.asked++;
        made.answer = answered;
      };
    },
    get rttMs() {
      return made.rttMs;
    },
  };
  const connection = new Connection(
    world,
    createCodec({ maxAttachments: 10, maxReceivedBytes: 1_000_000, maxSentAttachments: 10 }),
    owner,
  );
  const made: Setting = {
    connection,
    tries,
    told: [],
    notices: [],
    statuses: [],
    packets: [],
    got: [],
    within: () => {},
    onChanged: () => {},
    onPacket: () => {},
    expectsAnswer: true,
    mayAsk: true,
    asked: 0,
    answer: () => {},
    rttMs: undefined,
  };
  return made;
}

/** A connection that is open, and its link. */
function connected(given: Partial<Rules> = {}): Setting & { link: FakeLink; first: Try } {
  const made = setting(given);
  made.connection.open(false);
  const first = made.tries[0] as Try;
  const link = first.win();
  made.told.length = made.notices.length = made.statuses.length = 0;
  return Object.assign(made, { link, first });
}

beforeEach(() => {
  world = new FakeEnvironment();
  clock = world.clock;
});

describe('opening', () => {
  it('opens a link, and has it when it was won', () => {
    const { connection, tries, told, statuses } = setting();
    expect([connection.status, connection.link]).toEqual(['idle', undefined]);
    connection.open(false);
    expect([connection.status, connection.link, tries.length]).toEqual(['connecting', undefined, 1]);
    const link = tries[0]?.win();
    expect([connection.status, connection.link]).toEqual(['connected', link]);
    expect(told).toEqual(['opened']);
    expect(statuses).toEqual(['connecting', 'connected']);
    // Only the watch for sleep.
    expect(clock.waits).toEqual([1_000]);
  });

  it('opens one, however often it is asked', () => {
    const { connection, tries } = setting();
    connection.open(false);
    connection.open(false);
    tries[0]?.win();
    connection.open(true);
    expect(tries).toHaveLength(1);
  });

  it('tries again after each failure, later each time, until it succeeds', () => {
    const { connection, tries, told } = setting();
    connection.open(false);
    tries[0]?.on.exhausted(new Error('a'));
    expect([connection.status, connection.between, connection.retryInMs]).toEqual([
      'reconnecting',
      true,
      100,
    ]);
    clock.advance(99);
    expect([tries.length, connection.retryInMs]).toEqual([1, 1]);
    clock.advance(1);
    expect([tries.length, connection.between, connection.retryInMs]).toEqual([2, false, undefined]);
    tries[1]?.on.exhausted(new Error('b'));
    clock.advance(200);
    tries[2]?.win();
    expect(told).toEqual([
      ...['failed', 'retrying', 'failed', 'retryFailed'],
      ...['retrying', 'opened', 'reconnected'],
    ]);
    connection.close('done');
    expect(clock.pending).toBe(0);
  });

  it('tries once where its caller wants that', () => {
    const { connection, tries, notices } = setting();
    connection.open(true);
    const error = new Error('a');
    tries[0]?.on.exhausted(error);
    expect(connection.status).toBe('closed');
    expect(notices).toEqual([{ type: 'failed', error }]);
    expect(clock.pending).toBe(0);
  });

  it('cuts a wait short', () => {
    const { connection, tries } = setting();
    connection.open(false);
    tries[0]?.on.exhausted(new Error('a'));
    connection.open(false);
    expect([tries.length, clock.pending]).toEqual([2, 0]);
    connection.close('done');
  });

  it('gives up after its attempts', () => {
    const { connection, tries, told } = setting({ maxAttempts: 1 });
    connection.open(false);
    tries[0]?.on.exhausted(new Error('a'));
    clock.advance(100);
    tries[1]?.on.exhausted(new Error('b'));
    expect(told).toEqual(['failed', 'retrying', 'failed', 'gaveUp', 'retryFailed']);
    expect([connection.status, clock.pending]).toEqual(['closed', 0]);
  });

  it('that throws is a failed try, told when whoever asked is listening', () => {
    const error = new Error('no such option');
    const { connection, told, notices } = setting({}, () => {
      throw error;
    });
    connection.open(true);
    expect(told).toEqual([]);
    clock.advance(0);
    expect(notices).toEqual([{ type: 'failed', error }]);
    expect([connection.status, clock.pending]).toEqual(['closed', 0]);
  });

  it('that throws, and is closed at once, is not told', () => {
    const { connection, told } = setting({}, () => {
      throw new Error('no');
    });
    connection.open(false);
    connection.close('forced close');
    expect(clock.pending).toBe(0);
    expect(told).toEqual(['lost']);
  });

  it('that wins before it returns has its link closed with the connection', () => {
    const link = new FakeLink();
    const { connection } = setting({}, (on) => {
      on.won(link);
      return { abandon() {} };
    });
    connection.open(false);
    expect(connection.link).toBe(link);
    connection.close('forced close');
    expect(link.closed).toBe(1);
  });

  it('that fails before it returns leaves no timer behind', () => {
    const { connection } = setting({}, (on) => {
      on.exhausted(new Error('at once'));
      return { abandon() {} };
    });
    connection.open(false);
    connection.close('forced close');
    const left = clock.pending;
    clock.advance(10_000);
    expect(left).toBe(0);
  });
});

describe('losing the link', () => {
  it('is told, and a new one is opened', () => {
    const { connection, first, link, tries, notices } = connected();
    const details = { description: 'cut' };
    first.on.lost('transport close', details);
    expect(notices).toEqual([{ type: 'lost', reason: 'transport close', details }]);
    expect([connection.link, link.closed]).toEqual([undefined, 1]);
    clock.advance(100);
    expect(tries[1]?.win()).toBe(connection.link);
    connection.close('done');
  });

  it('soon after a stable connection opens the next one soon', () => {
    const { connection, first, tries } = connected();
    clock.advance(5_000);
    first.on.lost('transport close');
    clock.advance(1);
    expect(tries).toHaveLength(2);
    connection.close('done');
  });

  it('counts once', () => {
    const { connection, first, told } = connected();
    first.on.lost('transport error');
    first.on.lost('transport close');
    first.on.exhausted(new Error('late'));
    expect(told).toEqual(['lost']);
    connection.close('done');
  });

  it('ends it where there is no reconnection', () => {
    const { connection, first, told } = connected({ reconnection: false });
    first.on.lost('transport close');
    expect([connection.status, clock.pending]).toEqual(['closed', 0]);
    expect(told).toEqual(['lost']);
  });

  it('may be asked for', () => {
    const { connection, link, notices } = connected();
    connection.drop('ping timeout');
    expect(link.closed).toBe(1);
    expect(notices).toMatchObject([{ type: 'lost', reason: 'ping timeout' }]);
    connection.close('done');
  });
});

describe('closing', () => {
  it('abandons the try that is under way', () => {
    const { connection, tries, notices } = setting();
    connection.open(false);
    connection.close('forced close');
    expect(tries[0]?.abandoned).toBe(1);
    expect(notices).toEqual([{ type: 'lost', reason: 'forced close' }]);
    expect(connection.status).toBe('closed');
  });

  it('closes the link in use, once', () => {
    const { connection, link } = connected();
    connection.close('forced close');
    connection.close('forced close');
    expect(link.closed).toBe(1);
  });

  it('leaves no timer while waiting', () => {
    const { connection, first, tries } = connected();
    first.on.lost('transport close');
    expect(clock.pending).toBe(1);
    connection.close('forced close');
    expect(clock.pending).toBe(0);
    clock.advance(10_000);
    expect(tries).toHaveLength(1);
  });

  it('can be undone', () => {
    const { connection, tries } = connected();
    connection.close('forced close');
    connection.open(false);
    expect(tries[1]?.win()).toBe(connection.link);
    connection.close('done');
  });
});

describe('what comes from a try that is over', () => {
  it('is ignored: data, loss, failure', () => {
    const { connection, first, tries, told, got } = connected();
    first.on.lost('transport close');
    clock.advance(100);
    tries[1]?.win();
    told.length = 0;
    first.on.data('2["stale"]');
    first.on.lost('transport error');
    first.on.exhausted(new Error('stale'));
    expect(told).toEqual([]);
    expect(got).toEqual([]);
    expect(connection.status).toBe('connected');
    connection.close('done');
  });

  it('is no link: a late winner is closed, and does not take the place of anybody', () => {
    const { connection, tries, told } = setting();
    connection.open(false);
    connection.close('forced close');
    connection.open(false);
    const current = tries[1]?.win();
    told.length = 0;
    const late = tries[0]?.win();
    expect(connection.link).toBe(current);
    expect(told).toEqual([]);
    expect(late?.closed).toBe(1);
    connection.close('done');
  });

  it('does not disturb a packet that is half received', () => {
    const { connection, tries, got } = setting();
    connection.open(false);
    connection.close('forced close');
    connection.open(false);
    tries[1]?.win();
    tries[1]?.on.data('51-["file",{"_placeholder":true,"num":0}]');
    tries[0]?.win();
    tries[1]?.on.data(bytes(1));
    expect(got).toEqual(['/: ["file",{}]']);
    expect(connection.status).toBe('connected');
    connection.close('done');
  });
});

describe('what comes in', () => {
  it('goes to the namespace that it is for, and then to whoever watches', () => {
    const { connection, first, got, packets } = connected();
    first.on.data('2["a",1]');
    first.on.data('2/admin,["b"]');
    first.on.data('51-/admin,["c",{"_placeholder":true,"num":0}]');
    first.on.data(bytes(1));
    expect(got).toEqual(['/: ["a",1]', '/admin: ["b"]', '/admin: ["c",{}]']);
    expect(packets).toHaveLength(3);
    connection.close('done');
  });

  it('for a namespace that nobody wants is nobody’s', () => {
    const { connection, first, got } = connected();
    first.on.data('2/unknown,["a"]');
    expect(got).toEqual([]);
    expect(connection.status).toBe('connected');
    connection.close('done');
  });

  it.each([
    ['9["a"]'],
    ['2["connect"]'],
    ['2{'],
    [''],
    [bytes(1)],
    ['51-["a",{"_placeholder":true,"num":5}]', bytes(1)],
    ['51-["a"]', '2["b"]'],
  ])('that cannot be read ends the link with parse error, and a new one is opened: %s', (...chunks) => {
    const { connection, first, link, tries, notices, got } = connected();
    for (const chunk of chunks) first.on.data(chunk);
    expect(notices).toEqual([{ type: 'lost', reason: 'parse error', details: expect.any(Error) }]);
    expect(link.closed).toBe(1);
    first.on.data('2["behind it"]');
    expect(got).toEqual([]);
    clock.advance(100);
    tries[1]?.win();
    tries[1]?.on.data('2["next"]');
    expect(got).toEqual(['/: ["next"]']);
    connection.close('done');
  });

  it('over a new link starts anew: half a packet of the old one is forgotten', () => {
    const { connection, first, tries, got } = connected();
    first.on.data('51-["file",{"_placeholder":true,"num":0}]');
    first.on.lost('transport close');
    clock.advance(100);
    tries[1]?.win();
    tries[1]?.on.data('2["next"]');
    expect(got).toEqual(['/: ["next"]']);
    connection.close('done');
  });

  it('costs the same, however many namespaces there are', () => {
    const receivers = new Map(Array.from({ length: 1_000 }, (_, i) => [`/n${i}`, { receive: vi.fn() }]));
    let asked = 0;
    const tries: Try[] = [];
    const connection = new Connection(
      world,
      createCodec({ maxAttachments: 10, maxReceivedBytes: 1_000_000, maxSentAttachments: 10 }),
      {
        openLink: (on) => {
          tries.push(new Try(on));
          return { abandon() {} };
        },
        rules: {
          reconnection: true,
          maxAttempts: 1,
          online: true,
          delayMs: () => 0,
          wakeDelayMs: () => 0,
          offlineDelayMs: 0,
        },
        expectsAnswer: false,
        ask: undefined,
        rttMs: undefined,
        notice() {},
        changed() {},
        receiver: (nsp) => {
          asked++;
          return receivers.get(nsp);
        },
        packet() {},
      },
    );
    connection.open(false);
    tries[0]?.win();
    for (let i = 0; i < 100; i++) tries[0]?.on.data('2/n7,["a"]');
    expect(asked).toBe(100);
    expect(receivers.get('/n7')?.receive).toHaveBeenCalledTimes(100);
    expect([...receivers.values()].filter(({ receive }) => receive.mock.calls.length > 0)).toHaveLength(1);
    connection.close('done');
  });
});

describe('what goes out', () => {
  it('goes over the link in use, in order, and nowhere without one', () => {
    const { connection, first, link } = connected();
    const file = bytes(1);
    connection.write(['51-…', file]);
    connection.write(connection.encode({ type: 1, nsp: '/' }));
    expect(link.sent).toEqual(['51-…', file, '1']);
    first.on.lost('transport close');
    connection.write(['late']);
    expect(link.sent).toHaveLength(3);
    connection.close('done');
  });

  it('is refused as a whole where a part of it is larger than the server takes', () => {
    const { connection, link } = connected();
    link.maxPayload = 10;
    expect(connection.write(['short', new ArrayBuffer(11)])).toEqual({ bytes: 11, maxBytes: 10 });
    expect(connection.write(['x'.repeat(10)])).toEqual({ bytes: 11, maxBytes: 10 });
    expect(link.sent).toEqual([]);
    expect(connection.write(['x'.repeat(9), new ArrayBuffer(10)])).toBeUndefined();
    expect(link.sent).toHaveLength(2);
    connection.close('done');
  });

  it('is measured as it will be on the wire: UTF-8, and base64 over polling', () => {
    const { connection, link } = connected();
    link.maxPayload = 10;
    expect(connection.write(['äöü€'])).toBeUndefined();
    expect(connection.write(['äöü€ä'])).toEqual({ bytes: 12, maxBytes: 10 });
    expect(connection.write(['😀😀'])).toBeUndefined();
    expect(connection.write(['😀😀😀'])).toEqual({ bytes: 13, maxBytes: 10 });
    link.transport = 'polling';
    expect(connection.write([new ArrayBuffer(6)])).toBeUndefined();
    expect(connection.write([new ArrayBuffer(7)])).toEqual({ bytes: 13, maxBytes: 10 });
    connection.close('done');
  });

  it('is never refused where the server told no limit', () => {
    const { connection, link } = connected();
    expect(connection.write(['x'.repeat(1e6)])).toBeUndefined();
    expect(link.sent).toHaveLength(1);
    connection.close('done');
  });
});

describe('a listener that acts while it is told', () => {
  it('of the opening, and closes: the link is closed', () => {
    const made = setting();
    made.within = ({ type }) => {
      if (type === 'opened') made.connection.close('forced close');
    };
    made.connection.open(false);
    const link = made.tries[0]?.win();
    expect([made.connection.status, link?.closed, clock.pending]).toEqual(['closed', 1, 0]);
  });

  it('of the reconnect’s opening, and closes: nothing is told of the reconnect afterwards', () => {
    const made = connected();
    made.first.on.lost('transport close');
    clock.advance(100);
    made.told.length = 0;
    made.within = ({ type }) => {
      if (type === 'opened') made.connection.close('forced close');
    };
    made.tries[1]?.win();
    expect(made.told).toEqual(['opened', 'lost']);
  });

  it('of a failure, and closes: nothing is waited for', () => {
    const made = setting();
    made.within = ({ type }) => {
      if (type === 'failed') made.connection.close('forced close');
    };
    made.connection.open(false);
    made.tries[0]?.on.exhausted(new Error('a'));
    expect([made.connection.status, clock.pending]).toEqual(['closed', 0]);
    clock.advance(10_000);
    expect(made.tries).toHaveLength(1);
  });

  it('of a failure, and opens: the next try is under way at once, and once', () => {
    const made = setting();
    made.within = ({ type }) => {
      if (type === 'failed') made.connection.open(false);
    };
    made.connection.open(false);
    made.tries[0]?.on.exhausted(new Error('a'));
    expect([made.tries.length, clock.pending, made.connection.status]).toEqual([2, 0, 'reconnecting']);
    made.connection.close('done');
  });

  it('of a loss, and closes: nothing is waited for', () => {
    const made = connected();
    made.within = ({ type, ...rest }) => {
      if (type === 'lost' && 'reason' in rest && rest.reason === 'transport close')
        made.connection.close('mine');
    };
    made.first.on.lost('transport close');
    expect([made.connection.status, clock.pending]).toEqual(['closed', 0]);
  });

  it('of a loss, and opens: the next try is under way at once, and once', () => {
    const made = connected();
    made.within = ({ type }) => {
      if (type === 'lost') made.connection.open(false);
    };
    made.first.on.lost('transport close');
    expect([made.tries.length, clock.pending]).toEqual([2, 0]);
    made.within = () => {};
    made.connection.close('done');
  });

  it('of a retry, and closes: it is not made', () => {
    const made = connected();
    made.within = ({ type }) => {
      if (type === 'retrying') made.connection.close('forced close');
    };
    made.first.on.lost('transport close');
    clock.advance(100);
    expect([made.tries.length, made.connection.status]).toEqual([1, 'closed']);
  });

  it('of the end of the attempts, and opens: it starts anew', () => {
    const made = setting({ maxAttempts: 0 });
    made.within = ({ type }) => {
      if (type === 'gaveUp') {
        made.within = () => {};
        made.connection.open(false);
      }
    };
    made.connection.open(false);
    made.tries[0]?.on.exhausted(new Error('a'));
    expect([made.tries.length, made.connection.status]).toEqual([2, 'connecting']);
    made.connection.close('done');
  });

  it('of a packet, and closes: what comes behind it is not handed over', () => {
    const { connection, first, got } = connected();
    first.on.data('2["a"]');
    connection.close('forced close');
    first.on.data('2["b"]');
    expect(got).toEqual(['/: ["a"]']);
  });
});

describe('a link in doubt', () => {
  it.each(['offline', 'online', 'moved', 'woken', 'restored'] as const)(
    'after %s is dropped where nothing comes in time, and a new one is opened',
    (signal) => {
      const { link, tries, notices, ...made } = connected();
      link.lastSeenMs = clock.now();
      world.signals.tell(signal);
      world.signals.online = true;
      expect([made.connection.status, link.closed]).toEqual(['connected', 0]);
      clock.advance(1_999);
      expect(notices).toEqual([]);
      clock.advance(1);
      expect(notices).toMatchObject([{ type: 'lost', reason: 'ping timeout' }]);
      expect(link.closed).toBe(1);
      clock.advance(100);
      expect(tries).toHaveLength(2);
      made.connection.close('done');
      expect(clock.pending).toBe(0);
    },
  );

  it('makes the server answer, and is kept where it does', () => {
    const made = connected();
    world.signals.tell('offline');
    expect(made.asked).toBe(1);
    clock.advance(10);
    made.link.lastSeenMs = clock.now();
    clock.advance(60_000);
    expect([made.connection.status, made.notices]).toEqual(['connected', []]);
    made.connection.close('done');
  });

  it('that was found alive can be in doubt again', () => {
    const made = connected();
    world.signals.tell('moved');
    clock.advance(10);
    made.link.lastSeenMs = clock.now();
    clock.advance(1_990);
    world.signals.tell('moved');
    expect([made.asked, made.told]).toEqual([2, []]);
    clock.advance(2_000);
    expect(made.told).toEqual(['lost']);
    made.connection.close('done');
    expect(clock.pending).toBe(0);
  });

  it('is out of doubt at the answer: a later signal asks again', () => {
    const made = connected();
    world.signals.tell('moved');
    clock.advance(10);
    made.answer();
    // Only the watch for sleep.
    expect(clock.waits).toEqual([990]);
    world.signals.tell('moved');
    expect([made.asked, made.told]).toEqual([2, []]);
    clock.advance(2_000);
    expect(made.told).toEqual(['lost']);
    made.connection.close('done');
    expect(clock.pending).toBe(0);
  });

  it('takes no answer to what was asked over the link before it', () => {
    const made = connected();
    world.signals.tell('moved');
    const late = made.answer;
    made.first.on.lost('transport close');
    clock.advance(100);
    made.tries[1]?.win();
    world.signals.tell('moved');
    late();
    clock.advance(2_000);
    expect(made.told.at(-1)).toBe('lost');
    made.connection.close('done');
  });

  it('leaves no doubt to the link that comes after it', () => {
    const made = connected();
    world.signals.tell('moved');
    made.first.on.lost('transport close');
    clock.advance(100);
    made.tries[1]?.win();
    world.signals.tell('moved');
    expect(made.asked).toBe(2);
    clock.advance(2_000);
    expect(made.told.at(-1)).toBe('lost');
    made.connection.close('done');
  });

  it('has time by the round trips that were measured', () => {
    const made = connected();
    made.rttMs = 600;
    world.signals.tell('moved');
    clock.advance(2_399);
    expect(made.notices).toEqual([]);
    clock.advance(1);
    expect(made.notices).toHaveLength(1);
    made.connection.close('done');
  });

  it('stays where the server may not be asked', () => {
    const made = connected();
    made.mayAsk = false;
    world.signals.tell('offline', 'online', 'woken');
    clock.advance(60_000);
    expect([made.asked, made.notices]).toEqual([0, []]);
    made.connection.close('done');
  });

  it('that is lost meanwhile, is lost once: nothing happens to the next', () => {
    const made = connected();
    world.signals.tell('woken');
    made.first.on.lost('transport close');
    clock.advance(100);
    made.tries[1]?.win();
    clock.advance(60_000);
    expect(made.told).toEqual(['lost', 'retrying', 'opened', 'reconnected']);
    expect(made.connection.status).toBe('connected');
    made.connection.close('done');
    expect(clock.pending).toBe(0);
  });

  it('is in doubt once, however many signals come together', () => {
    const made = connected();
    world.signals.tell('offline', 'moved', 'online');
    // And the watch for sleep.
    expect([made.asked, clock.waits]).toEqual([1, [1_000, 2_000]]);
    clock.advance(2_000);
    expect(made.told).toEqual(['lost']);
    made.connection.close('done');
  });

  it('is found dead in time, however often signals come: a doubt that is being cleared up is not begun anew', () => {
    const made = connected();
    for (let count = 0; count < 10 && made.told.length === 0; count++) {
      world.signals.tell('moved');
      clock.advance(900);
    }
    expect(made.told).toContain('lost');
    made.connection.close('done');
  });

  it('is also one after a sleep that no signal told of', () => {
    const made = connected();
    clock.advance(60_000);
    expect(made.asked).toBe(0);
    clock.sleep(600_000);
    clock.advance(0);
    expect(made.asked).toBe(1);
    clock.advance(2_000);
    expect(made.told).toEqual(['lost']);
    made.connection.close('done');
  });

  it('tries a better transport after a change of network, and only then', () => {
    const made = connected();
    world.signals.tell('woken', 'offline', 'restored');
    expect(made.link.improved).toBe(0);
    world.signals.tell('online');
    world.signals.tell('moved');
    expect(made.link.improved).toBe(2);
    made.connection.close('done');
  });
});

describe('without a network', () => {
  it('waits for it, looks again rarely, and comes back soon after it', () => {
    const { connection, first, tries } = connected();
    world.signals.tell('offline');
    first.on.lost('transport close');
    expect([connection.status, connection.between, connection.retryInMs]).toEqual(['offline', true, 5_000]);
    clock.advance(4_999);
    expect(tries).toHaveLength(1);
    clock.advance(1);
    tries[1]?.on.exhausted(new Error('no'));
    expect([tries.length, connection.status]).toEqual([2, 'offline']);
    clock.advance(1_000);
    world.signals.tell('online');
    expect([connection.status, connection.retryInMs]).toEqual(['reconnecting', 50]);
    clock.advance(50);
    tries[2]?.win();
    expect(connection.status).toBe('connected');
    connection.close('done');
    expect(clock.pending).toBe(0);
  });

  it('uses up no attempt by looking again: they are for the network’s return', () => {
    const { connection, first, tries, told } = connected({ maxAttempts: 2 });
    world.signals.tell('offline');
    first.on.lost('transport close');
    for (let count = 1; count <= 5; count++) {
      clock.advance(5_000);
      tries[count]?.on.exhausted(new Error('no'));
    }
    expect([tries.length, connection.status]).toEqual([6, 'offline']);
    world.signals.tell('online');
    clock.advance(50);
    tries[6]?.on.exhausted(new Error('no'));
    expect(told).not.toContain('gaveUp');
    clock.advance(60_000);
    tries[7]?.on.exhausted(new Error('no'));
    expect([told.at(-2), told.at(-1), connection.status]).toEqual(['gaveUp', 'retryFailed', 'closed']);
    expect(clock.pending).toBe(0);
  });

  it('a link that still works is kept', () => {
    const { connection, link, told } = connected();
    world.signals.tell('offline');
    clock.advance(1);
    link.lastSeenMs = clock.now();
    clock.advance(60_000);
    expect([connection.status, told]).toEqual(['connected', []]);
    connection.close('done');
  });
});

describe('a page that is kept for going back to it', () => {
  it('closes its link, and opens a new one when it is shown again', () => {
    const { connection, link, tries, notices } = connected();
    world.signals.tell('stored');
    expect([link.closed, connection.link, connection.status]).toEqual([1, undefined, 'offline']);
    expect(link.closedNow).toBe(1);
    expect(notices).toEqual([{ type: 'lost', reason: 'transport close' }]);
    world.signals.tell('restored');
    clock.advance(50);
    tries[1]?.win();
    expect(connection.status).toBe('connected');
    connection.close('done');
  });

  it('ends no link on the spot for any other signal, nor where there is no reconnection', () => {
    const { connection, link } = connected({ reconnection: false });
    world.signals.tell('offline', 'online', 'moved', 'woken', 'stored', 'restored');
    expect([link.closed, link.closedNow, connection.link]).toEqual([0, 0, link]);
    connection.close('done');
    expect([link.closed, link.closedNow]).toEqual([1, 0]);
  });

  it('abandons the try that is under way', () => {
    const { connection, tries } = setting();
    connection.open(false);
    world.signals.tell('stored');
    expect([tries[0]?.abandoned, connection.status]).toEqual([1, 'offline']);
    world.signals.tell('restored');
    clock.advance(50);
    expect(tries).toHaveLength(2);
    connection.close('done');
  });
});

describe('a try that hangs', () => {
  it('is abandoned for a new one when the network changes', () => {
    const { connection, tries, told, statuses } = setting();
    connection.open(false);
    clock.advance(249);
    world.signals.tell('moved');
    expect([tries.length, tries[0]?.abandoned]).toEqual([1, 0]);
    clock.advance(1);
    world.signals.tell('moved');
    expect([tries.length, tries[0]?.abandoned, connection.status]).toEqual([2, 1, 'connecting']);
    // The new one has its own time.
    world.signals.tell('online');
    expect(tries).toHaveLength(2);
    tries[0]?.on.exhausted(new Error('late'));
    expect([told, connection.status]).toEqual([[], 'connecting']);
    tries[1]?.win();
    expect([told, statuses.at(-1)]).toEqual([['opened'], 'connected']);
    connection.close('done');
    expect(clock.pending).toBe(0);
  });
});

describe('the page', () => {
  it('is watched only while a connection is wanted', () => {
    const { connection, first } = connected();
    expect(world.signals.watched).toBe(1);
    first.on.lost('transport close');
    expect(world.signals.watched).toBe(1);
    connection.close('forced close');
    expect(world.signals.watched).toBe(0);
    connection.open(false);
    connection.open(false);
    expect(world.signals.watched).toBe(1);
    connection.close('forced close');
    expect(world.signals.watched).toBe(0);
  });

  it('is not watched any more after it has given up', () => {
    const { connection, tries } = setting({ maxAttempts: 0 });
    expect(world.signals.watched).toBe(0);
    connection.open(false);
    tries[0]?.on.exhausted(new Error('no'));
    expect([world.signals.watched, clock.pending]).toEqual([0, 0]);
  });
});

describe('a server that does not answer over a transport', () => {
  it('is tried over those that are left, at once, in the same try', () => {
    const { connection, link, tries, notices } = connected();
    clock.advance(3_000.4);
    connection.fallBack('timeout');
    const attempt = { transport: 'websocket', phase: 'connect', ms: 3_000, message: 'timeout' };
    expect(notices).toEqual([{ type: 'lost', reason: 'ping timeout' }]);
    expect([link.closed, tries.length, connection.status]).toEqual([1, 2, 'connecting']);
    expect(tries[1]?.deaf).toEqual([attempt]);
    expect(connection.deaf).toEqual(['websocket']);
    tries[1]?.win();
    expect([connection.status, connection.deaf]).toEqual(['connected', ['websocket']]);
    connection.close('done');
    expect(clock.pending).toBe(0);
  });

  it('is tried over all of them in the next try', () => {
    const { connection, tries } = connected();
    connection.fallBack('timeout');
    tries[1]?.on.exhausted(new Error('no'));
    expect(connection.deaf).toEqual([]);
    clock.advance(100);
    expect(tries[2]?.deaf).toEqual([]);
    connection.close('done');
  });

  it('cannot be without a link', () => {
    const { connection, tries } = setting();
    connection.fallBack('timeout');
    connection.open(false);
    connection.fallBack('timeout');
    expect([tries.length, connection.status]).toEqual([1, 'connecting']);
    connection.close('done');
  });
});

describe('a link that is lost', () => {
  /** Another transport is left, and a namespace waits. */
  const unheard = (): ReturnType<typeof connected> => {
    const made = connected();
    made.link.othersLeft = true;
    clock.advance(40);
    return made;
  };

  it('before anything was heard over it is a failed one: the transports that are left are tried at once', () => {
    const { connection, first, tries, link, notices } = unheard();
    first.on.lost('transport close');
    expect([tries.length, connection.status, connection.between]).toEqual([2, 'connecting', false]);
    expect(tries[1]?.deaf).toEqual([
      { transport: 'websocket', phase: 'connect', ms: 40, message: 'transport close' },
    ]);
    expect(notices).toEqual([{ type: 'lost', reason: 'transport close' }]);
    expect(link.closed).toBe(1);
    connection.close('done');
  });

  it('is no failed one where the program closed its engine', () => {
    const { connection, first, tries, notices } = unheard();
    first.on.lost('forced close');
    expect([tries.length, connection.between]).toEqual([1, true]);
    expect(notices[0]).toMatchObject({ type: 'lost', reason: 'forced close' });
    connection.close('done');
  });

  it('after something was heard over it is retried after a wait, over all transports', () => {
    const { connection, first, tries } = unheard();
    first.on.data('2["a"]');
    first.on.lost('transport close');
    expect([tries.length, connection.between]).toEqual([1, true]);
    clock.advance(100);
    expect(tries[1]?.deaf).toEqual([]);
    connection.close('done');
  });

  it('is retried after a wait where it was the last that is left', () => {
    const { connection, first, link, tries } = unheard();
    link.othersLeft = false;
    first.on.lost('transport close');
    expect([tries.length, connection.between]).toEqual([1, true]);
    connection.close('done');
  });

  it('is retried after a wait where the server was not asked for anything: its silence says nothing', () => {
    const quiet = setting();
    quiet.expectsAnswer = false;
    quiet.connection.open(false);
    const link = quiet.tries[0]?.win() as FakeLink;
    link.othersLeft = true;
    quiet.tries[0]?.on.lost('transport close');
    expect([quiet.tries.length, quiet.connection.between]).toEqual([1, true]);
    quiet.connection.close('done');
  });

  it('is looked at for itself: what the one before it brought is no sign of the next', () => {
    const { connection, first, tries } = connected();
    first.on.data('2["a"]');
    first.on.lost('transport close');
    clock.advance(100);
    const second = tries[1]?.win() as FakeLink;
    second.othersLeft = true;
    tries[1]?.on.lost('transport close');
    expect([tries.length, tries[2]?.deaf.length]).toEqual([3, 1]);
    connection.close('done');
  });
});

it('is live while there is a link whose heartbeat is on time', () => {
  const { connection, link, first } = connected();
  expect(connection.live).toBe(true);
  link.late = true;
  expect(connection.live).toBe(false);
  link.late = false;
  first.on.lost('transport close');
  expect(connection.live).toBe(false);
  connection.close('done');
});

describe('what is done with a packet', () => {
  it('may throw without hurting the connection', () => {
    const reported = stubReportError();
    const made = connected();
    made.onPacket = () => {
      throw new Error('mine');
    };
    made.first.on.data('2["a"]');
    made.onPacket = () => {};
    made.first.on.data('2["b"]');
    expect([made.connection.status, made.got]).toEqual(['connected', ['/: ["a"]', '/: ["b"]']]);
    expect(reported).toHaveBeenCalledOnce();
    made.connection.close('done');
  });
});

describe('a listener of the status', () => {
  it('is called after what has happened was told', () => {
    const made = setting();
    const order: string[] = [];
    made.within = ({ type }) => order.push(type);
    made.onChanged = () => order.push(`is ${made.connection.status}`);
    made.connection.open(false);
    made.tries[0]?.win();
    made.tries[0]?.on.lost('transport close');
    clock.advance(100);
    made.tries[1]?.win();
    made.connection.close('done');
    expect(order).toEqual([
      ...['is connecting', 'opened', 'is connected', 'lost', 'is reconnecting'],
      ...['retrying', 'is reconnecting', 'opened', 'reconnected', 'is connected', 'lost', 'is closed'],
    ]);
  });

  it('is told of the last of several changes once', () => {
    const made = setting();
    made.within = ({ type }) => {
      if (type === 'opened') made.connection.close('forced close');
    };
    made.connection.open(false);
    made.tries[0]?.win();
    expect(made.statuses).toEqual(['connecting', 'closed']);
  });

  it('that closes as soon as it is connected, hears the opening before the end', () => {
    const made = setting();
    made.onChanged = () => {
      if (made.connection.status === 'connected') made.connection.close('forced close');
    };
    made.connection.open(false);
    const link = made.tries[0]?.win();
    expect([made.connection.status, link?.closed ? 'closed' : 'open', clock.pending]).toEqual([
      'closed',
      'closed',
      0,
    ]);
    expect(made.told.at(-1)).toBe('lost');
  });

  it('that loses the link as soon as it is connected, hears the opening before the loss', () => {
    const made = setting();
    made.onChanged = () => {
      if (made.connection.status === 'connected') made.tries[0]?.on.lost('transport close');
    };
    made.connection.open(false);
    made.tries[0]?.win();
    expect(made.told.at(-1)).toBe('lost');
    made.connection.close('done');
  });
});
