import { beforeEach, describe, expect, it, vi } from 'vitest';
import { verify, verifyDeadlineMs, watchSleep } from '../../../src/plugins/liveness.js';
import { FakeEnvironment } from '../../support/fake-environment.js';

let world: FakeEnvironment;

beforeEach(() => {
  world = new FakeEnvironment();
});

it.each([
  [undefined, 2_000],
  [0, 1_000],
  [250, 1_000],
  [251, 1_004],
  [500, 2_000],
  [750, 3_000],
  [10_000, 3_000],
])('with a round trip of %s ms, a doubtful link has %i ms to show a sign of life', (rttMs, ms) => {
  expect(verifyDeadlineMs(rttMs)).toBe(ms);
});

describe('verifying a link', () => {
  interface Verifying {
    ask: (answered: () => void) => void;
    answer: () => void;
    found: boolean[];
    seen: { atMs: number };
    stop: () => void;
  }

  function verifying(): Verifying {
    const ask = vi.fn<(answered: () => void) => void>();
    const found: boolean[] = [];
    const seen = { atMs: world.clock.now() };
    const stop = verify(
      world.clock,
      1_000,
      () => seen.atMs,
      ask,
      (alive) => found.push(alive),
    );
    return { ask, answer: () => ask.mock.calls[0]?.[0](), found, seen, stop };
  }

  it('asks once, and finds it dead where nothing comes in time', () => {
    const { ask, found } = verifying();
    expect(ask).toHaveBeenCalledOnce();
    world.clock.advance(999);
    expect(found).toEqual([]);
    world.clock.advance(1);
    expect(found).toEqual([false]);
    expect([world.clock.pending, vi.mocked(ask).mock.calls.length]).toEqual([0, 1]);
  });

  it('takes whatever comes for a sign of life, and says so once, at the deadline', () => {
    const { found, seen } = verifying();
    world.clock.advance(1);
    seen.atMs = world.clock.now();
    world.clock.advance(998);
    expect(found).toEqual([]);
    world.clock.advance(10_000);
    expect(found).toEqual([true]);
    expect(world.clock.pending).toBe(0);
  });

  it('is over at the answer, once, and leaves no timer', () => {
    const { answer, found } = verifying();
    world.clock.advance(10);
    expect(found).toEqual([]);
    answer();
    expect([found, world.clock.pending]).toEqual([[true], 0]);
    answer();
    world.clock.advance(10_000);
    expect(found).toEqual([true]);
  });

  it('hears no answer that comes after the deadline, or after it was stopped', () => {
    const late = verifying();
    world.clock.advance(1_000);
    late.answer();
    expect(late.found).toEqual([false]);
    const stopped = verifying();
    stopped.stop();
    stopped.answer();
    expect(stopped.found).toEqual([]);
  });

  it('does not take for one what came before', () => {
    world.clock.advance(500);
    const { found, seen } = verifying();
    seen.atMs = world.clock.now() - 1;
    world.clock.advance(1_000);
    expect(found).toEqual([false]);
  });

  it('can be stopped', () => {
    const { found, stop } = verifying();
    stop();
    expect(world.clock.pending).toBe(0);
    world.clock.advance(10_000);
    expect(found).toEqual([]);
  });
});

describe('watching for sleep', () => {
  let woken: ReturnType<typeof vi.fn<() => void>>;
  let stop: () => void;

  beforeEach(() => {
    woken = vi.fn();
    stop = watchSleep(world.clock, world.dateMs, woken);
  });

  it('tells nothing while timers are on time and the date goes on', () => {
    world.clock.advance(3_600_000);
    expect(woken).not.toHaveBeenCalled();
    expect(world.clock.pending).toBe(1);
  });

  it('tells once of a timer that came late', () => {
    world.clock.advance(12_000);
    world.clock.sleep(60_000);
    world.clock.advance(0);
    expect(woken).toHaveBeenCalledOnce();
    world.clock.advance(60_000);
    expect(woken).toHaveBeenCalledOnce();
  });

  it('tells of a date that jumped while the monotonic clock stood still', () => {
    world.dateAheadMs += 60_000;
    world.clock.advance(1_000);
    expect(woken).toHaveBeenCalledOnce();
  });

  it('finds nothing odd in a date that goes back, nor in a moment that is busy for 1.5 s', () => {
    world.dateAheadMs -= 3_600_000;
    world.clock.advance(5_000);
    world.clock.sleep(2_500);
    world.clock.advance(0);
    expect(woken).not.toHaveBeenCalled();
    world.clock.sleep(2_501);
    world.clock.advance(0);
    expect(woken).toHaveBeenCalledOnce();
  });

  it('leaves no timer when it is stopped, from within as well', () => {
    world.clock.advance(12_000);
    stop();
    expect(world.clock.pending).toBe(0);
    stop = watchSleep(world.clock, world.dateMs, () => stop());
    world.clock.sleep(60_000);
    world.clock.advance(0);
    expect(world.clock.pending).toBe(0);
  });
});
