/**
 * Asks the server whether it has read everything that was sent so far. Socket.IO has no echo, but a CONNECT to a namespace
 * that does not exist is answered at once by most servers, with an error that nobody sees. A server that accepts it, because
 * it has a namespace for every name, is told to leave it again, however late its answer comes.
 */
import type { Connection, NamespaceHandler } from '../connection/connection.js';
import { type Cancel, nothing } from '../platform/clock.js';
import { CONNECT, DISCONNECT, type Packet } from '../protocol/packet.js';

/** A server that has not answered by then, in milliseconds, may never. */
const PROBE_DEADLINE_MS = 3_000;

const PREFIX = '/holdfast-probe-';

/** A few names in turn: one that was just left must not be joined again at once, and servers may keep what they made for a name. */
const NAMES = 4;
let probes = 0;

/** Whether a namespace is one of these, which no program hears of. */
export const isProbe = (nsp: string): boolean => nsp.startsWith(PREFIX);

/** @param done called once, with whether the answer came before the deadline; not after the returned cancel */
export function probe(connection: Connection, done: (answered: boolean) => void): Cancel {
  const { _namespaces, _environment, _linkId } = connection;
  let nsp = '';
  for (let i = 0; i <= NAMES && (nsp === '' || _namespaces.has(nsp)); i++) {
    nsp = `${PREFIX}${probes++ % NAMES}`;
  }
  let report = done;
  const stop = _environment.clock.after(PROBE_DEADLINE_MS, () => {
    report(false);
    report = nothing;
  });
  const cancel = (): void => {
    stop();
    report = nothing;
  };
  const handler: NamespaceHandler = {
    active: false,
    connected: false,
    receive(packet: Packet) {
      if (packet.type === CONNECT) connection._control({ type: DISCONNECT, nsp });
      _namespaces.delete(nsp);
      const tell = report;
      cancel();
      tell(true);
    },
    linkUp() {},
    linkDown() {
      _namespaces.delete(nsp);
      cancel();
    },
    failed() {},
    giveUp() {},
  };
  // One whose answer is still to come asks the same.
  if (_linkId === 0 || _namespaces.has(nsp)) return cancel;
  _namespaces.set(nsp, handler);
  connection._control({ type: CONNECT, nsp });
  return cancel;
}
