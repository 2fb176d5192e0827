/**
 * What nobody can catch: errors become uncaught errors of the page, warnings go to its console.
 */
import { attempt } from './attempt.js';

// Taken when the module loads: a page that fakes its timers still hears of its errors.
const nativeSetTimeout = globalThis.setTimeout;

/** Gives the error to `window.onerror` in browsers, to `uncaughtException` in Node. What runs goes on running. */
export function report(error: unknown): void {
  const { reportError } = globalThis as { reportError?: unknown };
  if (typeof reportError === 'function') reportError(error);
  else
    nativeSetTimeout(() => {
      throw error;
    });
}

const warned = new Set<string>();

/** Warns once for each kind: with `process.emitWarning` in Node, in the console elsewhere. Never throws. */
export function warnOnce(kind: string, text: string): void {
  if (warned.has(kind)) return;
  warned.add(kind);
  attempt(() => {
    const { process } = globalThis as { process?: { emitWarning?: unknown } };
    if (typeof process?.emitWarning === 'function') process.emitWarning(text, 'HoldfastWarning');
    // biome-ignore lint/suspicious/noConsole: this is where a page's programmer looks
    else console.warn(text);
  });
}
