/** The outbox as programs see it, and the plugin that connects it with its sockets. */

import type { Manager } from '../../manager/manager.js';
import { parseAddress } from '../../platform/address.js';
import { attempt } from '../../platform/attempt.js';
import { DEVELOPMENT } from '../../platform/build.js';
import { type Cancel, nothing } from '../../platform/clock.js';
import type { Disk } from '../../platform/disk.js';
import { callAll } from '../../platform/emitter.js';
import { pageLocation } from '../../platform/environment.js';
import { HoldfastError } from '../../platform/errors.js';
import { warnOnce } from '../../platform/report.js';
import { show } from '../../platform/show.js';
import { warnOfLoss } from '../../protocol/lossy.js';
import { checkEventName } from '../../socket/event-name.js';
import { cleared, expired } from '../../socket/failures.js';
import type { OutgoingEvent } from '../../socket/hooks.js';
import type { Socket } from '../../socket/socket.js';
import { createEnds } from './ends.js';
import { resolveOptions } from './options.js';
import { createQueue, type Queue, type QueueHost } from './queue.js';
import type { Shared } from './shared.js';
import { isBefore, openStore, type Stored, storageError } from './store.js';
import type { DurableEntry, DurableOptions, DurableOutbox, DurableOutcome } from './types.js';
import { copyOf, createWriter } from './writer.js';

/** A page that was left has released its locks after this time, in milliseconds. */
const GOING_MS = 500;

/** Expired records are searched for in batches of this size, the oldest first, and at this interval in milliseconds. */
const SWEPT = 100;
const SWEEP_EVERY_MS = 3_600_000;

/** @throws HoldfastError `BAD_OPTION` */
export function createOutbox(given: DurableOptions, disk: Disk): DurableOutbox {
  const options = resolveOptions(given);
  const { name, owner, maxAgeMs, strict, fallback, persist } = options;
  const page = disk.randomId();
  const { clock } = disk;
  const nameOf = (...parts: readonly string[]): string => JSON.stringify(['holdfast', name, ...parts]);

  /** Every socket that can send events of this outbox. */
  const queues = new WeakMap<object, Queue>();
  /** The keys of unreadable records. */
  const corrupt = new Set<number>();
  /** The address and path of the server that this outbox belongs to. */
  let server: string | undefined;
  /** The connection to it. */
  let user: Manager | undefined;
  let restored: Promise<readonly DurableEntry[]> | undefined;
  let releasePage: Cancel | undefined;
  let stopAging: Cancel = nothing;
  let sweeps = false;

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

  const shared: Shared = {
    _disk: disk,
    _store: openStore(disk, nameOf(owner), strict, options, () => {
      for (const queue of live) queue._look();
      ends._audit();
    }),
    _page: page,
    _waiting: new Map(),
    _live: new Set(),
    _tries: new Map(),
    _nameOf: nameOf,
    _idle() {
      releasePage?.();
      releasePage = undefined;
    },
    _trouble(cause) {
      const error = storageError(cause);
      if (errorListeners.length > 0) callAll(undefined, errorListeners, [error]);
      else warnOnce(`durable ${error.code}`, `holdfast: ${error.message}`);
    },
  };
  const { _store: store, _waiting: waiting, _live: live, _tries: tries, _trouble: trouble } = shared;

  const entryOf = ({ id, nsp, key, data, atMs, bytes, seq }: Stored): DurableEntry => ({
    id,
    namespace: nsp,
    event: data[0],
    args: data.slice(1),
    idempotencyKey: key,
    sinceMs: atMs,
    bytes,
    tries: tries.get(id) ?? 0,
    stored: seq !== undefined,
  });

  const ends = createEnds(shared, owner, (record, error, answer) =>
    callAll(undefined, settledListeners, [entryOf(record), error ? { error } : { answer }]),
  );
  const writer = createWriter(shared, ends, fallback !== undefined, options);

  let started = false;
  const start = (): void => {
    if (started) return;
    started = true;
    ends._start();
    if (persist) disk.persist();
  };

  const expiryOf = ({ data, atMs }: Stored): HoldfastError | undefined =>
    disk.dateMs() - atMs >= maxAgeMs ? expired(data[0], maxAgeMs) : undefined;

  /** Ends expired events, oldest first, also while the socket is not connected. */
  const age = (): void => {
    stopAging();
    for (const { _record } of waiting.values()) {
      const expiry = expiryOf(_record);
      if (!expiry) {
        stopAging = clock.after(_record.atMs + maxAgeMs - disk.dateMs(), age, true);
        return;
      }
      ends._end(_record, expiry);
    }
  };

  /** Ends expired events of earlier pages, also those of namespaces that no socket joins now: they count towards the limits. */
  const sweep = async (): Promise<void> => {
    try {
      for (let after = 0, old = true; old; ) {
        const { _records, _lastSeq, _count } = await store.read(undefined, after, SWEPT);
        old = _count === SWEPT;
        after = _lastSeq;
        for (const record of _records) {
          const expiry = expiryOf(record);
          if (expiry) ends._end(record, expiry);
          else old = false;
        }
      }
    } catch (error) {
      trouble(error);
    }
    clock.after(SWEEP_EVERY_MS, () => void sweep(), true);
  };

  const host: QueueHost = {
    _clock: clock,
    _store: store,
    _tries: tries,
    _waiting: waiting,
    _lock: (nsp, granted) =>
      disk.lock(nameOf(owner, nsp), () => {
        granted();
        ends._tell('sender');
        ends._audit();
      }),
    _isOver: ends._isOver,
    _expiry: expiryOf,
    _end: ends._end,
    _discard(places) {
      // Each namespace reads its own.
      const found = places.filter((seq) => !corrupt.has(seq));
      if (found.length === 0) return;
      for (const seq of found) corrupt.add(seq);
      trouble(
        new HoldfastError(
          'STORAGE_CORRUPT',
          `${DEVELOPMENT ? 'stored events that cannot be read: ' : ''}${found.length}`,
        ),
      );
      ends._discard(...found.map((seq) => ({ seq })));
      ends._audit();
    },
    _trouble: trouble,
  };

  const unstored = (): Stored[] => [...live].flatMap(({ _unstored }) => _unstored);

  const all = async (): Promise<Stored[]> => {
    start();
    const { _records } = await store.read().catch((error: HoldfastError) => {
      if (!fallback) throw error;
      trouble(error);
      return { _records: [] };
    });
    const records = [..._records];
    for (const local of unstored()) {
      const next = records.findIndex((record) => record.seq !== undefined && !isBefore(record, local));
      records.splice(next < 0 ? records.length : next, 0, local);
    }
    return records.filter(({ id }) => !ends._isOver(id));
  };

  /** Finds the events of earlier pages. */
  const orphans = async (again?: boolean): Promise<DurableEntry[]> => {
    const records = (await all()).filter((record) => record.page !== page);
    const held = await disk.held().catch((): [] => []);
    const left = records.filter((record) => !ends._isOpen(held, record) && !ends._isOver(record.id));
    if (again || left.length === records.length) return left.map(entryOf);
    // After a reload, the old page may not be gone yet.
    await new Promise<void>((resolve) => void clock.after(GOING_MS, resolve, true));
    return orphans(true);
  };

  /** Takes an event over, after the plugins of its socket have seen it. */
  const keep = (
    socket: Socket,
    queue: Queue,
    id: string,
    key: { readonly idempotencyKey: string },
    event: OutgoingEvent,
  ): void => {
    // It is sent with the key, and stored without it.
    const data = event.data.filter((one) => one !== key);
    const record: Stored = {
      id,
      nsp: socket.nsp,
      key: key.idempotencyKey,
      ...copyOf(socket, data),
      atMs: disk.dateMs(),
      page,
    };
    start();
    waiting.set(id, { _record: record, _queue: queue, _done: event.callback ?? nothing });
    releasePage ??= disk.lock(nameOf('page', page), nothing);
    writer._add(record);
    if (waiting.size === 1) age();
    if (!socket.connected) socket.io._kept.add(socket);
  };

  return {
    name: `durable ${name}`,
    identity: options,
    manager(manager) {
      const place = `${attempt(() => parseAddress(manager.uri, pageLocation()).origin)}${manager.opts.path}`;
      if (!user || user.status === 'closed') server = place;
      // Events for one server would be sent to the other.
      if (place !== server)
        throw new HoldfastError(
          'BAD_OPTION',
          DEVELOPMENT
            ? `the outbox "${name}" belongs to ${server}, and cannot be used for ${place}; create one for each server, each with its own name`
            : 'server',
        );
      user = manager;
      return {
        event(emitter, event) {
          if (event === 'sharing') for (const queue of live) queue._roleChanged();
          if (event !== 'disconnect') return;
          const queue = queues.get(emitter);
          queue?._down();
          if (queue && queue._unstored.length === 0) live.delete(queue);
        },
      };
    },
    socket(socket) {
      const queue = createQueue(socket, host);
      queues.set(socket, queue);
      return {
        flushed() {
          start();
          live.add(queue);
          queue._wentUp();
          if (sweeps) return;
          sweeps = true;
          // One tab does this, after the waiting events were sent.
          disk.lock(nameOf(owner, 'old'), () => void clock.after(1_000, () => void sweep(), true));
        },
      };
    },
    emitWithAck: (given: Socket, name: unknown, ...args: unknown[]) =>
      new Promise<never>((resolve, reject) => {
        const refuse = (why: string): never => {
          throw new HoldfastError('BAD_OPTION', why);
        };
        const socket = given?._raw?.();
        const queue = socket && queues.get(socket);
        const { _key, timeout, signal, volatile } = socket?._flags ?? {};
        // The modifiers apply to this emit only, even if it throws.
        if (socket) socket._flags = undefined;
        if (!queue)
          return refuse(
            DEVELOPMENT
              ? 'the socket has no such outbox; give it to the first io() of the connection: io(url, { plugins: [outbox] })'
              : 'plugins',
          );
        if ((timeout ?? signal ?? volatile) !== undefined)
          refuse(
            DEVELOPMENT
              ? 'a durable emit takes no timeout(), signal() or volatile: it ends when it is acknowledged, too old (maxAgeMs), or cancelled (outbox.cancel)'
              : 'modifiers',
          );
        checkEventName(name);
        if (DEVELOPMENT) {
          if (!socket.io.opts?.parser) warnOfLoss(show(name), args);
        }
        const { errorFirstAcks } = socket._options;
        const id = disk.randomId();
        const key = { idempotencyKey: _key ?? id };
        const store = (event: OutgoingEvent): void => keep(socket, queue, id, key, event);
        const event: OutgoingEvent = {
          // A contract checks the key, too.
          data: [name, ...args, key],
          flags: { _again: true, _store: store },
          callback(error: unknown, first: unknown, second: unknown) {
            const reason = error ?? (errorFirstAcks ? first : undefined);
            if (reason) reject(reason);
            else resolve((errorFirstAcks ? second : first) as never);
          },
          awaited: true,
        };
        if (!socket._taken(event, socket._hooks.length)) store(event);
      }),
    pending: async () => (await all()).filter((record) => !expiryOf(record)).map(entryOf),
    onRestored(listener) {
      let wanted = true;
      restored ??= orphans();
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
      // An event that is being written can be removed once it is stored.
      if (waiting.has(id)) await writer._through(id);
      const record = waiting.get(id)?._record ?? (await all()).find((one) => one.id === id);
      if (!record) return false;
      if (record.seq !== undefined) await store.remove([record]);
      return ends._end(record, cleared());
    },
    async clear() {
      start();
      for (const record of [...writer._drop(), ...unstored()]) ends._end(record, cleared());
      await ends._clear().catch((error: HoldfastError) => {
        if (!fallback) throw error;
        trouble(error);
      });
    },
  };
}
