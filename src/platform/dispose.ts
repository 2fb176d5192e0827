/**
 * The methods that `using`, `await using` and `for await` call on an object. Their names are symbols that engines and compilers may lack:
 * in such an engine they are replaced in the same way as by compilers, and for a compiler without them in its `lib`, these types are empty.
 */

/** The type of a well-known symbol; empty if the compiler's `lib` does not have it. */
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
