/**
 * Development builds only: the `hint` of an error may become better while its cause is being looked for, and the coach must know whether
 * the program has read it.
 */
import type { ConnectError } from './errors.js';

/** The hints that wait for the cause: what they say now. */
const waiting = new WeakMap<object, () => string>();

/** Gives an error its final hint. */
export function setHint(error: ConnectError, hint: string): void {
  waiting.delete(error);
  Object.defineProperty(error, 'hint', { value: hint, writable: true, enumerable: true, configurable: true });
}

/**
 * From now on, `onRead` is called when the program reads the hint, until the error has its final one.
 *
 * @param improve makes of the general hint what is known when the program reads it
 */
export function watchHint(
  error: ConnectError,
  onRead: () => void,
  improve: (hint: string) => string = (hint) => hint,
): void {
  const { hint } = error;
  if (hint === undefined || waiting.has(error)) return;
  const current = (): string => improve(hint);
  waiting.set(error, current);
  Object.defineProperty(error, 'hint', {
    get() {
      onRead();
      return current();
    },
    set: (value) => setHint(error, value),
    enumerable: true,
    configurable: true,
  });
}

/** The hint, for features that show it: the program has not read it. */
export const hintOf = (error: ConnectError): string | undefined => waiting.get(error)?.() ?? error.hint;
