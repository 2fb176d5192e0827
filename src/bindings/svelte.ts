/** @packageDocumentation Functions for components in Svelte 5. */
// biome-ignore-all lint/suspicious/noExplicitAny: whatever events a program has declared
import { getContext, setContext, untrack } from 'svelte';
import { run } from 'svelte/legacy';
import { createSubscriber } from 'svelte/reactivity';
import { type HeardBy, type HeardName, listen } from '../helpers/listen.js';
import type { ConnectionSnapshot, Store } from '../helpers/store.js';
import type { Manager } from '../manager/manager.js';
import { type Cancel, nothing } from '../platform/clock.js';
import { onServer } from '../platform/environment.js';
import type { DefaultEventsMap, EventNames, EventsMap } from '../platform/event-map.js';
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
  resolve,
  retain,
  unprovided,
} from './shared.js';

export type { ConnectionSnapshot, ConnectionStatus } from '../helpers/store.js';
export type { Answered, Emit } from './shared.js';

/** A value, or a function that reads state: `() => url`. */
export type Source<Value> = Value | (() => Value);

const KEY: symbol = /* @__PURE__ */ Symbol('holdfast');

const read = <Value>(source: Source<Value>): Value =>
  typeof source === 'function' ? (source as () => Value)() : source;

/** Applies `use` to a value. For a function, returns a function that applies it to the current value. */
const through = <Value, Result>(source: Source<Value>, use: (value: Value) => Result): Source<Result> =>
  typeof source === 'function' ? () => use((source as () => Value)()) : use(source);

/** Calls `use` for each value, at once and after each change, and the returned cleanup after the next value and at the end. */
function each<Value>(source: Source<Value>, use: (value: Value) => Cancel): void {
  // On a server, nothing would end it.
  if (onServer()) return;
  let stop = nothing;
  // Ends with the component, even if that fails before it is mounted, when `onDestroy` does nothing.
  const end = createSubscriber(() => () => stop());
  // In uncompiled code, `run` is `$effect.pre`.
  run(() => {
    end();
    const value = read(source);
    untrack(() => {
      // Acquires the new one first: a socket that both use stays connected.
      const before = stop;
      stop = use(value);
      before();
    });
  });
}

/** An object with the members of a store's snapshot; reading one of them subscribes to its changes. */
function viewOf<Of extends object>(source: Source<Store<Of>>): Readonly<Of> {
  let now = read(source).snapshot();
  let update = nothing;
  each(source, ({ subscribe, snapshot }) => {
    const show = (): void => {
      now = snapshot();
      update();
    };
    const stop = subscribe(show);
    show();
    return stop;
  });
  const follow = createSubscriber((changed) => {
    update = changed;
  });
  const view = {} as Of;
  for (const key of Object.keys(now) as (keyof Of)[]) {
    Object.defineProperty(view, key, {
      enumerable: true,
      get() {
        follow();
        return now[key];
      },
    });
  }
  return view;
}

/** Provides a socket to the components below, which get it from `useSocket()`. */
export function provideSocket(socket: AnySocket): void {
  setContext(KEY, socket);
}

/**
 * A socket. Components with the same address and equal options share one. It connects when the first of them mounts, and disconnects a
 * moment after the last of them has unmounted.
 *
 * @param address the server's address as for `io`; null for none; or the program's own socket, which is returned unchanged. If it is a function, the result is an object whose `current` is the socket. Without one, the socket of `provideSocket` above
 * @param options the options of `io`, or a function that returns them
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
  address: () => string | null,
  options?: Source<OptionsFor<ListenEvents, EmitEvents>>,
): { readonly current: Socket<ListenEvents, EmitEvents> | null };
export function useSocket(address?: Source<Address>, options?: Source<Options>): unknown {
  if (address === undefined) {
    const provided = getContext(KEY);
    if (!provided) throw unprovided();
    return provided;
  }
  const shared = through(address, (now) => resolve(now, read(options) as Options));
  each(shared, retain);
  const socket = through(shared, (now) => now?.socket ?? null);
  return typeof socket === 'function'
    ? {
        get current() {
          return socket();
        },
      }
    : socket;
}

/**
 * Listens to an event until the component is unmounted.
 *
 * @param socket the socket, or a function that returns it
 */
export function useEvent<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends HeardName<ListenEvents, EmitEvents>,
>(
  socket: Source<Socket<ListenEvents, EmitEvents> | null | undefined>,
  name: Name,
  handler: HeardBy<ListenEvents, EmitEvents, Name>,
): void {
  each(socket, (now) => (now ? listen<any, any, any>(now, name, handler) : nothing));
}

/** The state of a connection, with reactive members; `closed` for null. */
export function useConnection(
  of: Source<AnySocket | Manager<any, any> | null | undefined>,
): ConnectionSnapshot {
  return viewOf(through(of, connectionOf));
}

/**
 * An emit, and the state of its newest call.
 *
 * @returns the function that emits, and an object with reactive members: the state of its newest call
 */
export function useEmit<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends EventNames<EmitEvents>,
>(
  socket: Source<Socket<ListenEvents, EmitEvents> | null | undefined>,
  name: Name,
): [emit: Emit<EmitEvents, Name>, state: Answered<AnswerTo<EmitEvents, Name>>] {
  const sending = emitting(() => read(socket), name as string);
  return [sending.emit as never, viewOf(sending as Store<Answered<any>>)];
}

/**
 * The server's answer to an event, requested again after each connect, and so after each `gap`, as an object whose members follow it. The last answer
 * stays meanwhile.
 *
 * @param args the arguments of the event, or a function that returns them; null to emit nothing
 */
export function useAck<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends EventNames<EmitEvents>,
>(
  socket: Source<Socket<ListenEvents, EmitEvents> | null | undefined>,
  name: Name,
  args: Source<readonly [...GivenArgs<EmitEvents, Name>] | null>,
): Answered<AnswerTo<EmitEvents, Name>> {
  let asked: Store<Answered<any>>;
  let of: AnySocket | null | undefined;
  let text: string | undefined;
  return viewOf<Answered<any>>(() => {
    const now = read<AnySocket | null | undefined>(socket);
    const given = read(args) as readonly unknown[] | null;
    const next = textOf(given);
    // Only if they differ by value.
    if (of !== now || text !== next) asked = asking(now, name as string, given);
    of = now;
    text = next;
    return asked;
  });
}
