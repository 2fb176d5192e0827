import ComponentEmitter from 'component-emitter';
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
  /** @internal The object itself, where `this` may be a Proxy around it. */
  readonly _raw: () => this;
  /** @internal Calls the listeners of an event. */
  _dispatch(event: string, ...args: readonly unknown[]): void;
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

interface Untyped {
  on(event: unknown, listener: Listener): unknown;
  once(event: unknown, listener: Listener): unknown;
  off(event?: unknown, listener?: Listener): unknown;
  listeners(event: unknown): Listener[];
}

/** As the official emitter: `on(1, …)` and `on('1', …)` are the same event. */
const keyOf = (event: unknown): unknown => (typeof event === 'symbol' ? event : `${event}`);

const Base = ComponentEmitter as unknown as new () => Untyped;
const base: Untyped = Base.prototype;

/**
 * component-emitter with typed events. A listener that throws is reported, and those after it still run. Every method works
 * through a Proxy around the object, too: state libraries wrap sockets in them.
 */
class RawEmitter extends Base {
  /** The object itself, where `this` may be a Proxy around it. */
  readonly _raw: () => this = () => this;

  override on(event: unknown, listener: Listener): this {
    base.on.call(this._raw(), keyOf(event), listener);
    return this;
  }

  override once(event: unknown, listener: Listener): this {
    base.once.call(this._raw(), keyOf(event), listener);
    return this;
  }

  override off(...args: [event?: unknown, listener?: Listener]): this {
    const self = this._raw();
    if (args.length < 2) base.off.call(self, ...(args.length > 0 ? [keyOf(args[0])] : []));
    else {
      const listeners = self.listeners(args[0]);
      // A plain loop: pages replace `entries`, which the base class uses here.
      for (let i = 0; i < listeners.length; i++) {
        const listener = listeners[i] as Listener & { fn?: Listener };
        if (listener === args[1] || listener.fn === args[1]) {
          listeners.splice(i, 1);
          break;
        }
      }
      if (listeners.length === 0) base.off.call(self, keyOf(args[0]));
    }
    return this;
  }

  override listeners(event: unknown): Listener[] {
    return base.listeners.call(this._raw(), keyOf(event));
  }

  /** Whether `event` has listeners; without one, whether any event has. */
  hasListeners(event?: unknown): boolean {
    return event === undefined
      ? (this._raw() as unknown as { listenerCount(): number }).listenerCount() > 0
      : this.listeners(event).length > 0;
  }

  /** Calls the listeners of `event` in this page; nothing goes over the wire. */
  _dispatch(event: string, ...args: readonly unknown[]): void {
    const listeners = base.listeners.call(this, event);
    if (listeners.length > 0) callAll(this, listeners, args);
  }
}

const prototype = RawEmitter.prototype as unknown as { [alias: string]: unknown };
prototype.addEventListener = RawEmitter.prototype.on;
prototype.removeListener = prototype.removeAllListeners = prototype.removeEventListener = RawEmitter.prototype.off;

export const Emitter = RawEmitter as unknown as new <
  Reserved,
  User = Record<never, never>,
>() => Emitter<Reserved, User>;

/** Calls each of `listeners` as they are now; what one of them throws is reported and stops nobody. */
export function callAll(self: unknown, listeners: readonly Listener[], args: readonly unknown[]): void {
  // A copy, because a listener may add or remove listeners.
  for (const listener of listeners.slice()) {
    try {
      listener.apply(self, args as unknown[]);
    } catch (error) {
      report(error);
    }
  }
}
