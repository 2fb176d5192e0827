import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Signal, Signals } from '../../../src/platform/signals.js';

type Listener = (event: Event) => void;

interface Entry {
  readonly name: string;
  readonly listener: Listener;
  readonly capture: boolean;
  readonly once: boolean;
}

/**
 * What the browser calls for an event at its target: in Firefox and WebKit those of the capture phase first, and what they
 * add is still called; in Chromium those that were there when the event began, in the order in which they were added.
 */
class Source {
  entries: Entry[] = [];

  constructor(private readonly phases = true) {}

  get listening(): number {
    return this.entries.length;
  }

  addEventListener = (
    name: string,
    listener: Listener,
    options: boolean | { once?: boolean; capture?: boolean } = false,
  ): void => {
    const { once = false, capture = false } = typeof options === 'boolean' ? { capture: options } : options;
    const same = (one: Entry): boolean =>
      one.name === name && one.listener === listener && one.capture === capture;
    if (!this.entries.some(same)) this.entries.push({ name, listener, capture, once });
  };

  removeEventListener = (name: string, listener: Listener, capture = false): void => {
    this.entries = this.entries.filter(
      (one) => !(one.name === name && one.listener === listener && one.capture === capture),
    );
  };

  dispatchEvent(event: Event): void {
    if (!this.phases) {
      this.#call(event, () => true);
      return;
    }
    this.#call(event, ({ capture }) => capture);
    this.#call(event, ({ capture }) => !capture);
  }

  #call(event: Event, which: (entry: Entry) => boolean): void {
    for (const entry of this.entries.filter((one) => one.name === event.type && which(one))) {
      if (entry.once) this.removeEventListener(entry.name, entry.listener, entry.capture);
      entry.listener(event);
    }
  }
}

let page: Source;
let network: Source;
let sheet: Source & { visibilityState: string };

function install(phases = true): void {
  page = new Source(phases);
  network = new Source();
  sheet = Object.assign(new Source(), { visibilityState: 'visible' });
  vi.stubGlobal('addEventListener', page.addEventListener);
  vi.stubGlobal('removeEventListener', page.removeEventListener);
  vi.stubGlobal('document', sheet);
  vi.stubGlobal('navigator', { onLine: true, connection: network });
}

let systemSignals: Signals;

beforeEach(async () => {
  install();
  // What cannot be removed from one page listens for ever.
  vi.resetModules();
  ({ systemSignals } = await import('../../../src/platform/signals.js'));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function watching(): { told: Signal[]; stop: () => void } {
  const told: Signal[] = [];
  return { told, stop: systemSignals.watch((signal) => told.push(signal)) };
}

const transition = (name: string, persisted: boolean): Event => Object.assign(new Event(name), { persisted });

describe('the signals of a page', () => {
  it('report what the browser says about the network', () => {
    const { told, stop } = watching();
    page.dispatchEvent(new Event('offline'));
    page.dispatchEvent(new Event('online'));
    network.dispatchEvent(new Event('change'));
    expect(told).toEqual(['offline', 'online', 'moved']);
    stop();
  });

  it('report that the page is hidden, and that it is visible again', () => {
    const { told, stop } = watching();
    sheet.visibilityState = 'hidden';
    sheet.dispatchEvent(new Event('visibilitychange'));
    expect(told).toEqual(['hidden']);
    sheet.dispatchEvent(new Event('freeze'));
    sheet.dispatchEvent(new Event('resume'));
    sheet.visibilityState = 'visible';
    sheet.dispatchEvent(new Event('visibilitychange'));
    expect(told).toEqual(['hidden', 'woken', 'woken']);
    stop();
  });

  it('report the back/forward cache', () => {
    const { told, stop } = watching();
    page.dispatchEvent(transition('pageshow', false));
    expect(told).toEqual([]);
    page.dispatchEvent(transition('pagehide', true));
    page.dispatchEvent(transition('pageshow', true));
    page.dispatchEvent(transition('pagehide', true));
    expect(told).toEqual(['leaving', 'stored', 'restored', 'leaving', 'stored']);
    stop();
  });

  it('report that the page is left for good', () => {
    const { told, stop } = watching();
    page.dispatchEvent(transition('pagehide', false));
    expect(told).toEqual(['leaving', 'left']);
    stop();
  });

  it.each([true, false])(
    'let the program send before the end, wherever it listens (persisted: %s)',
    (persisted) => {
      const order: string[] = [];
      const says = (name: string) => (): unknown => order.push(name);
      page.addEventListener('pagehide', says('earlier'));
      const stop = systemSignals.watch((signal) => order.push(signal));
      page.addEventListener('pagehide', says('later'));
      page.addEventListener('pagehide', says('capturing'), true);
      for (let times = 0; times < 2; times++) {
        order.length = 0;
        page.dispatchEvent(transition('pagehide', persisted));
        expect(order).toEqual(['leaving', 'capturing', 'earlier', 'later', persisted ? 'stored' : 'left']);
      }
      stop();
    },
  );

  it('let the program send before the page is gone in Chromium, too, which fires `pageswap`', () => {
    install(false);
    const order: string[] = [];
    const stop = systemSignals.watch((signal) => order.push(signal));
    page.addEventListener('pagehide', () => order.push('later'));
    for (let times = 0; times < 2; times++) {
      order.length = 0;
      page.dispatchEvent(new Event('pageswap'));
      page.dispatchEvent(transition('pagehide', true));
      expect(order).toEqual(['leaving', 'later', 'stored']);
    }
    page.dispatchEvent(new Event('pageswap'));
    stop();
    expect(page.listening).toBe(1);
  });

  it.each<[string, () => void]>([
    ['the page is hidden', () => sheet.dispatchEvent(new Event('visibilitychange'))],
    ['the page is frozen', () => sheet.dispatchEvent(new Event('freeze'))],
    ['a timer runs', () => vi.advanceTimersByTime(0)],
    ['the page comes back', () => page.dispatchEvent(transition('pageshow', true))],
  ])(
    'report the end in an engine that does not call a late listener when %s, and once',
    async (_when, happens) => {
      vi.useFakeTimers();
      vi.resetModules();
      // With the timers that are there now.
      ({ systemSignals } = await import('../../../src/platform/signals.js'));
      install(false);
      const told: Signal[] = [];
      const stop = systemSignals.watch((signal) => told.push(signal));
      const later = vi.fn(() => expect(told).toEqual(['leaving']));
      page.addEventListener('pagehide', later);
      for (let times = 1; times <= 2; times++) {
        told.length = 0;
        page.dispatchEvent(transition('pagehide', true));
        expect(later).toHaveBeenCalledTimes(times);
        sheet.visibilityState = 'hidden';
        happens();
        expect(told.slice(0, 2)).toEqual(['leaving', 'stored']);
        vi.advanceTimersByTime(1_000);
        sheet.dispatchEvent(new Event('freeze'));
        expect(told.filter((signal) => signal === 'stored')).toEqual(['stored']);
      }
      stop();
      vi.useRealTimers();
    },
  );

  it('are not sent to a watcher that stopped while the page was being left', () => {
    const told: Signal[] = [];
    const stop = systemSignals.watch((signal) => {
      told.push(signal);
      stop();
    });
    page.dispatchEvent(transition('pagehide', true));
    expect(told).toEqual(['leaving']);
    expect(page.listening).toBe(0);
  });

  it('reach every watcher, although one throws', () => {
    const reportError = vi.fn();
    vi.stubGlobal('reportError', reportError);
    const stopFirst = systemSignals.watch(() => {
      throw new Error('a bad watcher');
    });
    const { told, stop } = watching();
    page.dispatchEvent(new Event('online'));
    expect(told).toEqual(['online']);
    expect(reportError).toHaveBeenCalledWith(new Error('a bad watcher'));
    stopFirst();
    stop();
  });

  it('leave no listener behind after the last watcher has stopped', () => {
    const first = watching();
    const second = watching();
    first.stop();
    page.dispatchEvent(new Event('online'));
    expect([first.told, second.told]).toEqual([[], ['online']]);
    second.stop();
    expect([page, network, sheet].map(({ listening }) => listening)).toEqual([0, 0, 0]);
    page.dispatchEvent(new Event('online'));
    expect(second.told).toEqual(['online']);
  });

  it('have no browser listeners before the first watcher', () => {
    expect([page, network, sheet].map(({ listening }) => listening)).toEqual([0, 0, 0]);
  });
});

describe('without a page', () => {
  it('as in a worker, the network is still watched', () => {
    vi.stubGlobal('document', undefined);
    vi.stubGlobal('navigator', { onLine: true });
    const { told, stop } = watching();
    page.dispatchEvent(new Event('online'));
    expect(told).toEqual(['online']);
    stop();
    expect(page.listening).toBe(0);
  });

  it('as in Node, sends no signal and does not throw', () => {
    vi.stubGlobal('addEventListener', undefined);
    vi.stubGlobal('document', undefined);
    for (const navigator of [undefined, {}]) {
      vi.stubGlobal('navigator', navigator);
      expect(systemSignals.online).toBe(true);
      const { told, stop } = watching();
      expect(stop).not.toThrow();
      expect(told).toEqual([]);
    }
  });
});

const throwing = (...names: string[]): object =>
  Object.defineProperties(
    {},
    Object.fromEntries(
      names.map((name) => [
        name,
        {
          get() {
            throw new Error(`${name} may not be read`);
          },
        },
      ]),
    ),
  );

describe('an incomplete platform', () => {
  it.each<[string, () => void]>([
    ['listeners cannot be removed', () => vi.stubGlobal('removeEventListener', undefined)],
    ['the document has no visibility', () => vi.stubGlobal('document', new Source())],
    ['the document throws', () => vi.stubGlobal('document', throwing('addEventListener', 'visibilityState'))],
    ['the document is nothing but an object', () => vi.stubGlobal('document', {})],
    [
      'the connection has only onchange',
      () => vi.stubGlobal('navigator', { connection: { onchange: null } }),
    ],
    ['there is no navigator', () => vi.stubGlobal('navigator', undefined)],
    ['the navigator throws', () => vi.stubGlobal('navigator', throwing('onLine', 'connection'))],
    [
      'to listen to the connection throws',
      () => {
        const addEventListener = (): never => {
          throw new Error('not implemented');
        };
        vi.stubGlobal('navigator', { connection: { addEventListener } });
      },
    ],
  ])('works when %s', (_what, stub) => {
    stub();
    expect(systemSignals.online).toBe(true);
    const { told, stop } = watching();
    const events = ['visibilitychange', 'freeze', 'resume'].map((name) => new Event(name));
    const { document } = globalThis as { document?: { dispatchEvent?(event: Event): void } };
    for (const event of events) document?.dispatchEvent?.(event);
    told.length = 0;
    page.dispatchEvent(new Event('online'));
    page.dispatchEvent(transition('pagehide', true));
    page.dispatchEvent(transition('pageshow', true));
    expect(told).toEqual(['online', 'leaving', 'stored', 'restored']);
    stop();
    page.dispatchEvent(new Event('online'));
    expect(told.length).toBe(4);
  });

  it('is not listened to twice if listeners cannot be removed', () => {
    vi.stubGlobal('removeEventListener', undefined);
    watching().stop();
    const { listening } = page;
    const { told, stop } = watching();
    expect(page.listening).toBe(listening);
    page.dispatchEvent(new Event('online'));
    expect(told).toEqual(['online']);
    stop();
  });
});

it.each([
  [true, true],
  [false, false],
  [undefined, true],
])('with navigator.onLine %s the network counts as available: %s', (onLine, online) => {
  vi.stubGlobal('navigator', { onLine });
  expect(systemSignals.online).toBe(online);
});
