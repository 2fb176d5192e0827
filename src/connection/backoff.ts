/** How the retry loop waits; all times in milliseconds. */
export interface BackoffSettings {
  readonly baseMs: number;
  readonly maxMs: number;
  /** 0 to 1: how much of the delay is left to chance. */
  readonly jitter: number;
}

/** Past this exponent every delay is at its cap, and 2^n would leave the numbers that a double can hold. */
const MAX_EXPONENT = 52;

/**
 * The wait before the next try.
 *
 * The cap is applied before the jitter, so that clients that lost the same server stay spread out however long it is
 * away: d·(1 − r·u), d = min(max, base·2ⁿ), u uniform in [0, 1). The first try after a connection that had proved
 * stable comes within [0, base): the server most likely restarted, and everyone comes back at once.
 *
 * @param failures n: tries in a row without a stable connection
 * @param afterStable whether the connection that was lost had been stable
 */
export function backoffMs(
  { baseMs, maxMs, jitter }: BackoffSettings,
  failures: number,
  afterStable: boolean,
  random: () => number,
): number {
  if (afterStable) return Math.min(baseMs, maxMs) * random();
  const delay = Math.min(maxMs, baseMs * 2 ** Math.min(failures, MAX_EXPONENT));
  return delay * (1 - jitter * random());
}
