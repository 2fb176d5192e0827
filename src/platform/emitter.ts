import ComponentEmitter from 'component-emitter';
import type { Observer } from './observer.js';
import { report } from './report.js';

/** Listeners by event name. Arguments are the program's own, so nothing can be said of them here. */
// biome-ignore lint/suspicious/noExplicitAny: the only parameter type that every listener signature fits
export type Listener = (...args: any[]) => void;
/** What an event map may be: any interface or type whose members are functions. */
export interface EventsMap {
  // biome-ignore lint/suspicious/noExplicitAny: as in the official types, which accept every interface
  [event: string]: any;
}

/** Used where a program declares no events: any name, any arguments. */
export interface DefaultEventsMap {
  // biome-ignore lint/suspicious/noExplicitAny: as in the official types, untyped events take anything
  [event: string]: (...args: any[]) => void;
}

export type EventNames<Map> = keyof Map & (string | symbol);
export type EventParams<Map extends EventsMap, Name extends EventNames<Map>> = Parameters<Map[Name]>;

/** The names a program may listen to: the library's own and those it declared. */
export type ListenNames<Reserved, User> = EventNames<Reserved> | EventNames<User>;

/** The library's own events win over a program's event of the same name. */
export type ListenerOf<Reserved, User, Name extends ListenNames<Reserved, User>> =
  Name extends EventNames<Reserved> ? Reserved[Name] : Name extends EventNames<User> ? User[Name] : never;

export interface Emitter<Reserved, User = Record<never, never>> {
  /** @internal Who sees every event, listened to or not. */
  observer?: Observer | undefined;
  /** Calls `listener` at each such event. One that throws is reported, and those after it still run. */
  on<Name extends ListenNames<Reserved, User>>(event: Name, listener: ListenerOf<Reserved, User, Name>): this;
  /** Calls `listener` at the next such event only. */
  once<Name extends ListenNames<Reserved, User>>(
    event: Name,
    listener: ListenerOf<Reserved, User, Name>,
  ): this;
  /** Removes a listener; without one, all of that event; without an event, all. */
  off<Name extends ListenNames<Reserved, User>>(
    event?: Name,
    listener?: ListenerOf<Reserved, User, Name>,
  ): this;
  /** The listeners of an event. */
  listeners<Name extends ListenNames<Reserved, User>>(event: Name): ListenerOf<Reserved, User, Name>[];
  /** Whether an event has listeners. */
  hasListeners<Name extends ListenNames<Reserved, User>>(event: Name): boolean;
  /** Alias of `on`. */
  addEventListener<Name extends ListenNames<Reserved, User>>(
    event: Name,
    listener: ListenerOf<Reserved, User, Name>,
  ): this;
  /** Alias of `off`. */
  removeListener<Name extends ListenNames<Reserved, User>>(
    event?: Name,
    listener?: ListenerOf<Reserved, User, Name>,
  ): this;
  /** Alias of `off`. */
  removeAllListeners<Name extends ListenNames<Reserved, User>>(
    event?: Name,
    listener?: ListenerOf<Reserved, User, Name>,
  ): this;
  /** Alias of `off`. */
  removeEventListener<Name extends ListenNames<Reserved, User>>(
    event?: Name,
    listener?: ListenerOf<Reserved, User, Name>,
  ): this;
}

/** component-emitter takes `off('x', undefined)` for `off('x')`: a handler that was never set would remove all others. */
function strict(Base: new () => object): new () => object {
  class Strict extends Base {}
  const removeFrom = (Base.prototype as { off(...args: unknown[]): unknown }).off;
  function off(this: object, ...args: unknown[]): unknown {
    return args.length > 0 && args.at(-1) === undefined ? this : removeFrom.apply(this, args);
  }
  Object.assign(Strict.prototype, {
    off,
    removeListener: off,
    removeAllListeners: off,
    removeEventListener: off,
  });
  return Strict;
}

const Base: new () => object = /* @__PURE__ */ strict(ComponentEmitter as unknown as new () => object);

/**
 * component-emitter with typed events, and with one difference: a listener that throws is reported, and the
 * listeners after it still run.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see the interface above
export class Emitter<
  // biome-ignore lint/correctness/noUnusedVariables: used by the interface of the same name
  Reserved,
  // biome-ignore lint/correctness/noUnusedVariables: used by the interface of the same name
  User = Record<never, never>,
> extends Base {
  /** Calls the listeners of `event` in this page; nothing goes over the wire. */
  protected dispatch(event: string, args: readonly unknown[]): void {
    this.observer?.(this, event, args);
    const listeners: Listener[] = this.listeners(event as never);
    if (listeners.length > 0) callAll(this, listeners, args);
    // `on(1, …)` listens to the number: component-emitter keeps names as they are given.
    if (event.charCodeAt(0) <= DIGIT_9 && String(Number(event)) === event) {
      callAll(this, this.listeners(Number(event) as never), args);
    }
  }
}

const DIGIT_9 = 57;

/** Calls each of `listeners` as they are now; what one of them throws is reported and stops nobody. */
export function callAll(self: unknown, listeners: readonly Listener[], args: readonly unknown[]): void {
  // A copy, because a listener may add or remove listeners.
  for (const listener of [...listeners]) {
    try {
      listener.apply(self, args as unknown[]);
    } catch (error) {
      report(error);
    }
  }
}
