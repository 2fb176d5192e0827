/** Sends the stored events of one namespace, in order, while this tab has the lock for it. */
import { DEVELOPMENT } from '../../platform/build.js';
import { type Cancel, type Clock, nothing } from '../../platform/clock.js';
import type { HoldfastError } from '../../platform/errors.js';
import { nameAck } from '../../socket/ack-names.js';
import type { Socket } from '../../socket/socket.js';
import { isBefore, type Store, type Stored } from './store.js';

/** What a queue needs from its outbox. */
export interface QueueHost {
  readonly _clock: Clock;
  readonly _store: Store;
  /** How often each event was sent by this page, by its id. */
  readonly _tries: Map<string, number>;
  /** Requests the lock for sending. Returns a function that releases it. */
  _lock(nsp: string, granted: () => void): Cancel;
  /** The events of this page that wait for their end, in the order of their emits. */
  readonly _waiting: ReadonlyMap<string, { readonly _record: Stored }>;
  /** Whether the event has ended, although the database may still have it. */
  _isOver(id: string): boolean;
  /** Why it must not be sent; undefined if it may be. */
  _expiry(record: Stored): HoldfastError | undefined;
  /** Ends an event: it was answered, or never will be. */
  _end(record: Stored, error: HoldfastError | null, answer?: readonly unknown[]): void;
  /** Reports the keys of unreadable records. */
  _discard(places: readonly number[]): void;
  /** Reports a failure of the database. */
  _trouble(error: unknown): void;
}

interface Item {
  readonly _record: Stored;
  _inFlight: boolean;
  /** For an event in memory: whether the database may have earlier events. */
  readonly _readable?: boolean;
}

/** The maximum number of events in flight, and of their bytes. A single event may exceed the latter. */
const MAX_IN_FLIGHT = 64;
const MAX_BYTES_IN_FLIGHT = 2 ** 20;

/** How many records one read returns. */
const CHUNK = 256;

/** The interval of reads, in milliseconds: after a failure, and to find records of a tab that died before its message. */
const LOOK_AGAIN_MS = 5_000;

/**
 * If tabs share one connection, its leader should send. The others request the lock this much later, in milliseconds, and get it only if
 * the leader has no such outbox.
 */
const FOLLOW_MS = 1_000;

/** The time that messages about the last answers take to reach the other tabs, in milliseconds. The next sender must not read those records. */
const HANDOVER_MS = 250;

/** A free lock is granted within this time, in milliseconds. */
const LOCK_MS = 250;

/** Errors after which the event is sent again. */
const AGAIN = /^(DISCONNECTED|ACK_TIMEOUT|TOO_MANY_ACKS)$/;

export interface Queue {
  readonly _ofSocket: Socket;
  /** The socket is connected. */
  _wentUp(): void;
  /** Tabs share one connection, and it may have moved to another tab. */
  _roleChanged(): void;
  /** The socket is no longer connected: another tab may continue. */
  _down(): void;
  /** Events of this page were stored, in this order. */
  _stored(records: readonly Stored[]): void;
  /**
   * An event of this page could not be stored.
   *
   * @param after the key of the last event that this page stored before it
   * @param readable whether the database works, but has no room
   */
  _keep(record: Stored, after: number, readable: boolean): void;
  /** There may be more in the database. */
  _look(): void;
  /** Removes an event that has ended. */
  _remove(id: string): void;
  /** Stops sending, and ignores the running read. */
  _pause(): void;
  _resume(): void;
  /** Events in the memory of this page. */
  readonly _here: readonly Stored[];
  readonly _unstored: readonly Stored[];
}

export function createQueue(socket: Socket, host: QueueHost): Queue {
  /** Events that were read from the database, in order. */
  let items: Item[] = [];
  /** Events that could not be stored. */
  let locals: Item[] = [];
  let inFlight = 0;
  let bytesInFlight = 0;
  /** The key of the last record that was read. */
  let lastSeq = 0;
  /** Whether the database may have further records. */
  let more = false;
  let loading = false;
  /** Whether the last read has failed. */
  let unreadable = false;
  let draining = false;
  /** Whether sending is paused: too many acknowledgements are pending, or everything is being cleared. */
  let onHold = false;
  /** Whether this tab has the lock for sending. */
  let sending = false;
  /** Releases the lock for sending, or stops waiting for it. */
  let release: Cancel | undefined;
  /** Whether the lock for sending was just requested: a free one is granted soon. */
  let standing = false;
  let stopStanding: Cancel = nothing;
  /** Whether the lock will be requested later. */
  let follows = false;
  /** Whether another tab takes over as soon as everything in flight is answered. */
  let yields = false;
  let stopLooking: Cancel = nothing;
  /** The number of the session: callbacks of an earlier one are stale. */
  let epoch = 0;
  /** The number of the read: results of an earlier one are ignored. */
  let reads = 0;

  const wentUp = (): void => {
    if (!socket.connected) return;
    stand();
    drain();
  };

  const roleChanged = (): void => {
    const follower = isFollower();
    if (follower && sending) {
      // Two tabs would send the events that are in flight.
      yields = true;
      sending = more = false;
      reads++;
      items = items.filter(({ _inFlight }) => _inFlight);
      drain();
    } else if (!follower && follows) {
      release?.();
      release = undefined;
      stand();
    }
  };

  const isFollower = (): boolean =>
    (socket.io as { sharing?: { role?: string } }).sharing?.role === 'follower';

  const stand = (asFollower = isFollower()): void => {
    if (release) return;
    follows = asFollower;
    if (!asFollower) {
      standing = true;
      stopStanding = host._clock.after(
        LOCK_MS,
        () => {
          standing = false;
          drain();
        },
        true,
      );
    }
    release = asFollower
      ? host._clock.after(
          FOLLOW_MS,
          () => {
            release = undefined;
            stand(false);
          },
          true,
        )
      : host._lock(socket.nsp, () => {
          sending = true;
          stopStanding();
          standing = false;
          look();
        });
  };

  const down = (): void => {
    epoch++;
    reads++;
    release?.();
    release = undefined;
    stopLooking();
    stopStanding();
    sending = standing = more = loading = yields = false;
    items = [];
    inFlight = bytesInFlight = lastSeq = 0;
    for (const item of locals) item._inFlight = false;
  };

  const stored = (records: readonly Stored[]): void => {
    let all = true;
    for (const record of records) {
      // No record of another tab lies between it and the last one.
      const next =
        record.seq === lastSeq + 1 && sending && !(loading || more || onHold) && items.length < CHUNK;
      if (next) {
        lastSeq++;
        items.push({ _record: record, _inFlight: false });
      } else all = false;
    }
    if (!all) look();
    drain();
  };

  const keep = (record: Stored, after: number, readable: boolean): void => {
    locals.push({ _record: { ...record, after }, _inFlight: false, _readable: readable });
    drain();
  };

  const look = (): void => {
    if (!sending) return;
    more = true;
    stopLooking();
    stopLooking = host._clock.after(LOOK_AGAIN_MS, look, true);
    void load();
  };

  const remove = (id: string): void => {
    const others = ({ _record }: Item): boolean => _record.id !== id;
    if (!items.every(others)) items = items.filter(others);
    if (!locals.every(others)) locals = locals.filter(others);
    // An event in memory may have waited for it.
    if (locals.length > 0) drain();
  };

  const pause = (): void => {
    onHold = true;
    reads++;
    loading = false;
  };

  const resume = (): void => {
    onHold = false;
    look();
    drain();
  };

  const load = async (): Promise<void> => {
    const startedReads = reads;
    const { nsp } = socket;
    if (loading || onHold || !more || items.length >= CHUNK) return;
    loading = true;
    more = false;
    try {
      const { _records, _corrupt, _lastSeq, _count } = await host._store.read(nsp, lastSeq, CHUNK);
      if (reads !== startedReads) return;
      loading = unreadable = false;
      lastSeq = Math.max(lastSeq, _lastSeq);
      if (_count === CHUNK) more = true;
      for (const record of _records)
        if (!host._isOver(record.id)) items.push({ _record: record, _inFlight: false });
      if (_corrupt.length > 0) host._discard(_corrupt);
      drain();
    } catch (error) {
      // The next scheduled read tries again.
      if (!unreadable) host._trouble(error);
      if (reads !== startedReads) return;
      loading = false;
      unreadable = true;
      drain();
    }
  };

  const waits = ({ _inFlight }: Item): boolean => !_inFlight;

  /** The next event to send, in the order of the emits. */
  const first = (): Item | undefined => {
    const item = items.find(waits);
    const local = locals.find(waits);
    if (!local || (item && isBefore(item._record, local._record))) return item;
    const mayRead = (standing || loading || more) && !item && local._readable;
    return !unreadable && (mayRead || mustWait(local)) ? undefined : local;
  };

  /** Whether stored events of this page that were emitted before it are neither sent nor ended: here or in another tab, they come first. */
  const mustWait = (local: Item): boolean => {
    for (const { _record } of host._waiting.values()) {
      const { id, nsp, seq } = _record;
      if (id === local._record.id) break;
      const isSent = (one: Item): boolean => one._record.id === id && one._inFlight;
      if (nsp === socket.nsp && seq !== undefined && !host._isOver(id) && !items.some(isSent)) return true;
    }
    return false;
  };

  /** Sends events up to the maximum in flight. */
  const drain = (): void => {
    // An event may end during its own emit; the running loop then continues with the next one.
    if (draining) return;
    draining = true;
    while (inFlight < MAX_IN_FLIGHT && !onHold && socket._sender._live) {
      const next = first();
      if (!next) break;
      const { _record } = next;
      if (inFlight > 0 && bytesInFlight + _record.bytes > MAX_BYTES_IN_FLIGHT) break;
      const expiry = host._expiry(_record);
      if (expiry) host._end(_record, expiry);
      else send(next);
    }
    draining = false;
    if (yields && inFlight === 0) {
      const startedEpoch = epoch;
      yields = false;
      host._clock.after(
        HANDOVER_MS,
        () => {
          if (epoch !== startedEpoch) return;
          down();
          stand();
        },
        true,
      );
    }
    void load();
  };

  const send = (item: Item): void => {
    const startedEpoch = epoch;
    const { _tries, _clock } = host;
    const { id, bytes, data, key } = item._record;
    const tries = _tries.get(id) ?? 0;
    const done = (
      error: HoldfastError | null,
      _first?: unknown,
      _second?: unknown,
      answer?: readonly unknown[],
    ): void => {
      const again = error !== null && AGAIN.test(error.code);
      // The event never left this page: this does not count as an attempt.
      if (error && !error.maybeDelivered) _tries.set(id, tries);
      if (epoch !== startedEpoch) return;
      item._inFlight = false;
      inFlight--;
      bytesInFlight -= bytes;
      // Unless it was cancelled meanwhile.
      if (!again && (items.includes(item) || locals.includes(item))) host._end(item._record, error, answer);
      if (error?.code === 'TOO_MANY_ACKS') {
        pause();
        _clock.after(LOOK_AGAIN_MS, resume, true);
      }
      drain();
    };
    _tries.set(id, tries + 1);
    item._inFlight = true;
    inFlight++;
    bytesInFlight += bytes;
    if (DEVELOPMENT) {
      nameAck(socket, done, {
        event: `${data[0]}`,
        advice:
          'the handler of a durable event gets the key before the callback: (…, { idempotencyKey }, callback)',
      });
    }
    try {
      socket._sender._transmit(
        { data: [...data, { idempotencyKey: key }], flags: {}, callback: done, awaited: true },
        'retry',
      );
    } catch (error) {
      done(error as HoldfastError);
    }
  };

  return {
    _ofSocket: socket,
    _wentUp: wentUp,
    _roleChanged: roleChanged,
    _down: down,
    _stored: stored,
    _keep: keep,
    _look: look,
    _remove: remove,
    _pause: pause,
    _resume: resume,
    get _here() {
      return [...items, ...locals].map(({ _record }) => _record);
    },
    get _unstored() {
      return locals.map(({ _record }) => _record);
    },
  };
}
