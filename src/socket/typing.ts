/**
 * Types of a socket's emits and their answers, derived from the program's event map. This file has no run-time code.
 *
 * `Last`, `AllButLast`, `FirstArg` and `ErrorFirstAcks` have the form of the official types; `platform/event-map.ts` explains why.
 */
// biome-ignore-all lint/suspicious/noExplicitAny: events that are not declared take anything, as in the official types
import type { EventNames, EventParams, EventsMap, Listener } from '../platform/event-map.js';

/** The last element of a tuple: the callback, if the event has an acknowledgement. An optional one is not found, as in the official types. */
export type Last<Args extends any[]> = Args extends [...infer _Head, infer Final] ? Final : any;

/** A tuple without its last element. */
export type AllButLast<Args extends any[]> = Args extends [...infer Head, infer _Final] ? Head : any[];

/** The first value that a callback is called with. */
export type FirstArg<Callback> = Callback extends (arg: infer Arg) => infer _Result
  ? Arg
  : Callback extends (arg: infer Arg, ...others: any[]) => unknown
    ? Arg
    : any;

/** The value that a callback is called with after an error. */
export type SecondArg<Callback> = Callback extends (error: any, arg: infer Arg, ...others: any[]) => unknown
  ? Arg
  : any;

type Errors<Args extends any[]> = {
  [Index in keyof Args]: Exclude<Args[Index], undefined> extends (...args: infer Given) => infer Result
    ? (error: Error, ...args: Given) => Result
    : Args[Index];
};

/** The events of a map, with callbacks that get an error first, as after `timeout()` and `signal()`. */
export type ErrorFirstAcks<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Args) => infer Result
    ? (...args: Errors<Args>) => Result
    : Map[Name];
};

/** The arguments without the callback, if the last one is a callback: it may be omitted. */
export type WithoutAck<Args extends any[]> = Args extends [...infer Head, infer Final]
  ? unknown extends Final
    ? never
    : [Final] extends [Listener]
      ? Head
      : never
  : never;

/** The arguments that a program may emit for one event. */
export type EmitArgs<Map extends EventsMap, Name extends EventNames<Map>> =
  | EventParams<Map, Name>
  | WithoutAck<EventParams<Map, Name>>;

/** The arguments of an event without its callback. */
export type GivenArgs<Map extends EventsMap, Name extends EventNames<Map>> = [
  WithoutAck<EventParams<Map, Name>>,
] extends [never]
  ? EventParams<Map, Name>
  : WithoutAck<EventParams<Map, Name>>;

/** What a callback is called with, behind an error where it takes one first. */
type ValueOf<Callback> = Callback extends (first: infer First, ...others: any[]) => unknown
  ? [First] extends [Error | null | undefined]
    ? 2 extends Parameters<Callback>['length']
      ? SecondArg<Callback>
      : First
    : FirstArg<Callback>
  : any;

/** What comes of an emit that is acknowledged: of `(error, value)`, which takes the option `errorFirstAcks`, the value. */
export type AnswerTo<Map extends EventsMap, Name extends EventNames<Map>> = ValueOf<
  Last<EventParams<Map, Name>>
>;

/** An event that was not sent: its name and its arguments, without a callback. */
export type EmittedMessage<Map extends EventsMap> = {
  [Name in EventNames<Map>]: readonly [event: Name, ...args: GivenArgs<Map, Name>];
}[EventNames<Map>];

/** Whether an argument is the `{ idempotencyKey }` that `idempotent()` adds behind the others, and before the callback. */
type IsKey<Arg> = unknown extends Arg ? false : 'idempotencyKey' extends keyof Arg ? true : false;

type WithoutKeyArg<Args extends any[]> = Args extends [...infer Head, infer Final]
  ? IsKey<Final> extends true
    ? Head
    : Head extends [...infer Before, infer Key]
      ? IsKey<Key> extends true
        ? [...Before, Final]
        : Args
      : Args
  : Args;

/** The events of a map that is shared with the server, without the key that `idempotent()` adds for the program. */
export type WithoutKey<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Args) => infer Result
    ? (...args: WithoutKeyArg<Args>) => Result
    : Map[Name];
};
