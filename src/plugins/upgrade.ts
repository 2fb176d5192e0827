/** Moves a long-polling session to WebSocket or WebTransport: at once if that was merely slow, otherwise at growing intervals. */
import type { Plugin } from '../manager/plugin.js';
import { type Cancel, nothing } from '../platform/clock.js';
import type { Session } from '../session/session.js';
import { discard, type EnginePacket, isTaking, type Transport } from '../session/transports/transport.js';

/** A probe without an answer is given up after this time, in milliseconds. */
const PROBE_DEADLINE_MS = 10_000;
/** The same while another transport is left: WebTransport hangs where UDP is swallowed. */
const FIRST_PROBE_DEADLINE_MS = 3_000;

const WEB_TRANSPORT = 'webtransport';
/** If WebSocket failed before, the first probe waits this long, and each further one twice as long. */
const PROBE_AFTER_MS = 15_000;
const PROBE_AFTER_MAX_MS = 600_000;

/**
 * Moves a polling session to the transport `name` by Engine.IO v4, "Upgrade": probe, pause polling, upgrade. The session and all its
 * messages move along. A failure, even after polling was paused, leaves the session on polling.
 *
 * @param done called once
 */
function upgradeTo(
  session: Session,
  name: string,
  deadlineMs: number,
  done: (failed: boolean) => void,
): void {
  const { transport: polling, _clock } = session;
  let probe: Transport | undefined;
  let pausing = false;
  let paused = false;
  let over = false;

  const end = (): void => {
    over = true;
    stopDeadline();
    session._stopUpgrade = nothing;
  };
  const goOn = (): void => {
    session.upgrading = false;
    session._flush();
    session._closeIfDone();
  };
  const resume = (): void => {
    // The member that resumes any polling of engine.io-client.
    const one = polling as unknown as { readyState: string; _poll?(): void };
    if (session.readyState !== 'closed') {
      one.readyState = 'open';
      one._poll?.();
    }
    goOn();
  };
  const fail = (reason: unknown): void => {
    if (over) return;
    end();
    discard(probe);
    const error = Object.assign(new Error(`probe error: ${reason}`), { transport: name });
    session._dispatch('upgradeError', error);
    if (paused) resume();
    // Polling that is still pausing resumes when it has paused.
    else if (!pausing) session._closeIfDone();
    done(true);
  };
  const succeed = (): void => {
    const transport = probe as Transport;
    paused = true;
    if (over) resume();
    // A closing WebSocket silently discards data.
    else if (!isTaking(transport)) fail('transport closed');
    else {
      end();
      transport.removeAllListeners();
      session._use(transport);
      transport.send([{ type: 'upgrade' }]);
      session._dispatch('upgrade', transport);
      goOn();
      done(false);
    }
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
    polling.pause(succeed);
  };
  const stopDeadline = _clock.after(deadlineMs, () => fail('timeout'));

  session._stopUpgrade = () => fail('socket closed');
  try {
    const made = session._makeTransport(name);
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

export const upgrade = (): Plugin => ({
  name: 'upgrade',
  manager(manager) {
    const { _connection, _environment } = manager;
    let improve = nothing;
    return {
      used(session, { transport, handshake, failed, slower }) {
        const { names } = session._setup.plan;
        if (!manager._option('upgrade') || transport.name !== 'polling') return undefined;
        const better = ([WEB_TRANSPORT, 'websocket'] as const).filter(
          (name) => manager._listed.includes(name) && handshake.upgrades.includes(name),
        );
        if (better.length === 0) return undefined;
        let delayMs = PROBE_AFTER_MS;
        let stopWaiting: Cancel | undefined;
        let over = false;

        const wait = (): void => {
          stopWaiting = _environment.clock.after(delayMs, probe);
          delayMs = Math.min(delayMs * 2, PROBE_AFTER_MAX_MS);
        };
        const probe = (): void => {
          stopWaiting?.();
          stopWaiting = undefined;
          const slow = slower.includes(WEB_TRANSPORT) || _connection._known[WEB_TRANSPORT];
          probeNext(slow ? [...better].reverse() : better);
        };
        const probeNext = ([name = WEB_TRANSPORT, ...others]: typeof better): void => {
          const hasOther = others.length > 0 && name === WEB_TRANSPORT;
          upgradeTo(session, name, hasOther ? FIRST_PROBE_DEADLINE_MS : PROBE_DEADLINE_MS, (fail) => {
            const isOpen = session.readyState === 'open';
            // The end of the session proves nothing about the transport.
            if (isOpen || !fail) _connection._learn({ [name]: fail });
            if (!fail) _connection._host._changed();
            else if (isOpen && !over) {
              if (others.length > 0) probeNext(others);
              else wait();
            }
          });
        };
        improve = () => {
          if (!stopWaiting) return;
          delayMs = PROBE_AFTER_MS;
          probe();
        };
        const atOnce = better.some(
          (name) =>
            slower.includes(name) ||
            // The outage may have ended between the two: then this transport did not fail.
            (_connection._retried && failed.includes(name)) ||
            // A transport over which the server has just not answered is no longer listed.
            (names[0] === 'polling' && names.includes(name) && !_connection._known[name]),
        );
        if (atOnce) probe();
        else wait();
        return () => {
          over = true;
          stopWaiting?.();
          stopWaiting = undefined;
        };
      },
      improve: () => improve(),
    };
  },
});
