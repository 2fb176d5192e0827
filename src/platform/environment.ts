import { type Clock, systemClock } from './clock.js';
import { randomId } from './random.js';
import { type Signals, systemSignals } from './signals.js';
import type { Store } from './storage.js';

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
  readonly signals: Signals;
  /** Where it is not given, `systemStore`: it is taken by those alone who store something. */
  readonly store?: Store;
}

export function systemEnvironment(nativeTimers?: boolean, unref?: boolean): Environment {
  return {
    clock: systemClock(nativeTimers, unref),
    dateMs: () => Date.now(),
    random: () => Math.random(),
    randomId,
    signals: systemSignals,
  };
}

/** Where the page is; undefined in Node and wherever else there is no page. */
export function pageLocation(): PageLocation | undefined {
  return globalThis.location?.host ? globalThis.location : undefined;
}
