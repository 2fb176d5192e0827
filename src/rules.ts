import { backoffMs } from './connection/backoff.js';
import type { RetryContext, Rules } from './connection/lifecycle.js';
import type { Environment } from './platform/environment.js';
import { ConnectionError } from './platform/errors.js';
import { type Options, settings } from './platform/options.js';
import { report } from './platform/report.js';

/** A sign that the network is back makes everyone come back: spread over this time, in milliseconds. */
const WAKE_SPREAD_MS = 250;

/** What the lifecycle decides by, read from the options at the moment of each decision. */
export function rulesOf(options: Options, { random, signals }: Environment): Rules {
  const of = settings(options);

  const standardMs = ({ failures, afterStable, error }: RetryContext): number => {
    const shape = {
      baseMs: of('reconnectionDelay'),
      maxMs: of('reconnectionDelayMax'),
      jitter: of('randomizationFactor'),
    };
    return Math.max(backoffMs(shape, failures, afterStable, random), retryAfterMs(error));
  };

  return {
    get reconnection() {
      return of('reconnection');
    },
    get maxAttempts() {
      return of('reconnectionAttempts');
    },
    get online() {
      return signals.online;
    },
    delayMs(context) {
      const delayMs = standardMs(context);
      const { attempt, elapsedMs, reason, error } = context;
      const { retryPolicy } = options;
      if (!retryPolicy) return delayMs;
      try {
        const own = retryPolicy({ attempt, elapsedMs, reason, error, online: signals.online, delayMs });
        return own === null || own >= 0 ? own : delayMs;
      } catch (thrown) {
        // The loop goes on, whatever happens in there.
        report(thrown);
        return delayMs;
      }
    },
    wakeDelayMs: () => random() * WAKE_SPREAD_MS,
    get offlineDelayMs() {
      return of('reconnectionDelayMax');
    },
  };
}

/** What the server asked for by HTTP `Retry-After`, in milliseconds. */
function retryAfterMs(error: Error | undefined): number {
  if (!(error instanceof ConnectionError)) return 0;
  return Math.max(0, ...error.attempts.map((attempt) => attempt.retryAfterMs ?? 0));
}
