/** Supports servers of Socket.IO 1 and 2: detects the server's protocol version, and uses it. */
import type { Manager } from '../../manager/manager.js';
import type { ManagerHooks, Plugin } from '../../manager/plugin.js';
import { type Cancel, type Clock, nothing } from '../../platform/clock.js';
import type { Codec } from '../../protocol/codec.js';
import { sizeOf } from '../../protocol/encode.js';
import type { Handshake } from '../../protocol/handshake.js';
import type { Won } from '../../session/negotiate.js';
import type { Session } from '../../session/session.js';
import type { Transport } from '../../session/transports/transport.js';
import type { Namespace } from '../../socket/namespace.js';
import { legacyCodec, MAX_EARLY_BYTES, PROBE, PROBE_WITH_FRAGMENT } from './codec.js';
import { adopt, adoptIfLegacy, speaksV3 } from './transports.js';

/** Only an old server confirms the root namespace without an id. */
const IMPLICIT = /^0\/?,?$/;

/** The first packets of the root namespace that only an old server sends unrequested: its confirmation, or an error. */
const UNSOLICITED = /^(0\/?,?$|4(?!\/))/;

/** The shortest heartbeat interval that any server needs, in milliseconds. */
const SHORTEST_HEARTBEAT_MS = 50;

/** A server that seems to be old gets this long for its first packet, which a middleware may delay, in milliseconds. */
const PATIENCE_MS = 5_000;

/** A timer that fires this much too late, in milliseconds, proves nothing: packets that arrived meanwhile were not read yet. */
const LATE_MS = 50;

/** How long a server may stay silent, in milliseconds: opening a transport takes several round trips, the first packet none. */
const silenceMs = (openedInMs: number): number => Math.min(2_000, Math.max(250, 2 * openedInMs));

/**
 * How the version is detected: over long-polling, by the form of the first response; no old server has WebTransport. Over WebSocket, by a
 * `maxPayload` in the handshake, which no old server has; otherwise only by the confirmation of the root namespace, which an old server
 * sends directly after its handshake. The answer to a probe ends the wait for it, because it comes after that confirmation.
 */
class LegacyHooks implements ManagerHooks {
  private _legacyNow = false;

  constructor(private readonly _manager: Manager) {}

  plan(): void {
    this._legacyNow = false;
  }

  transport(name: string, create: () => Transport): Transport {
    const transport = create();
    if (this._legacyNow || (name === 'polling' && this._manager._connection._known.legacy)) adopt(transport);
    else if (name === 'polling') adoptIfLegacy(transport);
    return transport;
  }

  opened(session: Session, { handshake, transport, ms }: Won, proceed: (codec?: Codec) => void): void {
    const { _manager } = this;
    const { _connection, _environment, opts } = _manager;
    const { clock } = _environment;
    const learn = (legacy: boolean): void => _connection._learn({ legacy });
    const { legacy: known } = _connection._known;
    const send = (text: string): void => session._sendNow('message', text);
    const speakLegacy = (): Codec => {
      learn(true);
      this._legacyNow = true;
      adopt(transport);
      beat(clock, session, handshake);
      return legacyCodec(_manager._codec(), session.id ?? '', {
        send,
        receive: (chunk) =>
          clock.soon(() => {
            if (session.readyState === 'open') session._host.message(chunk);
          }),
        unasked() {
          // Opening took at least a round trip. The answer to the probe tells more.
          const root = _connection._namespaces.get('/') as Namespace | undefined;
          if (root) root._askedAtMs -= ms;
        },
      });
    };
    const old = speaksV3(transport);
    // The version does not matter for a custom parser.
    let open = true;
    let earlyBytes = 0;
    /** Whether to wait as long as an old server may take. */
    let patient = !!known;
    let stop: Cancel = nothing;
    const end = (codec?: Codec): void => {
      open = false;
      stop();
      // A newer one replaced it.
      if (known && !codec) learn(false);
      proceed(codec);
    };
    // The version does not matter for a custom parser.
    if (opts.parser || (!old && (handshake.maxPayload || /^(polling|webtransport)$/.test(transport.name)))) {
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
      // Kept until the version is known; each takes more memory than its text.
      if (open) earlyBytes += 64 + sizeOf(message);
      if (earlyBytes > MAX_EARLY_BYTES) {
        session._end('parse error', new Error('too much before the version is known'));
      } else if (text.startsWith(PROBE, 1)) {
        const [name = ''] = text.slice(1).split(',');
        _connection._measured(clock.now() - probedAtMs);
        const accepted = text.startsWith('0');
        // A server that accepts every namespace gets a DISCONNECT.
        if (accepted) send(`1${name},`);
        if (!open) return;
        // Only an old server omits the id.
        if (accepted && !text.includes('{')) end(speakLegacy());
        // Old servers answer so, and some current ones, which repeat the name unchanged.
        else if (!text.endsWith(',"Invalid namespace"') || (name !== PROBE && !known)) end();
        else if (!patient) {
          patient = true;
          wait(PATIENCE_MS);
        }
      } else if (open && UNSOLICITED.test(text)) end(speakLegacy());
      else if (!open && !this._legacyNow && IMPLICIT.test(text)) {
        // It was taken for a current one: the root namespace must not be joined twice.
        learn(true);
        session._end(
          'transport error',
          new Error('the server speaks an older protocol version than expected'),
        );
      }
    });
    const probedAtMs = clock.now();
    // The answer also shows how an old server names the sockets of a namespace.
    send(`0${PROBE_WITH_FRAGMENT},`);
    if (old) end(speakLegacy());
    else wait(patient ? PATIENCE_MS : silenceMs(ms));
  }
}

/** Engine.IO v3: the client sends the heartbeat, and the server answers. */
function beat(clock: Clock, session: Session, { pingInterval }: Handshake): void {
  const everyMs = Math.max(pingInterval, SHORTEST_HEARTBEAT_MS);
  const ask = (): void => {
    session._sendNow('ping');
    stop = clock.after(everyMs, ask);
  };
  let stop = clock.after(everyMs, ask);
  session.on('close', () => stop());
}

/** A plugin: `io(url, { plugins: [legacy()] })`. */
export const legacy = (): Plugin => ({ name: 'legacy', manager: (manager) => new LegacyHooks(manager) });
