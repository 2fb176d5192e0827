import { beforeEach, describe, expect, it } from 'vitest';
import type { RetryContext, Rules } from '../../../src/connection/lifecycle.js';
import { Manager } from '../../../src/io.js';
import { type Attempt, ConnectionError } from '../../../src/platform/errors.js';
import type { Options, RetryPolicyContext } from '../../../src/platform/options.js';
import { FakeEnvironment } from '../../support/fake-environment.js';
import { useReportError } from '../../support/report-error.js';

let world: FakeEnvironment;
const reported = useReportError();

beforeEach(() => {
  world = new FakeEnvironment();
});

const context = (given: Partial<RetryContext> = {}): RetryContext => ({
  attempt: 1,
  failures: 0,
  afterStable: false,
  elapsedMs: 0,
  reason: 'transport close',
  error: undefined,
  ...given,
});

const managerOf = (options: Options): Manager =>
  new Manager('http://host.test', { autoConnect: false, ...options }, world);

const rulesOf = (options: Options): Rules => managerOf(options)._rules;

const delayOf = (options: Options, given: Partial<RetryContext> = {}): number | null =>
  rulesOf(options).delayMs(context(given));

/** The error of an attempt in which a server sent Retry-After. */
function refused(...retryAfterMs: (number | undefined)[]): Error {
  const attempts = retryAfterMs.map(
    (ms): Attempt => ({
      transport: 'polling',
      phase: 'open',
      ms: 1,
      message: 'xhr poll error',
      ...(ms !== undefined && { retryAfterMs: ms }),
    }),
  );
  return new ConnectionError('xhr poll error', attempts);
}

it('are the current options, with their defaults', () => {
  const manager = managerOf({});
  const seen = (): unknown[] => {
    const { reconnection, maxAttempts, offlineDelayMs } = manager._rules;
    return [reconnection, maxAttempts, offlineDelayMs];
  };
  expect(seen()).toEqual([true, Number.POSITIVE_INFINITY, 5_000]);
  Object.assign(manager.opts, { reconnection: false, reconnectionAttempts: 0, reconnectionDelayMax: 7 });
  expect(seen()).toEqual([false, 0, 7]);
  expect(manager._rules.online).toBe(true);
  world.signals.online = false;
  expect(manager._rules.online).toBe(false);
});

describe('the wait from the options', () => {
  it('is capped before the jitter: however long the server is away, the clients stay spread', () => {
    const waits = [0, 1, 2, 3, 4, 50, 5_000].map((failures) => {
      world.chances.push(0, 0.999);
      return [delayOf({}, { failures }), delayOf({}, { failures })];
    });
    expect(waits.map(([longest]) => longest)).toEqual([1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000]);
    expect(waits.at(-1)?.[1]).toBeCloseTo(2_502.5);
  });

  it('is shorter than reconnectionDelay after a stable connection', () => {
    world.chances.push(0, 0.5, 0.999);
    expect([1, 2, 3].map(() => delayOf({}, { failures: 9, afterStable: true }))).toEqual([0, 500, 999]);
  });

  it('after the network has returned is spread over a quarter of a second', () => {
    const rules = rulesOf({});
    world.chances.push(0, 0.5, 0.999);
    expect([rules.wakeDelayMs(), rules.wakeDelayMs(), rules.wakeDelayMs()]).toEqual([0, 125, 249.75]);
  });
});

describe('Retry-After', () => {
  it('lengthens a wait, never shortens it, and is not capped', () => {
    const options = { randomizationFactor: 0 };
    expect(delayOf(options, { error: refused(60_000) })).toBe(60_000);
    expect(delayOf(options, { error: refused(10) })).toBe(1_000);
    expect(delayOf(options, { error: refused(undefined) })).toBe(1_000);
    expect(delayOf(options, { error: refused() })).toBe(1_000);
  });

  it('counts with its longest value if several servers sent it', () => {
    expect(delayOf({}, { error: refused(7_000, undefined, 9_000) })).toBe(9_000);
  });

  it('is not read from other errors', () => {
    expect(delayOf({ randomizationFactor: 0 }, { error: new Error('no') })).toBe(1_000);
  });
});

describe('a policy of the program', () => {
  it('decides, with all the details', () => {
    const seen: RetryPolicyContext[] = [];
    const retryPolicy = (told: RetryPolicyContext): number => {
      seen.push(told);
      return 42;
    };
    world.signals.online = false;
    const error = refused(3_000);
    expect(delayOf({ retryPolicy }, { attempt: 3, elapsedMs: 99, reason: 'xhr poll error', error })).toBe(42);
    expect(seen).toEqual([
      { attempt: 3, elapsedMs: 99, reason: 'xhr poll error', error, online: false, delayMs: 3_000 },
    ]);
  });

  it('may give up, may retry at once, and may be replaced', () => {
    const manager = managerOf({ retryPolicy: () => null });
    expect(manager._rules.delayMs(context())).toBeNull();
    manager.opts.retryPolicy = () => 0;
    expect(manager._rules.delayMs(context())).toBe(0);
  });

  it.each([[undefined], [Number.NaN], [-1], ['soon'], [{}]])(
    'that returns %s does not change the wait',
    (answer) => {
      expect(delayOf({ retryPolicy: () => answer as number, randomizationFactor: 0 })).toBe(1_000);
    },
  );

  it('that throws is reported, and does not change the wait', () => {
    const mine = new Error('mine');
    const retryPolicy = (): never => {
      throw mine;
    };
    expect(delayOf({ retryPolicy, randomizationFactor: 0 })).toBe(1_000);
    expect(reported).toHaveBeenCalledWith(mine);
  });
});
