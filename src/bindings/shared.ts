/** Shared code of the bindings: sockets that components share, and the state that they show. */
// biome-ignore-all lint/suspicious/noExplicitAny: whatever events a program has declared

import { audience, type ConnectionSnapshot, hook, type Store, snapshotOf, store } from '../helpers/store.js';
import { io } from '../io.js';
import type { Manager } from '../manager/manager.js';
import { attempt } from '../platform/attempt.js';
import { DEVELOPMENT } from '../platform/build.js';
import { type Cancel, nothing } from '../platform/clock.js';
import { onServer } from '../platform/environment.js';
import { HoldfastError } from '../platform/errors.js';
import type { EventNames, EventsMap } from '../platform/event-map.js';
import type { Options } from '../platform/options.js';
import { WeakCache } from '../platform/weak-cache.js';
import { textOf } from '../protocol/text-of.js';
import { disconnected } from '../socket/failures.js';
import type { Socket } from '../socket/socket.js';
import type { AnswerTo, GivenArgs } from '../socket/typing.js';

export type AnySocket = Socket<any, any>;

/** The first argument of `useSocket`: an address, the program's own socket, or null for none. */
export type Address = string | AnySocket | null;

/** How long a socket stays connected after its last component has unmounted, in milliseconds: navigation and hot reloading mount the next one at once. */
const LINGER_MS = 200;

/** A component's share of a socket. */
export interface Shared {
  readonly socket: Socket;
  /** The component's newest options. */
  options: Options;
  /** The shares of the mounted components, the newest options last; none for the program's own socket. */
  readonly _users?: Set<Shared>;
}

/** A socket that several components use. What they share is on the socket, so it exists as long as the connection. */
interface SharedSocket extends Socket {
  _users: Set<Shared>;
  /** Cancels the disconnect after the last component has unmounted. */
  _stay: Cancel;
}

const sockets = /* @__PURE__ */ new WeakCache<SharedSocket>();

const numbers = /* @__PURE__ */ new WeakMap<object, number>();
let classes = 0;

/**
 * Components with the same address and equal options share one socket. Plugins are compared by name and identity. Functions count as equal,
 * because a program writes them anew at each rendering. Classes do not: those of transports are in lists, and those of a parser have names.
 */
export const keyOf = (address: string, options: Options): string =>
  address +
  textOf(
    { ...options, plugins: options.plugins?.map(({ name, identity }) => [name, identity]) },
    (member, one) => {
      if (!/^\d|coder/.test(member)) return 'function';
      return numbers.get(one) ?? numbers.set(one, ++classes).get(one);
    },
  );

/** A new share of the socket for an address; undefined for null. */
export function resolve(address: Address | undefined, options: Options = {}): Shared | undefined {
  if (address == null) return undefined;
  if (typeof address !== 'string') return { socket: address, options };
  const key = keyOf(address, options);
  const server = onServer();
  let socket = sockets.get(key);
  if (!socket) {
    const settings = { ...options, autoConnect: false, forceNew: server || options.forceNew };
    const open = (to: string): SharedSocket => io(to, settings) as SharedSocket;
    // On a server it never connects, and there is no page to complete an address from.
    socket = server ? (attempt(() => open(address)) ?? open('http://localhost')) : open(address);
    const { _kept, opts } = socket.io;
    // A connection that was made just now: the program's own sockets on it connect by themselves, as ever.
    if (_kept.size < 2) opts.autoConnect = options.autoConnect as boolean;
    socket._fresh = true;
    socket._users = new Set();
    socket._stay = nothing;
    // On a server, sockets are not shared: it renders pages for other users, too.
    if (!server) sockets.set(key, socket);
  }
  return { socket, options, _users: socket._users };
}

/** Gives the socket the functions of the mounted components. */
function adopt(users: Set<Shared>): void {
  for (const {
    socket,
    options: { auth, reconnectOnReject },
  } of users) {
    if (typeof auth === 'function') socket.auth = auth;
    socket._options.reconnectOnReject = reconnectOnReject;
  }
}

/** Acquires the socket; the first component connects it. Returns the release; the last one disconnects it. */
export function retain(share: Shared | undefined): Cancel {
  // The program connects its own socket itself.
  if (!share?._users) return nothing;
  const { _users } = share;
  const socket = share.socket as SharedSocket;
  socket._stay();
  socket._fresh = false;
  adopt(_users.add(share));
  if (_users.size < 2) socket.connect();
  return () => {
    if (!_users.delete(share)) return;
    // The functions of a component end with it.
    adopt(_users);
    if (!_users.size)
      socket._stay = socket.io._environment.clock.after(LINGER_MS, () => socket.disconnect(), true);
  };
}

/** Takes over the functions of the component's newest options. */
export function follow(share: Shared, options: Options): void {
  share.options = options;
  if (share._users?.delete(share)) adopt(share._users.add(share));
}

const NO_CONNECTION: Store<ConnectionSnapshot> = /* @__PURE__ */ cell(/* @__PURE__ */ snapshotOf('closed'));

/** The state of a connection. A socket that is about to connect is `connecting`. */
export const connectionOf = (
  of: AnySocket | Manager<any, any> | null | undefined,
): Store<ConnectionSnapshot> => (of ? store(of) : NO_CONNECTION);

/** A value that changes. */
interface Cell<Value> extends Store<Value> {
  set(value: Value): void;
}

/** @param watch called while there are subscribers */
function cell<Value>(value: Value, watch: () => Cancel = () => nothing): Cell<Value> {
  const { subscribe, tell } = audience(watch);
  return {
    subscribe,
    snapshot: () => value,
    set(next) {
      if (next === value) return;
      value = next;
      tell();
    },
  };
}

/** The state of a request to the server. */
export interface Answered<Answer> {
  /** Whether the answer is pending. */
  readonly pending: boolean;
  /** Why there is no answer. */
  readonly error: Error | undefined;
  /** The answer. */
  readonly data: Answer | undefined;
}

/** Emits an event and resolves with its acknowledgement. You need not handle a rejection: `error` shows it. */
export type Emit<EmitEvents extends EventsMap, Name extends EventNames<EmitEvents>> = (
  ...args: GivenArgs<EmitEvents, Name>
) => Promise<AnswerTo<EmitEvents, Name>>;

/** An emit, and the state of its newest call. */
export interface Emitting extends Store<Answered<any>> {
  emit(...args: unknown[]): Promise<any>;
}

export const IDLE: Answered<never> = { pending: false, error: undefined, data: undefined };

export function emitting(socketOf: () => AnySocket | null | undefined, name: string): Emitting {
  const state = cell<Answered<unknown>>(IDLE);
  let newest: Promise<unknown>;
  return {
    ...state,
    emit(...args) {
      const socket = socketOf();
      const answer = socket ? socket.emitWithAck(name, ...args) : Promise.reject(disconnected());
      newest = answer;
      const show = (change: object): void => {
        if (newest === answer) state.set({ ...IDLE, ...change });
      };
      show({ pending: true });
      answer.then(
        (data: unknown) => show({ data }),
        (error: unknown) => show({ error }),
      );
      return answer;
    },
  };
}

/** Asks the server while somebody subscribes: at once where it is connected, and after each connect. The answer stays while it is asked anew. */
export function asking(
  socket: AnySocket | null | undefined,
  name: string,
  args: readonly unknown[] | null,
): Store<Answered<any>> {
  if (!socket || !args) return cell(IDLE);
  const raw: Socket = socket._raw();
  /** The newest request; answers to earlier ones are stale, and without subscribers all are. */
  let round = 0;

  const show = (of: number, change: Partial<Answered<unknown>>): void => {
    if (of === round) state.set({ ...state.snapshot(), pending: false, error: undefined, ...change });
  };

  /** Once, even if there are several reasons at the same time. */
  const ask = (): void => {
    const mine = ++round;
    raw.io._environment.clock.soon(() => {
      if (mine !== round) return;
      if (!raw.connected) {
        // It may be connected later, which asks again; or never.
        if (!raw.active && !raw._fresh) show(mine, { error: disconnected() });
        return;
      }
      if (!state.snapshot().pending) show(mine, { pending: true });
      raw.emitWithAck(name, ...args).then(
        (data) => show(mine, { data }),
        (error) => {
          // The next connect asks again.
          if (error?.code !== 'DISCONNECTED' || !raw.active) show(mine, { error });
        },
      );
    });
  };

  const state = cell<Answered<unknown>>({ ...IDLE, pending: true }, () => {
    const unhook = hook(raw, {
      connected: ask as () => undefined,
      gaveUp: (_byHand, why) => show(round, { error: disconnected(false, why) }),
    });
    ask();
    return () => {
      round++;
      unhook();
    };
  });
  return state;
}

/** There is no provider above. */
export const unprovided = (): HoldfastError =>
  new HoldfastError(
    'BAD_OPTION',
    `useSocket() found no provider${DEVELOPMENT ? ', and no address: if one was passed, its value is undefined' : ''}`,
  );
