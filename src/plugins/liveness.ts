/**
 * Checks whether a doubtful connection still works: after sleep, a network change, or a return to the page it probes the server, and any
 * traffic is proof of life.
 */
import type { Manager } from '../manager/manager.js';
import type { ManagerHooks, Plugin } from '../manager/plugin.js';
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

/** A class: its objects take less memory than closures, and every connection has one. */
class LivenessHooks implements ManagerHooks {
  /** The link that has answered a probe. */
  private _answeredOn = 0;
  private _stopProbe: Cancel = nothing;
  private _stopVerifying: Cancel | undefined;

  constructor(private readonly _manager: Manager) {}

  private _ask(done: Cancel): void {
    const { _connection, _environment } = this._manager;
    const { _linkId } = _connection;
    const askedMs = _environment.clock.now();
    this._stopProbe();
    this._stopProbe = probe(_connection, (answered) => {
      if (!answered) return;
      this._answeredOn = _linkId;
      _connection._latencyMs = undefined;
      _connection._measured(_environment.clock.now() - askedMs);
      done();
    });
  }

  private _settle(): void {
    this._stopVerifying?.();
    this._stopVerifying = undefined;
  }

  doubt(): void {
    const { _manager } = this;
    const { _connection } = _manager;
    const session = _connection._session;
    // Don't restart a running check; frequent signals would postpone it forever.
    if (!session || this._stopVerifying || !_manager._option('verify')) return;
    const { clock } = _manager._environment;
    const doubtedMs = clock.now();
    this._stopVerifying = clock.after(verifyDeadlineMs(_connection._known.rttMs), () => {
      const alive = session._lastSeenMs > doubtedMs;
      this._settle();
      // Not every server answers probes: silence counts only if this connection has had an answer before, or if the browser reports no
      // network.
      const telling = this._answeredOn === _connection._linkId || !_manager._online;
      if (!alive && telling) _connection._drop('ping timeout');
    });
    this._ask(() => this._settle());
  }

  used(): Cancel {
    const { _manager } = this;
    const { clock, dateMs } = _manager._environment;
    const stopSleep = watchSleep(clock, dateMs, () => this.doubt());
    const stopFirst = clock.after(FIRST_PROBE_AFTER_MS, () => {
      const known = this._stopVerifying || this._answeredOn === _manager._connection._linkId;
      if (_manager._option('verify') && !known) this._ask(nothing);
    });
    return () => {
      stopSleep();
      stopFirst();
      this._stopProbe();
      this._settle();
    };
  }
}

export const liveness = (): Plugin => ({
  name: 'liveness',
  manager: (manager) => new LivenessHooks(manager),
});
