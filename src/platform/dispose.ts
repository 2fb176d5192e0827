/**
 * What `using`, `await using` and `for await` call on an object. The names are symbols that engines and compilers may not know: an engine that
 * does not know them gets stand-ins, which compilers write as well; and for a compiler without them in its `lib`, these types are empty.
 */

/** The type of a well-known symbol; nothing where the compiler's `lib` does not have it. */
type WellKnown<Name extends string> = SymbolConstructor[Name & keyof SymbolConstructor];

/** For `using`. */
export type DisposableLike = { [Key in WellKnown<'dispose'> & symbol]: () => void };

/** For `await using`. */
export type AsyncDisposableLike = { [Key in WellKnown<'asyncDispose'> & symbol]: () => Promise<void> };

/** For `for await`. */
export type AsyncIterableLike<Iterator> = { [Key in WellKnown<'asyncIterator'> & symbol]: () => Iterator };

const known = Symbol as { readonly dispose?: symbol; readonly asyncDispose?: symbol };

export const DISPOSE: symbol = known.dispose ?? Symbol.for('Symbol.dispose');
export const ASYNC_DISPOSE: symbol = known.asyncDispose ?? Symbol.for('Symbol.asyncDispose');
