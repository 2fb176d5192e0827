import type { EventNames, EventParams, EventsMap, Listener } from '../platform/emitter.js';

/** The last element of a tuple. */
export type Last<Args extends unknown[]> = Args extends [...unknown[], infer Final] ? Final : unknown;

/** A tuple without its last element. */
export type AllButLast<Args extends unknown[]> = Args extends [...infer Head, unknown] ? Head : unknown[];

type FirstNonError<Args extends unknown[]> = Args extends [infer First, ...infer Rest]
  ? // Under timeout() the callback's first argument is the error: the answer is the second.
    [First] extends [Error]
    ? Rest[0]
    : First
  : undefined;

/** What `emitWithAck` resolves with, for an event whose last argument is the acknowledgement's callback. */
export type AckValue<Callback> = Callback extends (...args: infer Args) => unknown
  ? // biome-ignore lint/suspicious/noExplicitAny: an untyped callback (...args: any[]) answers with anything
    any[] extends Args
    ? // biome-ignore lint/suspicious/noExplicitAny: see above
      any
    : FirstNonError<Args>
  : // biome-ignore lint/suspicious/noExplicitAny: events without a declared callback
    any;

/** What a program may emit for one event. */
export type EmitArgs<Map extends EventsMap, Name extends EventNames<Map>> = EventParams<Map, Name>;

type WithError<Callback> = Callback extends (...args: infer Args) => infer Result
  ? (error: Error, ...args: Args) => Result
  : Callback;

/** The events of a map whose acknowledgements tell an error first, as they do under `timeout()`. */
export type ErrorFirstAcks<Map> = {
  // biome-ignore lint/suspicious/noExplicitAny: untyped events, (...args: any[]), stay as they are
  [Name in keyof Map]: any[] extends Parameters<Extract<Map[Name], Listener>>
    ? Map[Name]
    : Map[Name] extends (...args: [...infer Head, infer Callback]) => infer Result
      ? Callback extends Listener
        ? (...args: [...Head, WithError<Callback>]) => Result
        : Map[Name]
      : Map[Name];
};
