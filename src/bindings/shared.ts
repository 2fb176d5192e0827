/** Shared code of the bindings: sockets that components share, and the state that they show. */
// biome-ignore-all lint/suspicious/noExplicitAny: whatever events a program has declared

import { audience, type ConnectionSnapshot, hook, type Store, snapshotOf, store } from '../helpers/store.js';
import { textOf } from '../helpers/text-of.js';
import { io } from '../io.js';
import type { Manager } from '../manager/manager.js';
import { attempt } from '../platform/attempt.js';
import { type Cancel, nothing } from '../platform/clock.js';
import { onServer } from '../platform/environment.js';
import { HoldfastError } from '../platform/errors.js';
import type { EventNames, EventsMap } from '../platform/event-map.js';
import type { Options } from '../platform/options.js';
import { WeakCache } from '../platform/weak-cache.js';
import { disconnected } from '../socket/failures.js';
import type { SocketHooks } from '../socket/hooks.js';
import type { Socket } from '../socket/socket.js';
import type { AnswerTo, GivenArgs } from '../socket/typing.js';

export type AnySocket = Socket<any, any>;

/** The first argument of `useSocket`: an address, the program's own socket, or null for none. */
export type Address = string | AnySocket | null;

/** How long a socket stays connected after its last component has unmounted, in milliseconds: navigation and hot reloading mount the next one at once. */
const LINGER_MS = 200;

/** A socket, counted by reference. */
export interface Shared {
  readonly socket: Socket;
  /** Acquires the socket; the first call connects it. Returns the release; the last one disconnects it. */
  retain(): () => void;
}

const everyShared = /* @__PURE__ */ new WeakCache<Shared>();

/** Components with the same address and equal options share one socket. Functions count as equal, and plugins are compared by name. */
export const keyOf = (address: Address | undefined, options: Options = {}): string =>
  typeof address === 'string'
    ? address + textOf({ ...options, plugins: options.plugins?.map(({ name }) => name) })
    : '';

/** Takes over the functions of a component's options: they may differ from those that the socket was made with. */
export function follow({ socket }: Shared, { auth, reconnectOnReject }: Options = {}): void {
  if (typeof auth === 'function') socket.auth = auth;
  if (reconnectOnReject) socket._options.reconnectOnReject = reconnectOnReject;
}

/** The socket for an address; undefined for null. */
export function resolve(address: Address | undefined, options: Options = {}): Shared | undefined {
  if (address == null) return undefined;
  // The program connects it itself.
  if (typeof address !== 'string') return { socket: address, retain: () => nothing };
  const key = keyOf(address, options);
  const server = onServer();
  // On a server, sockets are not shared: it renders pages for other users, too.
  let shared = server ? undefined : everyShared.get(key);
  if (!shared) {
    const settings = { ...options, autoConnect: false };
    const alone = { ...settings, forceNew: true };
    const socket = server
      ? // It never connects, and there is no page to complete an address from.
        (attempt(() => io(address, alone)) ?? io('http://localhost', alone))
      : io(address, settings);
    const { _kept, opts } = socket.io;
    // A connection that was made just now: the program's own sockets on it connect by themselves, as ever.
    if (_kept.size < 2) opts.autoConnect = options.autoConnect as boolean;
    shared = share(socket);
    if (!server) everyShared.set(key, shared);
  }
  follow(shared, options);
  return shared;
}

function share(socket: Socket): Shared {
  const { clock } = socket.io._environment;
  let users = 0;
  let stay = nothing;
  socket._fresh = true;
  const shared: Shared = {
    socket,
    retain() {
      stay();
      socket._fresh = false;
      if (users++ === 0) socket.connect();
      let released = false;
      return () => {
        // Not by `socket`: an entry that is found by its key must exist as long as its connection.
        if (!released && --users === 0) stay = clock.after(LINGER_MS, () => shared.socket.disconnect(), true);
        released = true;
      };
    },
  };
  return shared;
}

const constant = <Snapshot>(value: Snapshot): Store<Snapshot> => ({
  snapshot: () => value,
  subscribe: () => nothing,
});

const NO_CONNECTION: Store<ConnectionSnapshot> = /* @__PURE__ */ constant(
  /* @__PURE__ */ snapshotOf('closed'),
);

/** The state of a connection. A socket that is about to connect is `connecting`. */
export const connectionOf = (
  of: AnySocket | Manager<any, any> | null | undefined,
): Store<ConnectionSnapshot> => (of ? store(of) : NO_CONNECTION);

/** A value that changes. */
export interface Cell<Value> extends Store<Value> {
  set(value: Value): void;
}

/** @param watch called while there are subscribers */
export function cell<Value>(value: Value, watch: () => Cancel = () => nothing): Cell<Value> {
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

const IDLE: Answered<never> = { pending: false, error: undefined, data: undefined };

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
  if (!socket || !args) return constant(IDLE);
  const raw: Socket = socket._raw();
  /** The newest request; answers to earlier ones are stale, and without subscribers all are. */
  let round = 0;

  const show = (change: Partial<Answered<unknown>>): void =>
    state.set({ ...state.snapshot(), pending: false, error: undefined, ...change });

  /** Once, even if there are several reasons at the same time. */
  const ask = (): void => {
    const mine = ++round;
    const answered = (change: Partial<Answered<unknown>>): void => {
      if (mine === round) show(change);
    };
    raw.io._environment.clock.soon(() => {
      if (mine !== round) return;
      if (!raw.connected) {
        // It may be connected later, which asks again; or never.
        if (!raw.active && !raw._fresh) show({ error: disconnected() });
        return;
      }
      if (!state.snapshot().pending) show({ pending: true });
      raw.emitWithAck(name, ...args).then(
        (data) => answered({ data }),
        (error) => {
          // The next connect asks again.
          if (error?.code !== 'DISCONNECTED' || !raw.active) answered({ error });
        },
      );
    });
  };

  const state = cell<Answered<unknown>>({ ...IDLE, pending: true }, () => {
    const hooks: SocketHooks = {
      connected: ask as () => undefined,
      gaveUp(_byHand, why) {
        if (state.snapshot().pending) show({ error: disconnected(false, why) });
      },
    };
    const unhook = hook(raw, hooks);
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
  new HoldfastError('BAD_OPTION', 'useSocket() found no provider');
