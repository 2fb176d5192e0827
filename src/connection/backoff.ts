/** The delays of the retry loop; all times in milliseconds. */
export interface BackoffSettings {
  readonly baseMs: number;
  readonly maxMs: number;
  /** 0 to 1: how much of the delay is random. */
  readonly jitter: number;
}

/** Past this exponent every delay is at its cap, and 2^n would exceed the range of a double. */
const MAX_EXPONENT = 52;

/**
 * The delay before the next attempt.
 *
 * The cap is applied before the jitter, so that clients that lost the same server stay spread out however long it is down: d·(1 − r·u), d =
 * min(max, base·2ⁿ), u uniform in [0, 1). The first try after a connection that had proved stable comes within [0, base): the server most
 * likely restarted, and all clients return at once.
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
