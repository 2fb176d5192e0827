import ComponentEmitter from 'component-emitter';
import type { EventsMap, Listener, Listening } from './event-map.js';
import type { Observer } from './observer.js';
import { report } from './report.js';

export type {
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  Listener,
} from './event-map.js';

export interface Emitter<
  Reserved extends EventsMap,
  User extends EventsMap = Record<never, never>,
  Own extends EventsMap = Record<never, never>,
> extends Listening<Reserved, User, Own> {
  /** @internal Who sees every event, listened to or not. */
  observer?: Observer | undefined;
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
  Reserved extends EventsMap,
  // biome-ignore lint/correctness/noUnusedVariables: used by the interface of the same name
  User extends EventsMap = Record<never, never>,
  // biome-ignore lint/correctness/noUnusedVariables: used by the interface of the same name
  Own extends EventsMap = Record<never, never>,
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
