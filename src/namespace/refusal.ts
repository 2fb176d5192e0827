import { HoldfastError } from '../platform/errors.js';
import type { SocketOptions } from '../platform/options.js';
import { report } from '../platform/report.js';
import { show } from '../platform/show.js';

/** When to try again after a refusal, in milliseconds, by the program's own policy; nothing where it has none. */
export function afterRefusalMs(
  { reconnectOnReject }: SocketOptions,
  error: Error,
  attempt: number,
): number | undefined {
  try {
    const again = reconnectOnReject?.(error, attempt) ?? false;
    if (typeof again === 'boolean') return again ? 0 : undefined;
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
