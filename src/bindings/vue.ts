/** @packageDocumentation Composables for Vue 3.3 and newer. */
// biome-ignore-all lint/suspicious/noExplicitAny: whatever events a program has declared
import {
  type ComputedRef,
  computed,
  type InjectionKey,
  inject,
  isRef,
  type MaybeRefOrGetter,
  provide,
  shallowRef,
  toValue,
  type WatchSource,
  watch,
} from 'vue';
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
  follow,
  resolve,
  retain,
  type Shared,
  unprovided,
} from './shared.js';

export type { ConnectionSnapshot, ConnectionStatus } from '../helpers/store.js';
export type { Answered, Emit } from './shared.js';

/** Each member of an object as a ref. */
export type Refs<Of> = { readonly [Key in keyof Of]: ComputedRef<Of[Key]> };

const KEY: InjectionKey<AnySocket> = /* @__PURE__ */ Symbol('holdfast');

/** A socket that may change: a ref or a getter. */
type Source<Of> = MaybeRefOrGetter<Of | null | undefined>;

/** Calls `use` for each value, at once and after each change, and the returned cleanup before the next value and at the end. */
function each<Value>(source: WatchSource<Value>, use: (value: Value) => Cancel): void {
  // On a server, nothing would end it.
  if (onServer()) return;
  watch(
    source,
    (value, _before, onCleanup) => {
      onCleanup(use(value));
    },
    { immediate: true, flush: 'sync' },
  );
}

/** The members of a store's snapshot; the store itself may change. */
function refsOf<Of extends object>(of: () => Store<Of>): Refs<Of> {
  const source = computed(of);
  const now = shallowRef(source.value.snapshot());
  each(source, ({ subscribe, snapshot }) => {
    const show = (): void => {
      now.value = snapshot();
    };
    const stop = subscribe(show);
    show();
    return stop;
  });
  const keys = Object.keys(now.value) as (keyof Of)[];
  return Object.fromEntries(keys.map((key) => [key, computed(() => now.value[key])])) as Refs<Of>;
}

/** Provides a socket to the components below, which get it from `useSocket()`. */
export function provideSocket(socket: AnySocket): void {
  provide(KEY, socket);
}

/**
 * A socket. Components with the same address and equal options share one. It connects when the first of them mounts, and disconnects a
 * moment after the last of them has unmounted.
 *
 * @param address the server's address as for `io`; null for none; or the program's own socket, which is returned unchanged. If it is a ref or a getter, the result is a ref. Without one, the socket of `provideSocket` above
 * @param options the options of `io`, or a ref or a getter
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
  address: Exclude<MaybeRefOrGetter<string | null>, string>,
  options?: MaybeRefOrGetter<OptionsFor<ListenEvents, EmitEvents>>,
): ComputedRef<Socket<ListenEvents, EmitEvents> | null>;
export function useSocket(address?: MaybeRefOrGetter<Address>, options?: MaybeRefOrGetter<Options>): unknown {
  if (address === undefined) {
    const provided = inject(KEY, undefined);
    if (!provided) throw unprovided();
    return provided;
  }
  let last: Shared | undefined;
  const shared = computed(() => {
    const now = resolve(toValue(address), toValue(options));
    // The component has acquired the socket of the last one.
    if (last && last.socket === now?.socket) follow(last, now.options);
    else last = now;
    return last;
  });
  each(shared, retain);
  const socket = computed(() => shared.value?.socket ?? null);
  return isRef(address) || typeof address === 'function' ? socket : socket.value;
}

/**
 * Listens to an event until the component is unmounted.
 *
 * @param socket the socket, or a ref or a getter of it
 */
export function useEvent<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends HeardName<ListenEvents, EmitEvents>,
>(
  socket: Source<Socket<ListenEvents, EmitEvents>>,
  name: Name,
  handler: HeardBy<ListenEvents, EmitEvents, Name>,
): void {
  each(
    () => toValue(socket),
    (now) => (now ? listen<any, any, any>(now, name, handler) : nothing),
  );
}

/** The state of a connection, each member as a ref; `closed` for null. */
export function useConnection(of: Source<AnySocket | Manager<any, any>>): Refs<ConnectionSnapshot> {
  return refsOf(() => connectionOf(toValue(of)));
}

/**
 * An emit, and the state of its newest call.
 *
 * @returns the function that emits, and the state of its newest call, each member as a ref
 */
export function useEmit<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends EventNames<EmitEvents>,
>(
  socket: Source<Socket<ListenEvents, EmitEvents>>,
  name: Name,
): [emit: Emit<EmitEvents, Name>, state: Refs<Answered<AnswerTo<EmitEvents, Name>>>] {
  const sending = emitting(() => toValue(socket), name as string);
  return [sending.emit as never, refsOf(() => sending)];
}

/**
 * The server's answer to an event, requested again after each connect, and so after each `gap`, each member as a ref. The last answer stays meanwhile.
 *
 * @param args the arguments of the event, or a ref or a getter of them; null to emit nothing
 */
export function useAck<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends EventNames<EmitEvents>,
>(
  socket: Source<Socket<ListenEvents, EmitEvents>>,
  name: Name,
  args: MaybeRefOrGetter<readonly [...GivenArgs<EmitEvents, Name>] | null>,
): Refs<Answered<AnswerTo<EmitEvents, Name>>> {
  let newest: readonly unknown[] | null;
  const text = computed(() => {
    newest = toValue(args) as readonly unknown[] | null;
    return textOf(newest);
  });
  return refsOf(() => {
    // Only if they differ by value.
    void text.value;
    return asking(toValue(socket), name as string, newest);
  });
}
