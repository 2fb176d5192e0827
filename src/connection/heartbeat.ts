import type { Cancel, Clock } from '../platform/clock.js';
import type { Internals } from './engine.js';

/** When an engine's session ends by itself, and when it does not. */

/**
 * The engine ends a session when the browser says `offline`, even one to this very machine or its LAN. Whether the
 * server can still be reached, only the server can tell.
 */
export function ignoreOffline(engine: Internals): void {
  const close = engine._onClose;
  engine._onClose = (reason, details) => {
    const { description } = (details ?? {}) as { description?: unknown };
    if (description !== 'network connection lost') close.call(engine, reason, details);
  };
}

/** After sleep, timers fire before what has arrived is read: a heartbeat that seems overdue gets this much more time. */
const GRACE_MS = 1_000;

export interface Grace {
  /** When something last came, on the monotonic clock. */
  lastSeenMs: number;
  /** How long the server may be silent. */
  limitMs: number;
  readonly stop: Cancel;
}

/** Makes the engine's ping time-out, which runs on a timer, look again a second later where that timer came late. */
export function graceForLateTimers(engine: Internals, clock: Clock, revived: () => void): Grace {
  const close = engine._onClose;
  let cancel: Cancel | undefined;
  const stop = (): void => {
    cancel?.();
    cancel = undefined;
  };
  const grace = { lastSeenMs: clock.now(), limitMs: Number.POSITIVE_INFINITY, stop };
  engine._onClose = (reason, details) => {
    const silentMs = clock.now() - grace.lastSeenMs;
    if (reason !== 'ping timeout' || silentMs < grace.limitMs + GRACE_MS / 2) {
      close.call(engine, reason, details);
      return;
    }
    const doubtedMs = clock.now();
    cancel ??= clock.after(GRACE_MS, () => {
      cancel = undefined;
      // The engine would only go on counting at the next ping, and may wait for it in vain.
      if (grace.lastSeenMs < doubtedMs) close.call(engine, reason, details);
      else {
        engine._resetPingTimeout();
        // One that is being closed may still hear something: nobody waits for it.
        if (engine.readyState === 'open') revived();
      }
    });
  };
  return grace;
}
