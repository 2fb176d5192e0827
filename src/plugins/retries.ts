/**
 * The option `retries`: some messages in flight, in order, each sent up to `retries` + 1 times until it is acknowledged, across
 * reconnects. Time spent away uses no attempt.
 */
import type { Plugin } from '../manager/plugin.js';
import { onAbort } from '../platform/abort.js';
import { type Cancel, nothing } from '../platform/clock.js';
import { DEFAULTS } from '../platform/defaults.js';
import { callAll } from '../platform/emitter.js';
import { HoldfastError } from '../platform/errors.js';
import { weigh } from '../protocol/encode.js';
import { EVENT, type EventData } from '../protocol/packet.js';
import { cleared, disconnected, expired, full } from '../socket/failures.js';
import type { OutgoingEvent } from '../socket/hooks.js';
import type { Message } from '../socket/message.js';
import { makeRoom } from '../socket/outbox.js';

/**
 * While connected, the number of entries is not bounded. The first ones are free; each further one counts some bytes in addition to its
 * event, because a small entry takes far more memory than its event.
 */
const FREE_ENTRIES = 1_000;
const ENTRY_BYTES = 100;

interface Entry {
  /** The event, without its signal, which ends the entry and not an attempt. */
  readonly _event: OutgoingEvent;
  readonly _bytes: number;
  _tries: number;
  _inFlight: boolean;
  /** The unanswered attempts: whether the server may have the event, or the connection returned it. */
  readonly _unanswered: (() => boolean)[];
  /** Cancels the wait for its age and its signal. */
  _stop: Cancel;
}

export const retries = (): Plugin => ({
  name: 'retries',
  socket(socket) {
    const { _options, _sender, io } = socket;
    const { retries, retryWindow = DEFAULTS.retryWindow } = _options;
    if (!retries) return undefined;
    const { _limits } = _sender;
    const { maxAgeMs, whenFull } = _limits;
    const queue: Entry[] = [];
    let queueBytes = 0;
    let inFlight = 0;
    let draining = false;

    const allBytes = (): number => queueBytes + ENTRY_BYTES * Math.max(0, queue.length - FREE_ENTRIES);
    const add = (entry: Entry): void => {
      queue.push(entry);
      queueBytes += entry._bytes;
    };
    const remove = (entry: Entry): boolean => {
      const index = queue.indexOf(entry);
      if (index < 0) return false;
      queue.splice(index, 1);
      queueBytes -= entry._bytes;
      return true;
    };
    /** Reports the outcome of a removed entry to the program. */
    const tell = (entry: Entry, error: Error | null, answer: readonly unknown[] = []): void => {
      const { callback, data, awaited } = entry._event;
      entry._stop();
      if (error instanceof HoldfastError)
        error.maybeDelivered ||= entry._inFlight || entry._unanswered.some((sent) => sent());
      if (callback) callAll(undefined, [callback], [error, ...(awaited ? answer.slice(0, 2) : answer)]);
      else if (error) socket._dropped(error, data);
    };
    const end = (entry: Entry, error: Error | null, answer?: readonly unknown[]): void => {
      if (remove(entry)) tell(entry, error, answer);
    };
    const endAll = (chosen: (entry: Entry) => boolean, failure: () => Error): unknown[][] => {
      // All are removed before the first callback, because a callback may emit again; in one step, because a queue may be long.
      const gone: Entry[] = [];
      const left: Entry[] = [];
      for (const entry of queue) (chosen(entry) ? gone : left).push(entry);
      queue.length = queueBytes = 0;
      for (const entry of left) add(entry);
      for (const one of gone) {
        // Removed by the program, and without a callback: an error for each would cost more than the rest.
        if (one._event.callback) tell(one, failure());
        else one._stop();
      }
      return gone.map(({ _event }) => _event.data);
    };

    const send = (entry: Entry): void => {
      let message: Message | undefined;
      const done = (
        error: HoldfastError | null,
        _first?: unknown,
        _second?: unknown,
        answer?: readonly unknown[],
      ): void => {
        entry._inFlight = false;
        inFlight--;
        // Only an unanswered event may be answered the next time.
        const again = error?.code === 'DISCONNECTED' || error?.code === 'ACK_TIMEOUT';
        if (again && error.maybeDelivered) entry._unanswered.push(() => message?._place === 'sent');
        // An attempt that never left this page does not count.
        else if (again) entry._tries--;
        if (!again || entry._tries > (_options.retries as number)) end(entry, error, answer);
        drain();
      };
      entry._inFlight = true;
      entry._tries++;
      inFlight++;
      try {
        message = _sender._transmit({ ...entry._event, callback: done, awaited: true }, 'retry');
      } catch (error) {
        // It could be serialised when it was emitted; its arguments have changed since then.
        done(error as HoldfastError);
      }
    };
    /** Sends as many messages as may be in flight. */
    const drain = (): void => {
      // A message may end while it is sent: the running loop continues with the next one.
      if (draining) return;
      draining = true;
      while (inFlight < retryWindow && _sender._live) {
        const next = queue.find(({ _inFlight }) => !_inFlight);
        if (!next) break;
        send(next);
      }
      draining = false;
    };

    // Programs written for the official client read its length.
    Object.defineProperty(socket, '_queue', { value: queue, configurable: true });
    return {
      outgoing(event) {
        const { signal, ...flags } = event.flags;
        if (flags.volatile || flags._again) return false;
        const data = event.data as EventData;
        const bytes = weigh(io._connection._encode({ type: EVENT, nsp: socket.nsp, data }));
        const entry: Entry = {
          _event: { ...event, flags },
          _bytes: bytes,
          _tries: 0,
          _inFlight: false,
          _unanswered: [],
          _stop: nothing,
        };
        // While connected, the number of messages is up to the program; their bytes are always bounded.
        const limits = _sender._live ? { ..._limits, maxPackets: Number.POSITIVE_INFINITY } : _limits;
        const gone = makeRoom(queue, ({ _bytes }) => _bytes, allBytes(), bytes, limits);
        if (gone) {
          for (const { _bytes } of gone) queueBytes -= _bytes;
          add(entry);
          const expire = (): void => {
            // One in flight is not waiting.
            if (!entry._inFlight) end(entry, expired(data[0], maxAgeMs));
          };
          const stopAging = io._environment.clock.after(maxAgeMs, expire, true);
          entry._stop = stopAging;
          const ignore = onAbort(signal, (reason) => end(entry, reason));
          entry._stop = () => {
            stopAging();
            ignore();
          };
        }
        for (const one of gone ?? [entry]) tell(one, full(one._event.data[0], whenFull));
        drain();
        return true;
      },
      flushed: drain,
      // The socket may never connect again.
      gaveUp: (_byHand, why) =>
        void endAll(
          ({ _event }) => _event.awaited,
          () => disconnected(false, why),
        ),
      clear: () => endAll(({ _inFlight }) => !_inFlight, cleared),
      get bytes() {
        return allBytes();
      },
    };
  },
});
