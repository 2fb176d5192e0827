/** @packageDocumentation Functions for components and services in Angular 19 and newer, with and without Zone.js. */
// biome-ignore-all lint/suspicious/noExplicitAny: whatever events a program has declared
import {
  computed,
  DestroyRef,
  effect,
  InjectionToken,
  inject,
  NgZone,
  type Provider,
  type Signal,
  signal,
  untracked,
} from '@angular/core';
import { type HeardBy, type HeardName, listen } from '../helpers/listen.js';
import { CONNECTING, type ConnectionSnapshot, type Store } from '../helpers/store.js';
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
  IDLE,
  resolve,
  retain,
} from './shared.js';

export type { ConnectionSnapshot, ConnectionStatus } from '../helpers/store.js';
export type { Answered, Emit } from './shared.js';

/** A value, or a signal or another function that reads signals. */
export type Source<Value> = Value | (() => Value);

/** Each member of an object as a signal. */
export type Signals<Of> = { readonly [Key in keyof Of]: Signal<Of[Key]> };

const SOCKET: InjectionToken<AnySocket> = /* @__PURE__ */ new InjectionToken<AnySocket>('holdfast');

const read = <Value>(source: Source<Value>): Value =>
  typeof source === 'function' ? (source as () => Value)() : source;

/** Applies `use` to a value. For a function, returns a function that applies it to the current value. */
const through = <Value, Result>(source: Source<Value>, use: (value: Value) => Result): Source<Result> =>
  typeof source === 'function' ? () => use((source as () => Value)()) : use(source);

/** Calls `use` for each value (at once if it cannot change), and the returned cleanup after the next value and at the end. */
function each<Value>(source: Source<Value>, use: (value: Value) => Cancel): void {
  // On a server, a component is rendered once.
  if (onServer()) return;
  let stop = nothing;
  const change = (value: Value): void => {
    // Acquires the new one first: a socket that both use is not connected again.
    const before = stop;
    stop = use(value);
    before();
  };
  if (typeof source === 'function') {
    effect(() => {
      const value = (source as () => Value)();
      untracked(() => change(value));
    });
  } else change(source);
  inject(DestroyRef).onDestroy(() => stop());
}

/**
 * The members of a store's snapshot; the store itself may change.
 *
 * @param like an object with the same members
 */
function signalsOf<Of extends object>(source: Source<Store<Of>>, like: Of): Signals<Of> {
  // Not read here: a component is constructed before its inputs have values.
  const now = signal<Of | undefined>(undefined);
  const current = (): Of => now() ?? read(source).snapshot();
  each(source, ({ subscribe, snapshot }) => {
    const show = (): void => now.set(snapshot());
    const stop = subscribe(show);
    show();
    return stop;
  });
  const keys = Object.keys(like) as (keyof Of)[];
  return Object.fromEntries(keys.map((key) => [key, computed(() => current()[key])])) as Signals<Of>;
}

/**
 * Provides a socket to components and services, which get it from `useSocket()`: in the `providers` of the application, a route, or a
 * component. The socket disconnects when its injector is destroyed.
 *
 * @param address the server's address as for `io`, or a socket of the program's own
 * @param options as those of `io`
 */
export function provideSocket(address: string | AnySocket, options?: Options): Provider {
  return { provide: SOCKET, useFactory: () => useSocket(address as string, options) };
}

/**
 * A socket. Components with the same address and equal options share one. It connects when the first of them mounts, and disconnects a
 * moment after the last of them has unmounted. Its connections run outside Angular's zone, so a heartbeat does not cause change detection.
 *
 * @param address the server's address as for `io`; null for none; or the program's own socket, which is returned unchanged. If it is a signal or another function, the result is a signal. Without one, the socket of `provideSocket`
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
): Signal<Socket<ListenEvents, EmitEvents> | null>;
export function useSocket(address?: Source<Address>, options?: Source<Options>): unknown {
  if (address === undefined) return inject(SOCKET);
  const zone = inject(NgZone);
  // A function may read signals that change more often than the address.
  const shared = through(typeof address === 'function' ? computed(address) : address, (now) =>
    zone.runOutsideAngular(() => resolve(now, read(options) as Options)),
  );
  each(shared, (now) => zone.runOutsideAngular(() => retain(now)));
  const socket = through(shared, (now) => now?.socket ?? null);
  return typeof socket === 'function' ? computed(socket) : socket;
}

/**
 * Listens to an event until the component is destroyed. The handler runs in Angular's zone, if there is one.
 *
 * @param socket the socket, or a signal or another function that returns it
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
  const zone = inject(NgZone);
  const heard = (...args: unknown[]): void =>
    zone.run(() => (handler as (...args: unknown[]) => void)(...args));
  each(socket, (now) => (now ? listen<any, any, any>(now, name, heard) : nothing));
}

/** The state of a connection, each member as a signal; `closed` for null. */
export function useConnection(
  of: Source<AnySocket | Manager<any, any> | null | undefined>,
): Signals<ConnectionSnapshot> {
  return signalsOf(through(of, connectionOf), CONNECTING);
}

/**
 * An emit, and the state of its newest call.
 *
 * @returns the function that emits, and the state of its newest call, each member as a signal
 */
export function useEmit<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends EventNames<EmitEvents>,
>(
  socket: Source<Socket<ListenEvents, EmitEvents> | null | undefined>,
  name: Name,
): [emit: Emit<EmitEvents, Name>, state: Signals<Answered<AnswerTo<EmitEvents, Name>>>] {
  const sending = emitting(() => untracked(() => read(socket)), name as string);
  return [sending.emit as never, signalsOf(sending as Store<Answered<any>>, IDLE)];
}

/**
 * The server's answer to an event, requested again after each connect, and so after each `gap`, each member as a signal. The last answer stays meanwhile.
 *
 * @param args the arguments of the event, or a signal or another function that returns them; null to emit nothing
 */
export function useAck<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends EventNames<EmitEvents>,
>(
  socket: Source<Socket<ListenEvents, EmitEvents> | null | undefined>,
  name: Name,
  args: Source<readonly [...GivenArgs<EmitEvents, Name>] | null>,
): Signals<Answered<AnswerTo<EmitEvents, Name>>> {
  const given = computed(() => read(args) as readonly unknown[] | null, {
    equal: (one, other) => textOf(one) === textOf(other),
  });
  const asked = computed(() => asking(read<AnySocket | null | undefined>(socket), name as string, given()));
  return signalsOf<Answered<any>>(asked, IDLE);
}
