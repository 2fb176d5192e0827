/// <reference lib="esnext.disposable" preserve="true" />

/** The names of what `using` and `await using` call; engines that do not know these leave them to the compilers that do. */
export const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');
export const ASYNC_DISPOSE: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');
