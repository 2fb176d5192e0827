/** Lets a connection speak to servers of Socket.IO 1 and 2, too: finds out the server's protocol version, and speaks it. */
import type { Manager } from '../../manager/manager.js';
import type { ManagerHooks, Plugin } from '../../manager/plugin.js';
import { type Cancel, nothing } from '../../platform/clock.js';
import type { Codec } from '../../protocol/codec.js';
import { type Chunk, sizeOf } from '../../protocol/encode.js';
import type { Handshake } from '../../protocol/handshake.js';
import type { Session } from '../../session/session.js';
import { legacyCodec, MAX_EARLY_BYTES, PROBE, PROBE_WITH_FRAGMENT } from './codec.js';
import { adopt, adoptIfLegacy, speaksV3 } from './transports.js';

/** Only an old server says that the root namespace is joined without saying under which id. */
const IMPLICIT = /^0\/?,?$/;

/** The first words of the root namespace, which only an old server says without being asked: that it is joined, or an error. */
const UNSOLICITED = /^(0\/?,?$|4(?!\/))/;

/** No server needs to be asked for a sign of life more often, in milliseconds. */
const SHORTEST_HEARTBEAT_MS = 50;

/** A server that seems to be an old one gets this long for its first word, which a middleware may delay, in milliseconds. */
const PATIENCE_MS = 5_000;

/** A timer that comes this much too late, in milliseconds, says nothing: what has arrived meanwhile was not read yet. */
const LATE_MS = 50;

/** How long a server may say nothing at all, in milliseconds: opening a transport takes several round trips, the first word none. */
const silenceMs = (openedInMs: number): number => Math.min(2_000, Math.max(250, 2 * openedInMs));

/**
 * What decides: over long-polling, the form of the first answer; no old server has WebTransport. Over WebSocket, a `maxPayload` in the handshake, which no old server
 * has; otherwise only the word that the root namespace is joined, which an old server says right behind its handshake. A probe
 * tells when to stop waiting for it, because its answer comes behind that word.
 */
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

  const learn = (legacy: boolean): void => _connection._learn({ legacy });

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
    opened(session, { handshake, transport, ms }, proceed) {
      const { legacy: known } = _connection._known;
      const send = (text: string): void => session._sendPacket('message', text);
      const speakLegacy = (): Codec => {
        learn(true);
        legacyNow = true;
        adopt(transport);
        beat(session, handshake);
        return legacyCodec(manager._codec(), session.id ?? '', {
          send,
          receive: (chunk) =>
            clock.soon(() => {
              if (session.readyState === 'open') session._host.message(chunk);
            }),
        });
      };
      const old = speaksV3(transport);
      // A custom parser is no matter of the old versions.
      let open = true;
      let earlyBytes = 0;
      /** Whether it is waited for as long as an old server may take. */
      let patient = !!known;
      let stop: Cancel = nothing;
      const end = (codec?: Codec): void => {
        open = false;
        stop();
        // It was replaced by a newer one.
        if (known && !codec) learn(false);
        proceed(codec);
      };
      // A custom parser is no matter of the old versions.
      if (
        opts.parser ||
        (!old && (handshake.maxPayload || /^(polling|webtransport)$/.test(transport.name)))
      ) {
        end();
        return;
      }
      const wait = (delayMs: number, again = true): void => {
        const dueAtMs = clock.now() + delayMs;
        stop();
        stop = clock.after(delayMs, () => {
          if (again && clock.now() - dueAtMs > LATE_MS) wait(delayMs, false);
          else end();
        });
      };
      session.on('close', () => stop());
      session.on('message', (message) => {
        const text = typeof message === 'string' ? message : '';
        // Kept until the version is known; each costs more than its text.
        if (open) earlyBytes += 64 + (message ? sizeOf(message as Chunk) : 0);
        if (earlyBytes > MAX_EARLY_BYTES) {
          session._end('parse error', new Error('too much before the version is known'));
        } else if (text.startsWith(PROBE, 1)) {
          const [name = ''] = text.slice(1).split(',');
          const accepted = text.startsWith('0');
          // A server that takes every namespace is told to leave it again.
          if (accepted) send(`1${name},`);
          if (!open) return;
          // Only an old one does not say the id.
          if (accepted && !text.includes('{')) end(speakLegacy());
          // Old servers answer so, and some of today, which repeat the name as it is.
          else if (!text.endsWith(',"Invalid namespace"') || (name !== PROBE && !known)) end();
          else if (!patient) {
            patient = true;
            wait(PATIENCE_MS);
          }
        } else if (open && UNSOLICITED.test(text)) end(speakLegacy());
        else if (!open && !legacyNow && IMPLICIT.test(text)) {
          // It was taken for a newer one: the root namespace must not be joined twice.
          learn(true);
          session._end(
            'transport error',
            new Error('the server speaks an older protocol version than expected'),
          );
        }
      });
      // The answer tells, too, how an old server names the sockets of a namespace.
      send(`0${PROBE_WITH_FRAGMENT},`);
      if (old) end(speakLegacy());
      else wait(patient ? PATIENCE_MS : silenceMs(ms));
    },
  };
}

/** A plugin: `io(url, { plugins: [legacy()] })`. */
export const legacy = (): Plugin => ({ name: 'legacy', manager: hooksOf });
