/** The database of an outbox: one for each name, shared by all tabs and all owners. */
import { attempt } from '../../platform/attempt.js';
import { type Cancel, nothing } from '../../platform/clock.js';
import type { Disk } from '../../platform/disk.js';
import { HoldfastError } from '../../platform/errors.js';
import type { EventData } from '../../protocol/packet.js';
import { notSent } from '../../socket/failures.js';

/** An event that waits, as it is stored. */
export interface Stored {
  /** Its place: events go out in this order. Given by the database. */
  readonly seq?: number;
  readonly id: string;
  readonly owner: string;
  readonly nsp: string;
  /** By which the server recognises it. */
  readonly key: string;
  /** Name and arguments. */
  readonly data: EventData;
  /** When it was emitted, in milliseconds since 1970. */
  readonly atMs: number;
  readonly bytes: number;
  /** The page that has emitted it. */
  readonly page: string;
}

/** What is known of one that is to be removed; of one that cannot be read, its place alone. */
export type Removable = Pick<Stored, 'seq'> & Partial<Stored>;

export interface Bounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

export interface Read {
  readonly _records: readonly Stored[];
  /** The places of those that cannot be read. */
  readonly _corrupt: readonly number[];
  /** The place of the last one, in either list. */
  readonly _lastSeq: number;
}

/** Every method rejects with a `HoldfastError` of a code `STORAGE_…`. */
export interface Store {
  /** @returns the place of each, or why it was not taken */
  add(records: readonly Stored[]): Promise<(number | HoldfastError)[]>;
  /** Those of a namespace behind a place, at most `count`; without a namespace, those of all. */
  read(nsp?: string, after?: number, count?: number): Promise<Read>;
  /** Removes those that are there, and still the same. */
  remove(records: readonly Removable[]): Promise<void>;
  /** @returns the ids of those that are there */
  find(records: readonly Stored[]): Promise<Set<string>>;
  clear(): Promise<void>;
}

/** How much there is of one owner. */
interface Total {
  readonly owner: string;
  readonly count: number;
  readonly bytes: number;
}

const VERSION = 1;
const QUEUE = 'queue';

/** A database that has not opened by then is of no use, in milliseconds. */
const OPEN_DEADLINE_MS = 10_000;

/** What browsers call it, and the code for it. */
const CODES = { QuotaExceededError: 'STORAGE_FULL', VersionError: 'STORAGE_VERSION' } as const;

export function storageError(cause: unknown): HoldfastError {
  if (cause instanceof HoldfastError) return cause;
  const { name, message } = (cause ?? {}) as Partial<Error>;
  return new HoldfastError(
    CODES[name as keyof typeof CODES] ?? 'STORAGE_UNAVAILABLE',
    `the outbox cannot be stored: ${message ?? 'the transaction was aborted'}`,
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

/** @param lost the connection to the database was closed from outside: the data may be gone */
export function openStore(
  disk: Disk,
  name: string,
  owner: string,
  strict: boolean,
  { maxEntries, maxBytes }: Bounds,
  lost: () => void,
): Store {
  let opening: Promise<IDBDatabase> | undefined;
  const active = new Set<IDBTransaction>();
  let watching = false;

  /** In the back/forward cache of WebKit, a transaction stands still, and those of all other pages wait for it. */
  const watch = (): void => {
    if (watching) return;
    watching = true;
    disk.onStored(() => {
      // One that is just committing throws.
      for (const transaction of active) attempt(() => transaction.abort());
    });
  };

  function open(): Promise<IDBDatabase> {
    opening ??= new Promise<IDBDatabase>((resolve, reject) => {
      let stop: Cancel = nothing;
      const fail = (cause: unknown): void => {
        stop();
        // In a later turn, because a Promise that is being made is not there yet.
        disk.clock.soon(() => {
          opening = undefined;
        });
        reject(storageError(cause));
      };
      // The request goes on: it may succeed later.
      const refuse = (code: 'STORAGE_BLOCKED' | 'STORAGE_UNAVAILABLE'): void => {
        const why =
          code === 'STORAGE_BLOCKED' ? 'another tab keeps an older version open' : 'it does not open';
        reject(new HoldfastError(code, `the database of the outbox: ${why}`));
      };
      try {
        const request = disk.open(`holdfast:${name}`, VERSION);
        stop = disk.clock.after(OPEN_DEADLINE_MS, () => refuse('STORAGE_UNAVAILABLE'), true);
        request.onblocked = () => refuse('STORAGE_BLOCKED');
        request.onerror = () => fail(request.error);
        request.onupgradeneeded = () => {
          const db = request.result;
          db.createObjectStore('entries', { keyPath: 'seq', autoIncrement: true }).createIndex(QUEUE, [
            'owner',
            'nsp',
            'seq',
            'id',
          ]);
          db.createObjectStore('totals', { keyPath: 'owner' });
        };
        request.onsuccess = () => {
          stop();
          const db = request.result;
          const forget = (): void => {
            opening = undefined;
            lost();
          };
          db.onclose = forget;
          db.onversionchange = () => {
            db.close();
            forget();
          };
          opening = Promise.resolve(db);
          resolve(db);
        };
      } catch (cause) {
        fail(cause);
      }
    });
    return opening;
  }

  async function transact<Result>(
    mode: IDBTransactionMode,
    act: (entries: IDBObjectStore, totals: IDBObjectStore, done: (result: Result) => void) => void,
  ): Promise<Result> {
    watch();
    for (let again = true; ; again = false) {
      const db = await open();
      try {
        return await new Promise<Result>((resolve, reject) => {
          let result: Result;
          const transaction = db.transaction(['entries', 'totals'], mode, {
            durability: strict ? 'strict' : 'relaxed',
          });
          active.add(transaction);
          transaction.oncomplete = () => {
            active.delete(transaction);
            resolve(result);
          };
          transaction.onabort = () => {
            active.delete(transaction);
            reject(transaction.error);
          };
          act(transaction.objectStore('entries'), transaction.objectStore('totals'), (value) => {
            result = value;
          });
        });
      } catch (cause) {
        // Null: it was stopped above, and the page is back.
        const stopped = cause === null;
        const closed = (cause as Error | null)?.name === 'InvalidStateError';
        if (!again || !(stopped || closed)) throw storageError(cause);
        if (closed) opening = undefined;
      }
    }
  }

  const change = (totals: IDBObjectStore, act: (total: { count: number; bytes: number }) => void): void => {
    totals.get(owner).onsuccess = (event) => {
      const { count = 0, bytes = 0 } = resultOf<Total | undefined>(event) ?? {};
      const total = { count: Math.max(0, count) || 0, bytes: Math.max(0, bytes) || 0 };
      act(total);
      if (total.count > 0) totals.put({ owner, ...total });
      else totals.delete(owner);
    };
  };

  const everything = (nsp?: string, after?: number): IDBKeyRange =>
    nsp === undefined
      ? disk.range([owner], [owner, []])
      : // An array comes behind every number and every text.
        disk.range([owner, nsp, after ?? 0, []], [owner, nsp, []]);

  /** Each by itself, because one that cannot be read spoils a read of many. */
  const readEach = (range: IDBKeyRange, count?: number): Promise<Read> =>
    transact('readonly', (entries, _totals, done) => {
      const records: Stored[] = [];
      const corrupt: number[] = [];
      entries.index(QUEUE).getAllKeys(range, count).onsuccess = (event) => {
        const keys = resultOf<number[]>(event);
        done({ _records: records, _corrupt: corrupt, _lastSeq: keys[keys.length - 1] ?? 0 });
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
      const range = everything(nsp, after);
      const { _records, _corrupt, _lastSeq } = await transact<Read>('readonly', (entries, _totals, done) => {
        entries.index(QUEUE).getAll(range, count).onsuccess = (event) => {
          const records = resultOf<Stored[]>(event);
          done({ _records: records, _corrupt: [], _lastSeq: records[records.length - 1]?.seq ?? 0 });
        };
      }).catch(() => readEach(range, count));
      const corrupt = _records.filter((record) => !isSound(record)).map(({ seq }) => seq as number);
      return { _records: _records.filter(isSound), _corrupt: [..._corrupt, ...corrupt], _lastSeq };
    },
    remove: (records) =>
      transact('readwrite', (entries, totals) => {
        const there: Removable[] = [];
        for (const record of records) {
          const { seq, nsp, id } = record;
          const key =
            id === undefined
              ? entries.getKey(seq as number)
              : entries.index(QUEUE).getKey([owner, nsp as string, seq as number, id]);
          key.onsuccess = () => {
            if (key.result !== undefined) there.push(record);
          };
        }
        // Answered after those.
        change(totals, (total) => {
          for (const { seq, bytes = 0 } of there) {
            entries.delete(seq as number);
            total.count--;
            total.bytes -= bytes;
          }
        });
      }),
    find: (records) =>
      transact('readonly', (entries, _totals, done) => {
        const found = new Set<string>();
        done(found);
        for (const { seq, nsp, id } of records)
          entries.index(QUEUE).getKey([owner, nsp, seq as number, id]).onsuccess = (event) => {
            if (resultOf(event) !== undefined) found.add(id);
          };
      }),
    clear: () =>
      transact('readwrite', (entries, totals) => {
        entries.index(QUEUE).getAllKeys(everything()).onsuccess = (event) => {
          for (const key of resultOf<number[]>(event)) entries.delete(key);
        };
        totals.delete(owner);
      }),
  };
}

export const full = ({ data }: Stored): HoldfastError =>
  notSent('OUTBOX_FULL', data[0], 'the durable outbox is full');
