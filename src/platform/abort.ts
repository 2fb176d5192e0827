import type { Cancel } from './clock.js';
import { HoldfastError } from './errors.js';
import { show } from './show.js';

/** What may be waited for, and given up. */
export interface Waiting {
  readonly signal?: AbortSignal | undefined;
}

/** Why it was aborted: what the program gave as the reason, where that can be told from no error at all. */
export const reasonOf = (signal: AbortSignal | undefined): Error =>
  signal?.reason || new HoldfastError('ABORTED', 'the wait was aborted');

/** Calls `aborted` with the reason, once; at once where that has happened already. Returns what stops listening. */
export function onAbort(signal: AbortSignal | undefined, aborted: (reason: Error) => void): Cancel {
  if (!signal) return () => {};
  const tell = (): void => aborted(reasonOf(signal));
  if (signal.aborted) tell();
  else signal.addEventListener('abort', tell, { once: true });
  return () => signal.removeEventListener('abort', tell);
}

/** @throws HoldfastError `BAD_OPTION` for what is no AbortSignal */
export function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal == null) return undefined;
  // By what it does and not by `instanceof`: it may come from another frame.
  if (typeof (signal as AbortSignal).aborted !== 'boolean' || !(signal as AbortSignal).addEventListener) {
    throw new HoldfastError('BAD_OPTION', `signal is ${show(signal)}; accepted: an AbortSignal`);
  }
  return signal as AbortSignal;
}
