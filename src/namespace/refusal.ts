import type { SocketOptions } from '../platform/options.js';
import { report } from '../platform/report.js';

/** When to try again after a refusal, in milliseconds, by the program's own policy; nothing where it has none. */
export function afterRefusalMs(
  { reconnectOnReject }: SocketOptions,
  error: Error,
  attempt: number,
): number | undefined {
  try {
    const again = reconnectOnReject?.(error, attempt) ?? false;
    if (again === false) return undefined;
    return again === true ? 0 : Math.max(0, again);
  } catch (thrown) {
    report(thrown);
    return undefined;
  }
}
