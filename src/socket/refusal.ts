/** When a socket that the server refused or disconnected tries again, by the program's own policy. */
import { HoldfastError } from '../platform/errors.js';
import type { SocketOptions } from '../platform/options.js';
import { report } from '../platform/report.js';
import { show } from '../platform/show.js';

/**
 * @param attempt how many times in a row the server has refused it
 * @param retryDelayMs the wait of the retry loop after so many failures
 * @returns the wait in milliseconds, or undefined for no further attempt
 */
export function afterRefusalMs(
  { reconnectOnReject }: SocketOptions,
  error: Error,
  attempt: number,
  retryDelayMs: (failures: number) => number,
): number | undefined {
  try {
    const again = reconnectOnReject?.(error, attempt) ?? false;
    if (again === false) return undefined;
    // The first further attempt is immediate: a token was refreshed. Those behind it must not become a storm.
    if (again === true) return attempt === 1 ? 0 : retryDelayMs(attempt - 2);
    if (again >= 0) return Number(again);
    throw new HoldfastError(
      'BAD_OPTION',
      `reconnectOnReject returned ${show(again)}; accepted: true, false, or milliseconds, 0 or more`,
    );
  } catch (thrown) {
    report(thrown);
    return undefined;
  }
}
