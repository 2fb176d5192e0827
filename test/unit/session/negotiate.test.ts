import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Attempt, Failure } from '../../../src/platform/errors.js';
import {
  negotiate,
  type OpenPlan,
  type TransportAttemptEvent,
  type Won,
} from '../../../src/session/negotiate.js';
import type { DialEvents, Transport } from '../../../src/session/transports/transport.js';
import { SimulatedClock } from '../../support/simulated-clock.js';

// Many runs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

/** One opening transport that the test controls. */
interface Dial {
  readonly name: string;
  readonly on: DialEvents;
  given: 'up' | undefined;
  shakes(): void;
  fails(message: string, more?: Partial<Failure>): void;
}

interface Negotiating {
  readonly dials: Dial[];
  readonly told: TransportAttemptEvent[];
  readonly won: Won[];
  readonly failures: { readonly attempts: readonly Attempt[]; readonly last: Failure }[];
  giveUp: () => void;
}

let clock: SimulatedClock;

const newClock = (): SimulatedClock => {
  const made = new SimulatedClock();
  // The first candidate starts at once here, and not in a microtask.
  made.soon = (task) => task();
  return made;
};

beforeEach(() => {
  clock = newClock();
});

/** Called within each event. */
type Within = (event: TransportAttemptEvent, made: Negotiating) => void;

function negotiating(
  names: readonly string[] = ['websocket', 'polling'],
  plan: Partial<OpenPlan> = {},
  within: Within = () => {},
  onDial: (dial: Dial) => void = () => {},
): Negotiating {
  const made = { dials: [], told: [], won: [], failures: [] } as unknown as Negotiating;
  made.giveUp = negotiate({
    clock,
    plan: {
      names,
      headStartMs: 1_000,
      candidateDeadlineMs: 10_000,
      redialAfterMs: Number.POSITIVE_INFINITY,
      _serverKey: 'http://host.test:3000/ws',
      ...plan,
    },
    timeoutMs: 20_000,
    dial(name, on) {
      const dial: Dial = {
        name,
        on,
        given: undefined,
        shakes: () => on.shaken({ transport: { name } as Transport, handshake: {} as never }),
        fails: (message, more) => on.failed({ message, ...more }),
      };
      made.dials.push(dial);
      onDial(dial);
      return () => {
        dial.given = 'up';
      };
    },
    told(event) {
      made.told.push(event);
      within(event, made);
    },
    won: (won) => made.won.push(won),
    failed: (attempts, last) => made.failures.push({ attempts: [...attempts], last }),
  });
  return made;
}

const names = ({ dials }: Negotiating): string[] => dials.map(({ name }) => name);
const running = ({ dials }: Negotiating): string[] =>
  dials.filter(({ given }) => given === undefined).map(({ name }) => name);
const dial = ({ dials }: Negotiating, index: number): Dial => dials[index] as Dial;

describe('the start', () => {
  it('comes after the caller had a chance to cancel', async () => {
    clock = new SimulatedClock();
    const [one, other] = [negotiating(), negotiating()];
    other.giveUp();
    expect([one.told, other.told]).toEqual([[], []]);
    await Promise.resolve();
    expect([names(one), names(other)]).toEqual([['websocket'], []]);
  });

  it('opens only the first candidate', () => {
    const made = negotiating();
    expect(names(made)).toEqual(['websocket']);
    expect(made.told).toEqual([{ transport: 'websocket', phase: 'start' }]);
  });

  it('follows the order of the list', () => {
    expect(names(negotiating(['polling', 'websocket']))).toEqual(['polling']);
  });
});

describe('the next candidate', () => {
  it('starts beside the first when the head start is over', () => {
    const made = negotiating();
    clock.advance(999);
    expect(names(made)).toEqual(['websocket']);
    clock.advance(1);
    expect(running(made)).toEqual(['websocket', 'polling']);
  });

  it('starts at once when the one before has failed', () => {
    const made = negotiating();
    clock.advance(50);
    dial(made, 0).fails('websocket error');
    expect(names(made)).toEqual(['websocket', 'polling']);
    expect(made.failures).toEqual([]);
  });

  it('is the one after it, if the next has failed, too', () => {
    const made = negotiating(['webtransport', 'websocket', 'polling']);
    dial(made, 0).fails('a');
    dial(made, 1).fails('b');
    expect(names(made)).toEqual(['webtransport', 'websocket', 'polling']);
  });

  it('does not exist once all were started', () => {
    const made = negotiating();
    clock.advance(9_000);
    expect(names(made)).toEqual(['websocket', 'polling']);
  });
});

describe('a candidate that fails', () => {
  it('does not affect the others', () => {
    const made = negotiating();
    clock.advance(1_000);
    dial(made, 0).fails('websocket error');
    expect(running(made)).toEqual(['polling']);
    expect(made.failures).toEqual([]);
  });

  it('is reported with its message and its time', () => {
    const made = negotiating();
    clock.advance(250.4);
    dial(made, 0).fails('websocket error');
    expect(made.told[1]).toEqual({
      transport: 'websocket',
      phase: 'failed',
      ms: 250,
      error: 'websocket error',
    });
  });

  it('is recorded with its phase, its time and everything known about the failure', () => {
    const cause = new Error('inner');
    const made = negotiating(['websocket']);
    dial(made, 0).on.opened();
    clock.advance(250.4);
    dial(made, 0).fails('no handshake', { status: 403, cause });
    expect(made.failures[0]?.attempts).toEqual([
      { transport: 'websocket', phase: 'handshake', ms: 250, message: 'no handshake', status: 403, cause },
    ]);
  });

  it('may fail synchronously, and makes room for the next', () => {
    const made = negotiating(undefined, {}, undefined, (one) => {
      if (one.name === 'websocket') one.fails('websocket error');
    });
    expect(names(made)).toEqual(['websocket', 'polling']);
    expect(made.failures).toEqual([]);
  });
});

describe('when all have failed', () => {
  it('the failures are reported in their order', () => {
    const made = negotiating();
    clock.advance(50);
    dial(made, 0).fails('websocket error');
    clock.advance(100);
    dial(made, 1).fails('xhr poll error');
    expect(made.failures).toMatchObject([
      {
        attempts: [
          { transport: 'websocket', phase: 'open', ms: 50, message: 'websocket error' },
          { transport: 'polling', phase: 'open', ms: 100, message: 'xhr poll error' },
        ],
        last: { message: 'xhr poll error' },
      },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('the message is that of the last in the list, even if it failed earlier', () => {
    const made = negotiating();
    clock.advance(1_000);
    dial(made, 1).fails('xhr poll error');
    dial(made, 0).fails('websocket error');
    expect(made.failures[0]?.last).toMatchObject({ message: 'xhr poll error' });
  });

  it('negotiation ends after a single candidate, if there is only one', () => {
    const made = negotiating(['websocket']);
    dial(made, 0).fails('websocket error');
    expect(made.failures[0]?.last).toMatchObject({ message: 'websocket error' });
  });

  it('synchronously, negotiation ends before it returns', () => {
    const made = negotiating(undefined, {}, undefined, (one) => one.fails('refused'));
    expect(made.failures).toHaveLength(1);
    expect([made.failures[0]?.attempts.length, clock.pending]).toEqual([2, 0]);
  });
});

describe('a handshake', () => {
  it('wins, and the losers are closed before the winner is used', () => {
    const order: string[] = [];
    const made = negotiating(undefined, {}, ({ transport, phase }, { dials }) =>
      order.push(`${transport} ${phase}, running: ${dials.filter(({ given }) => !given).length}`),
    );
    clock.advance(1_000);
    order.length = 0;
    clock.advance(70);
    dial(made, 1).shakes();
    expect(dial(made, 0).given).toBe('up');
    // The winner's own release was called, too: a dial that has shaken ignores it.
    expect(order).toEqual(['websocket failed, running: 0', 'polling won, running: 0']);
    expect(made.won).toMatchObject([
      { transport: { name: 'polling' }, ms: 70, failed: [], slower: ['websocket'] },
    ]);
    expect(made.told.slice(2)).toEqual([
      { transport: 'websocket', phase: 'failed', ms: 1_070, error: 'slower' },
      { transport: 'polling', phase: 'won', ms: 70 },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('wins without losers if no other was started', () => {
    const made = negotiating();
    dial(made, 0).shakes();
    clock.advance(60_000);
    expect([names(made), made.won.length, made.won[0]?.slower]).toEqual([['websocket'], 1, []]);
  });

  it('comes with the earlier failures', () => {
    const made = negotiating();
    dial(made, 0).fails('websocket error');
    dial(made, 1).shakes();
    expect(made.won).toMatchObject([{ failed: ['websocket'], slower: [] }]);
  });

  it('may arrive synchronously', () => {
    const made = negotiating(undefined, {}, undefined, (one) => one.shakes());
    expect([made.won.length, names(made), clock.pending]).toEqual([1, ['websocket'], 0]);
  });
});

describe('a candidate that hangs', () => {
  it('is abandoned after its deadline while another one is running', () => {
    const made = negotiating();
    clock.advance(10_000);
    expect(running(made)).toEqual(['polling']);
    expect(made.told.at(-1)).toEqual({
      transport: 'websocket',
      phase: 'failed',
      ms: 10_000,
      error: 'timeout',
    });
  });

  it('makes room for the next in the list', () => {
    const made = negotiating(undefined, { headStartMs: Number.POSITIVE_INFINITY });
    clock.advance(10_000);
    expect(running(made)).toEqual(['polling']);
  });

  it('has the whole time if it is the last one', () => {
    const made = negotiating();
    dial(made, 0).fails('a');
    clock.advance(19_999);
    expect(running(made)).toEqual(['websocket', 'polling'].slice(1));
    const alone = negotiating(['polling']);
    clock.advance(15_000);
    expect(running(alone)).toEqual(['polling']);
  });
});

describe('new dials beside candidates that hang', () => {
  const plan = { redialAfterMs: 2_000, candidateDeadlineMs: Number.POSITIVE_INFINITY };

  it('use every transport, once all were started: browsers delay a second WebSocket', () => {
    const made = negotiating(undefined, { ...plan, headStartMs: 3_000 });
    clock.advance(2_000);
    expect(names(made)).toEqual(['websocket']);
    clock.advance(2_000);
    expect(names(made)).toEqual(['websocket', 'polling', 'websocket', 'polling']);
    expect(running(made)).toHaveLength(4);
    clock.advance(60);
    dial(made, 3).shakes();
    expect(made.won).toMatchObject([{ transport: { name: 'polling' }, failed: [] }]);
  });

  it('that are abandoned do not count as a failure while another dial of their transport is running', () => {
    const made = negotiating(undefined, { ...plan, headStartMs: 500 });
    clock.advance(6_000);
    expect(made.told.filter(({ phase }) => phase === 'failed').map(({ transport }) => transport)).toEqual([
      'websocket',
      'polling',
    ]);
    dial(made, names(made).length - 1).shakes();
    expect(made.won).toMatchObject([{ transport: { name: 'polling' }, failed: [] }]);
    expect(made.won[0]?.slower).toContain('websocket');
  });

  it('are two at a time: the older one makes room for a new one', () => {
    const made = negotiating(['websocket'], plan);
    clock.advance(4_000);
    expect(made.dials.map(({ given }) => given)).toEqual([undefined, undefined, undefined]);
    clock.advance(2_000);
    expect(made.dials.map(({ given }) => given)).toEqual([undefined, 'up', undefined, undefined]);
    expect(made.told.filter(({ phase }) => phase === 'failed')).toEqual([
      { transport: 'websocket', phase: 'failed', ms: 4_000, error: 'timeout' },
    ]);
  });

  it('do not replace one that makes progress', () => {
    const made = negotiating(['websocket'], plan);
    clock.advance(2_000);
    dial(made, 1).on.opened();
    clock.advance(8_000);
    expect(dial(made, 1).given).toBeUndefined();
  });

  it('win like any candidate, and the one that hangs is closed', () => {
    const made = negotiating(['websocket'], plan);
    clock.advance(2_010);
    dial(made, 1).shakes();
    expect(dial(made, 0).given).toBe('up');
    expect(made.won).toMatchObject([{ transport: { name: 'websocket' }, ms: 10, slower: ['websocket'] }]);
    clock.advance(60_000);
    expect(names(made)).toHaveLength(2);
  });

  it('end with the overall timeout', () => {
    const made = negotiating(['websocket'], plan);
    clock.advance(20_000);
    expect([running(made), made.failures.length, clock.pending]).toEqual([[], 1, 0]);
    expect(made.failures[0]?.last).toMatchObject({ message: 'timeout' });
  });

  it('end with the candidates beside which they were started', () => {
    const made = negotiating(['websocket'], plan);
    clock.advance(3_000);
    dial(made, 0).fails('refused');
    expect([running(made), clock.pending]).toEqual([[], 0]);
    expect(made.failures[0]?.last).toMatchObject({ message: 'refused' });
  });

  it('that fail do not stop the one that hangs', () => {
    const made = negotiating(['websocket'], plan);
    clock.advance(2_000);
    dial(made, 1).fails('refused');
    expect([running(made), made.failures]).toEqual([['websocket'], []]);
    dial(made, 0).shakes();
    expect(made.won).toHaveLength(1);
  });
});

describe('the overall timeout', () => {
  it('closes every running candidate, and names each', () => {
    const made = negotiating(undefined, { candidateDeadlineMs: Number.POSITIVE_INFINITY });
    clock.advance(20_000);
    expect(running(made)).toEqual([]);
    expect(made.failures).toMatchObject([
      {
        attempts: [
          { transport: 'websocket', ms: 20_000, message: 'timeout' },
          { transport: 'polling', ms: 19_000, message: 'timeout' },
        ],
        last: { message: 'timeout' },
      },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('starts no candidate while it ends the others', () => {
    const made = negotiating(undefined, {
      headStartMs: Number.POSITIVE_INFINITY,
      candidateDeadlineMs: Number.POSITIVE_INFINITY,
    });
    clock.advance(20_000);
    expect([names(made), made.failures[0]?.attempts.length]).toEqual([['websocket'], 1]);
  });
});

describe('cancelling', () => {
  it('closes every running candidate, reports nothing, and leaves no timer', () => {
    const made = negotiating();
    clock.advance(1_000);
    made.giveUp();
    expect([running(made), clock.pending]).toEqual([[], 0]);
    clock.advance(60_000);
    expect([made.won, made.failures]).toEqual([[], []]);
  });

  it.each<[string, Partial<OpenPlan>, (made: Negotiating) => void]>([
    ['polling start', {}, () => clock.advance(1_000)],
    ['websocket failed', {}, (made) => dial(made, 0).fails('refused')],
    ['websocket failed', {}, () => clock.advance(10_000)],
    ['websocket failed', {}, () => clock.advance(20_000)],
    [
      'polling failed',
      {},
      (made) => {
        dial(made, 0).fails('a');
        dial(made, 1).fails('b');
      },
    ],
    ['websocket start', { redialAfterMs: 2_000 }, () => clock.advance(2_000)],
  ])('in a listener of `%s` leaves nothing behind', (news, plan, happen) => {
    let given = false;
    let counted = 0;
    const made = negotiating(undefined, plan, ({ transport, phase }, self) => {
      // The very first start is reported before `negotiate` has returned.
      if (given || `${transport} ${phase}` !== news || (news === 'websocket start' && counted++ === 0))
        return;
      given = true;
      self.giveUp();
    });
    happen(made);
    expect([given, running(made), clock.pending]).toEqual([true, [], 0]);
    const before = names(made).length;
    clock.advance(60_000);
    expect([names(made).length, made.won]).toEqual([before, []]);
  });
});

describe('a response from something other than a Socket.IO server', () => {
  it.each<[string, Partial<Failure>]>([
    ['unexpected error packet', {}],
    ['xhr poll error', { status: 404 }],
  ])('(%s) leaves a silent WebSocket five more seconds', (message, more) => {
    const made = negotiating();
    clock.advance(1_000);
    dial(made, 1).fails(message, more);
    clock.advance(4_999);
    expect([made.failures, running(made)]).toEqual([[], ['websocket']]);
    clock.advance(1);
    expect(made.failures[0]?.last).toMatchObject({ message });
    expect([running(made), clock.pending]).toEqual([[], 0]);
  });

  it('counts from the first such response, however many dials follow', () => {
    const made = negotiating(undefined, { redialAfterMs: 2_000 });
    clock.advance(1_000);
    for (let i = 0; i < 3; i++) {
      for (const one of made.dials)
        if (one.name === 'polling' && !one.given) one.fails('unexpected error packet');
      clock.advance(2_000);
    }
    expect([made.failures.length, running(made)]).toEqual([1, []]);
  });

  it('lets WebSocket win in that time, and leaves no timer', () => {
    const made = negotiating(['polling', 'websocket']);
    dial(made, 0).fails('unexpected error packet');
    clock.advance(4_000);
    dial(made, 1).shakes();
    expect([made.won.length, clock.pending]).toEqual([1, 0]);
  });

  it('is distinguished from other failures, which say nothing about the server', () => {
    const made = negotiating();
    clock.advance(1_000);
    dial(made, 1).fails('xhr poll error', { status: 403 });
    clock.advance(15_000);
    expect(running(made)).toEqual(['websocket']);
  });
});

it('there is always a running candidate until the end, and one end, whatever happens in whatever order', () => {
  type Act = readonly [kind: 'opened' | 'failed' | 'shaken' | 'passes', index: number, ms: number];
  const act: fc.Arbitrary<Act> = fc.tuple(
    fc.constantFrom(
      'opened' as const,
      'failed' as const,
      'passes' as const,
      'passes' as const,
      'shaken' as const,
    ),
    fc.nat(6),
    fc.nat(6_000),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      fc.array(act, { maxLength: 25 }),
      (count, redials, acts) => {
        clock = newClock();
        const made = negotiating(
          Array.from({ length: count }, (_, i) => `t${i}`),
          redials ? { redialAfterMs: 2_000 } : {},
        );
        // A dial that has failed or completed its handshake reports nothing more.
        const ended = new Set<Dial>();
        const alive = (): Dial[] => made.dials.filter((one) => !one.given && !ended.has(one));
        const isOver = (): boolean => made.won.length + made.failures.length > 0;
        for (const [kind, index, ms] of acts) {
          if (isOver()) break;
          const one = alive()[index % alive().length] as Dial;
          if (kind === 'passes') clock.advance(ms);
          else if (kind === 'opened') one.on.opened();
          else {
            ended.add(one);
            if (kind === 'failed') one.fails(ms % 2 ? 'm' : 'unexpected error packet');
            else one.shakes();
          }
          if (!isOver()) expect(alive().length).toBeGreaterThan(0);
        }
        if (!isOver()) clock.advance(20_000);
        expect([made.won.length + made.failures.length, alive().length, clock.pending]).toEqual([1, 0, 0]);
        // Each start has its end.
        const told = (phase: string): number => made.told.filter((event) => event.phase === phase).length;
        expect(told('start')).toBe(told('failed') + told('won'));
      },
    ),
    { numRuns: 500 },
  );
});
