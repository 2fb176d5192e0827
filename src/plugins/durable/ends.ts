/** Ends events, and keeps the tabs informed about the ends. */
import { DEVELOPMENT } from '../../platform/build.js';
import { nothing } from '../../platform/clock.js';
import { callAll } from '../../platform/emitter.js';
import type { ErrorCode, HoldfastError } from '../../platform/errors.js';
import { cleared, unanswered } from '../../socket/failures.js';
import type { Shared } from './shared.js';
import type { Removable, Stored } from './store.js';

/** The end of an event, in a message between tabs. */
interface End {
  readonly id: string;
  /** Present if the page that emitted it is gone. */
  readonly record?: Stored | undefined;
  readonly answer: readonly unknown[];
  readonly error?:
    | readonly [code: ErrorCode, message: string, maybeDelivered?: boolean | undefined]
    | undefined;
}

interface Ended {
  readonly _record: Stored;
  readonly _error: HoldfastError | null;
  readonly _answer: readonly unknown[];
}

/** The messages between tabs. */
type Message =
  | readonly ['new', nsp: string]
  | readonly ['ends', ends: readonly End[]]
  | readonly ['clear']
  /** Another tab sends from now on. The earlier one may have died without a message. */
  | readonly ['sender'];

export interface Ends {
  /** Starts at the first use: nothing is opened before. */
  _start(): void;
  _tell(...message: Message): void;
  /** Whether an event has ended, although the database may still have it. */
  _isOver(id: string): boolean;
  /** Whether the page that wrote it still exists, by the names of the held locks. */
  _isOpen(held: readonly (string | undefined)[], record: Stored): boolean;
  /** Ends an event: it was answered, or never will be. @returns false if it had ended before */
  _end(record: Stored, error: HoldfastError | null, answer?: readonly unknown[]): boolean;
  /** Removes records, and tries again until they are gone. */
  _discard(...records: readonly Removable[]): void;
  /** Removes everything, in every tab. */
  _clear(): Promise<void>;
  /** Finds events whose records are gone although no message told of their end. */
  _audit(): void;
}

const RETRY_MS = 5_000;

/** Answered events are collected for this time, in milliseconds, and then removed together. If one is sent again meanwhile, the server recognises its key. */
const GATHER_MS = 50;
const MANY = 4;

/** The messages of other tabs about a removed record have arrived after this time, in milliseconds. */
const GRACE_MS = 1_000;

/** @param settled called for an event that has ended and whose page is gone */
export function createEnds(
  shared: Shared,
  owner: string,
  settled: (record: Stored, error: HoldfastError | null | undefined, answer: readonly unknown[]) => void,
): Ends {
  const {
    _disk: disk,
    _store: store,
    _waiting: waiting,
    _live: live,
    _tries: tries,
    _page,
    _nameOf,
  } = shared;
  const { clock } = disk;
  /** Events that have ended, but may still be in the database. */
  const over = new Set<string>();
  let toRemove: Removable[] = [];
  let removing = false;
  /** Events of other pages that have ended. */
  let foreign: Ended[] = [];
  let telling = false;
  /** Whether only this page has sent its own events, as far as it knows. */
  let alone = true;
  let post: ((message: Message) => void) | undefined;

  const tell = (...message: Message): void => post?.(message);
  const pause = (ms: number): Promise<void> => new Promise((resolve) => later(ms, resolve));
  const later = (delayMs: number, task: () => void): void => void clock.after(delayMs, task, true);

  const isOpen = (held: readonly (string | undefined)[], { page }: Stored): boolean =>
    held.includes(_nameOf('page', page));

  /** @returns whether a call in this page waits for it */
  const settle = (
    id: string,
    error: HoldfastError | null | undefined,
    answer: readonly unknown[],
  ): boolean => {
    const waiter = waiting.get(id);
    if (!waiter) return false;
    waiting.delete(id);
    if (waiting.size === 0) shared._idle();
    callAll(undefined, [waiter._done], [error ?? null, answer[0], answer[1], answer]);
    return true;
  };

  const forget = (id: string): void => {
    over.add(id);
    tries.delete(id);
    for (const queue of live) queue._remove(id);
  };

  const maybeSent = ({ id, page, seq }: Stored): boolean =>
    // Another page may have sent it.
    !!tries.get(id) || page !== _page || (seq !== undefined && !alone);

  const end = (record: Stored, error: HoldfastError | null, answer: readonly unknown[] = []): boolean => {
    const { id, seq } = record;
    if (over.has(id)) return false;
    if (error && maybeSent(record)) error.maybeDelivered = true;
    forget(id);
    const mine = settle(id, error, answer);
    if (seq === undefined) over.delete(id);
    else {
      if (!mine) {
        foreign.push({ _record: record, _error: error, _answer: answer });
        void tellOthers();
      } else if (error && !alone) tell('ends', [{ id, answer }]);
      // The page that waits for the answer removes the record itself, because a message to it may get lost.
      if (mine || error) discard(record);
    }
    return true;
  };

  const discard = (...records: readonly Removable[]): void => {
    for (const record of records) toRemove.push(record);
    void remove();
  };

  const remove = async (): Promise<void> => {
    if (removing) return;
    removing = true;
    let told = false;
    while (toRemove.length > 0) {
      const batch = toRemove;
      toRemove = [];
      try {
        await store.remove(batch);
        told = false;
        for (const { id } of batch) over.delete(id as string);
        // Many answers are removed in one transaction: small transactions would take longer than the sending.
        if (batch.length > MANY) await pause(GATHER_MS);
      } catch (error) {
        if (!told) shared._trouble(error);
        told = true;
        toRemove = batch.concat(toRemove);
        await pause(RETRY_MS);
      }
    }
    removing = false;
  };

  /** Tells each tab how its events ended; if its page is gone, all tabs are told. */
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
          settled(_record, _error, _answer);
          if (!_error) discard(_record);
        }
        return {
          id: _record.id,
          answer: _answer,
          record: gone ? _record : undefined,
          error: _error
            ? [_error.code, _error.message.replace(` (${_error.help})`, ''), _error.maybeDelivered]
            : undefined,
        };
      });
      tell('ends', ends);
      if (alive.length > 0) later(GRACE_MS, () => void tellAgain(alive));
    }
    telling = false;
  };

  /** Every tab that received the message has removed it. */
  const tellAgain = async (ended: readonly Ended[]): Promise<void> => {
    const found = await store.find(ended.map(({ _record }) => _record)).catch(() => undefined);
    for (const one of ended)
      if (found?.has(one._record.seq as number) === false) over.delete(one._record.id);
      else foreign.push(one);
    void tellOthers();
  };

  /**
   * Ends the waits for events whose records are gone.
   *
   * @param asked by id
   */
  const look = async (
    asked: ReadonlyMap<string, Stored>,
    why: (record: Stored) => HoldfastError,
  ): Promise<void> => {
    if (asked.size === 0) return;
    const records = [...asked.values()];
    try {
      const found = await store.find(records);
      endAll(
        records.filter(({ seq }) => !found.has(seq as number)),
        why,
      );
    } catch (error) {
      shared._trouble(error);
    }
  };

  const endAll = (records: readonly Stored[], why: (record: Stored) => HoldfastError): void => {
    for (const record of records) {
      const { id } = record;
      const error = why(record);
      if (maybeSent(record)) error.maybeDelivered = true;
      forget(id);
      settle(id, error, []);
    }
    // A running read may still return them.
    later(GRACE_MS, () => {
      for (const { id } of records) over.delete(id);
    });
  };

  /** The stored events that this page waits for or is about to send. */
  const known = (): Map<string, Stored> => {
    const found = new Map<string, Stored>();
    const take = (record: Stored): void => {
      if (record.seq !== undefined) found.set(record.id, record);
    };
    for (const queue of live) queue._here.forEach(take);
    for (const { _record } of waiting.values()) take(_record);
    return found;
  };

  const audit = (): void =>
    later(GRACE_MS, () => {
      const asked = known();
      for (const queue of live) for (const { id } of queue._here) asked.delete(id);
      void look(asked, ({ data }) =>
        unanswered(
          'STORAGE_EVICTED',
          DEVELOPMENT ? `the record of "${data[0]}" is gone from the storage` : `"${data[0]}" is gone`,
          true,
        ),
      );
    });

  /** Ends the calls that wait for cleared events; nothing is sent meanwhile. @param clearing the clearing of the database by this tab */
  const clear = async (clearing?: Promise<void>): Promise<void> => {
    const queues = [...live];
    for (const queue of queues) queue._pause();
    try {
      await clearing;
      for (const queue of queues) endAll(queue._unstored, cleared);
      await look(known(), cleared);
    } finally {
      for (const queue of queues) queue._resume();
    }
  };

  const hear = (message: Message): void => {
    if (message[0] === 'new') {
      for (const queue of live) if (queue._ofSocket.nsp === message[1]) queue._look();
    } else if (message[0] === 'ends') {
      const [, ends] = message;
      for (const { id, record, answer, error: told } of ends) {
        const error = told && unanswered(...told);
        const own = waiting.get(id)?._record;
        forget(id);
        if (own) settle(id, error, answer);
        else if (record) settled(record, error, answer);
        if (own?.seq !== undefined) discard(own);
      }
      // A running read may still return it.
      later(GRACE_MS, () => {
        for (const { id } of ends) over.delete(id);
      });
    } else if (message[0] === 'clear') {
      void clear();
    } else {
      alone = false;
      audit();
    }
  };

  return {
    _start() {
      if (post) return;
      post = disk.channel(_nameOf(owner), hear as (message: unknown) => void);
      // From another tab that sends already: this one has no lock yet.
      const sender = `${_nameOf(owner).slice(0, -1)},`;
      disk.held().then((held) => {
        if (held.some((name) => name?.startsWith(sender))) alone = false;
      }, nothing);
    },
    _tell: tell,
    _isOver: (id) => over.has(id),
    _isOpen: isOpen,
    _end: end,
    _discard: discard,
    async _clear() {
      await clear(store.clear());
      tell('clear');
    },
    _audit: audit,
  };
}
