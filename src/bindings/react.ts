/** @packageDocumentation Hooks for React 18 and newer. */
// biome-ignore-all lint/suspicious/noExplicitAny: whatever events a program has declared
import {
  createContext,
  createElement,
  useContext,
  useEffect,
  useInsertionEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
} from 'react';
import { type HeardBy, type HeardName, listen } from '../helpers/listen.js';
import { CONNECTING, type ConnectionSnapshot } from '../helpers/store.js';
import type { Manager } from '../manager/manager.js';
import type { DefaultEventsMap, EventNames, EventsMap, Listener } from '../platform/event-map.js';
import type { Options, OptionsFor } from '../platform/options.js';
import { textOf } from '../protocol/text-of.js';
import type { Socket } from '../socket/socket.js';
import type { AnswerTo, GivenArgs } from '../socket/typing.js';
import {
  type Address,
  type Answered,
  type AnySocket,
  asking,
  connectionOf,
  type Emit,
  emitting,
  follow,
  keyOf,
  resolve,
  retain,
  unprovided,
} from './shared.js';

export type { ConnectionSnapshot, ConnectionStatus } from '../helpers/store.js';
export type { Answered, Emit } from './shared.js';

const SocketContext = /* @__PURE__ */ createContext<AnySocket | null | undefined>(undefined);

export interface SocketProviderProps {
  /** The server's address; null for no connection. */
  readonly url?: string | null | undefined;
  /** The options of `io`. */
  readonly options?: Options | undefined;
  /** The program's own socket, in place of `url`. */
  readonly socket?: AnySocket | null | undefined;
  readonly children?: unknown;
}

/** Provides a socket to the components below, which get it from `useSocket()`. */
export function SocketProvider({ url = null, socket = null, options, children }: SocketProviderProps): any {
  const value = useSocket(socket ?? url, options);
  return createElement(SocketContext.Provider, { value }, children as never);
}

/**
 * A socket. Components with the same address and equal options share one. It connects when the first of them mounts, and disconnects a
 * moment after the last of them has unmounted.
 *
 * @param address the server's address as for `io`; null for none; or the program's own socket, which is returned unchanged. Without one,
 *   the socket of the `SocketProvider` above
 * @param options the options of `io`. Functions in them may differ from one rendering to the next: the newest `auth` and
 *   `reconnectOnReject` are asked
 */
export function useSocket<Provided extends AnySocket = Socket>(): Provided;
export function useSocket<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap = ListenEvents,
>(): Socket<ListenEvents, EmitEvents>;
export function useSocket<Own extends AnySocket | null>(socket: Own): Own;
export function useSocket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
>(address: string, options?: OptionsFor<ListenEvents, EmitEvents>): Socket<ListenEvents, EmitEvents>;
export function useSocket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
>(
  address: string | null,
  options?: OptionsFor<ListenEvents, EmitEvents>,
): Socket<ListenEvents, EmitEvents> | null;
/** @internal */
export function useSocket(address: Address, options?: Options): AnySocket | null;
export function useSocket(address?: Address, options: Options = {}): AnySocket | null {
  const provided = useContext(SocketContext);
  const key = typeof address === 'string' ? keyOf(address, options) : '';
  const given = key ? '' : address;
  // The key covers everything that matters in them.
  const shared = useMemo(() => resolve(address, options), [key, given]);
  useEffect(() => {
    if (shared) follow(shared, options);
  });
  useEffect(() => retain(shared), [shared]);
  if (address !== undefined) return shared?.socket ?? null;
  if (provided === undefined) throw unprovided();
  return provided;
}

/**
 * Listens to an event while the component is mounted. The handler of the newest render is called; the subscription stays, so no event is
 * lost between two renders.
 *
 * @param socket the socket; null for none yet
 */
export function useEvent<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends HeardName<ListenEvents, EmitEvents>,
>(
  socket: Socket<ListenEvents, EmitEvents> | null | undefined,
  name: Name,
  handler: HeardBy<ListenEvents, EmitEvents, Name>,
): void {
  const newest = useRef<Listener>(handler);
  // Runs before all other effects, and stays while the component is suspended.
  useInsertionEffect(() => {
    newest.current = handler;
  });
  useInsertionEffect(
    () =>
      socket
        ? listen<any, any, any>(socket, name, (...args: unknown[]) => newest.current(...args))
        : undefined,
    [socket, name],
  );
}

/** The state of a connection; `closed` for null. */
export function useConnection(of: AnySocket | Manager<any, any> | null | undefined): ConnectionSnapshot {
  const { subscribe, snapshot } = connectionOf(of);
  return useSyncExternalStore(subscribe, snapshot, of ? () => CONNECTING : snapshot);
}

/**
 * An emit, and the state of its newest call.
 *
 * @returns the function that emits, the same one on every render, and the state of its newest call
 */
export function useEmit<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends EventNames<EmitEvents>,
>(
  socket: Socket<ListenEvents, EmitEvents> | null | undefined,
  name: Name,
): [emit: Emit<EmitEvents, Name>, state: Answered<AnswerTo<EmitEvents, Name>>] {
  const { emit, subscribe, snapshot } = useMemo(() => emitting(() => socket, name as string), [socket, name]);
  return [emit as never, useSyncExternalStore(subscribe, snapshot, snapshot)];
}

/**
 * The server's answer to an event, requested again after each connect, and so after each `gap`. The last answer stays meanwhile.
 *
 * @param args the arguments of the event, compared by value; null to emit nothing
 */
export function useAck<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends EventNames<EmitEvents>,
>(
  socket: Socket<ListenEvents, EmitEvents> | null | undefined,
  name: Name,
  args: readonly [...GivenArgs<EmitEvents, Name>] | null,
): Answered<AnswerTo<EmitEvents, Name>> {
  // Arguments are compared by value.
  const { subscribe, snapshot } = useMemo(
    () => asking(socket, name as string, args),
    [socket, name, textOf(args)],
  );
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}
