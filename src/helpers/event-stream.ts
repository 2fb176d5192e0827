import { checkSignal, onAbort } from '../platform/abort.js';
import { DEVELOPMENT } from '../platform/build.js';
import type { AsyncIterableLike } from '../platform/dispose.js';
import { HoldfastError } from '../platform/errors.js';
import type { EventNames, EventParams, EventsMap } from '../platform/event-map.js';
import { show } from '../platform/show.js';
import type { Socket } from '../socket/socket.js';

/** How many events may wait for the loop, and what happens to the next one. */
export interface EventsOptions {
  /** How many events may wait. @defaultValue 1000 */
  limit?: number | undefined;
  /** Once this many bytes wait, the next event is too many; text counts one byte per UTF-16 unit. @defaultValue 67108864 (64 MiB) */
  maxBytes?: number | undefined;
  /** End the loop with an error `QUEUE_FULL`, or replace the oldest or the newest event. @defaultValue "throw" */
  whenFull?: 'throw' | 'drop-oldest' | 'drop-newest' | undefined;
  /** Ends the loop with its reason. */
  signal?: AbortSignal | undefined;
}

/** What `for await` iterates over. */
export interface EventIterator<Args> extends AsyncIterableLike<EventIterator<Args>> {
  /** The next event. */
  next(): Promise<IteratorResult<Args, undefined>>;
  /** Ends the loop. */
  return(): Promise<IteratorResult<Args, undefined>>;
  /** How many events were dropped because the queue was full. */
  readonly dropped: number;
}

const bad = (name: string, value: unknown, accepted: string): HoldfastError =>
  new HoldfastError(
    'BAD_OPTION',
    `option "${name}" is ${show(value)}${DEVELOPMENT ? `; accepted: ${accepted}` : ''}`,
  );

/**
 * The events of one name, for `for await`: each turn gets the arguments of one event. Listens from the call on; leaving the loop stops
 * listening.
 *
 * @param socket the socket that receives the events
 * @param name the event's name
 * @param options how many may wait, and what ends the loop
 * @throws HoldfastError `BAD_OPTION`
 */
export function events<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Name extends EventNames<ListenEvents>,
>(
  socket: Socket<ListenEvents, EmitEvents>,
  name: Name,
  { limit = 1_000, maxBytes = 2 ** 26, whenFull = 'throw', signal }: EventsOptions = {},
): EventIterator<EventParams<ListenEvents, Name>> {
  type Args = EventParams<ListenEvents, Name>;
  type Turn = IteratorResult<Args, undefined>;
  if (!(limit >= 1)) {
    throw bad('limit', limit, 'a number, 1 or more');
  }
  if (!(maxBytes > 0)) {
    throw bad('maxBytes', maxBytes, 'a number above 0');
  }
  if (!/^(throw|drop-oldest|drop-newest)$/.test(whenFull)) {
    throw bad('whenFull', whenFull, '"throw", "drop-oldest" or "drop-newest"');
  }
  checkSignal(signal);
  const queue: { readonly args: Args; readonly bytes: number }[] = [];
  let queueBytes = 0;
  const turns: { resolve(turn: Turn): void; reject(error: unknown): void }[] = [];
  let dropped = 0;
  let ended = false;
  let ignore = (): void => {};
  let failure: { readonly error: unknown } | undefined;

  const end = (): void => {
    ended = true;
    socket.off(name as never, listen as never);
    ignore();
    for (const { resolve } of turns.splice(0)) resolve({ done: true, value: undefined });
  };
  const fail = (error: unknown): void => {
    if (ended) return;
    const [first] = turns.splice(0, 1);
    if (first) first.reject(error);
    else failure = { error };
    end();
  };
  const clear = (): void => {
    queue.length = queueBytes = 0;
  };
  const take = (from: 0 | -1): Args | undefined => {
    const [entry] = queue.splice(from, 1);
    queueBytes -= entry?.bytes ?? 0;
    return entry?.args;
  };
  const listen = (...args: unknown[]): void => {
    const turn = turns.shift();
    if (turn) {
      turn.resolve({ done: false, value: args as Args });
      return;
    }
    while (queue.length >= limit || queueBytes >= maxBytes) {
      if (whenFull === 'throw') {
        const [much, bound] =
          queue.length < limit ? [`${queueBytes} bytes of`, 'maxBytes'] : [limit, 'limit'];
        fail(
          new HoldfastError('QUEUE_FULL', `${much} events "${String(name)}" wait in the queue (${bound})`),
        );
        return;
      }
      dropped++;
      take(whenFull === 'drop-oldest' ? 0 : -1);
    }
    // Events that came before the answer to CONNECT are delivered with that answer; another limit bounds them.
    const bytes = socket.io._connection._packetBytes;
    queue.push({ args: args as Args, bytes });
    queueBytes += bytes;
  };

  socket.on(name as never, listen as never);
  ignore = onAbort(signal, (reason) => {
    clear();
    fail(reason);
  });

  return {
    get dropped() {
      return dropped;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () =>
      new Promise<Turn>((resolve, reject) => {
        const args = take(0);
        if (args) resolve({ done: false, value: args });
        else if (failure) {
          const { error } = failure;
          failure = undefined;
          reject(error);
        } else if (ended) resolve({ done: true, value: undefined });
        else turns.push({ resolve, reject });
      }),
    async return() {
      clear();
      failure = undefined;
      end();
      return { done: true, value: undefined };
    },
  };
}
