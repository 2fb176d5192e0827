/** Listeners as Node's EventEmitter has them, for objects that handlers of a server know; it runs in pages, too. */
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

  /** Calls `listener` for each such event. */
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

  /** Calls `listener` for the next such event only. */
  once<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this {
    return this._insert(event, { listener, once: true }, false);
  }

  /** Adds a listener before those that are there. */
  prependListener<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this {
    return this._insert(event, { listener, once: false }, true);
  }

  /** The same, for the next such event only. */
  prependOnceListener<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this {
    return this._insert(event, { listener, once: true }, true);
  }

  /** Removes a listener; of several that are the same, the newest. */
  off<Name extends ReservedOrUserEventNames<Reserved, User>>(
    event: Name,
    listener: ReservedOrUserListener<Reserved, User, Name>,
  ): this {
    const entries = this._entries.get(event) ?? [];
    for (let at = entries.length - 1; at >= 0; at--) {
      if (entries[at]?.listener !== listener) continue;
      // A new list: one that is being called stays as it is.
      this._set(
        event,
        entries.filter((_, index) => index !== at),
      );
      break;
    }
    return this;
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
    if (event === undefined) this._entries.clear();
    else this._entries.delete(event);
    return this;
  }

  /** The listeners of an event. */
  listeners(event: EventName): Listener[] {
    return (this._entries.get(event) ?? []).map(({ listener }) => listener);
  }

  /** How many listeners an event has. */
  listenerCount(event: EventName): number {
    return this._entries.get(event)?.length ?? 0;
  }

  /** The events that have listeners. */
  eventNames(): EventName[] {
    return [...this._entries.keys()];
  }

  /** @internal Calls the listeners of an event, each by `call`. Returns whether there were any. */
  _fire(event: EventName, args: readonly unknown[], call: Caller): boolean {
    const entries = this._entries.get(event);
    if (!entries) return false;
    for (const { listener, once } of entries) {
      if (once) this.off(event as never, listener as never);
      call(event, () => Reflect.apply(listener, this, args as unknown[]));
    }
    return true;
  }

  private _insert(event: EventName, entry: Entry, first: boolean): this {
    if (typeof entry.listener !== 'function') {
      throw new TypeError(`the listener of ${String(event)} is no function`);
    }
    const entries = this._entries.get(event) ?? [];
    this._set(event, first ? [entry, ...entries] : [...entries, entry]);
    return this;
  }

  private _set(event: EventName, entries: Entry[]): void {
    if (entries.length === 0) this._entries.delete(event);
    else this._entries.set(event, entries);
  }
}

/** Runs code of the program: what it throws, or what its Promise is rejected with, is told and does not stop the server. */
export type Caller = (what: EventName, run: () => unknown) => void;
