/** Undoes what returned it; calling it again does nothing. */
export type Cancel = () => void;

/** Time as an argument: the only way in which holdfast waits or looks at a clock. */
export interface Clock {
  /** Milliseconds on a monotonic clock: a change of the computer's date does not move it. */
  now(): number;
  /** Calls `task` once, `delayMs` from now. */
  after(delayMs: number, task: () => void): Cancel;
}

// Taken when the module loads, so that a test page which fakes its timers can still ask for the real ones.
const nativeSetTimeout = globalThis.setTimeout;
const nativeClearTimeout = globalThis.clearTimeout;

/**
 * Reads the monotonic clock at most once in a millisecond of the date: that is what so precise a clock costs where each message looks
 * at it.
 */
export function coarse(clock: Clock, dateMs: () => number): () => number {
  let date = Number.NaN;
  let now = 0;
  return () => {
    const today = dateMs();
    if (today !== date) {
      date = today;
      now = clock.now();
    }
    return now;
  };
}

/** Browsers and Node fire a longer timer at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * The clock of the browser or of Node.
 *
 * @param native use the timers that the page had when holdfast loaded, even if they were replaced since
 * @param unref in Node, do not keep the process alive for a timer
 */
export function systemClock(native = false, unref = false): Clock {
  return {
    now: () => performance.now(),
    after(delayMs, task) {
      const set = native ? nativeSetTimeout : globalThis.setTimeout;
      const clear = native ? nativeClearTimeout : globalThis.clearTimeout;
      if (delayMs === Number.POSITIVE_INFINITY) return () => {};
      const timer: unknown = set.call(globalThis, task, Math.min(delayMs, LONGEST_MS));
      if (unref) (timer as { unref?(): void }).unref?.();
      return () => clear.call(globalThis, timer as number);
    },
  };
}
