/** The outbox as programs see it: writes events down, tells how they end, and agrees with the other tabs. */
import type { Plugin } from '../../manager/plugin.js';
import { DEVELOPMENT } from '../../platform/build.js';
import { type Cancel, nothing } from '../../platform/clock.js';
import type { Disk } from '../../platform/disk.js';
import { callAll } from '../../platform/emitter.js';
import { type ErrorCode, HoldfastError } from '../../platform/errors.js';
import type { EventNames, EventParams, EventsMap } from '../../platform/event-map.js';
import { warnOnce } from '../../platform/report.js';
import { show } from '../../platform/show.js';
import { type Chunk, weigh } from '../../protocol/encode.js';
import { warnOfLoss } from '../../protocol/lossy.js';
import { EVENT, type EventData, type EventPacket } from '../../protocol/packet.js';
import { checkEventName } from '../../socket/event-name.js';
import { cleared, expired, unanswered } from '../../socket/failures.js';
import type { ErrorFirstSocket, Socket } from '../../socket/socket.js';
import type { AllButLast, FirstArg, Last, SecondArg, WithoutKey } from '../../socket/typing.js';
import { Queue, type QueueHost } from './queue.js';
import { full, openStore, type Removable, type Stored, storageError } from './store.js';

/** What `durable` takes. */
export interface DurableOptions {
  /** Names the database. Tabs with the same name and owner share what waits. */
  readonly name: string;
  /** Whose messages these are, such as the id of the user who is logged in. Those of another owner are neither sent nor listed. */
  readonly owner: string | number;
  /** How many events may wait; one more is refused. @defaultValue 10000 */
  readonly maxEntries?: number | undefined;
  /** How many bytes may wait; a text counts one for each UTF-16 unit. @defaultValue 67108864 (64 MiB) */
  readonly maxBytes?: number | undefined;
  /** How long an event may wait, in milliseconds, by the time of day. @defaultValue 604800000 (7 days) */
  readonly maxAgeMs?: number | undefined;
  /** An event is sent only after the disk has it, and not just the operating system: slower. @defaultValue false */
  readonly strict?: boolean | undefined;
  /** `'memory'`: what cannot be stored is kept in this page, and `onError` tells. @defaultValue the emit fails */
  readonly fallback?: 'memory' | undefined;
  /** Ask the browser not to evict what this site stores (`navigator.storage.persist()`). @defaultValue false */
  readonly persist?: boolean | undefined;
}

/** An event that waits until the server has acknowledged it. */
export interface DurableEntry {
  readonly id: string;
  readonly namespace: string;
  readonly event: string | number;
  /** As they go over the wire: what JSON makes of them, with binary data as `Uint8Array`, `Blob` or `File`. */
  readonly args: readonly unknown[];
  /** By which the server recognises it. */
  readonly idempotencyKey: string;
  /** When it was emitted, in milliseconds since 1970. */
  readonly sinceMs: number;
  readonly bytes: number;
  /** How often this page has sent it. */
  readonly tries: number;
  /** Whether it is stored; false for one that is only in the memory of this page (`fallback`). */
  readonly stored: boolean;
}

/** How an event has ended: with the values of the server's acknowledgement, or with an error. */
export type DurableOutcome =
  | { readonly answer: readonly unknown[]; readonly error?: undefined }
  | { readonly error: HoldfastError; readonly answer?: undefined };

export interface DurableOutbox extends Plugin {
  /**
   * Stores an event, sends it as soon as the socket is connected, and again until the server acknowledges it: after a cut, a reload, or a
   * crash. Resolves with the acknowledgement. The server gets `{ idempotencyKey }` as the last argument.
   *
   * Rejects with a `HoldfastError`: what `emit` throws, `BAD_OPTION` for a socket without this outbox, `OUTBOX_FULL`, `EXPIRED`, `CLEARED`,
   * `TOO_LARGE`, and `STORAGE_…` where it cannot be stored.
   */
  emitWithAck<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    Name extends EventNames<EmitEvents>,
  >(
    socket: ErrorFirstSocket<ListenEvents, EmitEvents>,
    event: Name,
    ...args: AllButLast<EventParams<WithoutKey<EmitEvents>, Name>>
  ): Promise<SecondArg<Last<EventParams<EmitEvents, Name>>>>;
  emitWithAck<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    Name extends EventNames<EmitEvents>,
  >(
    socket: Socket<ListenEvents, EmitEvents>,
    event: Name,
    ...args: AllButLast<EventParams<WithoutKey<EmitEvents>, Name>>
  ): Promise<FirstArg<Last<EventParams<EmitEvents, Name>>>>;
  /** What waits, the oldest first, also of other tabs. Rejects with a code `STORAGE_…`. */
  pending(): Promise<DurableEntry[]>;
  /** Calls `listener` once if events of pages that are gone wait. Returns what removes it. */
  onRestored(listener: (entries: readonly DurableEntry[]) => void): () => void;
  /** Calls `listener` when an event ends whose page is gone, in every tab. Returns what removes it. */
  onSettled(listener: (entry: DurableEntry, outcome: DurableOutcome) => void): () => void;
  /** Calls `listener` for each trouble with the storage that no call can tell; without one, a warning does. Returns what removes it. */
  onError(listener: (error: HoldfastError) => void): () => void;
  /**
   * Removes an event: its emit fails with `CLEARED`.
   *
   * @returns whether it was waiting. It may have reached the server all the same (`error.maybeDelivered`).
   */
  cancel(id: string): Promise<boolean>;
  /** Removes all events of this owner, as at a logout: their emits fail with `CLEARED`, in every tab. */
  clear(): Promise<void>;
}

/** Who waits for the end of an event. */
interface Waiter {
  readonly _record: Stored;
  readonly _queue: Queue;
  readonly _errorFirst: boolean;
  resolve(answer: never): void;
  reject(error: unknown): void;
}

/** The end of an event, as the tabs tell each other. */
interface End {
  readonly id: string;
  /** Given where its page is gone. */
  readonly record?: Stored | undefined;
  readonly answer: readonly unknown[];
  readonly error?: readonly [code: ErrorCode, message: string, maybeDelivered?: boolean | undefined];
}

interface Ended {
  readonly _record: Stored;
  readonly _error: HoldfastError | undefined;
  readonly _answer: readonly unknown[];
}

/** What tabs tell each other. */
type Message =
  | readonly ['new', nsp: string]
  | readonly ['ends', ends: readonly End[]]
  | readonly ['clear']
  /** Another tab sends from now on: the one before may have died without a word. */
  | readonly ['sender'];

/** How many events are written in one transaction. */
const BATCH = 500;

const RETRY_MS = 5_000;

/** What other tabs have to say about an event whose record is gone has come by then, in milliseconds. */
const GRACE_MS = 1_000;

const DAY_MS = 86_400_000;

/** @throws HoldfastError `BAD_OPTION` */
export function createOutbox(options: DurableOptions, disk: Disk): DurableOutbox {
  const {
    name,
    owner: given,
    maxEntries = 10_000,
    maxBytes = 2 ** 26,
    maxAgeMs = 7 * DAY_MS,
    strict = false,
    fallback,
    persist,
  } = options;
  const check = (option: string, value: unknown, accepted: string, fine: boolean): void => {
    if (!fine)
      throw new HoldfastError(
        'BAD_OPTION',
        `option "${option}" is ${show(value)}${DEVELOPMENT ? `; accepted: ${accepted}` : ''}`,
      );
  };
  check('name', name, 'a text', typeof name === 'string' && name !== '');
  check(
    'owner',
    given,
    'a text or a number',
    Number.isFinite(given) || (typeof given === 'string' && given !== ''),
  );
  for (const [option, value] of Object.entries({ maxEntries, maxBytes, maxAgeMs }))
    check(option, value, 'a number above 0', typeof value === 'number' && value > 0);
  check('fallback', fallback, '"memory"', fallback === undefined || fallback === 'memory');

  const owner = `${given}`;
  const page = disk.randomId();
  const { clock } = disk;
  const nameOf = (...parts: readonly string[]): string => JSON.stringify(['holdfast', name, ...parts]);

  const waiting = new Map<string, Waiter>();
  /** What is to be written. */
  const unwritten: Stored[] = [];
  let writing = false;
  /** Of every socket, by which it can be sent. */
  const queues = new WeakMap<object, Queue>();
  /** Those whose sockets are connected, and those that keep what could not be stored. */
  const live = new Set<Queue>();
  /** Ended, and perhaps still in the database. */
  const over = new Set<string>();
  const tries = new Map<string, number>();
  let toRemove: Removable[] = [];
  /** Events of other pages that have ended. */
  let foreign: Ended[] = [];
  let telling = false;
  let removing = false;
  let restored: Promise<readonly DurableEntry[]> | undefined;
  let releasePage: Cancel | undefined;
  let stopAging: Cancel = nothing;

  const settledListeners: ((entry: DurableEntry, outcome: DurableOutcome) => void)[] = [];
  const errorListeners: ((error: HoldfastError) => void)[] = [];
  const listen = <Listener>(listeners: Listener[], listener: Listener): Cancel => {
    start();
    listeners.push(listener);
    return () => {
      const index = listeners.indexOf(listener);
      if (index >= 0) listeners.splice(index, 1);
    };
  };

  const trouble = (cause: unknown): void => {
    const error = storageError(cause);
    if (errorListeners.length > 0) callAll(undefined, errorListeners, [error]);
    else warnOnce(`durable ${error.code}`, `holdfast: ${error.message}`);
  };

  let post: ((message: Message) => void) | undefined;
  /** The first use: nothing is opened before. */
  const start = (): void => {
    if (post) return;
    post = disk.channel(nameOf(owner), hear as (message: unknown) => void);
    if (persist) disk.persist();
  };
  const tell = (...message: Message): void => post?.(message);

  const store = openStore(disk, name, owner, strict, { maxEntries, maxBytes }, () => audit());

  const entryOf = (record: Stored): DurableEntry => {
    const { id, nsp, key, data, atMs, bytes, seq } = record;
    const [event, ...args] = data;
    return {
      id,
      namespace: nsp,
      event,
      args,
      idempotencyKey: key,
      sinceMs: atMs,
      bytes,
      tries: tries.get(id) ?? 0,
      stored: seq !== undefined,
    };
  };

  /** Whether the page that has written it is still there. */
  const isOpen = (held: readonly (string | undefined)[], { page }: Stored): boolean =>
    held.includes(nameOf('page', page));

  // How events end.

  /** @returns whether somebody in this page waits for it */
  const settle = (id: string, error: unknown, answer: readonly unknown[]): boolean => {
    const waiter = waiting.get(id);
    if (!waiter) return false;
    const { _errorFirst } = waiter;
    waiting.delete(id);
    if (waiting.size === 0) {
      releasePage?.();
      releasePage = undefined;
    }
    const reason = error ?? (_errorFirst ? answer[0] : undefined);
    if (reason) waiter.reject(reason);
    else waiter.resolve(answer[_errorFirst ? 1 : 0] as never);
    return true;
  };

  const forget = (id: string): void => {
    over.add(id);
    tries.delete(id);
    for (const queue of live) queue._remove(id);
  };

  const tellSettled = (record: Stored, error: HoldfastError | undefined, answer: readonly unknown[]): void =>
    callAll(undefined, settledListeners, [entryOf(record), error ? { error } : { answer }]);

  const end = (record: Stored, error: HoldfastError | null, answer: readonly unknown[] = []): void => {
    const { id, seq } = record;
    if (over.has(id)) return;
    // What a page before this one has sent, nobody knows.
    if (error && (tries.get(id) || record.page !== page)) error.maybeDelivered = true;
    forget(id);
    const mine = settle(id, error, answer);
    if (seq === undefined) {
      over.delete(id);
      return;
    }
    if (!mine) {
      foreign.push({ _record: record, _error: error ?? undefined, _answer: answer });
      void tellOthers();
    }
    // The page that waits for an answer removes the event itself: a message that tells of it may get lost.
    if (mine || error) discard(record);
  };

  const discard = (...records: readonly Removable[]): void => {
    toRemove.push(...records);
    void remove();
  };

  /** Tells the tabs how their events have ended; if their pages are gone, all tabs. */
  const tellOthers = async (): Promise<void> => {
    if (telling) return;
    telling = true;
    while (foreign.length > 0) {
      const batch = foreign;
      foreign = [];
      const held = await disk.held().catch((): [] => []);
      const alive: Ended[] = [];
      const ends = batch.map((ended): End => {
        const { _record, _error, _answer } = ended;
        const gone = !isOpen(held, _record);
        if (!gone) alive.push(ended);
        else {
          tellSettled(_record, _error, _answer);
          if (!_error) discard(_record);
        }
        return {
          id: _record.id,
          answer: _answer,
          ...(gone && { record: _record }),
          ...(_error && {
            error: [_error.code, _error.message.replace(` (${_error.help})`, ''), _error.maybeDelivered],
          }),
        };
      });
      tell('ends', ends);
      if (alive.length > 0) clock.after(GRACE_MS, () => void tellAgain(alive), true);
    }
    telling = false;
  };

  /** Those who have heard of it have removed it. */
  const tellAgain = async (ended: readonly Ended[]): Promise<void> => {
    const found = await store.find(ended.map(({ _record }) => _record)).catch(() => undefined);
    for (const one of ended)
      if (found?.has(one._record.id) === false) over.delete(one._record.id);
      else foreign.push(one);
    void tellOthers();
  };

  const remove = async (): Promise<void> => {
    if (removing) return;
    removing = true;
    while (toRemove.length > 0) {
      const batch = toRemove;
      toRemove = [];
      try {
        await store.remove(batch);
        for (const { id } of batch) over.delete(id as string);
      } catch (error) {
        trouble(error);
        toRemove = [...batch, ...toRemove];
        await new Promise<void>((resolve) => {
          clock.after(RETRY_MS, resolve, true);
        });
      }
    }
    removing = false;
  };

  const expiryOf = ({ data, atMs }: Stored): HoldfastError | undefined =>
    disk.dateMs() - atMs >= maxAgeMs ? expired(data[0], maxAgeMs) : undefined;

  /** Ends what has waited for too long, also while nothing can be sent: the oldest waits first. */
  const age = (): void => {
    stopAging();
    for (const { _record } of waiting.values()) {
      const expiry = expiryOf(_record);
      if (!expiry) {
        stopAging = clock.after(_record.atMs + maxAgeMs - disk.dateMs(), age, true);
        return;
      }
      end(_record, expiry);
    }
  };

  /** Finds events whose records are gone, although nobody has told of their end. */
  function audit(): void {
    clock.after(
      GRACE_MS,
      async () => {
        const here = new Set<string>();
        for (const queue of live) for (const { id } of queue._here) here.add(id);
        const asked = [...waiting.values()]
          .map(({ _record }) => _record)
          .filter(({ id, seq }) => seq !== undefined && !here.has(id));
        if (asked.length === 0) return;
        try {
          const found = await store.find(asked);
          for (const { id, data } of asked) if (!found.has(id)) settle(id, evicted(data[0]), []);
        } catch (error) {
          trouble(error);
        }
      },
      true,
    );
  }

  const hear = (message: Message): void => {
    if (message[0] === 'new') {
      for (const queue of live) if (queue._socket.nsp === message[1]) queue._look();
    } else if (message[0] === 'ends') {
      const [, ends] = message;
      for (const { id, record, answer, error: told } of ends) {
        const error = told && unanswered(...told);
        const own = waiting.get(id)?._record;
        forget(id);
        if (own) settle(id, error, answer);
        else if (record) tellSettled(record, error, answer);
        if (own?.seq !== undefined) discard(own);
      }
      // A read that is under way may still bring it.
      clock.after(
        GRACE_MS,
        () => {
          for (const { id } of ends) over.delete(id);
        },
        true,
      );
    } else if (message[0] === 'clear') forgetAll();
    else audit();
  };

  const forgetAll = (): void => {
    const gone = new Set(waiting.keys());
    for (const queue of live) {
      for (const { id } of queue._here) gone.add(id);
      queue._ignoreRead();
    }
    for (const id of gone) {
      const error = cleared();
      if (tries.get(id)) error.maybeDelivered = true;
      forget(id);
      settle(id, error, []);
    }
    clock.after(
      GRACE_MS,
      () => {
        for (const id of gone) over.delete(id);
      },
      true,
    );
  };

  // How events are written.

  /** Keeps an event in memory that the database has not taken, or tells its emit. */
  const refuse = (record: Stored, error: HoldfastError): void => {
    const queue = waiting.get(record.id)?._queue;
    if (!queue) return;
    if (fallback && error.code !== 'OUTBOX_FULL') {
      const kept = [...live].flatMap(({ _unstored }) => _unstored);
      const bytes = kept.reduce((sum, one) => sum + one.bytes, record.bytes);
      if (kept.length < maxEntries && bytes <= maxBytes) {
        trouble(error);
        live.add(queue);
        queue._keep(record);
        return;
      }
      settle(record.id, full(record), []);
    } else settle(record.id, error, []);
  };

  const add = (records: readonly Stored[]): Promise<readonly (number | HoldfastError)[]> =>
    store.add(records).catch((error: HoldfastError) => records.map(() => error));

  const write = async (): Promise<void> => {
    if (writing) return;
    writing = true;
    while (unwritten.length > 0) {
      // Without those that were cancelled meanwhile.
      const batch = unwritten.splice(0, BATCH).filter(({ id }) => waiting.has(id));
      if (batch.length === 0) continue;
      let results = await add(batch);
      // One that cannot be stored has spoilt it for all: each by itself.
      if (batch.length > 1 && results[0] === results[1]) {
        const each: (number | HoldfastError)[] = [];
        for (const record of batch) each.push(...(await add([record])));
        results = each;
      }
      const spaces = new Set<string>();
      batch.forEach((record, i) => {
        const result = results[i] as number | HoldfastError;
        if (typeof result !== 'number') refuse(record, result);
        else {
          const stored = { ...record, seq: result };
          const waiter = waiting.get(record.id);
          // It was cancelled meanwhile.
          if (!waiter) discard(stored);
          else {
            waiting.set(record.id, { ...waiter, _record: stored });
            spaces.add(record.nsp);
            for (const queue of live) if (queue._socket.nsp === record.nsp) queue._stored(stored);
          }
        }
      });
      for (const nsp of spaces) tell('new', nsp);
    }
    writing = false;
  };

  /** What goes over the wire, and into the database: a copy without getters, functions and prototypes. */
  const copyOf = (socket: Socket, data: unknown[]): { data: EventData; bytes: number } => {
    const packet: EventPacket = { type: EVENT, nsp: socket.nsp, data: data as EventData };
    const chunks = socket.io._connection._encode(packet);
    const codec = socket.io._codec();
    let copy: EventData = packet.data;
    for (const chunk of chunks)
      codec.decode(copyChunk(chunk), (decoded) => {
        copy = (decoded as EventPacket).data;
      });
    return { data: copy, bytes: weigh(chunks) };
  };

  const host: QueueHost = {
    _clock: clock,
    _store: store,
    _tries: tries,
    _lock: (nsp, granted) =>
      disk.lock(nameOf(owner, nsp), () => {
        granted();
        tell('sender');
        audit();
      }),
    _isOver: (id) => over.has(id),
    _expiry: expiryOf,
    _end: end,
    _discard(nsp, seqs) {
      trouble(
        new HoldfastError(
          'STORAGE_CORRUPT',
          `${seqs.length} stored event${seqs.length > 1 ? 's' : ''} of "${nsp}" cannot be read`,
        ),
      );
      discard(...seqs.map((seq) => ({ seq })));
      audit();
    },
    _trouble: trouble,
  };

  const all = async (): Promise<Stored[]> => {
    start();
    const unstored = [...live].flatMap(({ _unstored }) => _unstored);
    const { _records } = await store.read().catch((error: HoldfastError) => {
      if (!fallback) throw error;
      trouble(error);
      return { _records: [] };
    });
    return [..._records, ...unstored].filter(({ id }) => !over.has(id)).sort(byPlace);
  };

  return {
    name: `durable ${name}`,
    manager: () => ({
      event(emitter, event) {
        if (event !== 'disconnect') return;
        const queue = queues.get(emitter);
        queue?._down();
        if (queue && queue._unstored.length === 0) live.delete(queue);
      },
    }),
    socket(socket) {
      const queue = new Queue(socket, host);
      queues.set(socket, queue);
      return {
        flushed() {
          start();
          live.add(queue);
          queue._wentUp();
        },
      };
    },
    emitWithAck: (given: Socket, event: unknown, ...args: unknown[]) =>
      new Promise<never>((resolve, reject) => {
        const socket = given._raw();
        const { _key } = socket._flags ?? {};
        socket._flags = undefined;
        const queue = queues.get(socket);
        if (!queue) {
          throw new HoldfastError(
            'BAD_OPTION',
            DEVELOPMENT
              ? 'the socket has no such outbox; give it to the first io() of the connection: io(url, { plugins: [outbox] })'
              : 'option "plugins" of the socket lacks the outbox',
          );
        }
        checkEventName(event);
        if (DEVELOPMENT) {
          if (!socket.io.opts?.parser) warnOfLoss(show(event), args);
        }
        const id = disk.randomId();
        const record: Stored = {
          id,
          owner,
          nsp: socket.nsp,
          key: _key ?? id,
          ...copyOf(socket, [event, ...args]),
          atMs: disk.dateMs(),
          page,
        };
        start();
        const { errorFirstAcks = false } = socket._options;
        waiting.set(id, { _record: record, _queue: queue, _errorFirst: errorFirstAcks, resolve, reject });
        releasePage ??= disk.lock(nameOf('page', page), nothing);
        unwritten.push(record);
        if (waiting.size === 1) age();
        if (!socket.connected) socket.io._kept.add(socket);
        void write();
      }),
    pending: async () => (await all()).filter((record) => !expiryOf(record)).map(entryOf),
    onRestored(listener) {
      let wanted = true;
      restored ??= Promise.all([all(), disk.held().catch((): [] => [])]).then(([records, held]) =>
        records.filter((record) => record.page !== page && !isOpen(held, record)).map(entryOf),
      );
      restored.then((entries) => {
        if (wanted && entries.length > 0) callAll(undefined, [listener], [entries]);
      }, trouble);
      return () => {
        wanted = false;
      };
    },
    onSettled: (listener) => listen(settledListeners, listener),
    onError: (listener) => listen(errorListeners, listener),
    async cancel(id) {
      const own = waiting.get(id)?._record;
      const record = own ?? (await all()).find((one) => one.id === id);
      if (!record) return false;
      end(record, cleared());
      await remove();
      return true;
    },
    async clear() {
      start();
      forgetAll();
      await store.clear().catch((error: HoldfastError) => {
        if (!fallback) throw error;
        trouble(error);
      });
      tell('clear');
    },
  };
}

const evicted = (event: unknown): HoldfastError =>
  unanswered('STORAGE_EVICTED', `the record of "${event}" is gone from the storage`, true);

const byPlace = (
  { seq: a = Number.POSITIVE_INFINITY }: Stored,
  { seq: b = Number.POSITIVE_INFINITY }: Stored,
): number => (a < b ? -1 : a > b ? 1 : 0);

/** Binary data may change after the call, and a view may show a small part of much memory. */
function copyChunk(chunk: Chunk): unknown {
  if (typeof chunk === 'string' || 'size' in chunk) return chunk;
  const { buffer = chunk, byteOffset, byteLength } = chunk as Uint8Array;
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength).slice();
}
