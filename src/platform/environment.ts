import { type Clock, systemClock } from './clock.js';
import { randomId } from './random.js';
import type { Signals } from './signals.js';
import type { Store } from './storage.js';
import type { TabPlatform } from './tabs.js';
import type { Turn } from './turn.js';

/** The part of `window.location` that completes an address. */
export interface PageLocation {
  readonly protocol: string;
  readonly host: string;
  readonly hostname: string;
}

/** Everything that holdfast takes from its environment; tests pass their own. */
export interface Environment {
  readonly clock: Clock;
  /** The time of day in milliseconds since 1970. It may jump: only for dates from outside. */
  dateMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** A globally unique id. */
  randomId(): string;
  /** If there are any; the browser's come from a plugin. */
  readonly signals?: Signals | undefined;
  /** By default `systemStore`: only code that stores something uses it. */
  readonly store?: Store | undefined;
  /** By default `systemTurn`: only code that lets the browser go first uses it. */
  readonly turn?: Turn | undefined;
  /** By default `systemTabs`: only code that shares a connection between tabs uses it. */
  readonly tabs?: TabPlatform | undefined;
}

// Looked up at each call: pages replace them.
const dateMs = (): number => Date.now();
const random = (): number => Math.random();

/** That of the managers without options of their own about it: one for all saves memory. */
let usual: Environment | undefined;

export const systemEnvironment = (
  nativeTimers?: boolean,
  unref?: boolean,
  signals?: Signals,
  store?: Store,
): Environment => {
  const own = (nativeTimers ?? unref ?? signals ?? store) !== undefined;
  if (!own && usual) return usual;
  const made = { clock: systemClock(nativeTimers, unref), dateMs, random, randomId, signals, store };
  if (!own) usual = made;
  return made;
};

/** The page's location; undefined in Node, in apps and extensions, and wherever else the page did not come from a server. */
export function pageLocation(): PageLocation | undefined {
  const { location } = globalThis;
  return location?.host && /^https?:$/.test(location.protocol) ? location : undefined;
}

/** Whether this is a server that renders pages, by the same test as in UI libraries. */
export const onServer = (): boolean => typeof window === 'undefined' || 'Deno' in globalThis;
