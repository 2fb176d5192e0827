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

/** Warns of a function `auth` without a parameter that returns nothing: usually its braces are those of a function, not of an object. */
export function watchAuth(socket: Socket, clock: Clock): SocketHooks {
  const { nsp, io } = socket;
  /** Counts the requests: an earlier one no longer matters. */
  let asked = 0;
  return {
    auth(auth) {
      // A function with a parameter answers by calling it, which may take long.
      if (typeof auth !== 'function' || auth.length > 0) return auth;
      const request = ++asked;
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
        return result;
      };
      return watched as AuthFunction;
    },
  };
}
