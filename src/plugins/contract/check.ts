/** Checks the arguments and the acknowledgements of events against their schemas, and keeps their order while a schema takes its time. */
import { attempt } from '../../platform/attempt.js';
import { DEVELOPMENT } from '../../platform/build.js';
import type { Clock } from '../../platform/clock.js';
import { HoldfastError } from '../../platform/errors.js';
import { report } from '../../platform/report.js';
import type { ContractViolation } from '../../socket/events.js';
import type { EventSchema, EventSchemas, Schema, SchemaIssue, SchemaResult } from './types.js';

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

  constructor(event: string, issues: readonly Issue[], expected?: string) {
    const [{ path, message } = { path: [], message: 'nothing' }] = issues;
    const where = DEVELOPMENT ? placeOf(path) : '';
    // Parts of it may come from the other side.
    super('INVALID', `"${event}" does not match its contract: ${where}${message}`.slice(0, MAX_MESSAGE));
    this.event = event;
    this.issues = issues;
    this.path = path;
    this.expected = expected ?? message;
  }
}

/** Where the first fault is, for people. */
function placeOf(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path.map(String);
  const place = first === 'ack' ? 'acknowledgement' : `argument ${Number(first) + 1}`;
  return first ? `${[place, ...rest].join('.')}: ` : '';
}

/** The output of a schema, or the issues that it found. */
export type Outcome = readonly unknown[] | InvalidError;

export const isPromise = (value: unknown): value is Promise<never> =>
  typeof (value as Promise<unknown>)?.then === 'function';

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): PropertyKey =>
  typeof segment === 'object' ? segment.key : segment;

/**
 * @param name what the value is called; arguments have their numbers
 * @returns at once, unless a schema is asynchronous. The Promise does not reject
 */
function judge(
  event: string,
  schemas: readonly Schema[],
  values: readonly unknown[],
  from: number,
  name?: string,
): Outcome | Promise<Outcome> {
  const results: (SchemaResult<unknown> | Promise<SchemaResult<unknown>>)[] = [];
  let later = false;
  for (let i = 0; i < schemas.length; i++) {
    const result = validate(schemas[i] as Schema, values[from + i]);
    if (isPromise(result)) later = true;
    results.push(result);
  }
  const sum = (settled: readonly SchemaResult<unknown>[]): Outcome => {
    const outputs: unknown[] = [];
    let issues: Issue[] | undefined;
    let expected: string | undefined;
    for (let i = 0; i < settled.length; i++) {
      const result = settled[i] as SchemaResult<unknown>;
      if (!result.issues) {
        outputs.push(result.value);
        continue;
      }
      for (const issue of result.issues) {
        // Most libraries say more than the interface asks for.
        if (!issues) expected = textOf((issue as { expected?: unknown }).expected);
        issues ??= [];
        issues.push({ message: issue.message, path: [name ?? i, ...pathOf(issue)] });
      }
    }
    return issues ? new InvalidError(event, issues, expected) : outputs;
  };
  return later ? Promise.all(results).then(sum) : sum(results as SchemaResult<unknown>[]);
}

const textOf = (text: unknown): string | undefined => (typeof text === 'string' && text ? text : undefined);

// A path may be of a class that looks like a list.
const pathOf = ({ path }: SchemaIssue): PropertyKey[] => (path ? [...path].map(keyOf) : []);

/** A schema that throws or rejects has found a fault, too. */
function validate(schema: Schema, value: unknown): SchemaResult<unknown> | Promise<SchemaResult<unknown>> {
  const failed = (error: unknown): SchemaResult<unknown> => ({
    // Text that is made of a value may throw in turn.
    issues: [{ message: attempt(() => String((error as Error | undefined)?.message ?? error)) ?? '' }],
  });
  try {
    const result = schema['~standard'].validate(value);
    return isPromise(result) ? (result as Promise<SchemaResult<unknown>>).catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}

/** The schemas of an event; undefined where the contract does not name it. */
export const schemaOf = (events: EventSchemas, name: string): EventSchema | undefined =>
  Object.hasOwn(events, name) ? events[name] : undefined;

/** Checks an event: its name and its arguments, of which those beyond the contract are left aside. */
export function checkEvent(events: EventSchemas, event: readonly unknown[]): Outcome | Promise<Outcome> {
  const name = String(event[0]);
  const schema = schemaOf(events, name);
  if (!schema) return new InvalidError(name, [{ message: 'the contract has no such event', path: [] }]);
  return judge(name, schema.args ?? [], event, 1);
}

/** Checks an acknowledgement. */
const checkAck = (event: string, schema: Schema, answer: unknown): Outcome | Promise<Outcome> =>
  judge(event, [schema], [answer], 0, 'ack');

/** Checks what the other side has answered. Without a schema, any answer but a refusal will do. */
export const checkReply = (
  event: string,
  schema: Schema | undefined,
  answer: unknown,
): Outcome | Promise<Outcome> =>
  refused(event, answer) ?? (schema ? checkAck(event, schema, answer) : [answer]);

/** Removes arguments at the end that are undefined: JSON would turn them into null, which is not the same for a schema. */
export function cut(args: unknown[]): unknown[] {
  while (args.length > 0 && args[args.length - 1] === undefined) args.pop();
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
export const refused = (event: string, answer: unknown): InvalidError | undefined =>
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
  event: string,
  schema: Schema | undefined,
  answer: (...answer: unknown[]) => void,
  bad: (error: InvalidError) => void,
  place = 0,
): (...answer: unknown[]) => void {
  if (!schema) return answer;
  return (...given) => {
    if (place && given[0]) {
      answer(...given);
      return;
    }
    const outcome = checkAck(event, schema, given[place]);
    const done = (result: Outcome): void => {
      if (result instanceof InvalidError) bad(result);
      else answer(...cut(given));
    };
    if (isPromise(outcome)) outcome.then(done).catch(report);
    else done(outcome as Outcome);
  };
}

/** How long a schema may take, in milliseconds. Later events wait for it. */
const SCHEMA_DEADLINE_MS = 10_000;

/** Runs what follows each check in the order of the checks. */
export class InOrder {
  private _tail: Promise<void> | undefined;

  constructor(private readonly _clock: Clock) {}

  /** Whether a check is running that later events must wait for. */
  waits(outcome: Outcome | Promise<Outcome>): outcome is Promise<Outcome> {
    return this._tail !== undefined || isPromise(outcome);
  }

  /** Calls `next` with the outcome of checking an event: at once, or when its turn has come. */
  run(event: unknown, outcome: Outcome | Promise<Outcome>, next: (outcome: Outcome) => void): void {
    if (!this.waits(outcome)) {
      next(outcome as Outcome);
      return;
    }
    const late = (): Outcome =>
      new InvalidError(`${event}`, [{ message: 'the schema has not answered in time', path: [] }]);
    const inTime = (): Promise<Outcome> =>
      new Promise((resolve) => {
        const stop = this._clock.after(SCHEMA_DEADLINE_MS, () => resolve(late()), true);
        void Promise.resolve(outcome).then(resolve).then(stop);
      });
    const turn = (this._tail ?? Promise.resolve())
      .then(inTime)
      .then(next)
      .catch(report)
      .then(() => {
        if (this._tail === turn) this._tail = undefined;
      });
    this._tail = turn;
  }
}
