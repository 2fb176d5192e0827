import { type Clock, systemClock } from './clock.js';
import { randomId } from './random.js';
import type { Signals } from './signals.js';
import type { Store } from './storage.js';
import type { Turn } from './turn.js';

/** The part of `window.location` that an address is completed from. */
export interface PageLocation {
  readonly protocol: string;
  readonly host: string;
  readonly hostname: string;
}

/** What holdfast takes from the world around it; tests hand in their own. */
export interface Environment {
  readonly clock: Clock;
  /** The time of day in milliseconds since 1970. It may jump: only for what the outside world dates. */
  dateMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** A globally unique id. */
  randomId(): string;
  /** Where there are any; a plugin has those of the browser. */
  readonly signals?: Signals | undefined;
  /** Where it is not given, `systemStore`: it is taken by those alone who store something. */
  readonly store?: Store | undefined;
  /** Where it is not given, `systemTurn`: it is taken by those alone who let the browser go first. */
  readonly turn?: Turn | undefined;
}

// Looked up at each call: pages replace them.
const dateMs = (): number => Date.now();
const random = (): number => Math.random();

export const systemEnvironment = (
  nativeTimers?: boolean,
  unref?: boolean,
  signals?: Signals,
  store?: Store,
): Environment => ({ clock: systemClock(nativeTimers, unref), dateMs, random, randomId, signals, store });

/** Where the page is; undefined in Node, in apps and extensions, and wherever else there is no server that the page came from. */
export function pageLocation(): PageLocation | undefined {
  const { location } = globalThis;
  return location?.host && /^https?:$/.test(location.protocol) ? location : undefined;
}
