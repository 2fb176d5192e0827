/**
 * Development builds only: logs unhandled failures, once per cause, with what happened, what holdfast does about it, and what to change.
 * A listener of `connect_error` silences the failures that it receives; the option `coach: false` silences everything.
 */
import type { Manager } from '../manager/manager.js';
import type { Plugin } from '../manager/plugin.js';
import { parseAddress } from '../platform/address.js';
import { attempt } from '../platform/attempt.js';
import { pageLocation } from '../platform/environment.js';
import { type ConnectError, HoldfastError } from '../platform/errors.js';
import type { Listener } from '../platform/event-map.js';
import { reach } from '../platform/reach.js';
import { warnOnce } from '../platform/report.js';
import { rendersOnServer } from '../platform/server-render.js';
import { WeakList } from '../platform/weak-list.js';
import type { Message } from '../socket/message.js';
import type { Socket } from '../socket/socket.js';
import { askServer, causeOf, type Destination, destinationFor, NO_NAME, swappedScheme } from './causes.js';

/** The address of the package's documents. */
const DOCUMENTS = 'https://unpkg.com/holdfast/docs/';

/** An acknowledgement that has been pending this long, in milliseconds, is reported. */
const PENDING_MS = 10_000;

/** This many sockets of one namespace, each with its own connection, are too many. */
const MANY = 4;

/** How long the coach waits for the response to its request, in milliseconds. */
const ASK_MS = 5_000;

const KEEPS_TRYING = 'holdfast keeps trying';

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

/** The existing sockets of each namespace that the program created without `forceNew`. */
const living = new Map<string, WeakList<Socket>>();

/** @param ask sends the coach's request; for tests */
export const coach = (ask: typeof reach = reach): Plugin => {
  const silent = (manager: Manager): boolean => manager._option('coach') === false;

  const say = (kind: string, happened: string, does: string, change: string, page: string): void =>
    warnOnce(
      `coach ${kind}`,
      `holdfast: ${happened}. ${does ? `${does}. ` : ''}To fix it: ${change}. ${DOCUMENTS}${page}`,
    );

  const destinationOf = (manager: Manager): Destination | undefined =>
    attempt(() => destinationFor(manager.uri, manager._option('path')));

  const tellFailure = async (manager: Manager, { hint, message, attempts }: ConnectError): Promise<void> => {
    const destination = destinationOf(manager);
    if (!destination) return;
    if (!destination.page) {
      const happened = `no connection to ${destination.origin} (${message})`;
      say(happened, happened, KEEPS_TRYING, `${hint}`, 'errors.md#negotiation_failed');
      return;
    }
    const { clock } = manager._environment;
    const { origin, path } = destination;
    const seen = await askServer(ask, origin, path, clock, ASK_MS);
    const swap = seen.kind === 'unreachable' && !destination.page?.startsWith('https:');
    const other = swappedScheme(origin);
    const swapped = swap ? await askServer(ask, other, path, clock, ASK_MS) : undefined;
    // A WebSocket that the server refuses fails within the time of a response.
    const refusedWebSocket = attempts?.some(
      ({ transport, message }) => transport === 'websocket' && message !== 'timeout',
    );
    const { happened, change, about } = causeOf(destination, seen, swapped, refusedWebSocket);
    say(happened, happened, KEEPS_TRYING, change, `errors.md#${about}`);
  };

  const refused = (socket: Socket, error: ConnectError): void => {
    const { nsp, io, _options } = socket;
    const path = io._option('path').replace(/\/$/, '');
    if (nsp.replace(/\/$/, '') === path) {
      say(
        `path ${nsp}`,
        `the server refuses the namespace "${nsp}", which looks like its path`,
        'holdfast does not try again',
        `remove "${nsp}" from the address, or pass it as the option "path"`,
        'errors.md#connect_rejected',
      );
      return;
    }
    say(
      `refused ${nsp} ${error.message}`,
      `the server refuses the namespace "${nsp}": ${JSON.stringify(error.message)}`,
      _options.reconnectOnReject ? '' : 'holdfast does not try again by itself',
      `${
        error.message === 'Invalid namespace'
          ? `create it on the server: io.of(${JSON.stringify(nsp)})`
          : 'give the middleware of the server what it expects: it reads the option "auth" as socket.handshake.auth'
      }; then listen to "connect_error" and call socket.connect(), or use the option "reconnectOnReject"`,
      'errors.md#connect_rejected',
    );
  };

  const heard = (socket: Socket): boolean =>
    socket.hasListeners('connect_error') ||
    socket.io.hasListeners('error') ||
    socket.io.hasListeners('reconnect_error') ||
    socket.io.hasListeners('reconnect_failed');

  return {
    name: 'coach',
    manager(manager) {
      if (silent(manager)) return undefined;
      if (rendersOnServer()) {
        say(
          'render',
          'io() was called during a server render',
          'The connection opens on the server and belongs to no visitor',
          'call io() only in the browser: in an effect, in onMounted, or after checking `typeof window`',
          'getting-started.md',
        );
      }
      const host = attempt(() => parseAddress(manager.uri, pageLocation()).hostname);
      if (host && NO_NAME.test(host)) {
        say(
          `name ${host}`,
          `the address ${JSON.stringify(manager.uri)} leads to a host called "${host}"`,
          KEEPS_TRYING,
          'check the variable in the address: it has no value',
          'errors.md#bad_address',
        );
      }
      let asked = false;
      return {
        event(source, name, [error]) {
          const socket = source as Socket;
          if (name === 'connect_error' && !heard(socket)) {
            const { code } = error as ConnectError;
            if (code === 'CONNECT_REJECTED') refused(socket, error as ConnectError);
            else if (code === 'NEGOTIATION_FAILED' && !asked && !(host && NO_NAME.test(host))) {
              asked = true;
              void tellFailure(manager, error as ConnectError);
            } else if (code === 'AUTH_FAILED' || code === 'CONNECT_TIMEOUT' || code === 'LEGACY_SERVER') {
              const { message } = error as ConnectError;
              say(
                `${code} ${socket.nsp}`,
                `the namespace "${socket.nsp}" could not be joined: ${message}`,
                '',
                'listen to "connect_error", and look up this code',
                `errors.md#${code.toLowerCase()}`,
              );
            }
          }
        },
        used(session, { failed }) {
          if (failed.includes('websocket') && session.transport.name === 'polling') {
            const origin = destinationOf(manager)?.origin;
            say(
              `upgrade ${origin}`,
              `WebSocket does not open to ${origin}: its server, or a proxy in between, refuses the upgrade`,
              'holdfast continues over long-polling, and tries WebSocket again later',
              'let the proxy pass upgrades (nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade")',
              'errors.md#symptoms-causes-and-fixes',
            );
          }
          // WebSocket works across origins without CORS, but long-polling, the fallback, does not.
          const destination = destinationOf(manager);
          if (session.transport.name !== 'websocket' || !manager._listed.includes('polling'))
            return undefined;
          if (!destination?.page || destination.page === destination.origin || asked) return undefined;
          const { origin, path } = destination;
          const { clock } = manager._environment;
          return clock.after(
            2_000,
            () => {
              asked = true;
              void askServer(ask, origin, path, clock, ASK_MS).then(({ kind }) => {
                if (kind !== 'hidden') return;
                say(
                  `cors ${origin}`,
                  `WebSocket works to ${origin}, but its server does not let this page (${destination.page}) use long-polling (CORS)`,
                  'holdfast continues over WebSocket, but cannot connect behind a proxy that blocks WebSocket',
                  `on the server: new Server({ cors: { origin: ${JSON.stringify(destination.page)} } })`,
                  'errors.md#symptoms-causes-and-fixes',
                );
              });
            },
            true,
          );
        },
      };
    },
    socket(socket) {
      const { io, nsp } = socket;
      if (silent(io)) return undefined;
      const { clock } = io._environment;
      const destination = destinationOf(io);
      for (const { name, manager } of socket._options.plugins ?? []) {
        if (!manager || io._plugins.some((one) => one.name === name)) continue;
        say(
          `late ${name}`,
          `the plugin "${name}" was given to a socket of an existing connection to ${destination?.origin ?? io.uri}`,
          'It has no effect there',
          'give it to the first io() of this address, or pass { forceNew: true }',
          'plugins.md',
        );
      }
      if (destination && !io._option('forceNew') && io._option('multiplex') !== false) {
        const key = `${destination.origin}${destination.path} ${nsp}`;
        const sockets = living.get(key) ?? new WeakList<Socket>();
        living.set(key, sockets);
        sockets.add(socket as Socket);
        const active = sockets.all().filter((one) => one.active).length;
        // This one is not active yet.
        if (active + 1 >= MANY) {
          say(
            `many ${key}`,
            `this page has ${active + 1} connections to the namespace "${nsp}" of ${destination.origin}`,
            'Each of them stays open',
            'call io() once, outside of render functions, and share the socket (useSocket of holdfast/react and its like do that); if you want several, pass { forceNew: true }',
            'getting-started.md',
          );
        }
      }
      let looking = false;
      // A sent message no longer has its name.
      const names = new WeakMap<Listener, string>();
      const look = (): void => {
        looking = false;
        const pending = [...socket._sender._pending.values()] as Message[];
        for (const { _callback, _sinceMs, _place } of pending) {
          const name = names.get(_callback as Listener);
          if (!name || _place !== 'sent' || clock.now() - _sinceMs < PENDING_MS) continue;
          say(
            `pending ${nsp} ${name}`,
            `"${name}" in the namespace "${nsp}" has been waiting ${PENDING_MS / 1_000} s for its acknowledgement`,
            'holdfast keeps waiting',
            "call the callback in every branch of the server's handler; or limit the wait: socket.timeout(5000).emit(…)",
            'delivery.md',
          );
        }
        if (pending.length > 0) watch();
      };
      const watch = (): void => {
        if (looking) return;
        looking = true;
        clock.after(PENDING_MS, look, true);
      };
      return {
        outgoing(event) {
          const { callback, data } = event;
          if (!callback) return false;
          watch();
          const call = new Error();
          const emittedAtMs = clock.now();
          const name = `${data[0]}`;
          const told: Listener = (...answer) => {
            const [error] = answer as [unknown];
            if (error instanceof HoldfastError) {
              const ms = Math.round(clock.now() - emittedAtMs);
              pointAtCall(error, call, `"${name}" in the namespace "${nsp}", after ${ms} ms`);
            }
            callback.apply(undefined, answer);
          };
          names.set(told, name);
          event.callback = told;
          return false;
        },
      };
    },
  };
};
