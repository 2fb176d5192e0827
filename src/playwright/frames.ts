/** Reads the traffic of a proxy: the head of a request, and the frames of a WebSocket (RFC 6455, section 5.2). */

/** The head of an HTTP message. */
export interface Head {
  readonly text: string;
  /** The bytes after it. */
  readonly rest: Uint8Array;
}

/** A head longer than this, in bytes, is invalid. */
const MAX_HEAD = 65_536;

/** Splits the bytes received so far; `undefined` while the head is incomplete, `null` if it is invalid. */
export function headOf(bytes: Buffer): Head | null | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return bytes.length > MAX_HEAD ? null : undefined;
  return { text: bytes.subarray(0, end + 4).toString('latin1'), rest: bytes.subarray(end + 4) };
}

export const isUpgrade = (head: string): boolean => /^upgrade: *websocket/im.test(head);

/** Removes compression, which would hide the frames; servers work without it. */
export const withoutExtensions = (head: string): string =>
  head.replace(/^sec-websocket-extensions:.*\r\n/gim, '');

const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;

/** Reads one direction of a WebSocket. */
export class FrameReader {
  private _bytes: Buffer = Buffer.alloc(0);
  private _parts: Buffer[] = [];
  private _kind = TEXT;

  /** @param _closed called when this direction sends a close frame */
  constructor(
    private readonly _message: (message: string | Uint8Array) => void,
    private readonly _closed: () => void,
  ) {}

  add(chunk: Uint8Array): void {
    this._bytes = Buffer.concat([this._bytes, chunk]);
    while (this._frame());
  }

  private _frame(): boolean {
    const bytes = this._bytes;
    if (bytes.length < 2) return false;
    const [first = 0, second = 0] = bytes;
    let at = 2;
    let length = second & 0x7f;
    if (length >= 126) {
      const size = length === 126 ? 2 : 8;
      if (bytes.length < at + size) return false;
      length = size === 2 ? bytes.readUInt16BE(at) : Number(bytes.readBigUInt64BE(at));
      at += size;
    }
    const mask = second & 0x80 ? bytes.subarray(at, at + 4) : undefined;
    if (mask) at += 4;
    if (bytes.length < at + length) return false;
    const payload = Buffer.from(bytes.subarray(at, at + length));
    if (mask) for (let i = 0; i < length; i++) payload[i] = (payload[i] as number) ^ (mask[i % 4] as number);
    this._bytes = bytes.subarray(at + length);
    const kind = first & 0x0f;
    if (kind === CLOSE) this._closed();
    // Control frames may come in between.
    if (kind > BINARY) return true;
    if (kind !== CONTINUATION) this._kind = kind;
    this._parts.push(payload);
    if (first & 0x80) {
      const whole = Buffer.concat(this._parts);
      this._parts = [];
      this._message(this._kind === TEXT ? whole.toString() : new Uint8Array(whole));
    }
    return true;
  }
}
