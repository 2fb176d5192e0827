import type { Cancel } from './clock.js';

/**
 * What the browser tells of the page and its network:
 *
 * - `offline`, `online`: what it believes of the network
 * - `moved`: the network is another one
 * - `woken`: the page is looked at again, or was thawed
 * - `stored`, `restored`: the page goes into the back/forward cache, and comes out of it
 */
export type Signal = 'offline' | 'online' | 'moved' | 'woken' | 'stored' | 'restored';

export interface Signals {
  /** What the browser believes; it can be wrong both ways. */
  readonly online: boolean;
  watch(listener: (signal: Signal) => void): Cancel;
}

type Source = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

/** The signals of this page or worker. Where there are none, as in Node, nothing is ever told. */
export const systemSignals: Signals = {
  get online() {
    return globalThis.navigator?.onLine !== false;
  },
  watch(listener) {
    const cancels: Cancel[] = [];
    const on = (
      source: Source | undefined,
      name: string,
      signal: (event: Event) => Signal | undefined,
    ): void => {
      if (!source?.addEventListener) return;
      const handle = (event: Event): void => {
        const told = signal(event);
        if (told) listener(told);
      };
      source.addEventListener(name, handle);
      cancels.push(() => source.removeEventListener(name, handle));
    };
    const persisted = (event: Event): boolean => (event as PageTransitionEvent).persisted;
    const { document, navigator } = globalThis as Partial<typeof globalThis>;
    on(globalThis, 'online', () => 'online');
    on(globalThis, 'offline', () => 'offline');
    on(globalThis, 'pagehide', (event) => (persisted(event) ? 'stored' : undefined));
    on(globalThis, 'pageshow', (event) => (persisted(event) ? 'restored' : undefined));
    on(document, 'visibilitychange', () => (document?.visibilityState === 'visible' ? 'woken' : undefined));
    on(document, 'resume', () => 'woken');
    on((navigator as { connection?: Source } | undefined)?.connection, 'change', () => 'moved');
    return () => {
      for (const cancel of cancels) cancel();
    };
  },
};
