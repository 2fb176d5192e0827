/** What has come from the clients, and what is waited for. */
import { type Clock, nothing } from '../platform/clock.js';
import { HoldfastError } from '../platform/errors.js';
import type { EventNames, EventParams, EventsMap } from '../platform/event-map.js';
import { show } from '../platform/show.js';
import type { WithoutAck } from '../socket/typing.js';

/** The arguments of an event, without the callback that asks for an answer. */
type Arguments<Map extends EventsMap, Name extends EventNames<Map>> = [
  WithoutAck<EventParams<Map, Name>>,
] extends [never]
  ? EventParams<Map, Name>
  : WithoutAck<EventParams<Map, Name>>;

/** An event that has come from a client. */
export interface ReceivedEvent<Map extends EventsMap, Name extends EventNames<Map>> {
  readonly event: Name;
  /** Without the callback that asks for an answer. */
  readonly args: Arguments<Map, Name>;
  readonly namespace: string;
  /** The id of the client's socket on the server. */
  readonly id: string;
  /** Whether the client asks for an answer. */
  readonly asks: boolean;
  /** On the clock of the server, in milliseconds. */
  readonly atMs: number;
}

export type AnyReceived<Map extends EventsMap> = {
  [Name in EventNames<Map>]: ReceivedEvent<Map, Name>;
}[EventNames<Map>];

/** What is waited for. */
export interface Expectation<Received> {
  /** How long, in milliseconds of real time, whatever the clock of the server. @defaultValue 1000 */
  readonly timeout?: number;
  /** Only of this namespace. */
  readonly namespace?: string;
  /** Only one of which this is true. */
  readonly where?: (received: Received) => boolean;
}

/** So many events are named in a message. */
const SHOWN = 10;

/** So many events are kept: a test that runs for hours must not grow without end. */
const MAX_RECEIVED = 100_000;

interface Waiter {
  readonly wants: (received: Untyped) => boolean;
  readonly found: (received: Untyped) => void;
  /** `where` of the test has thrown. */
  readonly failed: (error: unknown) => void;
}

type Untyped = ReceivedEvent<EventsMap, string>;

export class Inspection {
  readonly received: Untyped[] = [];
  /** Those that an expectation has found. */
  private _taken: WeakSet<object> = new WeakSet();
  private readonly _waiters: Set<Waiter> = new Set();

  /** @param _lost how many events of each name a fault has dropped */
  constructor(private readonly _lost: ReadonlyMap<string, number>) {}

  add(given: Untyped): void {
    // A copy: a handler may change what it was given.
    const received = { ...given, args: given.args.map((value) => copyOf(value)) };
    this.received.push(received);
    if (this.received.length > MAX_RECEIVED) this.received.shift();
    for (const waiter of this._waiters) {
      let wanted = false;
      try {
        wanted = waiter.wants(received);
      } catch (error) {
        // The test's own fault: the client that has sent the event must not feel it.
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
      throw new HoldfastError('BAD_EVENT', `expectEvent(${show(name)}): accepted is the name of an event`);
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
    // Made here: its stack leads to the line of the test.
    const failure = new HoldfastError('EXPECTATION_FAILED', '');
    return new Promise((resolve, reject) => {
      // Inside: what `where` throws rejects.
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
          const text = `no event ${show(name)}${place}${kind} has come within ${timeout} ms; ${this._instead(from)}${this._dropped(name)}${hint()}`;
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
      : `. A fault of drop() has taken ${show(name)} ${times === 1 ? 'once' : `${times} times`}`;
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
    if (since.length > 0) return `what came instead: ${list(since)}`;
    if (before.length > 0) return `nothing came instead; what had come before: ${list(before)}`;
    return 'nothing has come from any client';
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

/** A copy of what JSON can hold; bytes, and what lies very deep, are the same in both. */
function copyOf(value: unknown, depth: number = 100): unknown {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((one) => copyOf(one, depth - 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copyOf(one, depth - 1)]));
}
