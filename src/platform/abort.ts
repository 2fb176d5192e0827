import type { Cancel } from './clock.js';
import { HoldfastError } from './errors.js';
import { show } from './show.js';

/** Waits that a signal can end. */
export interface Waiting {
  readonly signal?: AbortSignal | undefined;
}

/** Why it was aborted: the program's reason, unless it is empty and would look like no error. */
export const reasonOf = (signal: AbortSignal | undefined): Error =>
  signal?.reason || new HoldfastError('ABORTED', 'the wait was aborted');

/** Calls `aborted` with the reason, once; immediately if the signal is aborted already. Returns a function that stops listening. */
export function onAbort(signal: AbortSignal | undefined, aborted: (reason: Error) => void): Cancel {
  if (!signal) return () => {};
  const tell = (): void => aborted(reasonOf(signal));
  if (signal.aborted) tell();
  else signal.addEventListener('abort', tell, { once: true });
  return () => signal.removeEventListener('abort', tell);
}

/** @throws HoldfastError `BAD_OPTION` if it is not an AbortSignal */
export function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal == null) return undefined;
  // By its members, not by `instanceof`: it may come from another frame.
  if (typeof (signal as AbortSignal).aborted !== 'boolean' || !(signal as AbortSignal).addEventListener) {
    throw new HoldfastError('BAD_OPTION', `signal is ${show(signal)}; accepted: an AbortSignal`);
  }
  return signal as AbortSignal;
}
