import ComponentEmitter from 'component-emitter';
import type { EventsMap, Listener, Listening } from './event-map.js';
import { report } from './report.js';

export type { Listener };

export interface Emitter<
  Reserved extends EventsMap,
  User extends EventsMap = Record<never, never>,
  Own extends EventsMap = Record<never, never>,
> extends Listening<Reserved, User, Own> {
  /** @internal The object itself; `this` may be a Proxy around it. */
  readonly _raw: () => this;
  /** @internal Calls the listeners of an event. */
  _dispatch(event: string, ...args: readonly unknown[]): void;
  /** @internal The same, for a list of any length. */
  _dispatchAll(event: string, args: readonly unknown[]): void;
}

interface Untyped {
  on(event: unknown, listener: Listener): unknown;
  once(event: unknown, listener: Listener): unknown;
  off(event?: unknown, listener?: Listener): unknown;
  listeners(event: unknown): Listener[];
}

/** As in the official emitter: `on(1, …)` and `on('1', …)` are the same event. */
const keyOf = (event: unknown): unknown => (typeof event === 'symbol' ? event : `${event}`);

const base = ComponentEmitter.prototype as unknown as Untyped;

/** Of every emitter that never had a listener: many objects never do. */
const NO_CALLBACKS: ReadonlyMap<unknown, Listener[]> = new Map();

/**
 * component-emitter with typed events. Errors of listeners are reported, and the other listeners still run. Every method also works through
 * a Proxy around the object: state libraries wrap sockets in them.
 */
class RawEmitter {
  /** component-emitter's own: the listeners by event. */
  declare _callbacks: ReadonlyMap<unknown, Listener[]>;
  /** The object itself, where `this` may be a Proxy around it. */
  readonly _raw: () => this = () => this;

  on(event: unknown, listener: Listener): this {
    const self = this._raw();
    if (self._callbacks === NO_CALLBACKS) self._callbacks = new Map();
    base.on.call(self, keyOf(event), listener);
    return this;
  }

  once(event: unknown, listener: Listener): this {
    base.once.call(this._raw(), keyOf(event), listener);
    return this;
  }

  off(...args: [event?: unknown, listener?: Listener]): this {
    const self = this._raw();
    if (args.length < 2) base.off.call(self, ...args.map(keyOf));
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

  listeners(event: unknown): Listener[] {
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
    this._dispatchAll(event, args);
  }

  /** The same. A list can be too long to be spread: then only the listener that receives it fails. */
  _dispatchAll(event: string, args: readonly unknown[]): void {
    const listeners = base.listeners.call(this, event);
    if (listeners.length > 0) callAll(this, listeners, args);
  }
}

// Not `extends`: the constructor of component-emitter makes a map for every object.
Object.setPrototypeOf(RawEmitter.prototype, base);
const prototype = RawEmitter.prototype as unknown as { [alias: string]: unknown };
prototype._callbacks = NO_CALLBACKS;
prototype.addEventListener = RawEmitter.prototype.on;
prototype.removeListener =
  prototype.removeAllListeners =
  prototype.removeEventListener =
    RawEmitter.prototype.off;

export const Emitter: new <
  Reserved extends EventsMap,
  User extends EventsMap = Record<never, never>,
  Own extends EventsMap = Record<never, never>,
>() => Emitter<Reserved, User, Own> = RawEmitter as never;

/** Calls each of the current `listeners`; an error of one is reported, and the others still run. */
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
