import { onAbort } from '../platform/abort.js';
import type { Cancel, Clock } from '../platform/clock.js';
import { callAll, type Listener } from '../platform/emitter.js';
import { type ErrorCode, HoldfastError } from '../platform/errors.js';

/** What one emit wants of its acknowledgement. */
export interface AckTerms {
  /** Whether the callback takes an error first, and so is told when no answer comes. */
  readonly errorFirst: boolean;
  /** Whether somebody awaits it: it has to end, even where the program gives up the connection. */
  readonly awaited?: boolean;
  /** How long it may take, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** Where the packet is: with the connection, in the outbox, or nowhere, for it was dropped. */
export type Place = 'sent' | 'kept' | undefined;

interface Waiting extends AckTerms {
  readonly callback: Listener;
  readonly cancel?: Cancel;
  place: Place;
}

/** The acknowledgements that one socket waits for. Socket.IO v5: an ack id is answered once. */
export class Acks {
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 0;

  constructor(private readonly clock: Clock) {}

  /** @returns the id that the next `add` gives */
  get upcoming(): number {
    return this.nextId;
  }

  get size(): number {
    return this.waiting.size;
  }

  /** @param onEnd called before the callback, when nothing came in time or the wait was aborted */
  add(callback: Listener, terms: AckTerms, onEnd: (id: number) => void): void {
    const id = this.nextId++;
    const { errorFirst, awaited, timeoutMs, signal } = terms;
    const end = (error: Error): void => {
      onEnd(id);
      this.fail(id, error);
    };
    this.waiting.set(id, {
      callback,
      errorFirst,
      place: undefined,
      ...(awaited && { awaited }),
      ...((timeoutMs !== undefined || signal) && {
        cancel: deadline(this.clock, timeoutMs, signal, end, () => this.waiting.get(id)?.place === 'sent'),
      }),
    });
  }

  /** The packet is there now. A disconnect ends the wait only for what was sent. */
  put(id: number | undefined, place: Place): void {
    const waiting = id === undefined ? undefined : this.waiting.get(id);
    if (waiting) waiting.place = place;
  }

  /** Whether somebody waits for `id`. */
  has(id: number): boolean {
    return this.waiting.has(id);
  }

  /** The server's answer. One that nobody waits for, or that comes twice, is ignored. */
  settle(id: number, args: readonly unknown[]): void {
    const waiting = this.take(id);
    if (waiting) callAll(undefined, [waiting.callback], waiting.errorFirst ? [null, ...args] : args);
  }

  /** @returns whether somebody was told */
  fail(id: number, error: Error): boolean {
    const waiting = this.take(id);
    if (!waiting?.errorFirst) return false;
    callAll(undefined, [waiting.callback], [error]);
    return true;
  }

  /** Ends the waits for packets that were sent: the session that could have answered them is over. */
  disconnect(): void {
    // One for all of them: a stack for each would cost more than the rest.
    const error = disconnected(true);
    // Ids first: a callback may emit again.
    for (const [id, { place, errorFirst }] of [...this.waiting]) {
      if (place !== 'sent') continue;
      if (errorFirst) this.fail(id, error);
      else this.take(id);
    }
  }

  /** Ends the waits for packets that are neither sent nor kept: the program has emptied `sendBuffer`. */
  forgetLost(kept: ReadonlySet<number | undefined>): void {
    if (this.waiting.size === 0) return;
    for (const [id, { place }] of [...this.waiting]) {
      if (place === 'kept' && !kept.has(id)) this.fail(id, cleared());
    }
  }

  /** Ends what somebody awaits and was not sent: there is no telling when the socket will be connected. */
  giveUpAwaited(): void {
    for (const [id, { place, awaited }] of [...this.waiting]) {
      if (awaited && place !== 'sent') this.fail(id, disconnected(false));
    }
  }

  private take(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    waiting?.cancel?.();
    return waiting;
  }
}

function deadline(
  clock: Clock,
  timeoutMs: number | undefined,
  signal: AbortSignal | undefined,
  end: (error: Error) => void,
  sent: () => boolean,
): Cancel {
  const ignore = onAbort(signal, end);
  const late = (): void => end(unanswered('ACK_TIMEOUT', 'operation has timed out', sent()));
  const stop = timeoutMs === undefined ? undefined : clock.after(timeoutMs, late);
  return () => {
    stop?.();
    ignore();
  };
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
