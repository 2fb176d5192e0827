import { callAll, type Listener } from '../platform/emitter.js';
import { HoldfastError } from '../platform/errors.js';
import { cleared, disconnected } from './acks.js';
import { type Limits, makeRoom } from './limits.js';

interface Entry<Message> {
  readonly message: Message;
  readonly bytes: number;
  /** Whether somebody awaits its end. */
  readonly awaited: boolean;
  /** Tells the program, once. */
  readonly end: (error: Error | null, ...answer: unknown[]) => void;
  tries: number;
  inFlight: boolean;
}

/** How a message is tried. */
export interface RetrySettings<Message> {
  /** How many more times. */
  readonly retries: number;
  /** How many messages may be in flight. */
  readonly window: number;
  /** The bounds of what waits while the socket is away. */
  readonly limits: Limits;
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
    const { limits, lose, ready } = this.settings;
    let ended = false;
    const aborted = (): void => {
      this.remove(entry);
      entry.end(signal?.reason);
    };
    const entry: Entry<Message> = {
      message,
      bytes,
      awaited,
      tries: 0,
      inFlight: false,
      end: (error, ...answer) => {
        if (ended) return;
        ended = true;
        this.total -= bytes;
        signal?.removeEventListener('abort', aborted);
        if (done) callAll(undefined, [done], [error, ...answer]);
        else if (error) lose(message, error);
      },
    };
    // While connected, the window bounds what is in flight, and the program's own pace the rest.
    const gone = ready() ? [] : makeRoom(this.queue, (one) => one.bytes, this.total, bytes, limits);
    this.total += bytes;
    if (gone) this.queue.push(entry);
    signal?.addEventListener('abort', aborted);
    for (const one of gone ?? [entry]) {
      one.end(new HoldfastError('OUTBOX_FULL', `the outbox is full (whenFull is "${limits.whenFull}")`));
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
    this.removeAll(
      ({ awaited }) => awaited,
      () => disconnected(false),
    );
  }

  private removeAll(chosen: (entry: Entry<Message>) => boolean, error: () => Error): Message[] {
    const gone = this.queue.filter(chosen);
    this.queue = this.queue.filter((entry) => !chosen(entry));
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
      if (isUnsent(error)) entry.tries--;
      if (!error || entry.tries > this.settings.retries || isFinal(error)) {
        this.remove(entry);
        entry.end(error, ...answer);
      }
      this.drain();
    });
  }

  private remove(entry: Entry<Message>): void {
    const index = this.queue.indexOf(entry);
    if (index >= 0) this.queue.splice(index, 1);
  }
}

/** A try that never left this page was none. */
const isUnsent = (error: Error | null): boolean =>
  error instanceof HoldfastError && error.code === 'DISCONNECTED' && error.maybeDelivered === false;

/** What cannot be sent once, cannot be sent ever. */
const isFinal = (error: Error): boolean =>
  error instanceof HoldfastError && (error.code === 'UNSERIALIZABLE' || error.code === 'TOO_LARGE');
