/** The acknowledgements that one socket waits for. Socket.IO v5: an ack id is answered once. */
import { onAbort } from '../platform/abort.js';
import type { Cancel, Clock } from '../platform/clock.js';
import { callAll, type Listener } from '../platform/emitter.js';
import { type ErrorCode, HoldfastError } from '../platform/errors.js';
import type { Message } from './message.js';

/** What one emit expects of its acknowledgement. */
export interface AckTerms {
  /** Whether the callback takes an error first, and so is told when no answer comes. */
  readonly errorFirst: boolean;
  /** Whether a Promise stands behind it: it has to end, even if the program gives up the connection. */
  readonly awaited: boolean;
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** Ends the wait. */
  readonly signal: AbortSignal | undefined;
}

interface PendingAck {
  readonly terms: AckTerms;
  readonly callback: Listener;
  readonly message: Message;
  stop: Cancel | undefined;
}

export class Acks {
  private readonly _pending: Map<number, PendingAck> = new Map();

  constructor(private readonly _clock: Clock) {}

  get _size(): number {
    return this._pending.size;
  }

  /** @param onEnd called before the callback, when nothing came in time or the wait was aborted */
  _add(message: Message, callback: Listener, terms: AckTerms, onEnd: (message: Message) => void): void {
    const id = message.id as number;
    const { timeoutMs, signal } = terms;
    const end = (error: Error): void => {
      onEnd(message);
      this._fail(id, error);
    };
    const pending: PendingAck = { terms, callback, message, stop: undefined };
    this._pending.set(id, pending);
    if (timeoutMs === undefined && !signal) return;
    const ignore = onAbort(signal, end);
    const stop =
      timeoutMs === undefined
        ? ignore
        : this._clock.after(timeoutMs, () =>
            end(unanswered('ACK_TIMEOUT', 'operation has timed out', message._place === 'sent')),
          );
    pending.stop = () => {
      stop();
      ignore();
    };
  }

  /** Whether the program still waits for `id`. */
  _has(id: number | undefined): boolean {
    return id !== undefined && this._pending.has(id);
  }

  /** The server's answer. One that comes twice, or that nobody waits for, is ignored. */
  _settle(id: number, args: readonly unknown[]): void {
    const pending = this._take(id);
    if (pending) callAll(undefined, [pending.callback], pending.terms.errorFirst ? [null, ...args] : args);
  }

  /** @returns whether the callback was told */
  _fail(id: number | undefined, error: Error): boolean {
    const pending = id === undefined ? undefined : this._take(id);
    if (!pending?.terms.errorFirst) return false;
    callAll(undefined, [pending.callback], [error]);
    return true;
  }

  /** Ends the waits for messages that were sent: the session that could have answered them is over. */
  _disconnect(): void {
    // One error for all of them: a stack for each would cost more than the rest.
    this._failEach(({ message }) => message._place === 'sent', disconnected(true));
  }

  /** Ends the waits for messages that the program has removed from `sendBuffer`. */
  _forgetRemoved(kept: readonly unknown[]): void {
    if (this._pending.size === 0) return;
    const there = new Set(kept);
    this._failEach(({ message }) => message._place === 'kept' && !there.has(message), cleared());
  }

  /** Ends what is awaited and was not sent: the socket may never be connected again. */
  _giveUpAwaited(): void {
    this._failEach(({ terms, message }) => terms.awaited && message._place !== 'sent', disconnected(false));
  }

  private _failEach(chosen: (pending: PendingAck) => boolean, error: Error): void {
    const ids: number[] = [];
    // Ids first: a callback may emit again.
    for (const [id, pending] of this._pending) if (chosen(pending)) ids.push(id);
    for (const id of ids) this._fail(id, error);
  }

  private _take(id: number): PendingAck | undefined {
    const pending = this._pending.get(id);
    this._pending.delete(id);
    pending?.stop?.();
    return pending;
  }
}

function unanswered(code: ErrorCode, message: string, maybeDelivered: boolean): HoldfastError {
  const error = new HoldfastError(code, message);
  error.maybeDelivered = maybeDelivered;
  return error;
}

export const disconnected = (maybeDelivered: boolean): HoldfastError =>
  unanswered('DISCONNECTED', 'socket has been disconnected', maybeDelivered);

export const cleared = (): HoldfastError =>
  unanswered('CLEARED', 'the event was removed from the outbox', false);
