import type { Cancel } from './clock.js';
import { report } from './report.js';

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

/** Whoever watches this page. All of them share one set of the browser's listeners. */
const watchers = new Set<(signal: Signal) => void>();
let listening: (readonly [source: Source, name: string])[] = [];

/** The signals of this page or worker. Where there are none, as in Node, nothing is ever told. */
export const systemSignals: Signals = {
  get online() {
    return globalThis.navigator?.onLine !== false;
  },
  watch(listener) {
    // A function of its own: the same listener may watch twice.
    const watcher = (signal: Signal): void => listener(signal);
    watchers.add(watcher);
    if (watchers.size === 1) listen();
    return () => {
      if (watchers.delete(watcher) && watchers.size === 0) ignore();
    };
  },
};

function listen(): void {
  const { document, navigator } = globalThis as Partial<typeof globalThis>;
  const { connection } = (navigator ?? {}) as { connection?: Source };
  const names: [Source | undefined, string[]][] = [
    [globalThis, ['online', 'offline', 'pagehide', 'pageshow']],
    [document, ['visibilitychange', 'resume']],
    [connection, ['change']],
  ];
  listening = names.flatMap(([source, events]) =>
    source?.addEventListener ? events.map((name) => [source, name] as const) : [],
  );
  for (const [source, name] of listening) source.addEventListener(name, tell);
}

function ignore(): void {
  for (const [source, name] of listening) source.removeEventListener(name, tell);
}

function tell(event: Event): void {
  const signal = signalOf(event);
  if (!signal) return;
  for (const watcher of [...watchers]) {
    try {
      watcher(signal);
    } catch (error) {
      report(error);
    }
  }
}

function signalOf({ type, persisted }: Event & { persisted?: boolean }): Signal | undefined {
  switch (type) {
    case 'online':
    case 'offline':
      return type;
    case 'pagehide':
      return persisted ? 'stored' : undefined;
    case 'pageshow':
      return persisted ? 'restored' : undefined;
    case 'visibilitychange':
      return globalThis.document.visibilityState === 'visible' ? 'woken' : undefined;
    case 'resume':
      return 'woken';
    default:
      return 'moved';
  }
}
