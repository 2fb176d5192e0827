import type { Clock } from '../../platform/clock.js';
import type { AuthFunction } from '../../platform/options.js';
import type { SocketHooks } from '../../socket/hooks.js';
import type { Socket } from '../../socket/socket.js';
import { say } from './say.js';

/** A function `auth` that has returned nothing, and has not called its callback after this many milliseconds, will not answer. */
const SILENT_MS = 2_000;

/** How a function `auth` answers. */
export const ANSWERS =
  'return an object or a Promise of one from the function, or call its callback with one; an arrow function that returns an object needs parentheses around it: auth: () => ({ token })';

/** The sockets whose last `auth` was a Promise without a value: the server has received no data. */
export const withoutValue: WeakSet<Socket> = new WeakSet();

/**
 * Warns of a function `auth` without a parameter that returns nothing: usually its braces are those of a function, not of an object. A
 * Promise without a value may be meant so, for a visitor without a token: it matters only if the server refuses.
 */
export function watchAuth(socket: Socket, clock: Clock): SocketHooks {
  const { nsp, io } = socket;
  /** Counts the requests: an earlier one no longer matters. */
  let asked = 0;
  return {
    auth(auth) {
      const request = ++asked;
      withoutValue.delete(socket);
      // A function with a parameter answers by calling it, which may take long.
      if (typeof auth !== 'function' || auth.length > 0) return auth;
      const watched = function (this: unknown, ...[answer]: Parameters<AuthFunction>): unknown {
        let answered = false;
        const result = (auth as AuthFunction).call(this, (data) => {
          answered = true;
          answer(data);
        });
        const look = (): void => {
          if (answered || request !== asked || !socket.active || socket.connected) return;
          if (io.status !== 'connected') return;
          say(
            `silent ${nsp}`,
            `the namespace "${nsp}" is not joined, because the function "auth" has returned nothing`,
            'holdfast keeps waiting for it',
            ANSWERS,
            'errors.md#auth_failed',
          );
        };
        if (result === undefined) clock.after(SILENT_MS, look, true);
        const { then } = (result ?? {}) as Partial<PromiseLike<unknown>>;
        if (typeof then !== 'function') return result;
        // Not its own `then`, which may return nothing.
        return Promise.resolve(result).then((data) => {
          if (data === undefined && request === asked) withoutValue.add(socket);
          return data;
        });
      };
      return watched as AuthFunction;
    },
  };
}
