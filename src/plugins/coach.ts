/**
 * Development builds only: logs unhandled failures, once per cause, with what happened, what holdfast does about it, and what to change.
 * A listener of `connect_error` silences the failures that it receives: the cause is then the error's `hint`, and is logged only if the program
 * does not read that. The option `coach: false` silences everything.
 */
import type { Manager } from '../manager/manager.js';
import type { Plugin } from '../manager/plugin.js';
import { serverOf } from '../manager/server-of.js';
import { parseAddress } from '../platform/address.js';
import { attempt } from '../platform/attempt.js';
import { type Cancel, nothing } from '../platform/clock.js';
import { pageLocation } from '../platform/environment.js';
import { type ConnectError, HoldfastError } from '../platform/errors.js';
import type { Listener } from '../platform/event-map.js';
import { setHint, watchHint } from '../platform/hint.js';
import type { Options } from '../platform/options.js';
import { reach } from '../platform/reach.js';
import { warnOnce } from '../platform/report.js';
import { rendersOnServer } from '../platform/server-render.js';
import { type Ref, refTo } from '../platform/weak-cache.js';
import type { Message } from '../socket/message.js';
import type { Socket } from '../socket/socket.js';
import {
  askServer,
  askSwapped,
  type Cause,
  callWithoutAddress,
  causeOf,
  countAttempts,
  type Destination,
  destinationFor,
  isEngine,
  NO_NAME,
  UPGRADES,
} from './causes.js';

/** The address of the package's documents. */
const DOCUMENTS = 'https://unpkg.com/holdfast/docs/';

/** An acknowledgement that has been pending this long, in milliseconds, is reported. */
const PENDING_MS = 10_000;

/** This many sockets of one namespace, each with its own connection, are too many. */
const MANY = 4;

/** How long the coach waits for the response to its request, in milliseconds. */
const ASK_MS = 5_000;

/** A first connection that has neither opened nor failed after this many milliseconds is examined. */
const SLOW_MS = 5_000;

/** A cause is looked for again at the first failure after this many milliseconds, then after twice as many, and so on. */
const AGAIN_MS = 60_000;

const KEEPS_TRYING = 'holdfast keeps trying';

/** Where a connection that does not open is explained. */
const HELP = 'errors.md#negotiation_failed';

/** The hint of an error whose cause was found. */
const hintFrom = ({ happened, change }: Cause): string => `${happened}. To fix it: ${change}`;

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

/** The sockets of each namespace that the program created without `forceNew`, and had not closed when it created the next one. */
const living = new Map<string, Ref<Socket>[]>();

/** @param ask sends the coach's request; for tests */
export const coach = (ask: typeof reach = reach): Plugin => {
  const silent = (manager: Manager): boolean => manager._option('coach') === false;

  const say = (kind: string, happened: string, does: string, change: string, page: string): void =>
    warnOnce(
      `coach ${kind}`,
      `holdfast: ${happened}. ${does ? `${does}. ` : ''}To fix it: ${change}. ${DOCUMENTS}${page}`,
    );

  const destinationOf = (manager: Manager): Destination | undefined =>
    attempt(() => ({
      ...destinationFor(serverOf(manager.uri, manager.opts as Options).origin, manager._option('path')),
      without: callWithoutAddress(manager),
    }));

  /** Whether a class of the program opens its connections: they may lead anywhere. */
  const isOwnTransport = (manager: Manager): boolean =>
    [manager._option('transportImplementations'), manager._option('transports')].some((list) =>
      (list as readonly unknown[] | undefined)?.some((entry) => typeof entry === 'function'),
    );

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

  const notJoined = (socket: Socket, { code, message, cause }: ConnectError): void => {
    const { nsp, _options } = socket;
    const page = `errors.md#${`${code}`.toLowerCase()}`;
    if (code === 'AUTH_FAILED') {
      const isFunction = typeof socket.auth === 'function';
      const late = cause === undefined;
      say(
        `auth ${nsp} ${message}`,
        `the namespace "${nsp}" could not be joined, because ${
          late ? 'the function "auth" has not answered' : `"auth" has failed: ${message}`
        }`,
        late || _options.reconnectOnReject ? '' : 'holdfast does not try again by itself',
        isFunction && late
          ? 'return an object or a Promise of one from the function, or call its callback with one'
          : isFunction
            ? 'the function "auth" has thrown, or has returned something else than an object: it must return an object such as { token }, or a Promise of one'
            : 'pass an object that can be sent, such as { token }',
        page,
      );
    } else if (code === 'CONNECT_TIMEOUT') {
      say(
        `unanswered ${nsp}`,
        `the connection is open, but the server has not answered the request to join the namespace "${nsp}"`,
        KEEPS_TRYING,
        'look on the server for a middleware (io.use) that does not call next() in every branch, and in between for a proxy that opens WebSockets but passes nothing on',
        page,
      );
    } else if (code === 'LEGACY_SERVER') {
      say(
        `legacy ${nsp}`,
        `the namespace "${nsp}" could not be joined: the server uses Socket.IO 1 or 2`,
        '',
        'update the server, or import { legacy } from "holdfast/legacy" and pass it on: io(url, { plugins: [legacy()] })',
        page,
      );
    }
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
      const noName: Cause | undefined =
        host && NO_NAME.test(host)
          ? {
              happened: `the address ${JSON.stringify(manager.uri)} leads to a host called "${host}"`,
              change: 'check the variable in the address: it has no value',
            }
          : undefined;
      if (noName) say(`name ${host}`, noName.happened, KEEPS_TRYING, noName.change, 'errors.md#bad_address');
      const { clock } = manager._environment;
      /** The cause of the failures, as far as it was found. */
      let cause = noName;
      let asking = false;
      let asked = false;
      let nextAtMs = Number.NEGATIVE_INFINITY;
      let gapMs = AGAIN_MS;
      /** How often a session was opened. */
      let opened = 0;
      /** Whether the program has read the hint of a failure. */
      let read = false;
      let waiting: ConnectError[] = [];
      let stopSlow: Cancel = nothing;

      /** @param socket the one that has failed; undefined if nothing has failed yet */
      const examine = async (
        destination: Destination,
        socket?: Socket,
        error?: ConnectError,
      ): Promise<void> => {
        const attempts = error?.attempts;
        asking = asked = true;
        nextAtMs = clock.now() + gapMs;
        gapMs *= 2;
        const before = opened;
        const elsewhere = destination.page !== destination.origin;
        const question = { ask, clock, deadlineMs: ASK_MS } as const;
        const seen = await askServer(destination, {
          ...question,
          wanted: elsewhere ? 'presence' : 'content',
        });
        const swapped = seen.kind === 'unreachable' ? await askSwapped(destination, question) : undefined;
        asking = false;
        const failures = waiting;
        waiting = [];
        if (opened !== before) return;
        if (!socket && seen.kind === 'answers' && isEngine(seen)) {
          // It is only slow. A failure may still come.
          asked = false;
          nextAtMs = clock.now();
          return;
        }
        cause = causeOf(destination, {
          seen,
          swapped,
          // A WebSocket that the server refuses fails within the time of a response.
          webSocketFailed: socket
            ? attempts?.some(({ transport, message }) => transport === 'websocket' && message !== 'timeout')
            : manager._listed.includes('websocket'),
          transports: manager._listed,
          attempts,
        });
        for (const failure of failures) setHint(failure, hintFrom(cause));
        const retries = manager.status !== 'closed' && manager.status !== 'idle';
        // Without a further failure, nobody would read the hint.
        if (read && retries && socket && heard(socket)) return;
        const { happened, change } = cause;
        // The same cause with other counts is told once.
        say(happened.replace(/\d+ × /g, ''), happened, retries ? KEEPS_TRYING : '', change, HELP);
      };

      const failed = (socket: Socket, error: ConnectError): void => {
        const again = waiting.includes(error);
        if (cause) setHint(error, hintFrom(cause));
        if (again || noName) return;
        const destination = destinationOf(manager);
        if (!destination) return;
        const { origin, page } = destination;
        if (!page || isOwnTransport(manager)) {
          if (heard(socket)) return;
          const { attempts = [], message, hint } = error;
          const tried = countAttempts(attempts) || message;
          if (page) {
            const happened = `no connection over the transport of this program (${tried})`;
            say(
              `own ${origin}`,
              happened,
              KEEPS_TRYING,
              'look into the class in the option "transports"',
              HELP,
            );
          } else {
            const happened = `no connection to ${origin} (${tried})`;
            say(`away ${origin}`, happened, KEEPS_TRYING, `${hint}`, HELP);
          }
          return;
        }
        // After a success, the server is usually restarting.
        if (!asking && (opened > 0 ? !asked && !heard(socket) : clock.now() >= nextAtMs))
          void examine(destination, socket, error);
        if (!asking || cause) return;
        waiting.push(error);
        watchHint(error, () => {
          read = true;
        });
      };

      return {
        wanted() {
          if (opened > 0 || asked || noName) return nothing;
          // In the background: the timer does not keep a process alive.
          stopSlow = clock.after(
            SLOW_MS,
            () => {
              const destination = destinationOf(manager);
              if (asked || !/ing$/.test(manager.status) || !destination?.page) return;
              if (manager._online && !isOwnTransport(manager)) void examine(destination);
            },
            true,
          );
          return () => stopSlow();
        },
        event(source, name, [error]) {
          // From now on, failures tell when to look.
          if (/error$/.test(name)) stopSlow();
          if (name !== 'connect_error' || !(error instanceof Error)) return;
          const socket = source as Socket;
          const { code } = error as ConnectError;
          if (code === 'NEGOTIATION_FAILED') failed(socket, error);
          else if (heard(socket)) return;
          else if (code === 'CONNECT_REJECTED') refused(socket, error);
          else notJoined(socket, error);
        },
        used(session, { failed }) {
          opened++;
          stopSlow();
          cause = noName;
          if (failed.includes('websocket') && session.transport.name === 'polling') {
            const origin = destinationOf(manager)?.origin;
            say(
              `upgrade ${origin}`,
              `WebSocket does not open to ${origin}: its server, or a proxy in between, refuses the upgrade`,
              'holdfast continues over long-polling, and tries WebSocket again later',
              UPGRADES,
              'errors.md#symptoms-causes-and-fixes',
            );
          }
          // WebSocket works across origins without CORS, but long-polling, the fallback, does not.
          const destination = destinationOf(manager);
          if (session.transport.name !== 'websocket' || !manager._listed.includes('polling'))
            return undefined;
          if (!destination?.page || destination.page === destination.origin || asked) return undefined;
          if (isOwnTransport(manager)) return undefined;
          const { origin } = destination;
          return clock.after(
            2_000,
            () => {
              asked = true;
              void askServer(destination, { ask, clock, deadlineMs: ASK_MS }).then(({ kind }) => {
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
        const sockets = (living.get(key) ?? []).filter((ref) => ref.deref()?.active);
        // This one is not active yet.
        const count = sockets.push(refTo(socket as Socket));
        living.set(key, sockets);
        if (count >= MANY) {
          say(
            `many ${key}`,
            `this page has ${count} connections to the namespace "${nsp}" of ${destination.origin}`,
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
        let restMs = PENDING_MS;
        for (const { _callback, _sinceMs, _place } of pending) {
          const name = names.get(_callback as Listener);
          if (!name || _place !== 'sent') continue;
          const leftMs = PENDING_MS - (clock.now() - _sinceMs);
          if (leftMs > 0) {
            restMs = Math.min(restMs, leftMs);
            continue;
          }
          say(
            `pending ${nsp} ${name}`,
            `"${name}" in the namespace "${nsp}" has been waiting ${PENDING_MS / 1_000} s for its acknowledgement`,
            'holdfast keeps waiting',
            "compare the event's name with those of the server's handlers, and call the callback in every branch of the handler; or limit the wait: socket.timeout(5000).emit(…)",
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
