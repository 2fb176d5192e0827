import type { Auth, AuthFunction } from '../platform/options.js';

/** Whose `auth` it is: the function is called with this as `this`. */
export interface AuthOwner {
  readonly auth: Auth | undefined;
}

/**
 * Asks for what is sent with CONNECT: an object, or a function that answers by its callback, by its result, or by a Promise.
 *
 * @param answer may be called more than once, and late; whoever asks decides what counts
 * @param fail called where the function throws or its Promise is rejected
 */
export function askAuth(
  owner: AuthOwner,
  answer: (data: unknown) => void,
  fail: (cause: unknown) => void,
): void {
  const { auth } = owner;
  if (!isFunction(auth)) {
    answer(auth);
    return;
  }
  // A function that takes the callback may return anything; one that does not, returns its answer.
  const use = (value: unknown): void => {
    if (value !== undefined || auth.length === 0) answer(value);
  };
  try {
    const result: unknown = auth.call(owner, answer);
    if (isThenable(result)) result.then(use, fail);
    else if (result !== undefined && auth.length === 0) answer(result);
  } catch (error) {
    fail(error);
  }
}

/** @throws TypeError for what the server would not take */
export function checkAuth(data: unknown): object | undefined {
  if (data == null) return undefined;
  if (typeof data !== 'object' || Array.isArray(data)) throw new TypeError('auth must be an object');
  return data;
}

const isFunction = (auth: Auth | undefined): auth is AuthFunction => typeof auth === 'function';

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
