/** Turns what one connection receives back into packets. */

import { DEVELOPMENT } from '../platform/build.js';
import { isBinary, putBack } from './binary.js';
import { type Chunk, sizeOf } from './encode.js';
import {
  BINARY_ACK,
  BINARY_EVENT,
  checkPacket,
  invalid,
  isObject,
  type Packet,
  ProtocolError,
} from './packet.js';

/** The text of a packet, taken apart; its attachments may still be on their way. */
interface Parts {
  readonly type: number;
  readonly nsp: string;
  readonly id: number | undefined;
  readonly json: string;
  /** How many attachments there will be. */
  readonly count: number;
  readonly attachments: unknown[];
  /** The size of all chunks so far. */
  bytes: number;
  data?: unknown;
}

export class Decoder {
  private _pending: Parts | undefined;

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
    const isText = typeof chunk === 'string';
    if (isText ? pending : !pending || !isObject(chunk) || !isBinary(chunk)) {
      throw invalid(DEVELOPMENT ? `${isText ? 'text' : 'an attachment'} out of turn` : '');
    }
    const parts = pending ?? parse(chunk as string);
    const { json, count, attachments } = parts;
    parts.bytes += sizeOf(chunk as Chunk);
    if (parts.bytes > this._maxBytes) {
      throw new ProtocolError(`a message of more than ${this._maxBytes} bytes (maxReceivedBytes)`);
    }
    if (count > this._maxAttachments) {
      throw new ProtocolError(
        `${count} attachments, at most ${this._maxAttachments} are accepted (maxAttachments)`,
      );
    }
    if (!isText) attachments.push(chunk);
    if (attachments.length < count) {
      this._pending = parts;
      return undefined;
    }
    try {
      if (json) parts.data = JSON.parse(json);
      // Also with a count of 0, so that stray placeholders are noticed.
      if (parts.type >= BINARY_EVENT) parts.data = putBack(parts.data, attachments);
    } catch {
      // Not JSON, nested deeper than the stack, or a placeholder without an attachment.
      throw invalid(DEVELOPMENT ? 'invalid payload' : '');
    }
    for (const unused of attachments) {
      if (unused) throw invalid(DEVELOPMENT ? 'an attachment without a placeholder' : '');
    }
    return checkPacket(parts);
  }

  reset(): void {
    this._pending = undefined;
  }
}

/** Socket.IO protocol v5, "Packet encoding": `<type>[<attachments>-][<namespace>,][<ack id>][JSON]` */
function parse(text: string): Parts {
  let at = 1;
  // By hand, since a regular expression takes longer than JSON.parse of a small event.
  const number = (): number | undefined => {
    for (let value: number | undefined; ; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit < 10)) return value;
      value = (value ?? 0) * 10 + digit;
    }
  };
  const type = text.charCodeAt(0) - 48;
  let count: number | undefined = 0;
  if (type >= BINARY_EVENT) {
    count = number();
    if (count === undefined || type > BINARY_ACK || text[at++] !== '-') {
      throw invalid(DEVELOPMENT ? 'unknown packet type, or attachment count missing' : '');
    }
  }
  let nsp = '/';
  if (text[at] === nsp) {
    // Some servers leave out the comma if nothing follows the namespace.
    const comma = text.indexOf(',', at);
    const end = comma < 0 ? text.length : comma;
    nsp = text.slice(at, end);
    at = end + 1;
  }
  const id = number();
  return { type, nsp, id, json: text.slice(at), count, attachments: [], bytes: 0 };
}
