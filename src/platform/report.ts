/**
 * Reports errors that no caller can catch as uncaught errors of the page, and warnings in its console.
 */
import { attempt } from './attempt.js';

// Taken when the module loads: errors are still reported if the page fakes its timers.
const nativeSetTimeout = globalThis.setTimeout;

/** Passes the error to `window.onerror` in browsers, to `uncaughtException` in Node. Running code continues. */
export function report(error: unknown): void {
  const { reportError } = globalThis as { reportError?: unknown };
  if (typeof reportError === 'function') reportError(error);
  else
    nativeSetTimeout(() => {
      throw error;
    });
}

const warned = new Set<string>();

/** Warns once per kind: with `process.emitWarning` in Node, in the console elsewhere. Never throws. */
export function warnOnce(kind: string, text: string): void {
  if (warned.has(kind)) return;
  warned.add(kind);
  attempt(() => {
    const { process } = globalThis as { process?: { emitWarning?: unknown } };
    if (typeof process?.emitWarning === 'function') process.emitWarning(text, 'HoldfastWarning');
    // biome-ignore lint/suspicious/noConsole: developers look here
    else console.warn(text);
  });
}
