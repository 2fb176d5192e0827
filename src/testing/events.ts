/** An emitter like Node's EventEmitter, for the server's objects; it also runs in pages. */
import type {
  DefaultEventsMap,
  EventsMap,
  Listener,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
} from '../platform/event-map.js';

/** An event's name: text, or a symbol of the program. */
export type EventName = string | symbol;

interface Entry {
  readonly listener: Listener;
  readonly once: boolean;
}

/**
 * @typeParam Reserved the events of the object itself
 * @typeParam User the events that the program declared
 */
export class Events<
  Reserved extends EventsMap = DefaultEventsMap,
  User extends EventsMap = Record<never, never>,
> {
  private readonly _entries: Map<EventName, Entry[]> = new Map();
  /** @internal The owner of the listeners: for a server, its main namespace. */
  protected _home: this = this;
  private _maxListeners = 10;

  /** Calls `listener` for each event of this name. */
  on<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this {
    return this._insert(event, { listener, once: false }, false);
  }

  /** Alias of `on`. */
  addListener<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this {
    return this.on(event, listener);
  }

  /** Calls `listener` for the next event of this name only. */
  once<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this {
    return this._insert(event, { listener, once: true }, false);
  }

  /** Adds a listener before the existing ones. */
  prependListener<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this {
    return this._insert(event, { listener, once: false }, true);
  }

  /** The same, for the next event only. */
  prependOnceListener<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this {
    return this._insert(event, { listener, once: true }, true);
  }

  /** Removes a listener; if it was added several times, the newest. */
  off<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this {
    const newest = [...this._list(event)].reverse().find((entry) => entry.listener === listener);
    return newest ? this._dropEntry(event, newest) : this._home;
  }

  /** Alias of `off`. */
  removeListener<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this {
    return this.off(event, listener);
  }

  /** Removes the listeners of an event; without one, all. */
  removeAllListeners(event?: EventName): this {
    const { _home: home } = this;
    if (event === undefined) home._entries.clear();
    else home._entries.delete(event);
    return home;
  }

  /** The listeners of an event. */
  listeners(event: EventName): Listener[] {
    return this._list(event).map(({ listener }) => listener);
  }

  /** The same: wrappers of `once` are not visible here. */
  rawListeners(event: EventName): Listener[] {
    return this.listeners(event);
  }

  /** Accepted, without effect: there is no warning about many listeners. */
  setMaxListeners(count: number): this {
    this._home._maxListeners = count;
    return this._home;
  }

  getMaxListeners(): number {
    return this._home._maxListeners;
  }

  /** How many listeners an event has. */
  listenerCount(event: EventName): number {
    return this._list(event).length;
  }

  /** The events that have listeners. */
  eventNames(): EventName[] {
    return [...this._home._entries.keys()];
  }

  /** @internal Calls the listeners of an event, each by `call`. Returns whether there were any. */
  _fire(event: EventName, args: readonly unknown[], call: Caller): boolean {
    const entries = this._entries.get(event);
    if (!entries) return false;
    for (const entry of entries) {
      if (entry.once) this._dropEntry(event, entry);
      call(event, () => Reflect.apply(entry.listener, this, args as unknown[]));
    }
    return true;
  }

  private _list(event: EventName): readonly Entry[] {
    return this._home._entries.get(event) ?? [];
  }

  private _insert(event: EventName, entry: Entry, first: boolean): this {
    if (typeof entry.listener !== 'function') {
      throw new TypeError(`the listener of ${String(event)} is not a function`);
    }
    const entries = this._list(event);
    return this._set(event, first ? [entry, ...entries] : [...entries, entry]);
  }

  private _dropEntry(event: EventName, entry: Entry): this {
    return this._set(
      event,
      this._list(event).filter((one) => one !== entry),
    );
  }

  /** Always a new list: one that is being called does not change. */
  private _set(event: EventName, entries: Entry[]): this {
    const { _home: home } = this;
    if (entries.length === 0) home._entries.delete(event);
    else home._entries.set(event, entries);
    return home;
  }
}

/** Runs code of the program: an exception, or a rejected Promise, is reported and does not stop the server. */
export type Caller = (what: EventName, run: () => unknown) => void;
