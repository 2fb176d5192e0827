import { attempt } from '../../platform/attempt.js';
import type { Clock } from '../../platform/clock.js';
import { HoldfastError } from '../../platform/errors.js';
import { ackNameOf, nameAck, watchAckNames } from '../../socket/ack-names.js';
import type { SocketHooks } from '../../socket/hooks.js';
import type { Message } from '../../socket/message.js';
import type { Socket } from '../../socket/socket.js';
import { say } from './say.js';

/** An acknowledgement that has been pending this long, in milliseconds, is reported. */
const PENDING_MS = 10_000;

/** The frames of the library's own methods, in any engine's form. */
const OWN_FRAME = /\b(emit|emitWithAck|send|outgoing)\b/;

/** At most this many lines of a stack belong to the library itself. */
const OWN_LINES = 12;

/**
 * Makes the stack of an acknowledgement error point at the call of `emit`, and name the event. The message stays as it is:
 * programs match on it.
 */
function pointAtCall(error: HoldfastError, call: Error, which: string): void {
  const { message, name } = error;
  // The same error may end many waits: the stack shows the first one. It is built when it is read, because that takes time.
  if (pointed.has(error)) return;
  pointed.add(error);
  const read = (): string => {
    const frames = (call.stack ?? '').split('\n');
    let last = -1;
    for (let i = 0; i < OWN_LINES; i++) if (OWN_FRAME.test(frames[i] ?? '')) last = i;
    return [`${name}: ${message} (${which})`, ...frames.slice(last + 1)].join('\n');
  };
  attempt(() =>
    Object.defineProperty(error, 'stack', {
      get: read,
      set: (stack) => Object.defineProperty(error, 'stack', { value: stack, writable: true }),
      configurable: true,
    }),
  );
}

/** The errors whose stack shows a call. */
const pointed = new WeakSet<HoldfastError>();

/** Warns of acknowledgements that stay pending, and makes their errors point at the call of `emit`. */
export function watchAcks(socket: Socket, clock: Clock): SocketHooks {
  const { nsp } = socket;
  let looking = false;
  const look = (): void => {
    looking = false;
    const pending = [...socket._sender._pending.values()] as Message[];
    let restMs = PENDING_MS;
    for (const { _callback, _sinceMs, _place } of pending) {
      const named = ackNameOf(_callback);
      if (!named || _place !== 'sent') continue;
      const leftMs = PENDING_MS - (clock.now() - _sinceMs);
      if (leftMs > 0) {
        restMs = Math.min(restMs, leftMs);
        continue;
      }
      say(
        `pending ${nsp} ${named.event}`,
        `"${named.event}" in the namespace "${nsp}" has been waiting ${PENDING_MS / 1_000} s for its acknowledgement`,
        'holdfast keeps waiting',
        `compare the event's name with those of the server's handlers, and call the callback in every branch of the handler; ${named.advice}`,
        'delivery.md',
      );
    }
    if (pending.length > 0) watch(restMs);
  };
  const watch = (ms = PENDING_MS): void => {
    if (looking) return;
    looking = true;
    clock.after(ms, look, true);
  };
  // Also events that were not emitted here: a durable outbox sends those of earlier pages.
  watchAckNames(socket, watch);
  return {
    outgoing(event) {
      const { callback, data } = event;
      if (!callback) return false;
      const call = new Error();
      const emittedAtMs = clock.now();
      const name = `${data[0]}`;
      const told = function (this: unknown, ...answer: unknown[]): void {
        const [error] = answer as [unknown];
        if (error instanceof HoldfastError) {
          const ms = Math.round(clock.now() - emittedAtMs);
          pointAtCall(error, call, `"${name}" in the namespace "${nsp}", after ${ms} ms`);
        }
        callback.apply(this, answer);
      };
      nameAck(socket, told, { event: name, advice: 'or limit the wait: socket.timeout(5000).emit(…)' });
      event.callback = told;
      return false;
    },
  };
}
