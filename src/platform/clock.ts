import { report } from './report.js';

/** Cancels the call that returned it; calling it again does nothing. */
export type Cancel = () => void;

export const nothing = (): void => {};

/** Time as an argument: the only way in which holdfast waits or reads a clock. */
export interface Clock {
  /** Milliseconds on a monotonic clock: changing the system date does not affect it. */
  now(): number;
  /**
   * Calls `task` once, `delayMs` from now; `Infinity` never does.
   *
   * @param background in Node, the timer does not keep the process alive
   */
  after(delayMs: number, task: () => void, background?: boolean): Cancel;
  /** Calls `task` after the running code has returned, before any timer. Its errors are reported. */
  soon(task: () => void): void;
}

// Taken when the module loads, so that a page which fakes its timers can still ask for the real ones.
const nativeSetTimeout = globalThis.setTimeout;
const nativeClearTimeout = globalThis.clearTimeout;
const nativePerformance = watchOf();
const nativeNow = nativePerformance.now;

/** The time source; the date if an engine has nothing better, or a test has replaced `performance` with a mock that has no clock. */
function watchOf(): { now(): number } {
  const { performance } = globalThis as { performance?: Partial<Performance> };
  return performance?.now ? (performance as Performance) : Date;
}

/** Browsers and Node fire a longer timer at once. For a negative one, newer versions of Node and Deno print a warning. */
const LONGEST_MS = 2 ** 31 - 1;

/** This many tasks run before the event loop gets a turn: a page that reconnects in a loop must not freeze. */
const MAX_TASKS_IN_A_TURN = 100;
let tasksInThisTurn = 0;

function soon(task: () => void): void {
  if (tasksInThisTurn++ === 0) {
    const timer: unknown = nativeSetTimeout(() => {
      tasksInThisTurn = 0;
    }, 0);
    unrefTimer(timer);
  }
  // A Promise rather than `queueMicrotask`, which tests fake together with the timers.
  if (tasksInThisTurn < MAX_TASKS_IN_A_TURN) Promise.resolve().then(task).then(undefined, report);
  else nativeSetTimeout(task, 0);
}

const unrefTimer = (timer: unknown): void => (timer as { unref?(): void }).unref?.();

class SystemClock implements Clock {
  constructor(
    private readonly _native: boolean,
    private readonly _unref: boolean,
  ) {}

  now(): number {
    return (this._native ? nativeNow.call(nativePerformance) : watchOf().now()) || 0;
  }

  after(delayMs: number, task: () => void, background = this._unref): Cancel {
    const { _native } = this;
    const set = _native ? nativeSetTimeout : globalThis.setTimeout;
    const clear = _native ? nativeClearTimeout : globalThis.clearTimeout;
    if (delayMs === Number.POSITIVE_INFINITY) return nothing;
    const timer: unknown = set.call(globalThis, task, Math.min(Math.max(delayMs, 0), LONGEST_MS));
    if (background) unrefTimer(timer);
    return () => clear.call(globalThis, timer as number);
  }

  soon(task: () => void): void {
    soon(task);
  }
}

/**
 * The clock of the browser or of Node.
 *
 * @param native use the timers that the page had when holdfast loaded, even if they were replaced since
 * @param unref in Node, do not keep the process alive for a timer
 */
export const systemClock = (native = false, unref = false): Clock => new SystemClock(native, unref);
