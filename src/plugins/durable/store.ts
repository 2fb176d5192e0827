/** The database of an outbox: one for each name and owner, shared by all tabs. */
import { attempt } from '../../platform/attempt.js';
import { DEVELOPMENT } from '../../platform/build.js';
import type { Cancel } from '../../platform/clock.js';
import type { Disk } from '../../platform/disk.js';
import { HoldfastError } from '../../platform/errors.js';
import type { EventData } from '../../protocol/packet.js';
import { notSent } from '../../socket/failures.js';

/** A waiting event in the database. */
export interface Stored {
  /** Its key, in the order of sending. The database assigns it, and never twice, even after the database was replaced. */
  readonly seq?: number;
  /** Of an event that could not be stored: the key of the last event that its page stored before it. */
  readonly after?: number;
  readonly id: string;
  readonly nsp: string;
  /** The idempotency key, by which the server recognises a repetition. */
  readonly key: string;
  /** Name and arguments. */
  readonly data: EventData;
  /** When it was emitted, in milliseconds since 1970. */
  readonly atMs: number;
  readonly bytes: number;
  /** The page that emitted it. */
  readonly page: string;
}

/** A record to be removed; of an unreadable one, only its key is known. */
export type Removable = Pick<Stored, 'seq'> & Partial<Stored>;

export interface Bounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

export interface Read {
  readonly _records: readonly Stored[];
  /** The keys of unreadable records. */
  readonly _corrupt: readonly number[];
  /** The key of the last record that was read, in any namespace; 0 if there was none. */
  readonly _lastSeq: number;
  /** How many records were read, in all namespaces. */
  readonly _count: number;
}

/** Every method rejects with a `HoldfastError` whose code begins with `STORAGE_`. */
export interface Store {
  /** @returns the key of each, or why it was not stored */
  add(records: readonly Stored[]): Promise<(number | HoldfastError)[]>;
  /** Reads the records after a key, among the next `count`; of one namespace, or of all. */
  read(nsp?: string, after?: number, count?: number): Promise<Read>;
  remove(records: readonly Removable[]): Promise<void>;
  /** @returns the keys that still exist, among these and possibly others */
  find(records: readonly Stored[]): Promise<Set<number>>;
  clear(): Promise<void>;
}

/** The number and size of the stored events. */
interface Total {
  readonly count: number;
  readonly bytes: number;
}

const VERSION = 1;

/** The key of the one row of `totals`. */
const TOTAL = 0;

/** A database that does not open within this time, in milliseconds, counts as unavailable. */
const OPEN_DEADLINE_MS = 10_000;

/** A database that is blocked or does not open is requested again after this time, in milliseconds: WebKit drops some requests. */
const OPEN_AGAIN_MS = 5_000;

/**
 * How often a transaction is repeated when the browser closed its database or the disk failed. The first pauses last a turn, the
 * others 16 ms to 1 s, about 5 s in total: while a browser clears the data of a site, it refuses to open a database.
 */
const MAX_REPEATS = 13;
const SHORT_PAUSES = 3;
const LONGEST_PAUSE_MS = 1_000;

/** The names of the browsers' errors, with our codes. */
const CODES = { QuotaExceededError: 'STORAGE_FULL', VersionError: 'STORAGE_VERSION' } as const;

export function storageError(cause: unknown): HoldfastError {
  if (cause instanceof HoldfastError) return cause;
  const { name, message } = (cause ?? {}) as Partial<Error>;
  return new HoldfastError(
    CODES[name as keyof typeof CODES] ?? 'STORAGE_UNAVAILABLE',
    `${DEVELOPMENT ? 'the outbox cannot be stored: ' : ''}${message ?? 'aborted'}`,
    cause,
  );
}

const resultOf = <Result>(event: Event): Result => (event.target as IDBRequest<Result>).result;

const isSound = ({ data, key, atMs, bytes }: Stored): boolean =>
  Array.isArray(data) &&
  /string|number/.test(typeof data[0]) &&
  typeof key === 'string' &&
  typeof atMs === 'number' &&
  typeof bytes === 'number';

/** Whether a stored event was emitted before one that is only in memory. */
export const isBefore = ({ seq = 0, page, atMs }: Stored, local: Stored): boolean =>
  seq <= (local.after as number) || (page !== local.page && atMs <= local.atMs);

const placeOf = ({ seq }: Removable): number => seq as number;

/** @param lost called if the browser closed the database: the data may be gone. Called again when the database works again */
export function openStore(
  disk: Disk,
  name: string,
  strict: boolean,
  { maxEntries, maxBytes }: Bounds,
  lost: () => void,
): Store {
  let current: IDBDatabase | undefined;
  let opening: Promise<IDBDatabase> | undefined;
  /** The running transactions, with a function that makes each fail. */
  const active = new Map<IDBTransaction, (cause: unknown) => void>();
  let watching = false;
  /** Whether a database was left, and no transaction has succeeded since. */
  let unsure = false;
  /** How many pauses there were since a write last succeeded. */
  let pauses = 0;
  let pause: Promise<void> | undefined;

  /** Waits before the database is tried again; all transactions wait together. */
  const rest = (): Promise<void> => {
    pause ??= new Promise((resolve) => {
      const end = (): void => {
        pause = undefined;
        resolve();
      };
      if (pauses++ < SHORT_PAUSES) disk.clock.soon(end);
      else disk.clock.after(Math.min(2 ** pauses, LONGEST_PAUSE_MS), end, true);
    });
    return pause;
  };

  /** Aborts everything when the page enters the back/forward cache: in WebKit, a frozen transaction blocks those of all other pages. */
  const watch = (): void => {
    if (watching) return;
    watching = true;
    disk.onStored(() => {
      // A transaction that is committing throws.
      for (const transaction of active.keys()) attempt(() => transaction.abort());
    });
  };

  /** Forgets the connection, unless there is a newer one: the next transaction opens the database again. */
  const leave = (db: IDBDatabase): void => {
    if (current !== db) return;
    current = opening = undefined;
    unsure = true;
    db.close();
  };

  const dial = (): Promise<IDBDatabase> =>
    new Promise((resolve, reject) => {
      const request = disk.open(name, VERSION);
      // The request continues: it may succeed later.
      const refuse = (code: 'STORAGE_BLOCKED' | 'STORAGE_UNAVAILABLE', why: string): void =>
        reject(new HoldfastError(code, DEVELOPMENT ? `the database of the outbox: ${why}` : 'no database'));
      const stop: Cancel = disk.clock.after(
        OPEN_DEADLINE_MS,
        () => refuse('STORAGE_UNAVAILABLE', DEVELOPMENT ? 'it does not open' : ''),
        true,
      );
      request.onblocked = () =>
        refuse('STORAGE_BLOCKED', DEVELOPMENT ? 'another tab keeps an older version open' : '');
      let why: unknown;
      request.onerror = () => {
        stop();
        reject(why ?? request.error);
      };
      request.onupgradeneeded = () => {
        const db = request.result;
        const upgrade = request.transaction as IDBTransaction;
        // The request's own error is only `AbortError`; the transaction names the full disk.
        upgrade.onabort = () => {
          why = upgrade.error;
        };
        const entries = db.createObjectStore('entries', { keyPath: 'seq', autoIncrement: true });
        // The keys continue after those of a database that was evicted earlier.
        entries.put({ seq: disk.dateMs() * 100 });
        entries.clear();
        db.createObjectStore('totals');
      };
      request.onsuccess = () => {
        stop();
        const db = request.result;
        if (current) db.close();
        else {
          current = db;
          opening = Promise.resolve(db);
        }
        db.onversionchange = () => {
          leave(db);
          lost();
        };
        db.onclose = () => {
          leave(db);
          lost();
          // Chromium does not abort a transaction that was created while the database closed.
          for (const [transaction, fail] of active) if (transaction.db === db) fail({ name: 'AbortError' });
        };
        resolve(current);
      };
    });

  const open = (): Promise<IDBDatabase> => {
    opening ??= dial().catch((cause: unknown) => {
      const again = (): void => {
        if (!current) opening = undefined;
      };
      if (cause instanceof HoldfastError) disk.clock.after(OPEN_AGAIN_MS, again, true);
      else again();
      throw cause;
    });
    return opening;
  };

  async function transact<Result>(
    mode: IDBTransactionMode,
    act: (entries: IDBObjectStore, totals: IDBObjectStore, done: (result: Result) => void) => void,
  ): Promise<Result> {
    watch();
    for (let repeats = 0; ; repeats++) {
      let db: IDBDatabase | undefined;
      try {
        const connection = await open();
        db = connection;
        return await new Promise<Result>((resolve, reject) => {
          let result: Result;
          const transaction = connection.transaction(['entries', 'totals'], mode, {
            durability: strict ? 'strict' : 'relaxed',
          });
          const fail = (cause: unknown): void => {
            active.delete(transaction);
            reject(cause);
          };
          active.set(transaction, fail);
          transaction.oncomplete = () => {
            active.delete(transaction);
            // Some disks can be read, but not written.
            if (mode === 'readwrite') pauses = 0;
            resolve(result);
            // Not at once: a transaction that fails would start the next, without an end.
            if (unsure) {
              unsure = false;
              lost();
            }
          };
          transaction.onabort = () => fail(transaction.error);
          act(transaction.objectStore('entries'), transaction.objectStore('totals'), (value) => {
            result = value;
          });
        });
      } catch (cause) {
        // When the site's data is cleared, running transactions are aborted, and later ones find the database closed.
        // Some engines then report an `UnknownError`, each in its own words; a failing disk has the same.
        const { name } = ((cause as Error | null)?.cause ?? cause ?? {}) as Partial<Error>;
        const mayPass =
          name === 'AbortError' ||
          name === 'UnknownError' ||
          // Without a connection, it means that the page may have no database.
          (db && name === 'InvalidStateError');
        if (mayPass && db) leave(db);
        // Null: it was aborted above, and the page has returned.
        if ((cause !== null && !mayPass) || Math.max(repeats, pauses) >= MAX_REPEATS)
          throw storageError(cause);
        await rest();
      }
    }
  }

  const change = (totals: IDBObjectStore, act: (total: { count: number; bytes: number }) => void): void => {
    totals.get(TOTAL).onsuccess = (event) => {
      const { count = 0, bytes = 0 } = resultOf<Total | undefined>(event) ?? {};
      const total = { count: Math.max(0, count) || 0, bytes: Math.max(0, bytes) || 0 };
      act(total);
      if (total.count > 0) totals.put(total, TOTAL);
      else totals.delete(TOTAL);
    };
  };

  const behind = (after = 0): IDBKeyRange => disk.range(after + 1, Number.POSITIVE_INFINITY);

  /** Lists the existing keys between the first and the last of these. */
  const placesAmong = (
    entries: IDBObjectStore,
    places: readonly number[],
    then: (keys: number[]) => void,
  ): void => {
    const [first = 0] = places;
    let low = first;
    let high = first;
    for (const place of places) {
      if (place < low) low = place;
      if (place > high) high = place;
    }
    entries.getAllKeys(disk.range(low, high)).onsuccess = (event) => then(resultOf(event));
  };

  /** Reads each record by itself, because one unreadable record makes a joint read fail. */
  const readEach = (after?: number, count?: number): Promise<Read> =>
    transact('readonly', (entries, _totals, done) => {
      const records: Stored[] = [];
      const corrupt: number[] = [];
      entries.getAllKeys(behind(after), count).onsuccess = (event) => {
        const keys = resultOf<number[]>(event);
        done({
          _records: records,
          _corrupt: corrupt,
          _lastSeq: keys[keys.length - 1] ?? 0,
          _count: keys.length,
        });
        for (const key of keys) {
          const request = entries.get(key);
          request.onsuccess = () => void records.push(request.result);
          request.onerror = (failed) => {
            failed.preventDefault();
            failed.stopPropagation();
            corrupt.push(key);
          };
        }
      };
    });

  return {
    add: (records) =>
      transact('readwrite', (entries, totals, done) => {
        const results: (number | HoldfastError)[] = [];
        done(results);
        change(totals, (total) => {
          records.forEach((record, i) => {
            if (total.count >= maxEntries || total.bytes + record.bytes > maxBytes) {
              results[i] = full(record);
              return;
            }
            try {
              entries.add(record).onsuccess = (event) => {
                results[i] = resultOf<number>(event);
              };
              total.count++;
              total.bytes += record.bytes;
            } catch (cause) {
              results[i] = storageError(cause);
            }
          });
        });
      }),
    async read(nsp, after, count) {
      const read = await transact<Read>('readonly', (entries, _totals, done) => {
        entries.getAll(behind(after), count).onsuccess = (event) => {
          const records = resultOf<Stored[]>(event);
          done({
            _records: records,
            _corrupt: [],
            _lastSeq: records[records.length - 1]?.seq ?? 0,
            _count: records.length,
          });
        };
      }).catch(() => readEach(after, count));
      const corrupt = read._records.filter((record) => !isSound(record)).map(placeOf);
      return {
        ...read,
        _records: read._records.filter(
          (record) => isSound(record) && (nsp === undefined || record.nsp === nsp),
        ),
        _corrupt: [...read._corrupt, ...corrupt],
      };
    },
    remove: (records) =>
      transact('readwrite', (entries, totals) => {
        const chosen = new Map(records.map((record) => [placeOf(record), record.bytes ?? 0]));
        let there: number[] = [];
        placesAmong(entries, [...chosen.keys()], (keys) => {
          there = keys;
        });
        // Answered after those.
        change(totals, (total) => {
          let first: number | undefined;
          there.forEach((place, i) => {
            const bytes = chosen.get(place);
            if (bytes === undefined) return;
            total.count--;
            total.bytes -= bytes;
            first ??= place;
            // Adjacent keys are deleted together: one request for each would take longer.
            if (chosen.has(there[i + 1] as number)) return;
            entries.delete(disk.range(first, place));
            first = undefined;
          });
        });
      }),
    find: (records) =>
      transact('readonly', (entries, _totals, done) =>
        placesAmong(entries, records.map(placeOf), (keys) => done(new Set(keys))),
      ),
    clear: () =>
      transact('readwrite', (entries, totals) => {
        entries.clear();
        totals.clear();
      }),
  };
}

export const full = ({ data }: Stored): HoldfastError =>
  notSent('OUTBOX_FULL', data[0], DEVELOPMENT ? 'the durable outbox is full' : 'full');
