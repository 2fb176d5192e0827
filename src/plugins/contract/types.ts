/** What a contract is written in, and the types of events that follow from it. Nothing of this file is left at run time. */
// biome-ignore-all lint/suspicious/noExplicitAny: a schema may be of any type

/** What a schema tells of one value. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One fault that a schema has found. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A schema of zod, valibot, arktype or any other library that implements Standard Schema (standardschema.dev), version 1. */
export interface Schema<Input = any, Output = any> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** One event: a schema for each argument, and one for the acknowledgement where it has one. */
export interface EventSchema {
  readonly args?: readonly [] | readonly Schema[] | undefined;
  readonly ack?: Schema | undefined;
}

/** The events of one direction, by name. */
export interface EventSchemas {
  readonly [event: string]: EventSchema;
}

type TypesOf<Of extends Schema> = NonNullable<Of['~standard']['types']>;
type In<Of> = Of extends Schema ? TypesOf<Of>['input'] : never;
type Out<Of> = Of extends Schema ? TypesOf<Of>['output'] : never;

type Outs<Of> = { [Index in keyof Of]: Out<Of[Index]> };
type Ins<Of> = { [Index in keyof Of]: In<Of[Index]> };

/** The same, where arguments at the end may be left out. */
type OptionalIns<Of> = Of extends readonly [...infer Head, infer Final]
  ? undefined extends In<Final>
    ? [...OptionalIns<Head>, In<Final>?]
    : Ins<Of>
  : Of extends readonly []
    ? []
    : Ins<Of>;

/** The same where a callback follows, before which nothing is optional: one list for each number of arguments. */
type EachIns<Of> = Of extends readonly [...infer Head, infer Final]
  ? (undefined extends In<Final> ? EachIns<Head> : never) | Mutable<Ins<Of>>
  : Mutable<Ins<Of>>;

type WithAck<Args, Ack> = Args extends readonly unknown[] ? [...args: Args, ack: Ack] : never;

type ArgsOf<Event> = Event extends { readonly args: infer Args extends readonly unknown[] } ? Args : [];

type Mutable<Args> = Args extends readonly [...infer Each] ? Each : any[];

/** The side that emits an event passes the input of its schemas, and gets the output of the answer's schema. */
export type Sent<Events> = {
  -readonly [Name in keyof Events]: Events[Name] extends { readonly ack: infer Ack extends Schema }
    ? (...args: WithAck<EachIns<ArgsOf<Events[Name]>>, (answer: Out<Ack>) => void>) => void
    : (...args: Mutable<OptionalIns<ArgsOf<Events[Name]>>>) => void;
};

/** What who listens to an event gets: the output of its schemas. The answer is given as the schema takes it. */
export type Received<Events> = {
  -readonly [Name in keyof Events]: Events[Name] extends { readonly ack: infer Ack extends Schema }
    ? (...args: [...args: Mutable<Outs<ArgsOf<Events[Name]>>>, ack: (answer: In<Ack>) => void]) => void
    : (...args: Mutable<Outs<ArgsOf<Events[Name]>>>) => void;
};

/** What a server's handlers get where acknowledgements tell an error first, or null: option `errorFirstAcks`. */
export type ReceivedErrorFirst<Events> = {
  -readonly [Name in keyof Events]: Events[Name] extends { readonly ack: infer Ack extends Schema }
    ? (
        ...args: [...args: Mutable<Outs<ArgsOf<Events[Name]>>>, ack: (error: any, answer?: In<Ack>) => void]
      ) => void
    : (...args: Mutable<Outs<ArgsOf<Events[Name]>>>) => void;
};

/** What a client emits there. */
export type SentErrorFirst<Events> = {
  -readonly [Name in keyof Events]: Events[Name] extends { readonly ack: infer Ack extends Schema }
    ? (...args: WithAck<EachIns<ArgsOf<Events[Name]>>, (error: any, answer: Out<Ack>) => void>) => void
    : (...args: Mutable<OptionalIns<ArgsOf<Events[Name]>>>) => void;
};
