/** The messages of one socket that wait for it to be connected: bounded, and open to the program as `sendBuffer`. */
import type { Cancel, Clock } from '../platform/clock.js';
import { type ErrorCode, HoldfastError } from '../platform/errors.js';
import { type BufferedPacket, Message, NO_CHUNKS } from './message.js';

/** How much may wait, and what happens to one more. */
export interface OutboxLimits {
  readonly maxPackets: number;
  readonly maxBytes: number;
  /** How long a message may wait, in milliseconds. */
  readonly maxAgeMs: number;
  readonly whenFull: 'refuse' | 'drop-oldest' | 'drop-newest';
}

/** What an outbox needs of its socket. */
export interface OutboxHost {
  /** Tells the program that a message will not be sent. */
  _refuse(packet: BufferedPacket, error: HoldfastError): void;
  /** How large a packet is that the program itself has put into `sendBuffer`, in bytes. */
  _measure(packet: BufferedPacket): number;
}

export class Outbox {
  /** What waits, oldest first. The program may change the list, and even replace it. */
  _list: BufferedPacket[] = [];
  private _stopAging: Cancel | undefined;
  /** What was counted last; the program may have changed the list since. */
  private _counted: { length: number; first: unknown; last: unknown } | undefined;
  private _countedBytes = 0;

  constructor(
    private readonly _clock: Clock,
    private readonly _limits: OutboxLimits,
    private readonly _host: OutboxHost,
  ) {}

  /** How much waits here; a text counts a byte for each UTF-16 unit. */
  get _bytes(): number {
    const { _list, _counted } = this;
    if (_list.length === 0) return 0;
    const { length } = _list;
    if (_counted?.length !== length || _counted.first !== _list[0] || _counted.last !== _list[length - 1]) {
      let bytes = 0;
      for (const packet of _list) bytes += this._weigh(packet);
      this._count(bytes);
    }
    return this._countedBytes;
  }

  /** Keeps a message, or tells the program which one cannot be kept. */
  _add(message: Message): void {
    const before = this._bytes;
    const gone = makeRoom(this._list, (one) => this._weigh(one), before, message._bytes, this._limits);
    if (gone) {
      message._place = 'kept';
      message._chunks = NO_CHUNKS;
      this._list.push(message);
      let bytes = before + message._bytes;
      for (const one of gone) bytes -= this._weigh(one);
      this._count(bytes);
      if (!this._stopAging) this._age();
    }
    for (const one of gone ?? [message]) this._fail(one, 'OUTBOX_FULL', full(this._limits));
  }

  /** Puts messages in front of all others: they were emitted before them. */
  _putBack(messages: readonly BufferedPacket[]): void {
    if (messages.length === 0) return;
    for (const message of messages) if (message instanceof Message) message._place = 'kept';
    this._list = messages.concat(this._list);
    this._age();
  }

  /** Takes everything out. */
  _take(): BufferedPacket[] {
    const { _list } = this;
    this._list = [];
    this._age();
    return _list;
  }

  /** Removes what `chosen` names, from the very list that the program may hold. */
  _remove(chosen: (packet: BufferedPacket) => boolean): BufferedPacket[] {
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

  private _weigh(packet: BufferedPacket): number {
    return packet instanceof Message ? packet._bytes : this._host._measure(packet);
  }

  private _count(bytes: number): void {
    const { _list } = this;
    this._counted = { length: _list.length, first: _list[0], last: _list[_list.length - 1] };
    this._countedBytes = bytes;
  }

  /** Looks again when the oldest message has reached its age: messages wait in the order in which they were emitted. */
  private _age(): void {
    const { _clock, _limits } = this;
    const { maxAgeMs } = _limits;
    this._stopAging?.();
    this._stopAging = undefined;
    const oldest = this._list[0];
    if (maxAgeMs === Number.POSITIVE_INFINITY || !oldest) return;
    const sinceMs = oldest instanceof Message ? oldest._sinceMs : _clock.now();
    const expire = (): void => {
      const bornBeforeMs = _clock.now() - maxAgeMs;
      const old = this._remove((one) => one instanceof Message && one._sinceMs <= bornBeforeMs);
      this._age();
      for (const one of old) this._fail(one, 'EXPIRED', expired(maxAgeMs));
    };
    // In the background: a process that has nothing else to do may end.
    this._stopAging = _clock.after(Math.max(0, sinceMs + maxAgeMs - _clock.now()), expire, true);
  }

  private _fail(packet: BufferedPacket, code: ErrorCode, message: string): void {
    this._host._refuse(packet, new HoldfastError(code, `"${packet.data[0]}" was not sent: ${message}`));
  }
}

export const full = ({ whenFull }: OutboxLimits): string =>
  `the outbox is full (see the option "outbox"; whenFull is "${whenFull}")`;

export const expired = (maxAgeMs: number): string => `it waited for ${maxAgeMs} ms (outbox.maxAgeMs)`;

/**
 * Makes room for one more item of `bytes` bytes.
 *
 * @param waiting what waits already, oldest first; what has to go is taken out
 * @param total how many bytes those are
 * @returns what had to go; undefined where the new one is refused
 */
export function makeRoom<Item>(
  waiting: Item[],
  weigh: (item: Item) => number,
  total: number,
  bytes: number,
  { maxPackets, maxBytes, whenFull }: OutboxLimits,
): Item[] | undefined {
  let left = total;
  let count = 0;
  const { length } = waiting;
  const isFull = (): boolean => length - count >= maxPackets || left + bytes > maxBytes;
  // What finds no room even alone is refused: nothing else shall go for it.
  if (isFull() && (whenFull === 'refuse' || maxPackets < 1 || bytes > maxBytes)) return undefined;
  const oldest = whenFull === 'drop-oldest';
  for (; isFull() && count < length; count++)
    left -= weigh(waiting[oldest ? count : length - 1 - count] as Item);
  if (count === 0) return [];
  const gone = waiting.splice(oldest ? 0 : length - count, count);
  return oldest ? gone : gone.reverse();
}
