import { onAbort } from '../platform/abort.js';
import type { Cancel, Clock } from '../platform/clock.js';
import { callAll, type Listener } from '../platform/emitter.js';
import { type ErrorCode, HoldfastError } from '../platform/errors.js';
import { cleared, disconnected } from './acks.js';
import { expired, full, type Limits, makeRoom } from './limits.js';

interface Entry<Message> {
  readonly message: Message;
  readonly bytes: number;
  /** Whether somebody awaits its end. */
  readonly awaited: boolean;
  /** Tells the program, once. */
  readonly end: (error: Error | null, ...answer: unknown[]) => void;
  tries: number;
  inFlight: boolean;
  /** Whether one of the tries was sent, so that the server may have the message. */
  left: boolean;
}

/** How a message is tried. */
export interface RetrySettings<Message> {
  /** How many more times. */
  readonly retries: number;
  /** How many messages may be in flight. */
  readonly window: number;
  /** The bounds of what waits while the socket is away. */
  readonly limits: Limits;
  /** How long a message may wait here without being in flight, in milliseconds. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  /** Whether the socket is connected. */
  ready(): boolean;
  /** Sends a message once; `done` is called with an error or with the server's answer, always, once. */
  send(message: Message, done: (error: Error | null, ...answer: unknown[]) => void): void;
  /** Tells of a message that will not be sent any more, and that nobody waits for. */
  lose(message: Message, error: Error): void;
}

/**
 * The queue behind the `retries` option: some messages in flight, in order, each tried up to `retries` + 1 times, across
 * reconnects. Time away costs no try.
 */
export class RetryQueue<Message> {
  private queue: Entry<Message>[] = [];
  private total = 0;
  private inFlight = 0;
  private draining = false;

  constructor(private readonly settings: RetrySettings<Message>) {}

  /** How much waits here, in bytes. */
  get bytes(): number {
    return this.total;
  }

  /**
   * @param done the program's callback, error first
   * @param signal ends it with its reason
   */
  add(
    message: Message,
    bytes: number,
    done: Listener | undefined,
    { awaited = false, signal }: { awaited?: boolean; signal?: AbortSignal | undefined } = {},
  ): void {
    const { limits, lose, ready, maxAgeMs, clock } = this.settings;
    let ended = false;
    let release: Cancel = () => {};
    const entry: Entry<Message> = {
      message,
      bytes,
      awaited,
      tries: 0,
      inFlight: false,
      left: false,
      end: (error, ...answer) => {
        if (ended) return;
        ended = true;
        release();
        if (error instanceof HoldfastError) error.maybeDelivered ||= entry.left || entry.inFlight;
        if (done) callAll(undefined, [done], [error, ...answer]);
        else if (error && !isCode(error, 'CLEARED')) lose(message, error);
      },
    };
    // While connected, the window bounds what is in flight, and the program's own pace the rest.
    const gone = ready() ? [] : makeRoom(this.queue, (one) => one.bytes, this.total, bytes, limits);
    // All of them, before one is told: a callback may emit again.
    if (gone) {
      for (const one of gone) this.total -= one.bytes;
      this.total += bytes;
      this.queue.push(entry);
    }
    const over = (error: Error): void => {
      this.remove(entry);
      entry.end(error);
    };
    const ignore = onAbort(signal, over);
    // One in flight is not waiting.
    const stopAging = clock.after(maxAgeMs, () => {
      if (!entry.inFlight) over(new HoldfastError('EXPIRED', `the event was not sent: ${expired(maxAgeMs)}`));
    });
    release = () => {
      ignore();
      stopAging();
    };
    // Where the signal was aborted before.
    if (ended) release();
    for (const one of gone ?? [entry]) {
      one.end(new HoldfastError('OUTBOX_FULL', full(limits)));
    }
    this.drain();
  }

  /** Sends as many messages as may be in flight. */
  drain(): void {
    const { ready, window } = this.settings;
    // A message may end while it is sent: the loop that runs goes on with the next one.
    if (this.draining) return;
    this.draining = true;
    try {
      for (;;) {
        const next = this.inFlight < window && ready() ? this.queue.find((one) => !one.inFlight) : undefined;
        if (!next) return;
        this.send(next);
      }
    } finally {
      this.draining = false;
    }
  }

  /** Takes everything out that is not in flight. */
  clear(): Message[] {
    return this.removeAll(({ inFlight }) => !inFlight, cleared);
  }

  /** Ends what somebody awaits: there is no telling when the socket will be connected. */
  giveUpAwaited(): void {
    this.removeAll(({ awaited }) => awaited, unanswerable);
  }

  private removeAll(chosen: (entry: Entry<Message>) => boolean, error: () => Error): Message[] {
    const gone = this.queue.filter(chosen);
    this.queue = this.queue.filter((entry) => !chosen(entry));
    for (const { bytes } of gone) this.total -= bytes;
    for (const { end } of gone) end(error());
    return gone.map(({ message }) => message);
  }

  private send(entry: Entry<Message>): void {
    entry.inFlight = true;
    entry.tries++;
    this.inFlight++;
    this.settings.send(entry.message, (error, ...answer) => {
      entry.inFlight = false;
      this.inFlight--;
      if (isCode(error, 'DISCONNECTED', 'ACK_TIMEOUT')) {
        if (error.maybeDelivered) entry.left = true;
        // A try that never left this page was none.
        else entry.tries--;
      }
      if (!error || entry.tries > this.settings.retries || isFinal(error)) {
        this.remove(entry);
        entry.end(error, ...answer);
      }
      this.drain();
    });
  }

  private remove(entry: Entry<Message>): void {
    const index = this.queue.indexOf(entry);
    if (index < 0) return;
    this.queue.splice(index, 1);
    this.total -= entry.bytes;
  }
}

const unanswerable = (): HoldfastError => disconnected(false);

const isCode = (error: Error | null, ...codes: ErrorCode[]): error is HoldfastError =>
  error instanceof HoldfastError && codes.includes(error.code);

/** Only what the server has not answered may be answered the next time. */
const isFinal = (error: Error): boolean =>
  error instanceof HoldfastError && !isCode(error, 'DISCONNECTED', 'ACK_TIMEOUT');
