/**
 * Development builds only: logs unhandled failures, once per cause, with what happened, what holdfast does about it, and what to change.
 * A listener of `connect_error` silences the failures that it receives: the cause is then the error's `hint`, and is logged only if the program
 * does not read that. The option `coach: false` silences everything.
 */
import type { Manager } from '../../manager/manager.js';
import type { Plugin } from '../../manager/plugin.js';
import { watchPolicy } from '../../platform/policy.js';
import { reach } from '../../platform/reach.js';
import { rendersOnServer } from '../../platform/server-render.js';
import type { Socket } from '../../socket/socket.js';
import { watchAcks } from './acks.js';
import { watchAuth } from './auth.js';
import { watchFailures } from './failures.js';
import { say } from './say.js';
import { examinePlugins, examineSocket } from './sockets.js';

/** A transport class may say so, too: that of a test server does. */
const silent = (manager: Manager): boolean =>
  manager._option('coach') === false ||
  (manager._option('transports') as readonly { coach?: unknown }[] | undefined)?.some(
    (entry) => entry?.coach === false,
  ) === true;

/** @param ask sends the coach's request; for tests */
export const coach = (ask: typeof reach = reach): Plugin => ({
  name: 'coach',
  manager(manager) {
    if (silent(manager)) return undefined;
    watchPolicy();
    examinePlugins(manager.opts.plugins);
    if (rendersOnServer()) {
      say(
        'render',
        'io() was called during a server render',
        'The connection opens on the server and belongs to no visitor',
        'call io() only in the browser: in an effect, in onMounted, or after checking `typeof window`',
        'getting-started.md',
      );
    }
    return watchFailures(manager, ask);
  },
  socket(socket) {
    if (silent(socket.io)) return undefined;
    examineSocket(socket as Socket);
    const { clock } = socket.io._environment;
    return { ...watchAcks(socket as Socket, clock), ...watchAuth(socket as Socket, clock) };
  },
});
