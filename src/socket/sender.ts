/** Sends the events of one socket: now, after connecting, or never, and tells which. */
import type { Connection } from '../connection/connection.js';
import { callAll } from '../platform/emitter.js';
import { HoldfastError } from '../platform/errors.js';
import { type Chunk, weigh } from '../protocol/encode.js';
import { EVENT, type EventData } from '../protocol/packet.js';
import { Acks, cleared, disconnected } from './acks.js';
import type { OutgoingEvent, SocketHooks } from './hooks.js';
import { type BufferedPacket, Message, type MessageSender, type OnLoss } from './message.js';
import { tooLarge } from './namespace.js';
import { Outbox, type OutboxLimits } from './outbox.js';

/** What a sender needs of its socket. */
export interface SenderHost {
  readonly nsp: string;
  readonly connected: boolean;
  readonly _hooks: readonly SocketHooks[];
  /** Shows an event to the listeners of all outgoing events. */
  _showOutgoing(data: readonly unknown[]): void;
  /** Tells the program of an event that will not be sent. */
  _dropped(error: Error, data: readonly unknown[]): void;
}

/** The settings of one socket that its sender obeys. */
export interface SenderLimits extends OutboxLimits {
  readonly ackTimeoutMs: number | undefined;
  readonly maxPendingAcks: number;
}

export class Sender implements MessageSender {
  readonly _outbox: Outbox;
  readonly _acks: Acks;
  private _nextId = 0;
  private _flushing = false;
  /** What came back from the connection, until the socket knows that it is away. */
  private _returned: Message[] = [];

  constructor(
    private readonly _host: SenderHost,
    private readonly _connection: Connection,
    readonly _limits: SenderLimits,
  ) {
    const { clock } = _connection._environment;
    this._acks = new Acks(clock);
    this._outbox = new Outbox(clock, _limits, this);
  }

  /** Whether what is emitted now goes to the network. */
  get _live(): boolean {
    return this._host.connected && this._connection._live;
  }

  /** How much waits here and in the features, in bytes. */
  get _bytes(): number {
    let bytes = this._outbox._bytes;
    for (const hooks of this._host._hooks) bytes += hooks.bytes ?? 0;
    return bytes;
  }

  /**
   * @param onLoss `retry` if the caller sends it again by itself
   * @returns the message, if it was handed to the connection
   */
  _transmit({ data, flags, callback, awaited }: OutgoingEvent, onLoss: OnLoss): Message | undefined {
    const { _outbox, _connection, _limits } = this;
    // Kept while the heartbeat seemed overdue: it goes first.
    if (_outbox._list.length > 0 && !this._flushing && this._live) this._flush();
    // The id is taken first: a getter that is called while the arguments are encoded may emit, too.
    const id = callback && this._nextId++;
    const compress = flags.compress ?? true;
    const message = new Message(this, this._host.nsp, data as EventData, id, compress, onLoss);
    let chunks: Chunk[];
    try {
      // What cannot be serialised must leave no trace. This holds for what is kept, too.
      chunks = _connection._encode(message);
    } catch (error) {
      if (id !== undefined && this._nextId === id + 1) this._nextId = id;
      throw error;
    }
    const live = this._live;
    const dropped = onLoss === 'drop' && !(live && _connection._writable);
    if (callback || dropped) {
      const timeoutMs = flags.timeout ?? _limits.ackTimeoutMs;
      const errorFirst = awaited || timeoutMs !== undefined || flags.signal !== undefined;
      const fail = (error: Error): void => {
        if (callback && errorFirst) callAll(undefined, [callback], [error]);
        else if (!dropped) this._host._dropped(error, data);
      };
      // Without a timeout, nothing would ever tell of a dropped message's acknowledgement.
      if (dropped && timeoutMs === undefined) {
        fail(volatileDropped());
        return undefined;
      }
      if (callback) {
        const { maxPendingAcks } = _limits;
        if (this._acks._size >= maxPendingAcks) {
          fail(tooManyAcks(data[0], maxPendingAcks));
          return undefined;
        }
        const terms = { errorFirst, awaited, timeoutMs, signal: flags.signal };
        this._acks._add(message, callback, terms, (late) => this._forget(late));
      }
      if (dropped) return undefined;
    }
    message._chunks = chunks;
    message._bytes = weigh(chunks);
    message._sinceMs = _connection._environment.clock.now();
    const now = live && (onLoss === 'retry' || !this._flushing);
    if (now && this._admit(message)) {
      const oversize = _connection._send(message);
      if (oversize) this._refuse(message, tooLarge(`"${data[0]}"`, oversize));
      return message;
    }
    // In the outbox it would overtake those before it, which the retries send again.
    if (onLoss === 'retry') this._refuse(message, disconnected(false));
    else _outbox._add(message);
    return undefined;
  }

  /** Sends what was kept while the socket was away. */
  _flush(): void {
    if (this._flushing) return;
    this._flushing = true;
    try {
      // What is emitted meanwhile goes behind.
      do this._flushOnce();
      while (this._outbox._list.length > 0 && this._live);
    } finally {
      this._flushing = false;
    }
    for (const hooks of this._host._hooks) hooks.flushed?.();
  }

  /** The connection gives back what it has not handed to its transport. */
  _giveBack(message: Message): void {
    message._place = undefined;
    this._returned.push(message);
  }

  /** The session is over: what the connection gave back waits for the next one, ahead of what is emitted from now on. */
  _recollect(): void {
    const returned = this._returned;
    if (returned.length === 0) return;
    this._returned = [];
    const wanted = returned.filter(({ id }) => id === undefined || this._acks._has(id));
    this._outbox._putBack(wanted.filter(({ _onLoss }) => _onLoss === 'keep'));
    for (const message of wanted) {
      if (message._onLoss === 'retry') this._refuse(message, disconnected(false));
      if (message._onLoss === 'drop') this._acks._fail(message.id, volatileDropped());
    }
  }

  /** The socket may never be connected again: what is awaited ends. */
  _giveUpAwaited(): void {
    this._acks._giveUpAwaited();
    this._outbox._remove(({ id }) => id !== undefined && !this._acks._has(id));
  }

  /** Removes what waits. Callbacks that wait for an acknowledgement of it are told. */
  _clear(): unknown[][] {
    const gone: unknown[][] = [];
    for (const { id, data } of this._outbox._take()) {
      this._acks._fail(id, cleared());
      gone.push(data);
    }
    for (const hooks of this._host._hooks) for (const data of hooks.clear?.() ?? []) gone.push(data);
    return gone;
  }

  private _flushOnce(): void {
    this._recollect();
    const { _outbox, _acks, _host } = this;
    const kept = _outbox._take();
    for (let i = 0; i < kept.length; i++) {
      if (!_host.connected || !this._flushOne(kept, i)) {
        // A listener has disconnected: the rest waits on, ahead of what was emitted since.
        _outbox._putBack(kept.slice(i));
        return;
      }
    }
    _acks._forgetRemoved(_outbox._list);
  }

  /**
   * A message that was kept could be serialised when it was emitted, but its arguments may have changed since.
   *
   * @returns whether it is done with
   */
  private _flushOne(kept: BufferedPacket[], index: number): boolean {
    const packet = kept[index] as BufferedPacket;
    let message: Message;
    if (packet instanceof Message) message = packet;
    else {
      // Programs put packets of their own here, which lack what they do not know.
      const { data, id, options } = packet;
      message = new Message(this, this._host.nsp, data, id, options?.compress ?? true, 'keep');
      kept[index] = message;
    }
    try {
      if (message._chunks.length === 0) message._chunks = this._connection._encode(message);
    } catch (error) {
      this._refuse(message, error as Error);
      return true;
    }
    if (!this._admit(message)) return false;
    const oversize = this._connection._send(message);
    if (oversize) this._refuse(message, tooLarge(`"${message.data[0]}"`, oversize));
    return true;
  }

  /** @returns whether it may be sent; not if a listener has disconnected: behind DISCONNECT, an event closes the connection */
  private _admit(message: Message): boolean {
    if (!message._seen) {
      message._seen = true;
      this._host._showOutgoing(message.data);
      if (!this._host.connected) return false;
    }
    message._place = 'sent';
    return true;
  }

  /** A message that cannot be sent: the callback that waits for its acknowledgement is told, or else the program. */
  _refuse(packet: BufferedPacket, error: Error): void {
    if (!this._acks._fail(packet.id, error)) this._host._dropped(error, packet.data);
  }

  /** How large a packet is that the program itself has put into `sendBuffer`. */
  _measure({ data }: BufferedPacket): number {
    try {
      return weigh(this._connection._encode({ type: EVENT, nsp: this._host.nsp, data }));
    } catch {
      // The program is told when it is to be sent.
      return 0;
    }
  }

  /** A message whose acknowledgement has timed out is not sent any more. */
  private _forget(message: Message): void {
    if (message._place === 'kept') this._outbox._remove((one) => one === message);
    // An emit that takes it for lost must not be given back later.
    message._place = message._place === 'sent' ? 'sent' : undefined;
  }
}

const volatileDropped = (): HoldfastError =>
  new HoldfastError('DROPPED', 'a volatile event could not leave at once, and was dropped');

const tooManyAcks = (name: unknown, max: number): HoldfastError =>
  new HoldfastError(
    'TOO_MANY_ACKS',
    `"${name}" was not sent: ${max} acknowledgements are waited for (maxPendingAcks)`,
  );
