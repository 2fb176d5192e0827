import { backoffMs } from './connection/backoff.js';
import type { Rules } from './connection/lifecycle.js';
import type { Environment } from './platform/environment.js';
import { ConnectionError } from './platform/errors.js';
import { type Options, settings } from './platform/options.js';
import { report } from './platform/report.js';

/** A sign that the network is back makes everyone come back: spread over this time, in milliseconds. */
const WAKE_SPREAD_MS = 250;

/** What the lifecycle decides by, read from the options at the moment of each decision. */
export function rulesOf(options: Options, environment: Environment): Rules {
  const { random, signals } = environment;
  const of = settings(options);
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
      const { attempt, failures, afterStable, elapsedMs, reason, error } = context;
      const standardMs = standardDelayMs(options, environment, failures, afterStable);
      const delayMs = Math.max(standardMs, retryAfterMs(error));
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

/** The wait by the options of the retry loop, in milliseconds. */
export function standardDelayMs(
  options: Options,
  { random }: Environment,
  failures: number,
  afterStable: boolean,
): number {
  const of = settings(options);
  const shape = {
    baseMs: of('reconnectionDelay'),
    maxMs: of('reconnectionDelayMax'),
    jitter: of('randomizationFactor'),
  };
  return backoffMs(shape, failures, afterStable, random);
}

/** What the server asked for by HTTP `Retry-After`, in milliseconds. */
function retryAfterMs(error: Error | undefined): number {
  if (!(error instanceof ConnectionError)) return 0;
  return Math.max(0, ...error.attempts.map((attempt) => attempt.retryAfterMs ?? 0));
}
