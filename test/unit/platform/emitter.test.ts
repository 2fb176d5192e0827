import { Manager as OfficialManager } from 'socket.io-client';
import { describe, expect, it, vi } from 'vitest';
import { Emitter } from '../../../src/platform/emitter.js';
import { useReportError } from '../../support/report-error.js';

interface Events {
  a: (...args: unknown[]) => void;
  b: (...args: unknown[]) => void;
}

class Source extends Emitter<Events> {
  fire(event: string, ...args: unknown[]): void {
    this._dispatch(event, ...args);
  }
}

const reported = useReportError();

describe('listeners', () => {
  it('are called in the order in which they were added, with the arguments, as methods of the emitter', () => {
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

  it('that throw are reported, and stop neither the others nor the code that fires', () => {
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

  it('that are added or removed by a listener count from the next event on', () => {
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

  it('of one event are not called for another, nor for a name that every object has', () => {
    const source = new Source();
    const listener = vi.fn();
    source.on('a', listener);
    for (const name of ['b', 'toString', '__proto__', 'constructor', '$a']) source.fire(name);
    expect(listener).not.toHaveBeenCalled();
  });
});

describe('an emitter without listeners', () => {
  it('gets none when another emitter gets one', () => {
    const [source, other] = [new Source(), new Source()];
    source.on('a', vi.fn());
    other.off();
    expect([source.hasListeners('a'), other.hasListeners('a')]).toEqual([true, false]);
    other.once('a', vi.fn());
    other.off('a');
    expect([source.listeners('a').length, other.listeners('a').length]).toEqual([1, 0]);
  });

  it('has the other methods of component-emitter', () => {
    const source = new Source() as unknown as {
      emit(event: string): unknown;
      listenerCount(event?: string): number;
    };
    expect([source.emit('a'), source.listenerCount(), source.listenerCount('a')]).toEqual([source, 0, 0]);
  });
});

describe('once', () => {
  it('calls only once', () => {
    const source = new Source();
    const listener = vi.fn();
    source.once('a', listener);
    source.fire('a', 1);
    source.fire('a', 2);
    expect(listener.mock.calls).toEqual([[1]]);
  });

  it('calls only once, even if the listener fires the event', () => {
    const source = new Source();
    const listener = vi.fn(() => source.fire('a'));
    source.once('a', listener);
    source.fire('a');
    expect(listener).toHaveBeenCalledOnce();
  });

  it('can be removed by its own function', () => {
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

  it('removes one listener', () => {
    const { source, one, two } = full();
    expect(source.off('a', one)).toBe(source);
    expect(source.listeners('a')).toEqual([two]);
  });

  it('removes all listeners of an event', () => {
    const { source, other } = full();
    source.off('a');
    expect([source.hasListeners('a'), source.listeners('a')]).toEqual([false, []]);
    expect(source.listeners('b')).toEqual([other]);
  });

  it('removes all listeners of all events', () => {
    const { source } = full();
    source.off();
    expect([source.hasListeners('a'), source.hasListeners('b')]).toEqual([false, false]);
  });

  it('does nothing for an event without listeners', () => {
    const { source } = full();
    source.off('a', vi.fn());
    source.off('zzz' as 'a', vi.fn());
    source.off('zzz' as 'a');
    expect(source.listeners('a')).toHaveLength(2);
  });
});

describe('as with the official emitter', () => {
  /** What both emitters do with the same calls: the listeners that are left, and those that were called. */
  function both(
    use: (source: OfficialManager<never, never>, listener: (name: string) => () => void) => void,
  ): unknown[] {
    return [new OfficialManager('http://localhost', { autoConnect: false }), new Source()].map((emitter) => {
      const source = emitter as OfficialManager<never, never>;
      const called: string[] = [];
      use(source, (name) => () => void called.push(name));
      for (const event of ['a', '1']) {
        if (emitter instanceof Source) emitter.fire(event);
        else source.emit(event as never, ...([] as never));
      }
      return [called, source.hasListeners('a' as never), source.hasListeners('1' as never)];
    });
  }

  it.each<[string, Parameters<typeof both>[0], string[]]>([
    [
      'off(name, undefined) removes the first listener that was not added by once()',
      (source, listener) => {
        source.once('a' as never, listener('once') as never);
        source.on('a' as never, listener('first') as never);
        source.on('a' as never, listener('second') as never);
        source.off('a' as never, undefined as never);
      },
      ['once', 'second'],
    ],
    [
      'off(name, undefined) of the last listener leaves none',
      (source, listener) => {
        source.on('a' as never, listener('only') as never);
        source.off('a' as never, undefined as never);
      },
      [],
    ],
    [
      'on(1) and on("1") are the same event',
      (source, listener) => {
        source.on(1 as never, listener('number') as never);
        source.on('1' as never, listener('text') as never);
      },
      ['number', 'text'],
    ],
    [
      'off(1) removes what on("1") has added, and the other way round',
      (source, listener) => {
        source.on('1' as never, listener('text') as never);
        source.off(1 as never);
        source.on(1 as never, listener('number') as never);
        source.off('1' as never);
      },
      [],
    ],
    [
      'once(1) is called for "1", once',
      (source, listener) => {
        source.once(1 as never, listener('once') as never);
      },
      ['once'],
    ],
  ])('%s', (_what, use, called) => {
    const [official, ours] = both(use);
    expect(ours).toEqual(official);
    expect((ours as unknown[])[0]).toEqual(called);
  });

  it('a symbol is an event with its own listeners', () => {
    const source = new Source();
    const [mine, other] = [Symbol('a'), Symbol('a')];
    const listener = vi.fn();
    source.on(mine as never, listener as never);
    expect([source.hasListeners(mine as never), source.hasListeners(other as never)]).toEqual([true, false]);
    source.off(mine as never);
    expect(source.hasListeners(mine as never)).toBe(false);
  });
});

it('hasListeners() without a name says whether any event has listeners', () => {
  const source = new Source();
  const listener = vi.fn();
  const any = (): boolean => source.hasListeners(undefined as never);
  expect(any()).toBe(false);
  source.on('b', listener);
  expect(any()).toBe(true);
  source.off('b', listener);
  expect(any()).toBe(false);
});

describe('through a Proxy', () => {
  it('every method works, and returns the object it was called on', () => {
    const source = new Source();
    const proxy = new Proxy(source, {});
    const [kept, once, removed] = [vi.fn(), vi.fn(), vi.fn()];
    expect(proxy.on('a', kept)).toBe(proxy);
    expect(proxy.once('a', once)).toBe(proxy);
    expect(proxy.on('a', removed).off('a', removed)).toBe(proxy);
    proxy.fire('a');
    source.fire('a');
    expect([kept.mock.calls.length, once.mock.calls.length, removed.mock.calls.length]).toEqual([2, 1, 0]);
    expect(proxy.listeners('a')).toEqual([kept]);
    expect([proxy.hasListeners('a'), source.hasListeners('a')]).toEqual([true, true]);
    expect(proxy.off()).toBe(proxy);
    expect(source.hasListeners('a')).toBe(false);
  });

  it('a listener added to one can be removed from the other', () => {
    const source = new Source();
    const proxy = new Proxy(source, {});
    const listener = vi.fn();
    source.on('a', listener);
    proxy.off('a', listener);
    proxy.once('a', listener);
    source.off('a', listener);
    source.fire('a');
    expect(listener).not.toHaveBeenCalled();
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

it('reports to uncaughtException if there is no reportError', async () => {
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
