/** Records events of clients, and resolves expectations. */
import { type Clock, nothing } from '../platform/clock.js';
import { HoldfastError } from '../platform/errors.js';
import type { EventNames, EventParams, EventsMap } from '../platform/event-map.js';
import { show } from '../platform/show.js';
import type { WithoutAck } from '../socket/typing.js';

/** The arguments of an event, without its callback. */
type Arguments<Map extends EventsMap, Name extends EventNames<Map>> = [
  WithoutAck<EventParams<Map, Name>>,
] extends [never]
  ? EventParams<Map, Name>
  : WithoutAck<EventParams<Map, Name>>;

/** An event received from a client. */
export interface ReceivedEvent<Map extends EventsMap, Name extends EventNames<Map>> {
  readonly event: Name;
  /** Without the callback. */
  readonly args: Arguments<Map, Name>;
  readonly namespace: string;
  /** The id of the client's socket on the server. */
  readonly id: string;
  /** Whether the client requests an answer. */
  readonly asks: boolean;
  /** When it arrived, on the server's clock, in milliseconds. */
  readonly atMs: number;
}

export type AnyReceived<Map extends EventsMap> = {
  [Name in EventNames<Map>]: ReceivedEvent<Map, Name>;
}[EventNames<Map>];

/** Options of an expectation. */
export interface Expectation<Received> {
  /** How long to wait, in milliseconds of real time, whatever the server's clock. @defaultValue 1000 */
  readonly timeout?: number;
  /** Only an event of this namespace. */
  readonly namespace?: string;
  /** Only an event for which this returns true. */
  readonly where?: (received: Received) => boolean;
}

/** At most this many events are named in a message. */
const SHOWN = 10;

/** At most this many events are kept: a test that runs for hours must not fill the memory. */
const MAX_RECEIVED = 100_000;

interface Waiter {
  readonly wants: (received: Untyped) => boolean;
  readonly found: (received: Untyped) => void;
  /** The error that `where` threw. */
  readonly failed: (error: unknown) => void;
}

type Untyped = ReceivedEvent<EventsMap, string>;

export class Inspection {
  readonly received: Untyped[] = [];
  /** The events that an expectation has already found. */
  private _taken: WeakSet<object> = new WeakSet();
  private readonly _waiters: Set<Waiter> = new Set();

  /** @param _lost how many events of each name a fault has dropped */
  constructor(private readonly _lost: ReadonlyMap<string, number>) {}

  add(given: Untyped): void {
    // A copy, because a handler may change its arguments.
    const received = { ...given, args: given.args.map((value) => copyOf(value)) };
    this.received.push(received);
    if (this.received.length > MAX_RECEIVED) this.received.shift();
    for (const waiter of this._waiters) {
      let wanted = false;
      try {
        wanted = waiter.wants(received);
      } catch (error) {
        // It is an error of the test, and must not affect the client that sent the event.
        this._waiters.delete(waiter);
        waiter.failed(error);
      }
      if (!wanted) continue;
      this._waiters.delete(waiter);
      this._taken.add(received);
      waiter.found(received);
      return;
    }
  }

  expect(
    name: string,
    { timeout = 1_000, namespace, where }: Expectation<Untyped>,
    watch: Clock,
    hint: () => string,
  ): Promise<Untyped> {
    if (typeof name !== 'string' || name === '') {
      throw new HoldfastError('BAD_EVENT', `expectEvent(${show(name)}): accepted: the name of an event`);
    }
    if (where !== undefined && typeof where !== 'function') {
      throw new HoldfastError('BAD_OPTION', `option "where" is ${show(where)}; accepted: a function`);
    }
    if (!(typeof timeout === 'number' && timeout >= 0)) {
      throw new HoldfastError('BAD_OPTION', `option "timeout" is ${show(timeout)}; accepted: milliseconds`);
    }
    const wants = (one: Untyped): boolean =>
      one.event === name &&
      (namespace === undefined || one.namespace === namespace) &&
      (where?.(one) ?? true);
    const from = this.received.length;
    // Created here, so that its stack leads to the line of the test.
    const failure = new HoldfastError('EXPECTATION_FAILED', '');
    return new Promise((resolve, reject) => {
      // Inside, so that an exception of `where` rejects.
      const early = this.received.find((one) => !this._taken.has(one) && wants(one));
      if (early) {
        this._taken.add(early);
        resolve(early);
        return;
      }
      let stop = nothing;
      const waiter: Waiter = {
        wants,
        found: (received) => {
          stop();
          resolve(received);
        },
        failed: (error) => {
          stop();
          reject(error);
        },
      };
      this._waiters.add(waiter);
      stop = watch.after(
        timeout,
        () => {
          this._waiters.delete(waiter);
          const place = namespace === undefined ? '' : ` in namespace ${show(namespace)}`;
          const kind = where === undefined ? '' : ' that "where" accepts';
          const text = `no event ${show(name)}${place}${kind} arrived within ${timeout} ms; ${this._instead(from)}${this._dropped(name)}${hint()}`;
          reject(Object.assign(failure, { message: text }));
        },
        false,
      );
    });
  }

  clear(): void {
    this.received.length = 0;
    this._taken = new WeakSet();
  }

  private _dropped(name: string): string {
    const times = this._lost.get(name);
    return times === undefined
      ? ''
      : `. A fault of drop() has discarded ${show(name)} ${times === 1 ? 'once' : `${times} times`}`;
  }

  private _instead(from: number): string {
    const since = this.received.slice(from);
    const before = this.received.slice(0, from);
    const list = (events: readonly Untyped[]): string => {
      const shown = events.slice(-SHOWN).map((one) => {
        const place = one.namespace === '/' ? '' : ` in ${one.namespace}`;
        return `${show(one.event)}${place} with ${shortened(one.args)}${this._taken.has(one) ? ' (already expected)' : ''}`;
      });
      if (events.length > SHOWN) shown.unshift(`${events.length - SHOWN} older ones`);
      return shown.join(', ');
    };
    if (since.length > 0) return `received instead: ${list(since)}`;
    if (before.length > 0) return `nothing was received instead; received earlier: ${list(before)}`;
    return 'no client has sent anything';
  }
}

function shortened(args: readonly unknown[]): string {
  let text: string;
  try {
    text = JSON.stringify(args) ?? '';
  } catch {
    text = show(args);
  }
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

/** A copy of JSON values; bytes and very deep values are shared. */
function copyOf(value: unknown, depth: number = 100): unknown {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((one) => copyOf(one, depth - 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copyOf(one, depth - 1)]));
}
