/**
 * Types of events: what a program declares, and the types of listeners and emits that follow from it. This file has no run-time code.
 *
 * The first half has the exact form of the types of `@socket.io/component-emitter`. A generic wrapper that is typed with those compiles only as
 * long as the compiler finds the two equal while their event maps are still unknown, so no condition may be added or put in another order.
 */
// biome-ignore-all lint/suspicious/noExplicitAny: events that are not declared take anything, as in the official types

/** Listeners by event name. Their arguments belong to the program and have no known type here. */
export type Listener = (...args: any[]) => void;

/** An event map: any interface or type whose members are functions. */
export interface EventsMap {
  [event: string]: any;
}

/** Used if a program declares no events: any name, any arguments. */
export interface DefaultEventsMap {
  [event: string]: (...args: any[]) => void;
}

/** The names of the events of a map. */
export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

/** The arguments of an event. */
export type EventParams<Map extends EventsMap, Name extends EventNames<Map>> = Parameters<Map[Name]>;

/** The names that a program may listen to: the library's own, and those that it declared. */
export type ReservedOrUserEventNames<Reserved extends EventsMap, User extends EventsMap> =
  | EventNames<Reserved>
  | EventNames<User>;

/** The listener of an event. The library's own events win over a program's event of the same name. */
export type ReservedOrUserListener<
  Reserved extends EventsMap,
  User extends EventsMap,
  Name extends ReservedOrUserEventNames<Reserved, User>,
> = FallbackToUntypedListener<
  Name extends EventNames<Reserved> ? Reserved[Name] : Name extends EventNames<User> ? User[Name] : never
>;

/** In a generic function, a listener that is not known yet may be any function. */
type FallbackToUntypedListener<Known> = [Known] extends [never]
  ? (...args: any[]) => void | Promise<void>
  : Known;

/**
 * The methods that add and remove listeners.
 *
 * `Own` are events that only this library has. A program for the official client may have events of these names, which is why they come second;
 * and why the first signature is said once more at the end: `Parameters` and the like see the last one only.
 *
 * @typeParam Reserved the events of the library that the official client has as well
 * @typeParam User the events that the program declared
 * @typeParam Own the events of the library that the official client does not have
 */
export interface Listening<
  Reserved extends EventsMap,
  User extends EventsMap = Record<never, never>,
  Own extends EventsMap = Record<never, never>,
> {
  /** Calls `listener` for each such event. If it throws, the error is reported, and the other listeners still run. */
  on<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this;
  on<Name extends EventNames<Own>>(event: Name, listener: Own[Name]): this;
  on<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this;

  /** Calls `listener` for the next such event only. */
  once<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this;
  once<Name extends EventNames<Own>>(event: Name, listener: Own[Name]): this;
  once<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this;

  /** Removes a listener; without one, all of that event; without an event, all. */
  off<Name extends EventNames<Own>>(event: Name, listener?: Own[Name]): this;
  off<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event?: Name,
    listener?: ReservedOrUserListener<Reserved, User, Name>,
  ): this;

  /** The listeners of an event. */
  listeners<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
  ): ReservedOrUserListener<Reserved, User, Name>[];
  listeners<Name extends EventNames<Own>>(event: Name): Own[Name][];
  listeners<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
  ): ReservedOrUserListener<Reserved, User, Name>[];

  /** Whether an event has listeners. */
  hasListeners(event: EventNames<Own>): boolean;
  hasListeners<Name extends ReservedOrUserEventNames<Reserved, User>>(event: Name): boolean;

  /** Alias of `on`. */
  addEventListener<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this;
  addEventListener<Name extends EventNames<Own>>(event: Name, listener: Own[Name]): this;
  addEventListener<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this;

  /** Alias of `off`. */
  removeListener<Name extends EventNames<Own>>(event: Name, listener?: Own[Name]): this;
  removeListener<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event?: Name,
    listener?: ReservedOrUserListener<Reserved, User, Name>,
  ): this;

  /** Alias of `off`. */
  removeAllListeners<Name extends EventNames<Own>>(event: Name, listener?: Own[Name]): this;
  removeAllListeners<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event?: Name,
    listener?: ReservedOrUserListener<Reserved, User, Name>,
  ): this;

  /** Alias of `off`. */
  removeEventListener<Name extends EventNames<Own>>(event: Name, listener?: Own[Name]): this;
  removeEventListener<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event?: Name,
    listener?: ReservedOrUserListener<Reserved, User, Name>,
  ): this;
}
