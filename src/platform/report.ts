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

const warned = new Set<string>();

export function warnOnce(kind: string, text: string): void {
  if (warned.has(kind)) return;
  warned.add(kind);
  const { process } = globalThis as { process?: { emitWarning?(text: string): void } };
  if (process?.emitWarning) process.emitWarning(text);
  else console.warn(text);
}
