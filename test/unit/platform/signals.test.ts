import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Signal, systemSignals } from '../../../src/platform/signals.js';

/** An event target that knows who listens. */
class Source extends EventTarget {
  listening = 0;

  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    this.listening++;
    super.addEventListener(...args);
  }

  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
    this.listening--;
    super.removeEventListener(...args);
  }
}

let page: Source;
let network: Source;
let sheet: Source & { visibilityState: string };

beforeEach(() => {
  [page, network] = [new Source(), new Source()];
  sheet = Object.assign(new Source(), { visibilityState: 'visible' });
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  vi.stubGlobal('document', sheet);
  vi.stubGlobal('navigator', { onLine: true, connection: network });
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
  it('tell what the browser believes of the network', () => {
    const { told, stop } = watching();
    page.dispatchEvent(new Event('offline'));
    page.dispatchEvent(new Event('online'));
    network.dispatchEvent(new Event('change'));
    expect(told).toEqual(['offline', 'online', 'moved']);
    stop();
  });

  it('tell that the page is looked at again, and not that it is hidden', () => {
    const { told, stop } = watching();
    sheet.visibilityState = 'hidden';
    sheet.dispatchEvent(new Event('visibilitychange'));
    expect(told).toEqual([]);
    sheet.visibilityState = 'visible';
    sheet.dispatchEvent(new Event('visibilitychange'));
    sheet.dispatchEvent(new Event('resume'));
    expect(told).toEqual(['woken', 'woken']);
    stop();
  });

  it('tell of the back/forward cache, and of no other coming and going', () => {
    const { told, stop } = watching();
    page.dispatchEvent(transition('pagehide', false));
    page.dispatchEvent(transition('pageshow', false));
    expect(told).toEqual([]);
    page.dispatchEvent(transition('pagehide', true));
    page.dispatchEvent(transition('pageshow', true));
    expect(told).toEqual(['stored', 'restored']);
    stop();
  });

  it('leave no listener when nobody watches any more', () => {
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

  it('are watched by nobody before somebody asks', () => {
    expect([page, network, sheet].map(({ listening }) => listening)).toEqual([0, 0, 0]);
  });
});

describe('where there is no page', () => {
  it('as in a worker, the network is still watched', () => {
    vi.stubGlobal('document', undefined);
    vi.stubGlobal('navigator', { onLine: true });
    const { told, stop } = watching();
    page.dispatchEvent(new Event('online'));
    expect(told).toEqual(['online']);
    stop();
    expect(page.listening).toBe(0);
  });

  it('as in Node, nothing is told, and nothing throws', () => {
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

it.each([
  [true, true],
  [false, false],
  [undefined, true],
])('with navigator.onLine %s the network is taken to be there: %s', (onLine, online) => {
  vi.stubGlobal('navigator', { onLine });
  expect(systemSignals.online).toBe(online);
});
