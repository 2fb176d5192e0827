import type { Cancel, Clock } from '../platform/clock.js';

/** How long a doubtful link may take to show a sign of life, in milliseconds. */
export function verifyDeadlineMs(rttMs: number | undefined): number {
  return rttMs === undefined ? 2_000 : Math.min(3_000, Math.max(1_000, 4 * rttMs));
}

/**
 * Finds out whether a link is alive: asks the server, and waits for anything to come.
 *
 * @param lastSeenMs when something last came over the link
 * @param ask makes the server answer; called once, and told what to call at the answer
 * @param settled told at the answer, or at the deadline, whether anything came; not after the returned cancel
 */
export function verify(
  clock: Clock,
  deadlineMs: number,
  lastSeenMs: () => number,
  ask: (answered: () => void) => void,
  settled: (alive: boolean) => void,
): Cancel {
  const doubtedMs = clock.now();
  const stop = clock.after(deadlineMs, () => end(lastSeenMs() > doubtedMs));
  let over = false;
  const end = (alive: boolean): void => {
    if (over) return;
    cancel();
    settled(alive);
  };
  const cancel = (): void => {
    over = true;
    stop();
  };
  ask(() => end(true));
  return cancel;
}

const TICK_MS = 1_000;
/** A timer that comes this much too late, in milliseconds, has slept, and so has the network. */
const LATE_MS = 1_500;

/**
 * Tells when this computer, or this page, has slept: a timer came late, or the date jumped. Monotonic clocks stand
 * still during sleep on some systems, so both are looked at.
 *
 * @returns stops looking
 */
export function watchSleep(clock: Clock, dateMs: () => number, woken: () => void): Cancel {
  let stop: Cancel;
  const tick = (): void => {
    const [startedMs, startedDateMs] = [clock.now(), dateMs()];
    stop = clock.after(TICK_MS, () => {
      const elapsedMs = Math.max(clock.now() - startedMs, dateMs() - startedDateMs);
      tick();
      if (elapsedMs > TICK_MS + LATE_MS) woken();
    });
  };
  tick();
  return () => stop();
}
