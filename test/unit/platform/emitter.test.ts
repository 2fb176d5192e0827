import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Emitter } from '../../../src/platform/emitter.js';

interface Events {
  a: (...args: unknown[]) => void;
  b: (...args: unknown[]) => void;
}

class Source extends Emitter<Events> {
  fire(event: string, ...args: unknown[]): void {
    this.dispatch(event, args);
  }
}

const reported = vi.fn();

beforeEach(() => {
  vi.stubGlobal('reportError', reported);
});
afterEach(() => {
  vi.unstubAllGlobals();
  reported.mockReset();
});

describe('listeners', () => {
  it('are called in the order in which they came, with the arguments, as methods of the emitter', () => {
    const source = new Source();
    const order: unknown[] = [];
    source.on('a', function (this: unknown, ...args) {
      order.push(['first', this === source, ...args]);
    });
    source.on('a', (...args) => order.push(['second', ...args]));
    source.fire('a', 1, 2);
    expect(order).toEqual([
      ['first', true, 1, 2],
      ['second', 1, 2],
    ]);
  });

  it('may be the same function several times, which is called as often', () => {
    const source = new Source();
    const listener = vi.fn();
    source.on('a', listener).on('a', listener);
    source.fire('a');
    expect(listener).toHaveBeenCalledTimes(2);
    source.off('a', listener);
    source.fire('a');
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it('that throw are reported, and stop neither the others nor whoever fires', () => {
    const source = new Source();
    const [first, second] = [new Error('first'), 'second'];
    const other = vi.fn();
    source.on('a', () => {
      throw first;
    });
    source.once('a', () => {
      throw second;
    });
    source.on('a', other);
    source.fire('a');
    source.fire('a');
    expect(other).toHaveBeenCalledTimes(2);
    expect(reported.mock.calls).toEqual([[first], [second], [first]]);
  });

  it('that are added or removed by a listener count from the next time', () => {
    const source = new Source();
    const [late, removed] = [vi.fn(), vi.fn()];
    source.on('a', () => {
      source.on('a', late);
      source.off('a', removed);
    });
    source.on('a', removed);
    source.fire('a');
    expect([late.mock.calls.length, removed.mock.calls.length]).toEqual([0, 1]);
    source.fire('a');
    expect([late.mock.calls.length, removed.mock.calls.length]).toEqual([1, 1]);
  });

  it('of one event do not hear another, nor a name that every object has', () => {
    const source = new Source();
    const listener = vi.fn();
    source.on('a', listener);
    for (const name of ['b', 'toString', '__proto__', 'constructor', '$a']) source.fire(name);
    expect(listener).not.toHaveBeenCalled();
  });
});

describe('once', () => {
  it('is once', () => {
    const source = new Source();
    const listener = vi.fn();
    source.once('a', listener);
    source.fire('a', 1);
    source.fire('a', 2);
    expect(listener.mock.calls).toEqual([[1]]);
  });

  it('is once, even if the listener fires the event', () => {
    const source = new Source();
    const listener = vi.fn(() => source.fire('a'));
    source.once('a', listener);
    source.fire('a');
    expect(listener).toHaveBeenCalledOnce();
  });

  it('can be taken back by its own function', () => {
    const source = new Source();
    const listener = vi.fn();
    source.once('a', listener);
    source.off('a', listener);
    source.fire('a');
    expect(listener).not.toHaveBeenCalled();
    expect(source.hasListeners('a')).toBe(false);
  });
});

describe('off', () => {
  function full(): { source: Source; one: () => void; two: () => void; other: () => void } {
    const source = new Source();
    const [one, two, other] = [vi.fn(), vi.fn(), vi.fn()];
    source.on('a', one).on('a', two).on('b', other);
    return { source, one, two, other };
  }

  it('takes away one listener', () => {
    const { source, one, two } = full();
    expect(source.off('a', one)).toBe(source);
    expect(source.listeners('a')).toEqual([two]);
  });

  it('takes away all of an event', () => {
    const { source, other } = full();
    source.off('a');
    expect([source.hasListeners('a'), source.listeners('a')]).toEqual([false, []]);
    expect(source.listeners('b')).toEqual([other]);
  });

  it('takes away all of all events', () => {
    const { source } = full();
    source.off();
    expect([source.hasListeners('a'), source.hasListeners('b')]).toEqual([false, false]);
  });

  it('of what nobody listens to does nothing', () => {
    const { source } = full();
    source.off('a', vi.fn());
    source.off('zzz' as 'a', vi.fn());
    source.off('zzz' as 'a');
    expect(source.listeners('a')).toHaveLength(2);
  });
});

it('has the aliases of the official client', () => {
  const source = new Source();
  const listener = vi.fn();
  const add = (): unknown => source.addEventListener('a', listener);
  for (const remove of [
    () => source.removeListener('a', listener),
    () => source.removeEventListener('a', listener),
    () => source.removeAllListeners('a'),
    () => source.removeAllListeners(),
  ]) {
    expect(add()).toBe(source);
    expect(source.hasListeners('a')).toBe(true);
    expect(remove()).toBe(source);
    expect(source.hasListeners('a')).toBe(false);
  }
});

it('reports to uncaughtException where there is no reportError', async () => {
  vi.stubGlobal('reportError', undefined);
  const timers: (() => void)[] = [];
  vi.stubGlobal('setTimeout', (task: () => void) => timers.push(task));
  // The timers that the page has when the module loads are the ones that report.
  vi.resetModules();
  const { callAll } = await import('../../../src/platform/emitter.js');
  const error = new Error('mine');
  const after = vi.fn();
  callAll(
    undefined,
    [
      () => {
        throw error;
      },
      after,
    ],
    [],
  );
  expect(after).toHaveBeenCalledOnce();
  expect(timers).toHaveLength(1);
  expect(timers[0]).toThrow(error);
});
