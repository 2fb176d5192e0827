/** Returns the result of `use`, or `undefined` if it throws, as getters of incomplete or locked platforms do. */
export function attempt<Result>(use: () => Result): Result | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
