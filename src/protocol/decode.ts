import { isBinary, restoreBinary } from './binary.js';
import { type Chunk, sizeOf } from './encode.js';
import { BINARY_ACK, BINARY_EVENT, CONNECT, checkPacket, type Packet, ProtocolError } from './packet.js';

/** A packet whose attachments are still to come. */
interface Pending {
  readonly header: Header;
  readonly attachments: unknown[];
}

interface Header {
  readonly type: number;
  readonly attachments: number;
  readonly nsp: string;
  readonly id: number | undefined;
  readonly json: string;
}

/** Turns the chunks of one connection back into packets. */
export class Decoder {
  private pending: Pending | undefined;

  private bytes = 0;

  /**
   * @param maxAttachments more than these in one packet are refused
   * @param maxBytes and more than this for all of its chunks
   */
  constructor(
    private readonly maxAttachments: number,
    private readonly maxBytes: number = Number.POSITIVE_INFINITY,
  ) {}

  /**
   * Takes the next chunk; returns the packet that it completes, if it does.
   *
   * @throws ProtocolError for whatever the protocol does not allow; the decoder is as new afterwards
   */
  add(chunk: unknown): Packet | undefined {
    try {
      return typeof chunk === 'string' ? this.addText(chunk) : this.addBinary(chunk);
    } catch (error) {
      this.reset();
      throw error;
    }
  }

  reset(): void {
    this.pending = undefined;
  }

  private count(chunk: Chunk): void {
    this.bytes += sizeOf(chunk);
    if (this.bytes > this.maxBytes) {
      throw new ProtocolError(`a message of more than ${this.maxBytes} bytes (maxReceivedBytes)`);
    }
  }

  private addText(text: string): Packet | undefined {
    if (this.pending) throw new ProtocolError('text where an attachment was due');
    this.bytes = 0;
    this.count(text);
    const header = parseHeader(text);
    if (header.type < BINARY_EVENT) return build(header, parseJson(header.json));
    if (header.attachments > this.maxAttachments) {
      throw new ProtocolError(
        `${header.attachments} attachments, at most ${this.maxAttachments} are accepted`,
      );
    }
    if (header.attachments === 0) return complete(header, []);
    this.pending = { header, attachments: [] };
    return undefined;
  }

  private addBinary(chunk: unknown): Packet | undefined {
    const { pending } = this;
    if (!pending || !isBinary(chunk)) throw new ProtocolError('an attachment that belongs to no packet');
    this.count(chunk);
    if (pending.attachments.push(chunk) < pending.header.attachments) return undefined;
    this.pending = undefined;
    return complete(pending.header, pending.attachments);
  }
}

function complete(header: Header, attachments: readonly unknown[]): Packet {
  let restored: { data: unknown } | undefined;
  try {
    restored = restoreBinary(parseJson(header.json), attachments);
  } catch {
    // Nested deeper than the stack is high, or no JSON at all.
    throw new ProtocolError('invalid payload');
  }
  if (!restored) throw new ProtocolError('illegal attachments');
  return build(header, restored.data);
}

const build = ({ type, nsp, id }: Header, data: unknown): Packet => checkPacket({ type, nsp, id, data });

/** Where the digits that begin at `at` end. */
function endOfDigits(text: string, at: number): number {
  let end = at;
  while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  return end;
}

function parseHeader(text: string): Header {
  const type = text.charCodeAt(0) - 48;
  if (!(type >= CONNECT && type <= BINARY_ACK)) throw new ProtocolError(`unknown packet type ${type}`);
  let at = 1;
  let attachments = 0;
  if (type === BINARY_EVENT || type === BINARY_ACK) {
    const end = endOfDigits(text, at);
    if (end === at || text[end] !== '-') throw new ProtocolError('attachment count missing');
    attachments = Number(text.slice(at, end));
    at = end + 1;
  }
  let nsp = '/';
  if (text.charCodeAt(at) === SLASH) {
    const comma = text.indexOf(',', at);
    const end = comma < 0 ? text.length : comma;
    nsp = text.slice(at, end);
    at = end + 1;
  }
  const end = endOfDigits(text, at);
  const id = end > at ? Number(text.slice(at, end)) : undefined;
  return { type, attachments, nsp, id, json: text.slice(end) };
}

const SLASH = 47;

function parseJson(json: string): unknown {
  if (json === '') return undefined;
  try {
    return JSON.parse(json);
  } catch {
    throw new ProtocolError('invalid payload');
  }
}
