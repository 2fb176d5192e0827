/**
 * Hands an error that nobody can catch to whoever watches over the page: `window.onerror` in browsers,
 * `uncaughtException` in Node. What runs goes on running.
 */
export function report(error: unknown): void {
  const scope = globalThis as { reportError?(error: unknown): void };
  if (scope.reportError) scope.reportError(error);
  else
    setTimeout(() => {
      throw error;
    });
}
