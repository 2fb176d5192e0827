import type { Cancel, Clock } from '../platform/clock.js';
import { Engine, type EnginePacket, type Internals, type RawTransport } from './engine.js';
import { isOpen } from './engine-queue.js';

/** A probe that has not come through by then is given up, in milliseconds. */
export const PROBE_DEADLINE_MS = 10_000;
/** Where WebSocket failed before, the first probe waits this long, and each next one twice as long. */
export const PROBE_AFTER_MS = 15_000;
export const PROBE_AFTER_MAX_MS = 600_000;

/**
 * Moves a polling session to `name`, by Engine.IO v4, "Upgrade": probe, pause polling, upgrade. The session, and
 * every message of it, goes along. Until the server has answered the probe, a failure changes nothing.
 *
 * @param done called once, with the error where it failed; not after the returned cancel
 */
export function upgrade(
  engine: Internals,
  name: string,
  clock: Clock,
  done: (error?: Error) => void,
): Cancel {
  let probe: RawTransport | undefined;
  let pausing = false;
  let over = false;

  /** @returns the probe, which nobody listens to any more; nothing where it was over already */
  const end = (): RawTransport | undefined => {
    if (over) return undefined;
    over = true;
    stopDeadline();
    engine.off('close', onClose);
    probe?.removeAllListeners();
    return probe;
  };
  const fail = (reason: unknown): void => {
    if (over) return;
    end()?.close();
    const error = Object.assign(new Error(`probe error: ${(reason as Error)?.message ?? reason}`), {
      transport: name,
    });
    engine.upgrading = false;
    engine.emit('upgradeError', error);
    // Polling cannot be resumed once it was paused: the session is lost, and a new one must come.
    if (pausing) engine._onClose('transport error', error);
    done(error);
  };
  const succeed = (): void => {
    if (over || engine.readyState === 'closed') return;
    // It swallows what it is given, before it tells that it is closed.
    if (!isOpen(probe as RawTransport)) {
      fail('transport closed');
      return;
    }
    const transport = end() as RawTransport;
    engine.setTransport(transport);
    transport.send([{ type: 'upgrade' }]);
    engine.upgrading = false;
    Engine.priorWebsocketSuccess = name === 'websocket';
    engine.emit('upgrade', transport);
    engine.flush();
    done();
  };
  const receive = ({ type, data }: EnginePacket): void => {
    if (pausing) return;
    if (type !== 'pong' || data !== 'probe') {
      fail(`unexpected ${type}`);
      return;
    }
    pausing = true;
    engine.upgrading = true;
    engine.emit('upgrading', probe);
    engine.transport.pause(succeed);
  };
  const onClose = (): void => fail('socket closed');
  const stopDeadline = clock.after(PROBE_DEADLINE_MS, () => fail('timeout'));

  engine.on('close', onClose);
  try {
    probe = engine.createTransport(name);
    probe.on('error', fail as (value: never) => void);
    probe.on('close', () => fail('transport closed'));
    probe.on('open', () => probe?.send([{ type: 'ping', data: 'probe' }]));
    probe.on('packet', receive);
    probe.open();
  } catch (error) {
    fail(error);
  }
  return () => {
    end()?.close();
  };
}

/** An upgrade that is tried until it succeeds. */
export interface Upgrading {
  /** Tries at once, unless a probe is under way. */
  now(): void;
  stop(): void;
}

/**
 * Tries to upgrade until it succeeds: at once where WebSocket was merely slow, else ever more rarely.
 *
 * @param failed called after each probe that failed
 */
export function keepUpgrading(
  engine: Internals,
  name: string,
  atOnce: boolean,
  clock: Clock,
  failed: () => void,
): Upgrading {
  let delayMs = PROBE_AFTER_MS;
  let state: 'waiting' | 'probing' | 'over' = 'waiting';
  let stop: Cancel = () => {};

  const probe = (): void => {
    state = 'probing';
    const cancel = upgrade(engine, name, clock, (error) => {
      state = error && engine.readyState === 'open' ? 'waiting' : 'over';
      if (error) failed();
      if (state === 'waiting') later();
    });
    // It may have failed on the spot.
    if (state === 'probing') stop = cancel;
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
      state = 'over';
      stop();
    },
  };
}
