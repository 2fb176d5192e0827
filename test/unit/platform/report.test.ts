import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

type Report = typeof import('../../../src/platform/report.js');

let load: () => Promise<Report>;
beforeEach(() => {
  vi.resetModules();
  load = () => import('../../../src/platform/report.js');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('an error that no caller can catch', () => {
  it('is passed to reportError if the page has it', async () => {
    const reportError = vi.fn();
    vi.stubGlobal('reportError', reportError);
    (await load()).report('bad');
    expect(reportError).toHaveBeenCalledWith('bad');
  });

  it.each([undefined, 'not a function'])(
    'is thrown in a task of its own otherwise (reportError: %s)',
    async (own) => {
      vi.stubGlobal('reportError', own);
      const set = vi.fn();
      vi.stubGlobal('setTimeout', set);
      const { report } = await load();
      expect(() => report(new Error('bad'))).not.toThrow();
      expect(set.mock.calls[0]?.[0]).toThrow('bad');
    },
  );

  it('does not depend on timers that the page fakes later', async () => {
    vi.stubGlobal('reportError', undefined);
    const native = vi.fn();
    vi.stubGlobal('setTimeout', native);
    const { report } = await load();
    vi.stubGlobal('setTimeout', vi.fn());
    report('bad');
    expect(native).toHaveBeenCalledOnce();
  });
});

describe('a warning', () => {
  it('is a process warning in Node, once for each kind', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { warnOnce } = await load();
    warnOnce('dropped', 'an event was dropped');
    warnOnce('dropped', 'another event was dropped');
    warnOnce('toJSON', 'a Map arrives as {}');
    expect(emitWarning.mock.calls).toEqual([
      ['an event was dropped', 'HoldfastWarning'],
      ['a Map arrives as {}', 'HoldfastWarning'],
    ]);
  });

  it.each([undefined, {}, { env: {} }])('goes to the console of a page (process: %j)', async (process) => {
    vi.stubGlobal('process', process);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { warnOnce } = await load();
    warnOnce('a', 'first');
    warnOnce('a', 'second');
    expect(warn.mock.calls).toEqual([['first']]);
  });

  it.each<[string, unknown]>([
    ['there is no console', undefined],
    ['the console is empty', {}],
    [
      'the console throws',
      {
        warn() {
          throw new Error('no console');
        },
      },
    ],
  ])('throws nothing if %s', async (_why, console) => {
    vi.stubGlobal('process', undefined);
    vi.stubGlobal('console', console);
    const { warnOnce } = await load();
    expect(() => warnOnce('a', 'text')).not.toThrow();
  });
});
