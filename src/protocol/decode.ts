/** Decodes the data of one connection into packets. */

import { DEVELOPMENT } from '../platform/build.js';
import { isBinary } from './binary.js';
import { sizeOf } from './encode.js';
import { BINARY_EVENT, checkPacket, invalid, isObject, type Packet, ProtocolError } from './packet.js';

/** The parsed text of a packet; its attachments may not have arrived yet. */
interface Parts {
  readonly type: number;
  readonly nsp: string | undefined;
  readonly id: number | undefined;
  readonly _json: string;
  /** The number of attachments. */
  readonly _count: number;
  readonly _attachments: unknown[];
  /** The size of all chunks so far. */
  _bytes: number;
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
    if (isText ? pending : !pending || !isObject(chunk) || !isBinary(chunk))
      throw invalid(DEVELOPMENT ? `${isText ? 'text' : 'an attachment'} out of turn` : '');
    const parts = pending ?? parse(chunk as string);
    const { type, _json, _count, _attachments } = parts;
    parts._bytes += sizeOf(chunk);
    if (parts._bytes > this._maxBytes)
      throw new ProtocolError(
        DEVELOPMENT
          ? `a message of more than ${this._maxBytes} bytes (maxReceivedBytes)`
          : 'maxReceivedBytes',
      );
    if (_count > this._maxAttachments)
      throw new ProtocolError(
        DEVELOPMENT
          ? `${_count} attachments; the limit is ${this._maxAttachments} (maxAttachments)`
          : 'maxAttachments',
      );
    if (!isText) _attachments.push(chunk);
    if (_attachments.length < _count) {
      this._pending = parts;
      return undefined;
    }
    // Also with a count of 0, so that stray placeholders are detected.
    const putBack = (_key: string, value: unknown): unknown => {
      if ((value as { _placeholder?: unknown } | null)?._placeholder !== true) return value;
      const { num } = value as { num: unknown };
      const attachment = typeof num === 'number' && _attachments[num];
      if (!attachment) throw invalid();
      return attachment;
    };
    try {
      if (_json) parts.data = JSON.parse(_json, type < BINARY_EVENT ? undefined : putBack);
    } catch {
      // Not JSON, nested deeper than the stack, or a placeholder without an attachment.
      throw invalid(DEVELOPMENT ? 'invalid payload' : '');
    }
    return checkPacket(parts);
  }

  reset(): void {
    this._pending = undefined;
  }
}

/**
 * Socket.IO protocol v5, "Packet encoding": `<type>[<attachments>-][<namespace>,][<ack id>][JSON]`. Some servers omit the comma if nothing
 * follows the namespace.
 */
const HEAD = /^(?:([0-4])|([56])(\d+)-)(?:(\/[^,]*),?)?(\d+)?/;

function parse(text: string): Parts {
  const found = HEAD.exec(text);
  if (!found) {
    throw invalid(
      DEVELOPMENT
        ? `${/^[56]/.test(text) ? 'attachment count missing in' : 'unknown'} packet type ${text.charAt(0)}`
        : '',
    );
  }
  const [head, plain, binary, count, nsp, id] = found;
  return {
    type: Number(plain ?? binary),
    nsp,
    id: id === undefined ? id : Number(id),
    _json: text.slice(head.length),
    _count: Number(count ?? 0),
    _attachments: [],
    _bytes: 0,
  };
}
