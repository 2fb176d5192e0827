/**
 * What the browser tells of the page and its network. All watchers share one set of the browser's listeners.
 */
import { attempt } from './attempt.js';
import { type Cancel, systemClock } from './clock.js';
import { callAll } from './emitter.js';
import type { PlatformSignal } from './options.js';

/**
 * - those of `PlatformSignal`, of which a browser tells `offline`, `online` and `hidden`
 * - `offline`, `online`: what the browser believes of the network
 * - `moved`: the network changed
 * - `hidden`: nobody looks at the page any more
 * - `woken`: the page is looked at again, or was thawed
 * - `leaving`: the page is being left; its own `pagehide` listeners have yet to run
 * - `stored`, `left`: they have run. The page goes into the back/forward cache, or for good
 * - `restored`: the page came out of that cache
 */
export type Signal = PlatformSignal | 'moved' | 'woken' | 'leaving' | 'stored' | 'left' | 'restored';

export interface Signals {
  /** What the browser believes; it can be wrong both ways. Undefined where nothing is known. */
  readonly online?: boolean | undefined;
  watch(listener: (signal: Signal) => void): Cancel;
}

const watchers = new Set<(signal: Signal) => void>();
let listening = false;

/** What is still to be told of a page that is being left. */
let parting: 'stored' | 'left' | undefined;

/** The signals of this page or worker. Where there are none, as in Node, nothing is ever told. */
export const systemSignals: Signals = {
  get online() {
    return attempt(() => navigator.onLine) !== false;
  },
  watch(listener) {
    // A function of its own: the same listener may watch twice.
    const watcher = (signal: Signal): void => listener(signal);
    watchers.add(watcher);
    if (!listening) forEach('addEventListener');
    listening = true;
    return () => {
      if (!watchers.delete(watcher) || watchers.size > 0) return;
      parting = undefined;
      part();
      forEach('removeEventListener');
      // Still listening where listeners cannot be removed.
      listening = !attempt(() => globalThis.removeEventListener);
    };
  },
};

/** Adds or removes the listener to everything that the browser tells. */
function forEach(what: 'addEventListener' | 'removeEventListener'): void {
  const change = (source: () => EventTarget | undefined, ...names: string[]): void => {
    for (const name of names) {
      // `pagehide` is heard in the capture phase: in most engines before all listeners of the program.
      attempt(() => source()?.[what](name, tell, name === 'pagehide'));
    }
  };
  change(() => globalThis, 'online', 'offline', 'pageswap', 'pagehide', 'pageshow');
  change(() => document, 'visibilitychange', 'freeze', 'resume');
  change(() => (navigator as { connection?: EventTarget }).connection, 'change');
}

/** What is told where the browser tells of an event, or of a state of visibility. */
const SIGNALS: { readonly [event: string]: Signal } = {
  online: 'online',
  offline: 'offline',
  change: 'moved',
  resume: 'woken',
  visible: 'woken',
  hidden: 'hidden',
};

function tell({ type, persisted }: Event & { persisted?: boolean }): void {
  if (type === 'pageswap' || type === 'pagehide') {
    // Becomes the last listener of `pagehide`, behind those of the program. Firefox and WebKit still call what is added in
    // the capture phase; Chromium does not, but tells before that the page is swapped.
    attempt(() => addEventListener('pagehide', part, { once: true }));
    if (type === 'pageswap') return;
    parting = persisted ? 'stored' : 'left';
    tellAll('leaving');
    // Where neither worked: a closed tab, old engines.
    systemClock(true, true).after(0, part);
    return;
  }
  const seen = type === 'visibilitychange' && attempt(() => document.visibilityState);
  if (seen === 'hidden' || type === 'freeze' || type === 'pageshow') part();
  tellAll(persisted ? 'restored' : SIGNALS[seen || type]);
}

function part(): void {
  const signal = parting;
  parting = undefined;
  attempt(() => removeEventListener('pagehide', part));
  tellAll(signal);
}

function tellAll(signal: Signal | undefined): void {
  if (signal) callAll(undefined, [...watchers], [signal]);
}
