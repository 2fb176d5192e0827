/** Sends the stored events of one namespace, in order, while this tab has the lock for it. */
import { type Cancel, type Clock, nothing } from '../../platform/clock.js';
import type { HoldfastError } from '../../platform/errors.js';
import type { Socket } from '../../socket/socket.js';
import type { Store, Stored } from './store.js';

/** What a queue needs of its outbox. */
export interface QueueHost {
  readonly _clock: Clock;
  readonly _store: Store;
  /** How often each event was sent by this page, by its id. */
  readonly _tries: Map<string, number>;
  /** Asks for the right to send. Returns what gives it back. */
  _lock(nsp: string, granted: () => void): Cancel;
  /** Whether the event has ended, although the database may still have it. */
  _isOver(id: string): boolean;
  /** Why it is not to be sent any more; undefined where it is. */
  _expiry(record: Stored): HoldfastError | undefined;
  /** An event has ended: it was answered, or will never be. */
  _end(record: Stored, error: HoldfastError | null, answer?: readonly unknown[]): void;
  /** The records at these places cannot be read. */
  _discard(places: readonly number[]): void;
  /** Something is wrong with the database. */
  _trouble(error: unknown): void;
}

interface Item {
  readonly _record: Stored;
  _inFlight: boolean;
}

/** How many events are in flight at the same time, and how many bytes; one always may be. */
const MAX_IN_FLIGHT = 64;
const MAX_BYTES_IN_FLIGHT = 2 ** 20;

/** How many are read at once. */
const CHUNK = 256;

/** After trouble, and to find what a tab has written that died before it could tell; in milliseconds. */
const LOOK_AGAIN_MS = 5_000;

/**
 * Where tabs share one connection, the one that has it sends: the others ask so much later for the right to, in milliseconds. They get it
 * where that one has no such outbox.
 */
const FOLLOW_MS = 1_000;

/** What was answered last, the other tabs have heard of by then, in milliseconds: the next one to send must not read it. */
const HANDOVER_MS = 250;

/** Errors after which the event is sent again. */
const AGAIN = /^(DISCONNECTED|ACK_TIMEOUT|TOO_MANY_ACKS)$/;

export class Queue {
  /** Read from the database, in order. */
  private _items: Item[] = [];
  /** Those that could not be stored. */
  private _locals: Item[] = [];
  private _inFlight = 0;
  private _bytesInFlight = 0;
  /** Everything up to this place was read. */
  private _lastSeq = 0;
  /** Whether the database may have more behind it. */
  private _more = false;
  private _loading = false;
  private _draining = false;
  /** Too many acknowledgements are waited for, or everything is being cleared. */
  private _onHold = false;
  /** Whether this tab is the one that sends. */
  private _sending = false;
  /** Gives the right to send back, or stops waiting for it. */
  private _release: Cancel | undefined;
  /** Whether the right will be asked for only later. */
  private _follows = false;
  /** Whether another tab is to send as soon as everything in flight is answered. */
  private _yields = false;
  private _stopLooking: Cancel = nothing;
  /** Counts the sessions: what belongs to an earlier one is stale. */
  private _epoch = 0;
  /** Counts the reads that are to be ignored. */
  private _reads = 0;

  constructor(
    readonly _ofSocket: Socket,
    private readonly _host: QueueHost,
  ) {}

  /** The socket is connected. */
  _wentUp(): void {
    if (!this._ofSocket.connected) return;
    this._stand();
    this._drain();
  }

  /** Tabs share one connection, and it may have moved to another tab. */
  _roleChanged(): void {
    const { _isFollower } = this;
    if (_isFollower && this._sending) {
      // What is in flight would be sent by two.
      this._yields = true;
      this._sending = this._more = false;
      this._reads++;
      this._items = this._items.filter(({ _inFlight }) => _inFlight);
      this._drain();
    } else if (!_isFollower && this._follows) {
      this._release?.();
      this._release = undefined;
      this._stand();
    }
  }

  private get _isFollower(): boolean {
    return (this._ofSocket.io as { sharing?: { role?: string } }).sharing?.role === 'follower';
  }

  private _stand(follows = this._isFollower): void {
    const { _host } = this;
    if (this._release) return;
    this._follows = follows;
    this._release = follows
      ? _host._clock.after(
          FOLLOW_MS,
          () => {
            this._release = undefined;
            this._stand(false);
          },
          true,
        )
      : _host._lock(this._ofSocket.nsp, () => {
          this._sending = true;
          this._look();
        });
  }

  /** The socket is not connected any more: another tab may go on. */
  _down(): void {
    this._epoch++;
    this._reads++;
    this._release?.();
    this._release = undefined;
    this._stopLooking();
    this._sending = this._more = this._loading = this._yields = false;
    this._items = [];
    this._inFlight = this._bytesInFlight = this._lastSeq = 0;
    for (const item of this._locals) item._inFlight = false;
  }

  /** Events of this page were stored, in this order. */
  _stored(records: readonly Stored[]): void {
    const { _items } = this;
    let all = true;
    for (const record of records) {
      // Nothing of another tab is between it and the last one.
      const next =
        record.seq === this._lastSeq + 1 &&
        this._sending &&
        !(this._loading || this._more || this._onHold) &&
        _items.length < CHUNK;
      if (next) {
        this._lastSeq++;
        _items.push({ _record: record, _inFlight: false });
      } else all = false;
    }
    if (!all) this._look();
    this._drain();
  }

  /** An event of this page could not be stored. */
  _keep(record: Stored): void {
    this._locals.push({ _record: record, _inFlight: false });
    this._drain();
  }

  /** There may be more in the database. */
  _look(): void {
    if (!this._sending) return;
    this._more = true;
    this._stopLooking();
    this._stopLooking = this._host._clock.after(LOOK_AGAIN_MS, () => this._look(), true);
    void this._load();
  }

  /** Removes an event that has ended. */
  _remove(id: string): void {
    const others = ({ _record }: Item): boolean => _record.id !== id;
    if (!this._items.every(others)) this._items = this._items.filter(others);
    if (!this._locals.every(others)) this._locals = this._locals.filter(others);
  }

  /** Sends nothing, and ignores what is being read. */
  _pause(): void {
    this._onHold = true;
    this._reads++;
    this._loading = false;
  }

  _resume(): void {
    this._onHold = false;
    this._look();
    this._drain();
  }

  /** Those that are in the memory of this page. */
  get _here(): readonly Stored[] {
    return [...this._items, ...this._locals].map(({ _record }) => _record);
  }

  get _unstored(): readonly Stored[] {
    return this._locals.map(({ _record }) => _record);
  }

  private async _load(): Promise<void> {
    const { _host, _reads } = this;
    const { nsp } = this._ofSocket;
    if (this._loading || this._onHold || !this._more || this._items.length >= CHUNK) return;
    this._loading = true;
    this._more = false;
    try {
      const { _records, _corrupt, _lastSeq, _count } = await _host._store.read(nsp, this._lastSeq, CHUNK);
      if (this._reads !== _reads) return;
      this._loading = false;
      this._lastSeq = Math.max(this._lastSeq, _lastSeq);
      if (_count === CHUNK) this._more = true;
      for (const record of _records)
        if (!_host._isOver(record.id)) this._items.push({ _record: record, _inFlight: false });
      if (_corrupt.length > 0) _host._discard(_corrupt);
      this._drain();
    } catch (error) {
      // It is tried again when the time to look has come.
      if (this._reads === _reads) this._loading = false;
      _host._trouble(error);
    }
  }

  /** Sends as many events as may be in flight. */
  private _drain(): void {
    // An event may end while it is sent: the loop that runs goes on with the next one.
    if (this._draining) return;
    this._draining = true;
    while (this._inFlight < MAX_IN_FLIGHT && !this._onHold && this._ofSocket._transmitter._live) {
      const waits = ({ _inFlight }: Item): boolean => !_inFlight;
      const next = this._items.find(waits) ?? (this._more ? undefined : this._locals.find(waits));
      if (!next) break;
      const { _record } = next;
      if (this._inFlight > 0 && this._bytesInFlight + _record.bytes > MAX_BYTES_IN_FLIGHT) break;
      const expiry = this._host._expiry(_record);
      if (expiry) this._host._end(_record, expiry);
      else this._send(next);
    }
    this._draining = false;
    if (this._yields && this._inFlight === 0) {
      const { _epoch } = this;
      this._yields = false;
      this._host._clock.after(
        HANDOVER_MS,
        () => {
          if (this._epoch !== _epoch) return;
          this._down();
          this._stand();
        },
        true,
      );
    }
    void this._load();
  }

  private _send(item: Item): void {
    const { _host, _epoch } = this;
    const { _tries, _clock } = _host;
    const { id, bytes, data, key } = item._record;
    const tries = _tries.get(id) ?? 0;
    const done = (
      error: HoldfastError | null,
      _first?: unknown,
      _second?: unknown,
      answer?: readonly unknown[],
    ): void => {
      const again = error !== null && AGAIN.test(error.code);
      // An attempt that never left this page was none.
      if (error && !error.maybeDelivered) _tries.set(id, tries);
      if (this._epoch !== _epoch) return;
      item._inFlight = false;
      this._inFlight--;
      this._bytesInFlight -= bytes;
      // Unless it was cancelled meanwhile.
      if (!again && (this._items.includes(item) || this._locals.includes(item)))
        _host._end(item._record, error, answer);
      if (error?.code === 'TOO_MANY_ACKS') {
        this._pause();
        _clock.after(LOOK_AGAIN_MS, () => this._resume(), true);
      }
      this._drain();
    };
    _tries.set(id, tries + 1);
    item._inFlight = true;
    this._inFlight++;
    this._bytesInFlight += bytes;
    try {
      this._ofSocket._transmitter._transmit(
        { data: [...data, { idempotencyKey: key }], flags: {}, callback: done, awaited: true },
        'retry',
      );
    } catch (error) {
      done(error as HoldfastError);
    }
  }
}
