import type { Cancel } from '../../src/platform/clock.js';
import type { Disk } from '../../src/platform/disk.js';
import { SimulatedClock } from './simulated-clock.js';

/** IndexedDB, locks and channels of several tabs, in memory; transactions fail and tabs die on the test's command. */

type Key = number;
type Value = Record<string, unknown>;

interface Range {
  readonly lower: Key;
  readonly upper: Key;
}

interface Table {
  /** The property with the key, which the database generates; without one, the program provides the key. */
  readonly keyPath: string | undefined;
  rows: Map<Key, Value>;
  next: number;
}

interface Database {
  version: number;
  readonly tables: Map<string, Table>;
  readonly open: Set<Connection>;
  readonly waiting: (() => void)[];
  writing: boolean;
}

class Request {
  result: unknown;
  error: unknown = null;
  onsuccess: ((event: unknown) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  onblocked: (() => void) | null = null;
  onupgradeneeded: (() => void) | null = null;
  /** The transaction that creates a database. */
  readonly transaction: { onabort: (() => void) | null; error: unknown } = { onabort: null, error: null };

  answer(result: unknown): void {
    this.result = result;
    this.onsuccess?.({ target: this });
  }
}

class Connection {
  onclose: (() => void) | null = null;
  onversionchange: ((event: unknown) => void) | null = null;
  closed = false;

  constructor(
    readonly tab: SimulatedTab,
    readonly database: Database,
  ) {}

  createObjectStore(name: string, { keyPath }: { keyPath?: string } = {}): object {
    const table: Table = { keyPath, rows: new Map(), next: 1 };
    this.database.tables.set(name, table);
    return {
      put(value: Value) {
        const key = value[`${keyPath}`] as Key;
        table.rows.set(key, value);
        // IndexedDB 3.0, "possibly update the key generator": it is not reset when rows are removed.
        table.next = key + 1;
      },
      clear: () => table.rows.clear(),
    };
  }

  close(): void {
    this.closed = true;
    this.database.open.delete(this);
  }

  transaction(names: readonly string[], mode: string): Transaction {
    if (this.closed) throw Object.assign(new Error('closed'), { name: 'InvalidStateError' });
    return new Transaction(this, names, mode);
  }
}

class Transaction {
  oncomplete: (() => void) | null = null;
  onabort: (() => void) | null = null;
  error: unknown = null;
  readonly #requests: (() => void)[] = [];
  #aborted = false;

  constructor(
    private readonly _connection: Connection,
    names: readonly string[],
    private readonly _mode: string,
  ) {
    const { database } = _connection;
    for (const name of names)
      if (!database.tables.has(name)) throw Object.assign(new Error(name), { name: 'NotFoundError' });
    database.waiting.push(() => this.#run());
    queueMicrotask(() => pump(database));
  }

  get db(): Connection {
    return this._connection;
  }

  abort(): void {
    this.#aborted = true;
  }

  #run(): void {
    const { _connection, _mode } = this;
    const { database, tab } = _connection;
    const before = new Map(
      [...database.tables].map(([name, { rows, next }]) => [name, [new Map(rows), next] as const]),
    );
    let failure: unknown = tab.dead || this.#aborted ? 'dead' : undefined;
    try {
      for (let next = this.#requests.shift(); next && !failure; next = this.#requests.shift()) next();
    } catch (error) {
      failure = error;
    }
    failure ??= _connection.closed ? { name: 'AbortError', message: 'closed' } : tab.failure(_mode);
    if (failure) {
      for (const [name, [rows, next]] of before)
        Object.assign(database.tables.get(name) as Table, { rows, next });
      this.error = failure === 'dead' ? null : failure;
    }
    const told = failure ? this.onabort : this.oncomplete;
    queueMicrotask(() => {
      // Chromium sometimes does not report the abort if the database was closed from outside.
      if (!tab.dead && !(_connection.closed && tab.forgetful)) told?.();
    });
  }

  objectStore(name: string): object {
    const table = this._connection.database.tables.get(name) as Table;
    const { tab } = this._connection;
    const ask = (act: () => unknown): Request => {
      const request = new Request();
      this.#requests.push(() => {
        let result: unknown;
        try {
          result = act();
        } catch (error) {
          let handled = false;
          request.error = error;
          const event = {
            target: request,
            preventDefault() {
              handled = true;
            },
            stopPropagation() {},
          };
          request.onerror?.(event);
          if (!handled) throw error;
          return;
        }
        request.answer(result);
      });
      return request;
    };
    const sorted = ({ lower, upper }: Range): [Key, Value][] =>
      [...table.rows].filter(([key]) => key >= lower && key <= upper).sort(([a], [b]) => a - b);
    const read = (row: Value | undefined): unknown => {
      if (row?.unreadable) throw { name: 'DataError', message: 'unreadable' };
      return structuredClone(row);
    };
    const { keyPath } = table;
    return {
      add(value: Value) {
        const copy = structuredClone(value);
        if (tab.refuses?.(copy)) throw Object.assign(new Error('too large'), { name: 'DataError' });
        return ask(() => {
          const key = table.next++;
          table.rows.set(key, { ...copy, [`${keyPath}`]: key });
          return key;
        });
      },
      put: (value: Value, key: Key) => ask(() => void table.rows.set(key, structuredClone(value))),
      get: (key: Key) => ask(() => read(table.rows.get(key))),
      delete: (given: Key | Range) =>
        ask(() => {
          const range = typeof given === 'number' ? { lower: given, upper: given } : given;
          for (const [key] of sorted(range)) table.rows.delete(key);
        }),
      clear: () => ask(() => table.rows.clear()),
      getAll: (range: Range, count?: number) =>
        ask(() =>
          sorted(range)
            .slice(0, count)
            .map(([, row]) => read(row)),
        ),
      getAllKeys: (range: Range, count?: number) =>
        ask(() =>
          sorted(range)
            .slice(0, count)
            .map(([key]) => key),
        ),
    };
  }
}

/** Transactions run one after another, in the order of their creation. */
function pump(database: Database): void {
  if (database.writing) return;
  database.writing = true;
  for (let next = database.waiting.shift(); next; next = database.waiting.shift()) next();
  database.writing = false;
}

/** One browser, whose tabs share everything. */
export class SimulatedBrowser {
  readonly clock: SimulatedClock = new SimulatedClock();
  readonly databases: Map<string, Database> = new Map();
  readonly tabs: Set<SimulatedTab> = new Set();
  /** The holder of each lock, and its queue. */
  readonly locks: Map<string, { tab: SimulatedTab; granted: () => void }[]> = new Map();
  dateAheadMs = 1e12;
  ids = 0;

  tab(): SimulatedTab {
    const tab = new SimulatedTab(this);
    this.tabs.add(tab);
    return tab;
  }

  /** The rows of a table. */
  rows(name: string, table: string): Value[] {
    return [...(this.databases.get(name)?.tables.get(table)?.rows.values() ?? [])];
  }

  /** The user clears the site's data, or the browser evicts it. */
  evict(): void {
    for (const { open } of this.databases.values())
      for (const connection of [...open]) {
        connection.close();
        queueMicrotask(() => {
          if (!connection.tab.dead) connection.onclose?.();
        });
      }
    this.databases.clear();
  }
}

export class SimulatedTab implements Disk {
  readonly clock: SimulatedClock;
  dead = false;
  persisted = 0;
  /** How many transactions of which mode will fail, and how. */
  failing: { count: number; mode?: string; error?: { name: string; message?: string } } = { count: 0 };
  /** The exception of `open`, or the error of its request, and how often. */
  opening: { throws?: unknown; error?: unknown; times?: number; blocked?: boolean; full?: boolean } = {};
  /** How often a database was requested. */
  opened = 0;
  /** Whether the abort of transactions is not reported if their database was closed from outside. */
  forgetful = false;
  /** Whether a record is rejected at once, like one that is too large. */
  refuses: ((value: Value) => boolean) | undefined;
  readonly #channels = new Map<string, ((message: unknown) => void)[]>();

  constructor(private readonly _browser: SimulatedBrowser) {
    this.clock = _browser.clock;
  }

  /** Why a transaction fails, if it does. */
  failure(mode: string): unknown {
    if (this.failing.count === 0 || mode !== (this.failing.mode ?? mode)) return undefined;
    this.failing.count--;
    return this.failing.error ?? { name: 'DataError', message: 'the data is damaged' };
  }

  dateMs(): number {
    return this.clock.now() + this._browser.dateAheadMs;
  }

  randomId(): string {
    return `id-${++this._browser.ids}`;
  }

  open(name: string, version: number): IDBOpenDBRequest {
    const { throws, error, blocked, times = Number.POSITIVE_INFINITY } = this.opening;
    if (throws) throw throws;
    this.opened++;
    this.opening = times > 1 ? { ...this.opening, times: times - 1 } : {};
    const request = new Request();
    const { databases } = this._browser;
    const go = (): void => {
      if (this.dead) return;
      let database = databases.get(name);
      if (error || (database && database.version > version)) {
        request.error = error ?? Object.assign(new Error('newer'), { name: 'VersionError' });
        request.onerror?.({ target: request });
        return;
      }
      const isNew = !database;
      database ??= { version, tables: new Map(), open: new Set(), waiting: [], writing: false };
      databases.set(name, database);
      const connection = new Connection(this, database);
      database.open.add(connection);
      request.result = connection;
      if (isNew) request.onupgradeneeded?.();
      if (isNew && this.opening.full) {
        databases.delete(name);
        request.transaction.error = { name: 'QuotaExceededError' };
        request.transaction.onabort?.();
        request.error = { name: 'AbortError' };
        request.onerror?.({ target: request });
        return;
      }
      request.answer(connection);
    };
    if (blocked) {
      queueMicrotask(() => request.onblocked?.());
      this.unblock = go;
    } else queueMicrotask(go);
    return request as unknown as IDBOpenDBRequest;
  }

  /** Lets a blocked database open after all. */
  unblock: () => void = () => {};

  range(lower: number, upper: number): IDBKeyRange {
    return { lower, upper } as never;
  }

  lock(name: string, granted: () => void): Cancel {
    const { locks } = this._browser;
    const queue = locks.get(name) ?? [];
    locks.set(name, queue);
    const entry = { tab: this, granted };
    queue.push(entry);
    const grant = (): void => {
      const first = queue[0];
      queueMicrotask(() => {
        if (first && queue[0] === first && !first.tab.dead) first.granted();
      });
    };
    if (queue[0] === entry) grant();
    return () => {
      const index = queue.indexOf(entry);
      if (index < 0) return;
      queue.splice(index, 1);
      if (index === 0) grant();
    };
  }

  async held(): Promise<string[]> {
    return [...this._browser.locks].flatMap(([name, queue]) => (queue.length > 0 ? [name] : []));
  }

  channel(name: string, heard: (message: unknown) => void): (message: unknown) => void {
    this.#channels.set(name, [...(this.#channels.get(name) ?? []), heard]);
    return (message) => {
      if (this.dead) return;
      const copy = structuredClone(message);
      for (const tab of this._browser.tabs)
        if (tab !== this)
          for (const listener of tab.#channels.get(name) ?? [])
            queueMicrotask(() => {
              if (!tab.dead) listener(structuredClone(copy));
            });
    };
  }

  /** The page enters the back/forward cache. */
  stored: () => void = () => {};

  onStored(listener: () => void): void {
    this.stored = listener;
  }

  persist(): void {
    this.persisted++;
  }

  /** The tab crashes: none of its code runs any more, and its locks pass to others. */
  die(): void {
    this.dead = true;
    this._browser.tabs.delete(this);
    for (const { open } of this._browser.databases.values())
      for (const connection of [...open]) if (connection.tab === this) open.delete(connection);
    for (const [, queue] of this._browser.locks) {
      const first = queue[0];
      const left = queue.filter(({ tab }) => tab !== this);
      queue.splice(0, queue.length, ...left);
      const next = queue[0];
      if (next && next !== first)
        queueMicrotask(() => {
          if (queue[0] === next && !next.tab.dead) next.granted();
        });
    }
  }
}
