/**
 * Checks whether a doubtful connection still works: after sleep, a network change, or a return to the page it probes the server, and any
 * traffic is proof of life.
 */
import type { Plugin } from '../manager/plugin.js';
import { type Cancel, type Clock, nothing } from '../platform/clock.js';
import { probe } from '../socket/probe.js';

/** How long a doubtful link may stay silent, in milliseconds. */
export const verifyDeadlineMs = (rttMs: number | undefined): number =>
  rttMs === undefined ? 2_000 : Math.min(3_000, Math.max(1_000, 4 * rttMs));

/** When a connection has proved stable, after this many milliseconds, the server is probed once, to learn whether it answers at all. */
const FIRST_PROBE_AFTER_MS = 5_000;

const TICK_MS = 1_000;
/** A timer that fires this much too late, in milliseconds, shows that the computer has slept, and so has the network. */
const LATE_MS = 1_500;

/**
 * Detects that this computer, or this page, has slept: a timer fired late, or the date jumped. Monotonic clocks stand still during sleep on
 * some systems, so both are checked. A false alarm costs one probe.
 *
 * @returns stops checking
 */
export function watchSleep(clock: Clock, dateMs: () => number, woken: () => void): Cancel {
  let stop: Cancel;
  const tick = (): void => {
    const startedMs = clock.now();
    const startedDateMs = dateMs();
    stop = clock.after(TICK_MS, () => {
      const elapsedMs = Math.max(clock.now() - startedMs, dateMs() - startedDateMs);
      tick();
      if (elapsedMs > TICK_MS + LATE_MS) woken();
    });
  };
  tick();
  return () => stop();
}

export const liveness = (): Plugin => ({
  name: 'liveness',
  manager(manager) {
    const { _connection, _environment } = manager;
    const { clock } = _environment;
    /** The link that has answered a probe. */
    let answeredOn = 0;
    let stopProbe: Cancel = nothing;
    let stopVerifying: Cancel | undefined;

    const ask = (done: Cancel): void => {
      const { _linkId } = _connection;
      const askedMs = clock.now();
      stopProbe();
      stopProbe = probe(_connection, (answered) => {
        if (!answered) return;
        answeredOn = _linkId;
        _connection._latencyMs = undefined;
        _connection._measured(clock.now() - askedMs);
        done();
      });
    };
    const verify = (): void => {
      const session = _connection._session;
      // Don't restart a running check; frequent signals would postpone it forever.
      if (!session || stopVerifying || !manager._option('verify')) return;
      const doubtedMs = clock.now();
      const wasOnline = manager._online;
      const settle = (): void => {
        stopVerifying?.();
        stopVerifying = undefined;
      };
      stopVerifying = clock.after(verifyDeadlineMs(_connection._known.rttMs), () => {
        const alive = session._lastSeenMs > doubtedMs;
        settle();
        // Not every server answers probes: silence counts only if this connection has had an answer before, or if the browser has reported
        // that there is no network, even if only for a moment.
        const telling = answeredOn === _connection._linkId || !wasOnline || !manager._online;
        if (!alive && telling) _connection._drop('ping timeout');
      });
      ask(settle);
    };
    return {
      doubt: verify,
      used() {
        const stopSleep = watchSleep(clock, () => _environment.dateMs(), verify);
        const stopFirst = clock.after(FIRST_PROBE_AFTER_MS, () => {
          const known = stopVerifying !== undefined || answeredOn === _connection._linkId;
          if (manager._option('verify') && !known) ask(nothing);
        });
        return () => {
          stopSleep();
          stopFirst();
          stopProbe();
          stopVerifying?.();
          stopVerifying = undefined;
        };
      },
    };
  },
});
