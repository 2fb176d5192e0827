import type { Listener } from '../platform/emitter.js';
import { callAll } from '../platform/emitter.js';
import { HoldfastError } from '../platform/errors.js';

interface Queued<Message> {
  readonly message: Message;
  readonly done: Listener | undefined;
  tries: number;
}

/**
 * The queue behind the `retries` option: one message in flight, in order, each tried up to `retries` + 1 times, across
 * reconnects.
 */
export class RetryQueue<Message> {
  private readonly queue: Queued<Message>[] = [];
  private inFlight = false;

  /**
   * @param ready whether the socket is connected
   * @param send sends a message once; `done` is called with an error or with the server's answer, always, once
   */
  constructor(
    private readonly retries: number,
    private readonly ready: () => boolean,
    private readonly send: (
      message: Message,
      done: (error: Error | null, ...answer: unknown[]) => void,
    ) => void,
  ) {}

  /** @param done the program's callback, error first */
  add(message: Message, done: Listener | undefined): void {
    this.queue.push({ message, done, tries: 0 });
    this.drain();
  }

  /** Sends the first message, unless it is under way. */
  drain(): void {
    const first = this.queue[0];
    if (!first || this.inFlight || !this.ready()) return;
    this.inFlight = true;
    first.tries++;
    this.send(first.message, (error, ...answer) => {
      this.inFlight = false;
      if (!error || first.tries > this.retries || isFinal(error)) {
        this.queue.shift();
        if (first.done) callAll(undefined, [first.done], [error, ...answer]);
      }
      this.drain();
    });
  }
}

/** What cannot be sent once, cannot be sent ever. */
const isFinal = (error: Error): boolean =>
  error instanceof HoldfastError && (error.code === 'UNSERIALIZABLE' || error.code === 'TOO_LARGE');
