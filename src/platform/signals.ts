/**
 * What the browser tells of the page and its network. All watchers share one set of the browser's listeners.
 */
import { attempt } from './attempt.js';
import { type Cancel, systemClock } from './clock.js';
import { report } from './report.js';

/**
 * - `offline`, `online`: what the browser believes of the network
 * - `moved`: the network changed
 * - `hidden`: nobody looks at the page any more
 * - `woken`: the page is looked at again, or was thawed
 * - `leaving`: the page is being left; its own `pagehide` listeners have yet to run
 * - `stored`, `left`: they have run. The page goes into the back/forward cache, or for good
 * - `restored`: the page came out of that cache
 */
export type Signal =
  | 'offline'
  | 'online'
  | 'moved'
  | 'hidden'
  | 'woken'
  | 'leaving'
  | 'stored'
  | 'left'
  | 'restored';

export interface Signals {
  /** What the browser believes; it can be wrong both ways. */
  readonly online: boolean;
  watch(listener: (signal: Signal) => void): Cancel;
}

type Source = Pick<EventTarget, 'addEventListener'> & Partial<Pick<EventTarget, 'removeEventListener'>>;

const watchers = new Set<(signal: Signal) => void>();
let listening: (readonly [source: Source, name: string])[] = [];

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
    if (watchers.size === 1) listen();
    return () => {
      if (watchers.delete(watcher) && watchers.size === 0) ignore();
    };
  },
};

function listen(): void {
  const { document } = globalThis as Partial<typeof globalThis>;
  const connection = attempt(() => (navigator as { connection?: Source }).connection);
  listenTo(globalThis, 'online', 'offline', 'pageswap', 'pagehide', 'pageshow');
  listenTo(document, 'visibilitychange', 'freeze', 'resume');
  listenTo(connection, 'change');
}

function listenTo(source: Source | undefined, ...names: string[]): void {
  for (const name of names) {
    // Still listening where there is no `removeEventListener`.
    if (!source || listening.some((one) => one[0] === source && one[1] === name)) continue;
    attempt(() => {
      source.addEventListener(name, tell, isEarly(name));
      listening.push([source, name]);
    });
  }
}

function ignore(): void {
  parting = undefined;
  part();
  listening = listening.filter(
    ([source, name]) =>
      !attempt(() => {
        source.removeEventListener?.(name, tell, isEarly(name));
        return source.removeEventListener;
      }),
  );
}

/** `pagehide` is heard in the capture phase: in most engines before all listeners of the program. */
const isEarly = (name: string): boolean => name === 'pagehide';

function tell(event: Event & { persisted?: boolean }): void {
  const { type, persisted } = event;
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
  if (type === 'online' || type === 'offline') tellAll(type);
  else if (type === 'change') tellAll('moved');
  else if (type === 'resume' || seen === 'visible') tellAll('woken');
  else if (seen === 'hidden') tellAll(seen);
  else if (persisted) tellAll('restored');
}

function part(): void {
  const signal = parting;
  parting = undefined;
  attempt(() => removeEventListener('pagehide', part));
  if (signal) tellAll(signal);
}

function tellAll(signal: Signal): void {
  for (const watcher of [...watchers]) {
    try {
      watcher(signal);
    } catch (error) {
      report(error);
    }
  }
}
