import type { Cancel, Clock } from '../platform/clock.js';
import { callAll, type Listener } from '../platform/emitter.js';
import { HoldfastError } from '../platform/errors.js';

interface Waiting {
  readonly callback: Listener;
  /** Whether the callback takes an error first, and so is told when no answer comes. */
  readonly errorFirst: boolean;
  readonly cancel?: Cancel;
  sent: boolean;
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

  /** @param onTimeout called before the callback, when nothing has come after `timeoutMs` */
  add(
    callback: Listener,
    errorFirst: boolean,
    timeoutMs: number | undefined,
    onTimeout: (id: number) => void,
  ): void {
    const id = this.nextId++;
    this.waiting.set(id, {
      callback,
      errorFirst,
      sent: false,
      ...(timeoutMs !== undefined && {
        cancel: this.clock.after(timeoutMs, () => {
          onTimeout(id);
          this.fail(id, new HoldfastError('ACK_TIMEOUT', 'operation has timed out'));
        }),
      }),
    });
  }

  /** From now on, a disconnect ends the wait for `id`. */
  sent(id: number | undefined): void {
    const waiting = id === undefined ? undefined : this.waiting.get(id);
    if (waiting) waiting.sent = true;
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
    // Ids first: a callback may emit again.
    const open = [...this.waiting].filter(([, { sent }]) => sent);
    for (const [id, { errorFirst }] of open) {
      if (errorFirst) this.fail(id, new HoldfastError('DISCONNECTED', 'socket has been disconnected'));
      else this.take(id);
    }
  }

  private take(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    waiting?.cancel?.();
    return waiting;
  }
}
