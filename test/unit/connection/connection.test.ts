import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection, type ConnectionOwner } from '../../../src/connection/connection.js';
import type { Notice, Rules } from '../../../src/connection/lifecycle.js';
import type { Link, LinkHandlers, OpenLink } from '../../../src/connection/link.js';
import { createCodec } from '../../../src/protocol/codec.js';
import type { Chunk } from '../../../src/protocol/encode.js';
import type { Packet } from '../../../src/protocol/packet.js';
import { SimulatedClock } from '../../support/simulated-clock.js';

class FakeLink implements Link {
  transport = 'websocket';
  writable = true;
  maxPayload = 0;
  late = false;
  closed = 0;
  readonly sent: Chunk[] = [];

  overdue(): boolean {
    return this.late;
  }

  send(chunk: Chunk): void {
    this.sent.push(chunk);
  }

  close(): void {
    this.closed++;
  }
}

/** One try of the connection, in the hands of the test. */
class Try {
  abandoned = 0;
  readonly link: FakeLink = new FakeLink();
  constructor(readonly on: LinkHandlers) {}

  win(): FakeLink {
    this.on.won(this.link);
    return this.link;
  }
}

let clock = new SimulatedClock();
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
}

function setting(given: Partial<Rules> = {}, open?: OpenLink): Setting {
  const tries: Try[] = [];
  const owner: ConnectionOwner = {
    openLink:
      open ??
      ((on) => {
        const one = new Try(on);
        tries.push(one);
        return { abandon: () => void one.abandoned++ };
      }),
    rules: {
      reconnection: true,
      maxAttempts: Number.POSITIVE_INFINITY,
      delayMs: (failures, stable) => (stable ? 1 : 100 * 2 ** failures),
      ...given,
    },
    notice(notice) {
      made.told.push(notice.type);
      made.notices.push(notice);
      made.within(notice);
    },
    changed: () => made.statuses.push(made.connection.status),
    receiver: (nsp) =>
      nsp === '/unknown'
        ? undefined
        : {
            receive: (packet) =>
              made.got.push(`${nsp}: ${JSON.stringify('data' in packet ? packet.data : null)}`),
          },
    packet: (packet) => made.packets.push(packet),
  };
  const connection = new Connection({ clock, dateMs: () => 0, random: () => 0.5 }, createCodec(10), owner);
  const made: Setting = {
    connection,
    tries,
    told: [],
    notices: [],
    statuses: [],
    packets: [],
    got: [],
    within: () => {},
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
  clock = new SimulatedClock();
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
    expect(clock.pending).toBe(0);
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
    expect([connection.status, connection.waiting, connection.retryInMs]).toEqual([
      'reconnecting',
      true,
      100,
    ]);
    clock.advance(99);
    expect([tries.length, connection.retryInMs]).toEqual([1, 1]);
    clock.advance(1);
    expect([tries.length, connection.waiting, connection.retryInMs]).toEqual([2, false, undefined]);
    tries[1]?.on.exhausted(new Error('b'));
    clock.advance(200);
    tries[2]?.win();
    expect(told).toEqual([
      ...['failed', 'retrying', 'failed', 'retryFailed'],
      ...['retrying', 'opened', 'reconnected'],
    ]);
    expect(clock.pending).toBe(0);
    connection.close('done');
  });

  it('tries once where its caller wants that', () => {
    const { connection, tries, notices } = setting();
    connection.open(true);
    const error = new Error('a');
    tries[0]?.on.exhausted(error);
    expect(connection.status).toBe('closed');
    expect(notices).toEqual([{ type: 'failed', error, final: true }]);
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
    expect(notices).toEqual([{ type: 'failed', error, final: true }]);
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
    const connection = new Connection({ clock, dateMs: () => 0, random: () => 0 }, createCodec(10), {
      openLink: (on) => {
        tries.push(new Try(on));
        return { abandon() {} };
      },
      rules: { reconnection: true, maxAttempts: 1, delayMs: () => 0 },
      notice() {},
      changed() {},
      receiver: (nsp) => {
        asked++;
        return receivers.get(nsp);
      },
      packet() {},
    });
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
