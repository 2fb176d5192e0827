/** What `use` returns; `undefined` where it throws, as getters of a half or a locked platform do. */
export function attempt<Result>(use: () => Result): Result | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
