/**
 * Sends the events of one socket: now, after connecting, or never, and reports which. Holds the outbox and the pending acknowledgements.
 * Socket.IO v5: an ack id is answered once.
 */
import type { Connection } from '../connection/connection.js';
import { onAbort } from '../platform/abort.js';
import { DEVELOPMENT } from '../platform/build.js';
import { type Cancel, type Clock, nothing } from '../platform/clock.js';
import { DEFAULTS, OUTBOX_DEFAULTS } from '../platform/defaults.js';
import { callAll, type Listener } from '../platform/emitter.js';
import { HoldfastError } from '../platform/errors.js';
import type { SocketOptions } from '../platform/options.js';
import { type Chunk, weigh } from '../protocol/encode.js';
import { EVENT, type EventData } from '../protocol/packet.js';
import { letGo } from '../session/session.js';
import { cleared, disconnected, expired, full, notSent, tooLarge, unanswered } from './failures.js';
import type { Flags, OutgoingEvent, SocketHooks } from './hooks.js';
import type { BufferedPacket, Message, OnLoss } from './message.js';
import { makeRoom, type OutboxLimits } from './outbox.js';

/** What a sender needs from its socket. */
export interface SenderHost {
  readonly nsp: string;
  readonly connected: boolean;
  readonly _options: SocketOptions;
  readonly _hooks: readonly SocketHooks[];
  /** Shows an event to the listeners of all outgoing events. */
  _showOutgoing(data: readonly unknown[]): void;
  /** Reports to the program an event that will not be sent. */
  _dropped(error: Error, data: readonly unknown[]): void;
}

export class Sender {
  readonly _limits: OutboxLimits;
  /** The messages that wait for the socket to connect, oldest first. The program may change the list, and even replace it. */
  _list: BufferedPacket[] = [];
  /** The messages whose acknowledgement is pending, by its id. */
  readonly _pending: Map<unknown, Message> = new Map();
  private readonly _clock: Clock;
  private _nextId = 0;
  /** Whether the outbox is being flushed: until its end, only plugins send directly. */
  _flushing = false;
  /** Messages returned by the connection, until the socket knows that it is away. */
  private _returned: Message[] = [];
  private _stopAging: Cancel = nothing;
  /** The length and size of the list when it was last counted; the program may have changed it since. */
  private _countedLength = 0;
  private _countedBytes = 0;

  constructor(
    private readonly _host: SenderHost,
    private readonly _connection: Connection,
  ) {
    this._clock = _connection._environment.clock;
    const { outbox } = _host._options;
    this._limits = outbox ? ({ ...OUTBOX_DEFAULTS, ...outbox } as OutboxLimits) : OUTBOX_DEFAULTS;
  }

  /** Whether an emit now would go to the network. */
  get _live(): boolean {
    return this._host.connected && this._connection._live;
  }

  /** The bytes that wait here and in the features. */
  get _bytes(): number {
    let bytes = this._count();
    for (const hooks of this._host._hooks) bytes += hooks.bytes ?? 0;
    return bytes;
  }

  /**
   * @param onLoss `retry` if the caller resends it itself
   * @throws HoldfastError `UNSERIALIZABLE`, `TOO_LARGE`; also for messages that are kept
   */
  _transmit(event: OutgoingEvent, onLoss: OnLoss = lossOf(event.flags)): Message {
    const { _connection, _pending } = this;
    const { ackTimeout, maxPendingAcks = DEFAULTS.maxPendingAcks } = this._host._options;
    const { data, flags, callback, awaited } = event;
    const { timeout = ackTimeout, signal } = flags;
    const errorFirst = awaited || (timeout ?? signal) !== undefined;
    // Messages kept while the heartbeat seemed overdue go first.
    if (this._list.length > 0 && this._live) this._flush();
    // The id is allocated first: a getter that is called during encoding may emit, too.
    const id = callback && this._nextId++;
    const message = this._message(data, id, flags.compress, onLoss, callback, errorFirst, awaited);
    message._chunks = _connection._encode(message);
    message._bytes = weigh(message._chunks);
    const live = this._live;
    if (callback) {
      const many = _pending.size >= maxPendingAcks;
      _pending.set(message.id, message);
      if (many) {
        const why = `${maxPendingAcks} acknowledgements are pending${DEVELOPMENT ? ' (maxPendingAcks)' : ''}`;
        this._refuse(message, notSent('TOO_MANY_ACKS', data[0], why));
        return message;
      }
      if (errorFirst) this._limit(message, timeout, signal);
    }
    if (onLoss === 'drop' && !(live && _connection._writable)) {
      // Without a timeout, nothing would ever report its acknowledgement.
      if (timeout === undefined) this._fail(message, volatileDropped());
      letGo(message);
      return message;
    }
    if (live && (onLoss === 'retry' || !this._flushing) && this._send(message)) return message;
    // In the outbox it would overtake earlier ones, which `retries` resends.
    if (onLoss === 'retry') this._refuse(message, disconnected());
    else this._keep(message);
    return message;
  }

  /** Sends the messages that were kept while the socket was away. */
  _flush(): void {
    if (this._flushing) return;
    this._flushing = true;
    try {
      // Messages emitted meanwhile go behind them.
      do this._flushOnce();
      while (this._list.length > 0 && this._live);
    } finally {
      this._flushing = false;
    }
    for (const hooks of this._host._hooks) hooks.flushed?.();
  }

  /** The connection returns messages that it has not handed to its transport. */
  _giveBack(message: Message): void {
    message._place = undefined;
    this._returned.push(message);
  }

  /** The session has ended: returned messages wait for the next one, ahead of later emits. */
  _recollect(): void {
    const returned = this._returned.filter((one) => this._isWanted(one));
    this._returned = [];
    this._putBack(returned.filter(({ _onLoss }) => _onLoss === 'keep'));
    for (const message of returned)
      if (message._onLoss !== 'keep')
        this._fail(message, message._onLoss === 'retry' ? disconnected() : volatileDropped());
  }

  /** Ends the waits for messages that were sent: the session that could have answered them is over. */
  _disconnect(): void {
    // One error for all of them: a stack for each would cost more than the rest.
    this._failEach(({ _place }) => _place === 'sent', disconnected(true));
  }

  /** The socket may never connect again: waits for unsent messages end. */
  _giveUpAwaited(why?: Error): void {
    this._failEach(({ _awaited, _place }) => _awaited && _place !== 'sent', disconnected(false, why));
    this._remove((packet) => !this._isWanted(packet));
  }

  /** Removes the waiting messages, and fails their pending acknowledgements. */
  _clear(): unknown[][] {
    const gone: unknown[][] = [];
    for (const packet of this._take()) {
      this._fail(packet, cleared());
      gone.push(packet.data);
    }
    for (const hooks of this._host._hooks) for (const data of hooks.clear?.() ?? []) gone.push(data);
    return gone;
  }

  private _message(
    data: unknown[],
    id: number | undefined,
    compress = true,
    _onLoss: OnLoss = 'keep',
    _callback?: Listener,
    _errorFirst = false,
    _awaited = false,
  ): Message {
    return {
      type: EVENT,
      nsp: this._host.nsp,
      data: data as EventData,
      id,
      options: { compress },
      _sender: this,
      _onLoss,
      _chunks: NO_CHUNKS,
      _bytes: 0,
      _sinceMs: this._clock.now(),
      _seen: false,
      _place: undefined,
      _callback,
      _errorFirst,
      _awaited,
      _stop: nothing,
    };
  }

  /** Sets the timeout and the signal of the wait for an acknowledgement. */
  private _limit(message: Message, timeoutMs = Number.POSITIVE_INFINITY, signal?: AbortSignal): void {
    const end = (error: Error): void => {
      if (message._place === 'kept') {
        this._remove((one) => one === message);
        message._place = undefined;
      }
      this._fail(message, error);
    };
    const ignore = onAbort(signal, end);
    const stop = this._clock.after(timeoutMs, () =>
      end(unanswered('ACK_TIMEOUT', 'operation has timed out', message._place === 'sent')),
    );
    message._stop = () => {
      ignore();
      stop();
    };
  }

  private _flushOnce(): void {
    this._recollect();
    const kept = this._take();
    for (let i = 0; i < kept.length; i++) {
      const packet = kept[i] as BufferedPacket;
      // Programs add their own packets here, which lack private members.
      const message = isMessage(packet)
        ? packet
        : this._message(packet.data, packet.id, packet.options?.compress);
      kept[i] = message;
      if (!this._host.connected || !this._send(message)) {
        // A listener has disconnected: the rest keeps waiting, ahead of newer emits.
        this._putBack(kept.slice(i));
        break;
      }
    }
    if (this._pending.size === 0) return;
    const there = new Set<unknown>(this._list);
    // Messages that were neither sent nor are here were removed by the program.
    this._failEach((message) => message._place === 'kept' && !there.has(message), cleared());
  }

  /** @returns whether it is finished; not if a listener has disconnected: an event after DISCONNECT closes the connection */
  private _send(message: Message): boolean {
    const { _host, _connection } = this;
    const { data } = message;
    // A kept message could be serialised when it was emitted, but its arguments may have changed since.
    try {
      if (message._chunks === NO_CHUNKS) message._chunks = _connection._encode(message);
    } catch (error) {
      this._refuse(message, error as Error);
      return true;
    }
    if (!message._seen) {
      message._seen = true;
      _host._showOutgoing(data);
      if (!_host.connected) return false;
    }
    message._place = 'sent';
    const oversize = _connection._send(message);
    if (oversize) this._refuse(message, tooLarge(`"${data[0]}"`, oversize));
    return true;
  }

  /** Keeps a message, or reports which one cannot be kept. */
  private _keep(message: Message): void {
    const { _list, _limits } = this;
    if (_list.length !== this._countedLength) this._count();
    const gone = makeRoom(_list, (one) => this._weigh(one), this._countedBytes, message._bytes, _limits);
    if (gone) {
      message._place = 'kept';
      message._chunks = NO_CHUNKS;
      this._countedLength = _list.push(message);
      this._countedBytes += message._bytes;
      for (const one of gone) this._countedBytes -= this._weigh(one);
      this._age();
    }
    for (const one of gone ?? [message]) this._refuse(one, full(one.data[0], _limits.whenFull));
  }

  /** Puts messages ahead of all others, because they were emitted earlier. */
  private _putBack(messages: readonly BufferedPacket[]): void {
    for (const message of messages) if (isMessage(message)) message._place = 'kept';
    this._list = messages.concat(this._list);
    this._age();
  }

  /** Removes and returns all waiting messages. */
  private _take(): BufferedPacket[] {
    const { _list } = this;
    this._list = [];
    this._age();
    return _list;
  }

  /** Removes the `chosen` messages from the same list that the program may hold. */
  private _remove(chosen: (packet: BufferedPacket) => boolean): BufferedPacket[] {
    const { _list } = this;
    const gone: BufferedPacket[] = [];
    let kept = 0;
    for (const packet of _list) {
      if (chosen(packet)) gone.push(packet);
      else _list[kept++] = packet;
    }
    _list.length = kept;
    return gone;
  }

  /** Checks again when the oldest message has reached its age: messages wait in the order in which they were emitted. */
  private _age(): void {
    const { _clock } = this;
    const { maxAgeMs } = this._limits;
    const [oldest] = this._list as Message[];
    // A packet of the program's own has no age.
    const leftMs = ({ _sinceMs = _clock.now() }: Message): number =>
      Math.max(0, _sinceMs + maxAgeMs - _clock.now());
    const expire = (): void => {
      const old = this._remove((one) => leftMs(one as Message) === 0);
      this._age();
      for (const one of old) this._refuse(one, expired(one.data[0], maxAgeMs));
    };
    this._stopAging();
    // In the background: the timer does not keep a process alive.
    if (oldest) this._stopAging = _clock.after(leftMs(oldest), expire, true);
  }

  /** The bytes that wait here; text counts one per UTF-16 unit. */
  private _count(): number {
    this._countedLength = this._list.length;
    this._countedBytes = 0;
    for (const packet of this._list) this._countedBytes += this._weigh(packet);
    return this._countedBytes;
  }

  private _weigh(packet: BufferedPacket): number {
    if (isMessage(packet)) return packet._bytes;
    try {
      return weigh(this._connection._encode({ type: EVENT, nsp: this._host.nsp, data: packet.data }));
    } catch {
      // The error is reported when the message is sent.
      return 0;
    }
  }

  private _isWanted({ id }: BufferedPacket): boolean {
    return id === undefined || this._pending.has(id);
  }

  /** A message cannot be sent: its callback gets the error, or else `dropped` fires. */
  _refuse(packet: BufferedPacket, error: Error): void {
    if (!this._fail(packet, error)) this._host._dropped(error, packet.data);
  }

  /** @returns whether a callback got the error */
  private _fail({ id }: BufferedPacket, error: Error): boolean {
    return this._end(id, error);
  }

  private _failEach(chosen: (message: Message) => boolean, error: Error): void {
    // Removes all first: a callback may emit again.
    for (const message of [...this._pending.values()].filter(chosen)) this._fail(message, error);
  }

  /**
   * Ends the wait for an acknowledgement, with an error or with the server's answer. A repeated or unexpected answer is ignored.
   *
   * @returns whether the callback was called
   */
  _end(id: unknown, error: Error | null, answer: readonly unknown[] = []): boolean {
    const message = this._pending.get(id);
    if (!message) return false;
    const { _callback, _errorFirst, _awaited } = message;
    this._pending.delete(id);
    message._stop();
    const told = _errorFirst || !error;
    let args = answer;
    // The library's own callbacks take the list itself: it can be too long to be spread.
    if (_awaited) args = [error, answer[0], answer[1], answer];
    else if (_errorFirst) args = [error, ...answer];
    if (told) callAll(this._host, [_callback as Listener], args);
    return told;
  }
}

const NO_CHUNKS: readonly Chunk[] = [];

const lossOf = ({ _again, volatile }: Flags): OnLoss => (_again ? 'retry' : volatile ? 'drop' : 'keep');

const isMessage = (packet: BufferedPacket): packet is Message => (packet as Message)._chunks !== undefined;

const volatileDropped = (): HoldfastError =>
  new HoldfastError(
    'DROPPED',
    `a volatile event ${DEVELOPMENT ? 'could not leave at once, and ' : ''}was dropped`,
  );
