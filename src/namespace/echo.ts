import type { Cancel } from '../platform/clock.js';
import { CONNECT, DISCONNECT, type Packet } from '../protocol/packet.js';
import type { Wire, WireEnd } from './wire.js';

/** Servers answer at once; one that does not in this time, in milliseconds, never will. */
const ECHO_DEADLINE_MS = 3_000;

const PREFIX = '/holdfast-echo-';
let made = 0;

/** Whether a namespace is one of these questions, which are nobody else's business. */
export const isEcho = (nsp: string): boolean => nsp.startsWith(PREFIX);

/**
 * Asks the server whether it has read everything that was sent so far. Socket.IO has no echo, but a CONNECT to a namespace
 * that does not exist is answered at once, with an error that nobody sees. A server with a catch-all namespace accepts
 * it: then it is left again.
 *
 * @param done called once, with whether the answer came before the deadline; not after the returned cancel
 */
export function echo(wire: Wire, done: (answered: boolean) => void): Cancel {
  const nsp = `${PREFIX}${made++}`;
  const end: WireEnd = {
    active: false,
    connected: false,
    receive(packet: Packet) {
      if (packet.type === CONNECT) wire.write(wire.encode({ type: DISCONNECT, nsp }));
      finish(true);
    },
    linkUp() {},
    linkDown: () => cancel(),
    failed() {},
    giveUp() {},
    rest() {},
  };
  const stop = wire.clock.after(ECHO_DEADLINE_MS, () => finish(false));
  const cancel = (): void => {
    stop();
    wire.release(nsp);
  };
  const finish = (answered: boolean): void => {
    cancel();
    done(answered);
  };
  wire.register(nsp, end);
  wire.write(wire.encode({ type: CONNECT, nsp }));
  return cancel;
}
