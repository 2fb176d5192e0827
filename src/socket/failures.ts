/** Why an event was not sent, or not answered. */
import { DEVELOPMENT } from '../platform/build.js';
import { type ErrorCode, HoldfastError } from '../platform/errors.js';
import type { Oversize } from '../protocol/size.js';

/** @param maybeDelivered whether the event had been sent */
export function unanswered(code: ErrorCode, message: string, maybeDelivered = false): HoldfastError {
  const error = new HoldfastError(code, message);
  error.maybeDelivered = maybeDelivered;
  return error;
}

/** @param cause why the socket will not connect by itself: the server's refusal, for instance */
export function disconnected(maybeDelivered?: boolean, cause?: Error): HoldfastError {
  const why = cause ? `: ${cause.message}` : '';
  const error = unanswered('DISCONNECTED', `socket has been disconnected${why}`, maybeDelivered);
  if (cause) error.cause = cause;
  return error;
}

export const cleared = (): HoldfastError => unanswered('CLEARED', 'the event was removed from the outbox');

/** @param name of the event, or of another message */
export const notSent = (code: ErrorCode, name: unknown, why: string): HoldfastError =>
  new HoldfastError(code, `"${name}" was not sent: ${why}`);

export const full = (name: unknown, whenFull: string): HoldfastError =>
  notSent(
    'OUTBOX_FULL',
    name,
    `the outbox is full${DEVELOPMENT ? ` (see the option "outbox"; whenFull is "${whenFull}")` : ''}`,
  );

export const expired = (name: unknown, maxAgeMs: number): HoldfastError =>
  notSent('EXPIRED', name, `it waited for ${maxAgeMs} ms${DEVELOPMENT ? ' (outbox.maxAgeMs)' : ''}`);

/** A message is larger than the server accepts. */
export const tooLarge = (what: string, { bytes, maxBytes }: Oversize): HoldfastError =>
  new HoldfastError(
    'TOO_LARGE',
    `${what} is ${bytes} bytes; the server accepts at most ${maxBytes}${
      DEVELOPMENT ? ' (its maxHttpBufferSize; see the option "maxPayloadTransports")' : ''
    }`,
  );
