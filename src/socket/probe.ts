/**
 * Probes whether the server has read everything sent so far. Socket.IO has no echo, but most servers immediately answer a CONNECT to a
 * namespace that does not exist, with an error that the program never sees. If a server accepts it, because it has a namespace for every
 * name, DISCONNECT is sent, however late its answer comes.
 */
import type { Connection } from '../connection/connection.js';
import { type Cancel, nothing } from '../platform/clock.js';
import { CONNECT, DISCONNECT } from '../protocol/packet.js';

/** A server that has not answered after this time, in milliseconds, may never answer. */
const PROBE_DEADLINE_MS = 3_000;

const PREFIX = '/holdfast-probe-';

/** A few names in turn: a name that was just left must not be joined again at once, and servers may keep state for each name. */
const NAMES = 4;
let probes = 0;

/** Whether a namespace is one of these; programs never see them. */
export const isProbe = (nsp: string): boolean => nsp.startsWith(PREFIX);

/** @param done called once, with whether the answer came before the deadline; not called after the returned cancel */
export function probe(connection: Connection, done: (answered: boolean) => void): Cancel {
  const { _namespaces, _environment, _linkId } = connection;
  const cancel = (): void => {
    stop();
    done = nothing;
  };
  const tell = (answered: boolean): void => {
    done(answered);
    cancel();
  };
  let stop: Cancel;
  // The answer may have arrived, and wait for its turn behind other messages.
  const late = (): void => (connection._host.pendingIncoming ? wait() : tell(false));
  const wait = (): void => {
    stop = _environment.clock.after(PROBE_DEADLINE_MS, late);
  };
  wait();
  let nsp = '';
  // A probe that is still pending serves the same purpose.
  for (let i = 0; i < NAMES && _linkId; i++) {
    nsp = PREFIX + (probes++ % NAMES);
    if (_namespaces.has(nsp)) continue;
    _namespaces.set(nsp, {
      active: false,
      connected: false,
      receive({ type }) {
        if (type === CONNECT) connection._control({ type: DISCONNECT, nsp });
        _namespaces.delete(nsp);
        tell(true);
      },
      linkUp: nothing,
      linkDown() {
        _namespaces.delete(nsp);
        cancel();
      },
      failed: nothing,
      giveUp: nothing,
    });
    connection._control({ type: CONNECT, nsp });
    break;
  }
  return cancel;
}
