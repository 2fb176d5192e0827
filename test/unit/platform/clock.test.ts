import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/platform/clock.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('the clock of the platform', () => {
  it('calls once after the time, unless it was cancelled', () => {
    vi.useFakeTimers();
    const clock = systemClock();
    const [task, cancelled] = [vi.fn(), vi.fn()];
    clock.after(100, task);
    const cancel = clock.after(100, cancelled);
    cancel();
    cancel();
    vi.advanceTimersByTime(99);
    expect(task).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(task).toHaveBeenCalledOnce();
    expect(cancelled).not.toHaveBeenCalled();
  });

  it('always passes a delay: programs replace setTimeout by strict ones', async () => {
    const delays: unknown[] = [];
    const { setTimeout } = globalThis;
    vi.stubGlobal('setTimeout', (task: () => void, delayMs?: number) => {
      delays.push(delayMs);
      return setTimeout(task, delayMs);
    });
    vi.resetModules();
    const { systemClock: fresh } = await import('../../../src/platform/clock.js');
    await new Promise<void>((resolve) => fresh().soon(resolve));
    vi.unstubAllGlobals();
    expect(delays).toEqual([0]);
  });

  it('is not affected by a change of the date', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const clock = systemClock();
    const before = clock.now();
    vi.setSystemTime(0);
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    expect(clock.now() - before).toBeLessThan(1_000);
  });

  it.each<[string, unknown]>([
    ['no performance', undefined],
    ['a stand-in without a clock', {}],
    ['a mock that tells nothing', { now: () => undefined }],
    ['a mock that tells no number', { now: () => Number.NaN }],
  ])('works with %s', (_what, performance) => {
    vi.stubGlobal('performance', performance);
    const clock = systemClock();
    const first = clock.now();
    expect(clock.now() - first).toBeLessThan(1_000);
    expect(clock.now()).toBeGreaterThanOrEqual(first);
    vi.unstubAllGlobals();
  });

  it("uses the page's original timers to tell the time if the engine has no performance", async () => {
    vi.stubGlobal('performance', undefined);
    vi.resetModules();
    const fresh: typeof import('../../../src/platform/clock.js') = await import(
      '../../../src/platform/clock.js'
    );
    expect(fresh.systemClock(true).now()).toBeGreaterThan(0);
    vi.unstubAllGlobals();
  });

  it("uses the page's original timers if requested", async () => {
    vi.useFakeTimers();
    await new Promise<void>((resolve) => systemClock(true).after(1, resolve));
  });

  it('never uses a negative delay, of which newer runtimes warn', () => {
    const set = vi.spyOn(globalThis, 'setTimeout');
    systemClock().after(-3, () => {})();
    expect(set).toHaveBeenCalledWith(expect.any(Function), 0);
    set.mockRestore();
  });

  it.each([2 ** 31, 1e12, Number.POSITIVE_INFINITY])(
    'does not fire at once for %d ms, which is more than a timer holds',
    async (ms) => {
      const task = vi.fn();
      const cancel = systemClock(false, true).after(ms, task);
      await new Promise((resolve) => setTimeout(resolve, 20));
      cancel();
      expect(task).not.toHaveBeenCalled();
    },
  );
});
