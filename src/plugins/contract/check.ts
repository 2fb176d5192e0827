/** Checks the arguments and the acknowledgements of events against their schemas, and keeps their order while a schema takes its time. */
import { attempt } from '../../platform/attempt.js';
import { DEVELOPMENT } from '../../platform/build.js';
import type { Clock } from '../../platform/clock.js';
import { HoldfastError } from '../../platform/errors.js';
import { report } from '../../platform/report.js';
import type { ContractViolation } from '../../socket/events.js';
import type { EventSchema, EventSchemas, Schema, SchemaIssue, SchemaResult } from './types.js';

type Result = SchemaResult<unknown>;
/** Most libraries tell more than the interface asks for. */
type Told = SchemaIssue & { readonly expected?: unknown };
type Valid = Extract<Result, { readonly value: unknown }>;

/** One fault, and where it is. */
export interface Issue {
  readonly message: string;
  /** The number of the argument or `'ack'`, then the properties below it. */
  readonly path: readonly PropertyKey[];
}

/** The longest message of an error, in UTF-16 units. */
const MAX_MESSAGE = 1_000;

/** An event or an acknowledgement does not match its contract. */
export class InvalidError extends HoldfastError implements ContractViolation {
  /** The event's name. */
  readonly event: string;
  /** Every fault. */
  readonly issues: readonly Issue[];
  /** Where the first fault is: the number of the argument or `'ack'`, then the properties below it. */
  readonly path: readonly PropertyKey[];
  /** What is expected there, in the words of the schema. */
  readonly expected: string;

  /** @param expected what the schema says about it; most libraries say more than their interface asks for */
  constructor(event: unknown, issues: readonly Issue[], expected?: unknown) {
    const { path = [], message = 'nothing' }: Partial<Issue> = issues[0] ?? {};
    const where = DEVELOPMENT ? placeOf(path) : '';
    // Parts of it may come from the other side.
    super('INVALID', `"${event}" does not match its contract: ${where}${message}`.slice(0, MAX_MESSAGE));
    this.event = String(event);
    this.issues = issues;
    this.path = path;
    this.expected = (typeof expected === 'string' && expected) || message;
  }
}

/** Where the first fault is, for people. */
function placeOf(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path.map(String);
  const place = first === 'ack' ? 'acknowledgement' : `argument ${Number(first) + 1}`;
  return first ? `${[place, ...rest].join('.')}: ` : '';
}

/** An error that concerns the whole event. */
const fault = (event: unknown, message: string): InvalidError =>
  new InvalidError(event, [{ message, path: [] }]);

/** The outputs of the schemas, or the error with the issues that they found. */
export type Outcome = readonly unknown[] | InvalidError;

/** An asynchronous schema answers later. The Promise does not reject. */
export type Later<Value> = Value | Promise<Value>;

export const isPromise = (value: unknown): value is Promise<never> =>
  typeof (value as Promise<unknown>)?.then === 'function';

/** Applies `use` to a value, as soon as there is one. */
export const whenKnown = <Value, Result>(
  value: Later<Value>,
  use: (value: Value) => Later<Result>,
): Later<Result> => (isPromise(value) ? (value as Promise<Value>).then(use) : use(value as Value));

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): PropertyKey =>
  typeof segment === 'object' ? segment.key : segment;

/** @param name what the value is called; arguments have their numbers */
function judge(
  event: unknown,
  schemas: readonly Schema[],
  values: readonly unknown[],
  name?: string,
): Later<Outcome> {
  const results = schemas.map((schema, i) => validate(schema, values[i]));
  return whenKnown(results.some(isPromise) ? Promise.all(results) : (results as Result[]), (settled) => {
    if (!settled.some(({ issues }) => issues)) return settled.map((result) => (result as Valid).value);
    const all: Issue[] = [];
    let first: unknown;
    settled.forEach(({ issues = [] }, i) => {
      for (const { message, path = [], expected } of issues as readonly Told[]) {
        if (!all.length) first = expected;
        // A path may be of a class that only looks like a list.
        all.push({ message, path: [name ?? i, ...[...path].map(keyOf)] });
      }
    });
    return new InvalidError(event, all, first);
  });
}

/** A schema that throws or rejects has found a fault, too. */
function validate(schema: Schema, value: unknown): Later<Result> {
  const failed = (error: unknown): Result => ({
    // Text that is made of a value may throw in turn.
    issues: [{ message: attempt(() => String((error as Error | undefined)?.message ?? error)) ?? '' }],
  });
  try {
    const result = schema['~standard'].validate(value);
    return isPromise(result) ? (result as Promise<Result>).catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}

/** The schemas of an event; undefined where the contract does not name it. */
const schemaOf = (events: EventSchemas, name: unknown): EventSchema | undefined =>
  Object.hasOwn(events, name as string) ? events[name as string] : undefined;

/** The schema of the answer to an event. */
export const ackOf = (events: EventSchemas, name: unknown): Schema | undefined => schemaOf(events, name)?.ack;

/** Checks an event: its name and its arguments, of which those beyond the contract are left aside. */
export function checkEvent(events: EventSchemas, [name, ...args]: readonly unknown[]): Later<Outcome> {
  const schema = schemaOf(events, name);
  return schema ? judge(name, schema.args ?? [], args) : fault(name, 'no such event');
}

/** Checks an acknowledgement. */
const checkAck = (event: unknown, schema: Schema, answer: unknown): Later<Outcome> =>
  judge(event, [schema], [answer], 'ack');

/** Checks what the other side has answered. Without a schema, any answer but a refusal will do. */
export const checkReply = (event: unknown, schema: Schema | undefined, answer: unknown): Later<Outcome> =>
  refused(event, answer) ?? (schema ? checkAck(event, schema, answer) : [answer]);

/** Removes arguments at the end that are undefined: JSON would turn them into null, which is not the same for a schema. */
export function cut(args: unknown[]): unknown[] {
  while (args.length && args.at(-1) === undefined) args.pop();
  return args;
}

/** What a side that cannot take an event answers in place of its acknowledgement. */
export interface Refusal {
  readonly code: 'INVALID';
  readonly message: string;
  readonly issues: readonly Issue[];
}

export const refusalOf = ({ message, issues }: InvalidError): Refusal => ({
  code: 'INVALID',
  message,
  issues: issues.map((issue) => ({ message: issue.message, path: issue.path.map(plain) })),
});

const plain = (key: PropertyKey): PropertyKey => (typeof key === 'symbol' ? String(key) : key);

/** @returns the error, if an answer is a refusal. Anyone may have sent it: what only resembles a refusal is an answer like any other */
export const refused = (event: unknown, answer: unknown): InvalidError | undefined =>
  attempt(() => {
    const { code, issues } = answer as Refusal;
    return code === 'INVALID' && Array.isArray(issues) && issues.every(isIssue)
      ? new InvalidError(event, issues)
      : undefined;
  });

const isIssue = ({ message, path }: Issue): boolean =>
  typeof message === 'string' && Array.isArray(path) && path.every((key) => /string|number/.test(typeof key));

/**
 * A function that acknowledges an event, with its answer checked.
 *
 * @param bad told of an answer that does not match. It may throw, which the caller sees unless the schema is asynchronous
 * @param place where the answer is: 1 if an error or null comes first
 */
export function checkedAnswer(
  event: unknown,
  schema: Schema | undefined,
  answer: (...answer: unknown[]) => void,
  bad: (error: InvalidError) => void,
  place = 0,
): (...answer: unknown[]) => void {
  if (!schema) return answer;
  return (...given) => {
    const done = whenKnown(checkAck(event, schema, given[place]), (outcome) => {
      if (outcome instanceof InvalidError) bad(outcome);
      else answer(...cut(given));
    });
    if (isPromise(done)) done.catch(report);
  };
}

/** How long a schema may take, in milliseconds. Later events wait for it. */
const SCHEMA_DEADLINE_MS = 10_000;

/** Runs what follows each check in the order of the checks. */
export class InOrder {
  private _waiting = 0;
  private _last: Promise<unknown> = Promise.resolve();

  constructor(private readonly _clock: Clock) {}

  /** Whether a check is running that later events must wait for. */
  _waits(outcome: Later<Outcome>): outcome is Promise<Outcome> {
    return this._waiting > 0 || isPromise(outcome);
  }

  /** Calls `next` with the outcome of checking an event: at once, or when its turn has come. */
  _run(event: unknown, outcome: Later<Outcome>, next: (outcome: Outcome) => void): void {
    if (!this._waits(outcome)) {
      next(outcome as Outcome);
      return;
    }
    const inTime = (): Promise<Outcome> =>
      new Promise((resolve) => {
        const late = (): void => resolve(fault(event, 'the schema took too long'));
        const stop = this._clock.after(SCHEMA_DEADLINE_MS, late, true);
        void Promise.resolve(outcome).then(resolve).then(stop);
      });
    this._waiting++;
    this._last = this._last
      .then(inTime)
      .then(next)
      .catch(report)
      .then(() => this._waiting--);
  }
}
