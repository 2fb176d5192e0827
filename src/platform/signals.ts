/**
 * The browser's signals about the page and its network. All watchers share one set of browser listeners.
 */
import { attempt } from './attempt.js';
import { type Cancel, systemClock } from './clock.js';
import { callAll } from './emitter.js';
import type { PlatformSignal } from './options.js';

/**
 * - those of `PlatformSignal`, of which a browser sends `offline`, `online` and `hidden`
 * - `offline`, `online`: what the browser believes about the network
 * - `moved`: the network changed
 * - `hidden`: the page is no longer visible
 * - `woken`: the page is visible again, or was unfrozen
 * - `leaving`: the page is being left; its own `pagehide` listeners have yet to run
 * - `stored`, `left`: they have run. The page enters the back/forward cache, or is gone for good
 * - `restored`: the page came out of that cache
 */
export type Signal = PlatformSignal | 'moved' | 'woken' | 'leaving' | 'stored' | 'left' | 'restored';

export interface Signals {
  /** What the browser believes; it can be wrong both ways. Undefined if unknown. */
  readonly online?: boolean | undefined;
  watch(listener: (signal: Signal) => void): Cancel;
}

const watchers = new Set<(signal: Signal) => void>();
let listening = false;

/** Signals still to be sent for a page that is being left. */
let parting: 'stored' | 'left' | undefined;

/** The signals of this page or worker. In Node there are none. */
export const systemSignals: Signals = {
  get online() {
    return attempt(() => navigator.onLine) !== false;
  },
  watch(listener) {
    // A new function: the same listener may watch twice.
    const watcher = (signal: Signal): void => listener(signal);
    watchers.add(watcher);
    if (!listening) forEach('addEventListener');
    listening = true;
    return () => {
      if (!watchers.delete(watcher) || watchers.size > 0) return;
      parting = undefined;
      part();
      forEach('removeEventListener');
      // Still called if listeners cannot be removed.
      listening = !attempt(() => globalThis.removeEventListener);
    };
  },
};

/** Adds or removes the listener for every browser event. */
function forEach(what: 'addEventListener' | 'removeEventListener'): void {
  const change = (source: () => EventTarget | undefined, ...names: string[]): void => {
    for (const name of names) {
      // `pagehide` is handled in the capture phase: in most engines before all listeners of the program.
      attempt(() => source()?.[what](name, tell, name === 'pagehide'));
    }
  };
  change(() => globalThis, 'online', 'offline', 'pageswap', 'pagehide', 'pageshow');
  change(() => document, 'visibilitychange', 'freeze', 'resume');
  change(() => (navigator as { connection?: EventTarget }).connection, 'change');
}

/** The signal for a browser event or a visibility state. */
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
    // Becomes the last listener of `pagehide`, after those of the program. Firefox and WebKit still call listeners that are added in the
    // capture phase; Chromium does not, but fires `pageswap` before.
    attempt(() => addEventListener('pagehide', part, { once: true }));
    if (type === 'pageswap') return;
    parting = persisted ? 'stored' : 'left';
    tellAll('leaving');
    // If neither worked: a closed tab, old engines.
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
