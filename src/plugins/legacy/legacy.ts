/** Lets a connection speak to servers of Socket.IO 1 and 2, too: finds out the server's protocol version, and speaks it. */
import type { Manager } from '../../manager/manager.js';
import type { ManagerHooks, Plugin } from '../../manager/plugin.js';
import type { Codec } from '../../protocol/codec.js';
import type { Handshake } from '../../protocol/handshake.js';
import type { Session } from '../../session/session.js';
import { legacyCodec, PROBE, PROBE_WITH_QUERY } from './codec.js';
import { adopt, adoptIfLegacy, isAdopted } from './transports.js';

/** Only an old server says that the root namespace is joined without saying under which id. */
const IMPLICIT = /^0\/?,?$/;

/** The first words of the root namespace, which only an old server says without being asked: that it is joined, or an error. */
const UNSOLICITED = /^(0\/?,?$|4(?!\/))/;

/** No server needs to be asked for a sign of life more often, in milliseconds. */
const SHORTEST_HEARTBEAT_MS = 50;

/**
 * How long the server may take to show its version, in milliseconds. An old server speaks right behind its handshake, unless a
 * middleware delays it: one that is remembered as old gets more time.
 */
const deadlineMs = (known: boolean | undefined, rttMs = 250): number =>
  known ? 3_000 : Math.min(500, Math.max(50, rttMs));

function hooksOf(manager: Manager): ManagerHooks {
  const { _connection, _environment, opts } = manager;
  const { clock } = _environment;
  let legacyNow = false;

  /** Engine.IO v3: the client sends the heartbeat, and the server answers. */
  const beat = (session: Session, { pingInterval }: Handshake): void => {
    const everyMs = Math.max(pingInterval, SHORTEST_HEARTBEAT_MS);
    const ask = (): void => {
      session._sendPacket('ping');
      stop = clock.after(everyMs, ask);
    };
    let stop = clock.after(everyMs, ask);
    session.on('close', () => stop());
  };

  return {
    plan() {
      legacyNow = false;
    },
    transport(name, create) {
      const transport = create();
      if (legacyNow || (name === 'polling' && _connection._known.legacy)) adopt(transport);
      else if (name === 'polling') adoptIfLegacy(transport);
      return transport;
    },
    opened(session, { handshake, transport }, proceed) {
      const send = (text: string): void => session._sendPacket('message', text);
      const speakLegacy = (): Codec => {
        legacyNow = true;
        adopt(transport);
        beat(session, handshake);
        // Its answer tells how the server names the sockets of a namespace.
        send(`0${PROBE_WITH_QUERY},`);
        return legacyCodec(manager._codec(), session.id ?? '', {
          send,
          receive: (chunk) => clock.soon(() => session._deliver(chunk)),
        });
      };
      const learn = (legacy: boolean): void => _connection._learn({ legacy });
      // The limit came with the fourth version of the handshake. A custom parser is no matter of these versions.
      if (handshake.maxPayload || opts.parser) {
        if (_connection._known.legacy) learn(false);
        proceed();
        return;
      }
      let open = true;
      const end = (codec?: Codec): void => {
        if (!open) return;
        open = false;
        stop();
        proceed(codec);
      };
      const hear = (message: unknown): void => {
        const text = typeof message === 'string' ? message : '';
        if (text.startsWith(`0${PROBE}`)) {
          // A server that takes every namespace is told to leave it again.
          send(`1${PROBE},`);
          // Only an old one does not say the id.
          if (!open || text.includes('{')) end();
          else {
            learn(true);
            end(speakLegacy());
          }
        } else if (open && UNSOLICITED.test(text)) {
          learn(true);
          end(speakLegacy());
        } else if (!open && !legacyNow && IMPLICIT.test(text)) {
          // It was taken for a newer one: the root namespace must not be joined twice.
          learn(true);
          session._end(
            'transport error',
            new Error('the server speaks an older protocol version than expected'),
          );
        } else if (open && text.startsWith(`4${PROBE}`)) {
          // Old servers and foreign ones answer alike: without the unsolicited words, this is a server of today.
          end();
        }
      };
      const stop = clock.after(deadlineMs(_connection._known.legacy, _connection._known.rttMs), () => end());
      session.on('message', hear);
      if (isAdopted(transport)) {
        learn(true);
        end(speakLegacy());
      } else send(`0${PROBE},`);
    },
  };
}

/** A plugin: `io(url, { plugins: [legacy()] })`. */
export const legacy = (): Plugin => ({ name: 'legacy', manager: hooksOf });
