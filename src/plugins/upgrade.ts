/** Moves a session of long-polling to WebSocket or WebTransport: at once if that was merely slow, otherwise ever more rarely. */
import type { Plugin } from '../manager/plugin.js';
import { type Cancel, type Clock, nothing } from '../platform/clock.js';
import type { Session } from '../session/session.js';
import {
  discard,
  type EnginePacket,
  isTaking,
  resume,
  type Transport,
} from '../session/transports/transport.js';

/** A probe that has not come through by then is given up, in milliseconds. */
export const PROBE_DEADLINE_MS = 10_000;
/** Where WebSocket failed before, the first probe waits this long, and each next one twice as long. */
export const PROBE_AFTER_MS = 15_000;
export const PROBE_AFTER_MAX_MS = 600_000;

/**
 * Moves a polling session to the transport `name` by Engine.IO v4, "Upgrade": probe, pause polling, upgrade. The session and
 * every message of it go along. A failure, even after polling was paused, leaves the session on polling.
 *
 * @param done called once, with the error if it failed
 */
export function upgradeTo(session: Session, name: string, done: (error?: Error) => void): void {
  const { _clock } = session;
  const old = session.transport;
  let probe: Transport | undefined;
  let pausing = false;
  let paused = false;
  let over = false;

  const end = (): void => {
    over = true;
    stopDeadline();
    session._stopUpgrade = nothing;
    probe?.removeAllListeners();
  };
  const goOn = (): void => {
    session.upgrading = false;
    if (session.readyState !== 'closed') resume(old);
    session._flush();
    session._closeIfDone();
  };
  const fail = (reason: unknown): void => {
    if (over) return;
    end();
    if (probe) discard(probe, _clock);
    const error = Object.assign(new Error(`probe error: ${reason}`), { transport: name });
    session._dispatch('upgradeError', error);
    // Polling that is still coming to rest goes on once it has.
    if (!pausing) session._closeIfDone();
    else if (paused) goOn();
    done(error);
  };
  const succeed = (): void => {
    paused = true;
    if (over) {
      goOn();
      return;
    }
    const transport = probe as Transport;
    // A WebSocket that is closing swallows what it is given.
    if (!isTaking(transport)) {
      fail('transport closed');
      return;
    }
    end();
    if (session.readyState === 'closed') return;
    session._use(transport);
    transport.send([{ type: 'upgrade' }]);
    session.upgrading = false;
    session._dispatch('upgrade', transport);
    session._flush();
    session._closeIfDone();
    done();
  };
  const receive = ({ type, data }: EnginePacket): void => {
    if (pausing) return;
    if (type !== 'pong' || data !== 'probe') {
      fail(`unexpected ${type}`);
      return;
    }
    pausing = true;
    session.upgrading = true;
    session._dispatch('upgrading', probe);
    old.pause(succeed);
  };
  const stopDeadline = _clock.after(PROBE_DEADLINE_MS, () => fail('timeout'));

  session._stopUpgrade = () => fail('socket closed');
  try {
    const made = session._create(name);
    probe = made;
    made.on('error', fail);
    made.on('close', () => fail('transport closed'));
    made.on('open', () => made.send([{ type: 'ping', data: 'probe' }]));
    made.on('packet', receive);
    made.open();
  } catch (error) {
    fail(error);
  }
}

/** Tries to upgrade until it succeeds. */
interface Upgrading {
  /** Tries at once, unless a probe is under way. */
  now(): void;
  stop(): void;
}

function keepUpgrading(
  session: Session,
  name: string,
  atOnce: boolean,
  clock: Clock,
  ended: (failed: boolean) => void,
): Upgrading {
  let delayMs = PROBE_AFTER_MS;
  let state: 'waiting' | 'probing' | 'over' = 'waiting';
  let stop: Cancel = nothing;

  const probe = (): void => {
    state = 'probing';
    upgradeTo(session, name, (error) => {
      const failed = error !== undefined;
      const isOpen = session.readyState === 'open';
      // The end of the session says nothing about the transport.
      if (isOpen || !failed) ended(failed);
      if (isOpen && failed && state === 'probing') {
        state = 'waiting';
        later();
      } else state = 'over';
    });
  };
  const later = (): void => {
    stop = clock.after(delayMs, probe);
    delayMs = Math.min(delayMs * 2, PROBE_AFTER_MAX_MS);
  };
  if (atOnce) probe();
  else later();
  return {
    now() {
      if (state !== 'waiting') return;
      stop();
      delayMs = PROBE_AFTER_MS;
      probe();
    },
    stop() {
      if (state === 'waiting') stop();
      state = 'over';
    },
  };
}

export const upgrade = (): Plugin => ({
  name: 'upgrade',
  manager(manager) {
    const { _connection, _environment } = manager;
    let upgrading: Upgrading | undefined;
    return {
      used(session, { transport, handshake, failed, slower }) {
        const { _names } = session;
        if (manager.opts.upgrade === false || transport.name !== 'polling') return undefined;
        const better = ['webtransport', 'websocket'].find(
          (name) => manager._listed.includes(name) && handshake.upgrades.includes(name),
        );
        if (!better) return undefined;
        const { webSocketFailed } = _connection._known;
        const atOnce =
          slower.includes(better) ||
          // The outage may have ended between the two: then it was not WebSocket that failed.
          (_connection._retried && failed.includes(better)) ||
          // One over which the server has just not answered is no longer among the names.
          (_names[0] === 'polling' && _names.includes(better) && !webSocketFailed);
        const one = keepUpgrading(session, better, atOnce, _environment.clock, (fail) => {
          if (better === 'websocket') _connection._learn({ webSocketFailed: fail });
          if (!fail) _connection._host._changed();
        });
        upgrading = one;
        return () => {
          one.stop();
          upgrading = undefined;
        };
      },
      improve: () => upgrading?.now(),
    };
  },
});
