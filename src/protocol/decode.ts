/** Turns what one connection receives back into packets. */

import { DEVELOPMENT } from '../platform/build.js';
import { isBinary, putBack } from './binary.js';
import { type Chunk, sizeOf } from './encode.js';
import { BINARY_EVENT, checkPacket, invalid, type Packet, ProtocolError } from './packet.js';

/** Type, number of attachments, namespace, ack id. Some servers leave out the comma if nothing follows the namespace. */
const HEADER = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*),?)?(\d*)/;

/** A packet that may still lack attachments. */
interface Pending {
  readonly type: number;
  readonly nsp: string;
  readonly id: number | undefined;
  readonly json: string;
  readonly count: number;
  readonly attachments: unknown[];
}

export class Decoder {
  private _pending: Pending | undefined;
  /** What the current packet has taken so far. */
  private _bytes = 0;

  /** @param _maxBytes the limit for all chunks of a packet together */
  constructor(
    private readonly _maxAttachments: number,
    private readonly _maxBytes: number = Number.POSITIVE_INFINITY,
  ) {}

  /**
   * Takes the next chunk, and returns the packet that it completes, if any.
   *
   * @throws ProtocolError for anything that the protocol does not allow; a half-received packet is then forgotten
   */
  add(chunk: unknown): Packet | undefined {
    const pending = this._pending;
    this._pending = undefined;
    if (typeof chunk === 'string') {
      if (pending) throw invalid(DEVELOPMENT && 'text where an attachment was due');
      this._bytes = 0;
      this._count(chunk);
      return this._complete(this._parse(chunk));
    }
    if (!pending || !isBinary(chunk)) throw invalid(DEVELOPMENT && 'an attachment that belongs to no packet');
    this._count(chunk);
    pending.attachments.push(chunk);
    return this._complete(pending);
  }

  reset(): void {
    this._pending = undefined;
  }

  private _count(chunk: Chunk): void {
    this._bytes += sizeOf(chunk);
    if (this._bytes > this._maxBytes) {
      throw new ProtocolError(`a message of more than ${this._maxBytes} bytes (maxReceivedBytes)`);
    }
  }

  private _parse(text: string): Pending {
    const header = HEADER.exec(text);
    if (!header) throw invalid(DEVELOPMENT && `unknown packet type ${text.slice(0, 1)}`);
    const [head, digit, digits, nsp = '/', id] = header;
    const type = Number(digit);
    if (type < BINARY_EVENT !== (digits === undefined)) {
      throw invalid(DEVELOPMENT && 'attachment count missing or misplaced');
    }
    const count = Number(digits ?? 0);
    if (count > this._maxAttachments) {
      throw new ProtocolError(
        `${count} attachments, at most ${this._maxAttachments} are accepted (maxAttachments)`,
      );
    }
    return {
      type,
      nsp,
      id: id ? Number(id) : undefined,
      json: text.slice(head.length),
      count,
      attachments: [],
    };
  }

  private _complete(pending: Pending): Packet | undefined {
    const { type, nsp, id, json, count, attachments } = pending;
    if (attachments.length < count) {
      this._pending = pending;
      return undefined;
    }
    let data: unknown;
    try {
      if (json) data = JSON.parse(json);
      // Also with a count of 0, so that stray placeholders are noticed.
      if (type >= BINARY_EVENT) data = putBack(data, attachments);
    } catch {
      // Not JSON, nested deeper than the stack, or a placeholder without an attachment.
      throw invalid(DEVELOPMENT && 'invalid payload');
    }
    for (const unused of attachments) {
      if (unused) throw invalid(DEVELOPMENT && 'an attachment without a placeholder');
    }
    return checkPacket({ type, nsp, id, data });
  }
}
