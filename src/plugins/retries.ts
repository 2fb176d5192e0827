/**
 * The option `retries`: some messages in flight, in order, each sent up to `retries` + 1 times until it is acknowledged, across
 * reconnects. Time away costs no attempt.
 */
import type { Plugin } from '../manager/plugin.js';
import { onAbort } from '../platform/abort.js';
import { type Cancel, type Clock, nothing } from '../platform/clock.js';
import { DEFAULTS } from '../platform/defaults.js';
import { callAll } from '../platform/emitter.js';
import { type ErrorCode, HoldfastError } from '../platform/errors.js';
import { weigh } from '../protocol/encode.js';
import { EVENT, type EventData } from '../protocol/packet.js';
import { cleared, disconnected } from '../socket/acks.js';
import type { OutgoingEvent } from '../socket/hooks.js';
import { expired, full, makeRoom, type OutboxLimits } from '../socket/outbox.js';

interface Entry<Message> {
  readonly message: Message;
  readonly bytes: number;
  /** Whether a Promise waits for its end. */
  readonly awaited: boolean;
  /** Tells the program, once. */
  readonly end: (error: Error | null, ...answer: unknown[]) => void;
  tries: number;
  inFlight: boolean;
  /** The tries that were not answered: each tells whether the server may have it, or whether it came back from the connection. */
  readonly unanswered: (() => boolean)[];
  gone: boolean;
}

/** How a message is tried. */
export interface RetrySettings<Message> {
  /** How many more times. */
  readonly retries: number;
  /** How many messages may be in flight. */
  readonly window: number;
  readonly limits: OutboxLimits;
  readonly clock: Clock;
  /** Whether the socket is connected. */
  ready(): boolean;
  /**
   * Sends a message once; `done` is called with an error or with the server's answer, always, once.
   *
   * @returns tells later whether the server may have it
   */
  send(message: Message, done: (error: Error | null, ...answer: unknown[]) => void): () => boolean;
  /** Tells of a message that will not be sent any more, and that nobody waits for. */
  lose(message: Message, error: Error): void;
}

export class RetryQueue<Message> {
  private _queue: Entry<Message>[] = [];
  private _bytes = 0;
  private _inFlight = 0;
  private _draining = false;

  constructor(private readonly _settings: RetrySettings<Message>) {}

  /** How much waits here or for its acknowledgement, in bytes. */
  get bytes(): number {
    return this._bytes;
  }

  get length(): number {
    return this._queue.length;
  }

  /**
   * @param done the program's callback, error first
   * @param signal ends it with its reason
   */
  add(
    message: Message,
    bytes: number,
    done: ((...args: unknown[]) => void) | undefined,
    { awaited = false, signal }: { awaited?: boolean; signal?: AbortSignal | undefined } = {},
  ): void {
    const { limits, lose, ready, clock } = this._settings;
    let ended = false;
    let release: Cancel = nothing;
    const entry: Entry<Message> = {
      message,
      bytes,
      awaited,
      tries: 0,
      inFlight: false,
      unanswered: [],
      gone: false,
      end: (error, ...answer) => {
        if (ended) return;
        ended = true;
        release();
        if (error instanceof HoldfastError)
          error.maybeDelivered ||= entry.inFlight || entry.unanswered.some((sent) => sent());
        if (done) callAll(undefined, [done], [error, ...answer]);
        else if (error && !isCode(error, 'CLEARED')) lose(message, error);
      },
    };
    // While connected, the number of messages is the program's own affair; their bytes are bounded always.
    const bounds = ready() ? { ...limits, maxPackets: Number.POSITIVE_INFINITY } : limits;
    const gone = makeRoom(this._queue, (one) => one.bytes, this._bytes, bytes, bounds);
    // All of them, before one is told: a callback may emit again.
    if (gone) {
      for (const one of gone) this._forget(one);
      this._bytes += bytes;
      this._queue.push(entry);
    }
    const over = (error: Error): void => {
      this._remove(entry);
      entry.end(error);
    };
    const ignore = onAbort(signal, over);
    const expire = (): void => {
      // One in flight is not waiting.
      if (!entry.inFlight)
        over(new HoldfastError('EXPIRED', `the event was not sent: ${expired(limits.maxAgeMs)}`));
    };
    const stopAging = clock.after(limits.maxAgeMs, expire, true);
    release = () => {
      ignore();
      stopAging();
    };
    // The signal may have been aborted before.
    if (ended) release();
    for (const one of gone ?? [entry]) one.end(new HoldfastError('OUTBOX_FULL', full(limits)));
    this.drain();
  }

  /** Sends as many messages as may be in flight. */
  drain(): void {
    const { ready, window } = this._settings;
    // A message may end while it is sent: the loop that runs goes on with the next one.
    if (this._draining) return;
    this._draining = true;
    try {
      while (this._inFlight < window && ready()) {
        const next = this._queue.find((one) => !one.inFlight);
        if (!next) return;
        this._send(next);
      }
    } finally {
      this._draining = false;
    }
  }

  /** Takes everything out that is not in flight. */
  clear(): Message[] {
    return this._removeAll(({ inFlight }) => !inFlight, cleared);
  }

  /** Ends what is awaited: the socket may never be connected again. */
  giveUpAwaited(): void {
    this._removeAll(
      ({ awaited }) => awaited,
      () => disconnected(false),
    );
  }

  private _removeAll(chosen: (entry: Entry<Message>) => boolean, error: () => Error): Message[] {
    const gone = this._queue.filter(chosen);
    this._queue = this._queue.filter((entry) => !chosen(entry));
    for (const entry of gone) this._forget(entry);
    for (const { end } of gone) end(error());
    return gone.map(({ message }) => message);
  }

  private _send(entry: Entry<Message>): void {
    entry.inFlight = true;
    entry.tries++;
    this._inFlight++;
    // The connection may be lost while it is sent.
    let sent = (): boolean => true;
    sent = this._settings.send(entry.message, (error, ...answer) => {
      entry.inFlight = false;
      this._inFlight--;
      if (isCode(error, 'DISCONNECTED', 'ACK_TIMEOUT')) {
        if (error.maybeDelivered) entry.unanswered.push(sent);
        // An attempt that never left this page was none.
        else entry.tries--;
      }
      if (!error || entry.tries > this._settings.retries || isFinal(error)) {
        this._remove(entry);
        entry.end(error, ...answer);
      }
      this.drain();
    });
  }

  private _remove(entry: Entry<Message>): void {
    const index = this._queue.indexOf(entry);
    if (index >= 0) this._queue.splice(index, 1);
    this._forget(entry);
  }

  private _forget(entry: Entry<Message>): void {
    if (!entry.gone) this._bytes -= entry.bytes;
    entry.gone = true;
  }
}

const isCode = (error: Error | null, ...codes: ErrorCode[]): error is HoldfastError =>
  error instanceof HoldfastError && codes.includes(error.code);

/** Only what the server has not answered may be answered the next time. */
const isFinal = (error: Error): boolean =>
  error instanceof HoldfastError && !isCode(error, 'DISCONNECTED', 'ACK_TIMEOUT');

export const retries = (): Plugin => ({
  name: 'retries',
  socket(socket) {
    const { _options, _sender } = socket;
    const { retries, retryWindow } = _options;
    if (!retries) return undefined;
    const connection = socket.io._connection;
    const queue = new RetryQueue<OutgoingEvent>({
      retries,
      window: retryWindow ?? DEFAULTS.retryWindow,
      limits: _sender._limits,
      clock: connection._environment.clock,
      ready: () => _sender._live,
      send(event, done) {
        let message: ReturnType<typeof _sender._transmit>;
        try {
          message = _sender._transmit({ ...event, callback: done, awaited: true }, 'retry');
        } catch (error) {
          // It could be serialised when it was emitted; its arguments have changed since.
          done(error as Error);
        }
        return () => message?._place === 'sent';
      },
      lose: ({ data }, error) => socket._dropped(error, data),
    });
    // Programs read its length from the official client.
    Object.defineProperty(socket, '_queue', { value: queue, configurable: true });
    return {
      outgoing(event) {
        const { data, flags, callback, awaited } = event;
        if (flags.volatile) return false;
        const packet = { type: EVENT, nsp: socket.nsp, data: data as EventData } as const;
        const bytes = weigh(connection._encode(packet));
        const { signal, ...others } = flags;
        queue.add({ ...event, flags: others }, bytes, callback, { awaited, signal });
        return true;
      },
      flushed: () => queue.drain(),
      gaveUp: () => queue.giveUpAwaited(),
      clear: () => queue.clear().map(({ data }) => data),
      get bytes() {
        return queue.bytes;
      },
    };
  },
});
