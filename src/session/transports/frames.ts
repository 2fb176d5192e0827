/**
 * Packets on a WebTransport stream: each in a frame, whose header has the length and distinguishes bytes from text. The first byte has the
 * length, up to 125; 126 and 127 announce a length of two or eight bytes. Its highest bit is set for bytes.
 */
import type { OwnBytes } from '../../platform/http.js';
import { TYPES } from './packets.js';
import type { EnginePacket } from './transport.js';

const BINARY = 0x80;
const LENGTH_OF_2_BYTES = 126;
const LENGTH_OF_8_BYTES = 127;

/** The frames of these packets, one after the other; Blobs must have been read before. */
export function framesOf(packets: readonly EnginePacket[]): OwnBytes {
  const parts: Uint8Array[] = [];
  for (const { type, data } of packets) {
    const binary = typeof data === 'object' && data !== null;
    const payload = binary ? bytesOf(data) : new TextEncoder().encode(`${TYPES.indexOf(type)}${data ?? ''}`);
    parts.push(headerOf(payload.length, binary), payload);
  }
  let size = 0;
  for (const part of parts) size += part.length;
  const frames = new Uint8Array(size);
  size = 0;
  for (const part of parts) {
    frames.set(part, size);
    size += part.length;
  }
  return frames;
}

function bytesOf(data: object): Uint8Array {
  const { buffer = data, byteOffset, byteLength } = data as ArrayBufferView;
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

function headerOf(length: number, binary: boolean): Uint8Array {
  const bytes = length < LENGTH_OF_2_BYTES ? 0 : length < 65_536 ? 2 : 8;
  const header = new Uint8Array(1 + bytes);
  header[0] =
    (binary ? BINARY : 0) + (bytes === 0 ? length : bytes === 2 ? LENGTH_OF_2_BYTES : LENGTH_OF_8_BYTES);
  for (let i = bytes; i > 0; i--) {
    header[i] = length % 256;
    length = Math.floor(length / 256);
  }
  return header;
}

/** Finds the frames in the data of a stream, however it was cut into chunks. */
export class FrameReader {
  /** The received part of an incomplete frame: the first `_size` bytes. */
  private _bytes: Uint8Array = new Uint8Array(0);
  private _size = 0;

  /** @param _maxBytes the longest frame that is accepted */
  constructor(private readonly _maxBytes: number) {}

  /**
   * Takes a chunk, and calls `use` with the payload of each frame that it completes: text, or a copy of the bytes.
   *
   * @throws Error for a frame without a payload, and for one that is too long (marked `_tooLarge`) as soon as its header has arrived
   */
  _readChunks(chunk: Uint8Array, use: (payload: string | ArrayBufferLike) => void): void {
    const bytes = this._append(chunk);
    const size = this._size;
    let at = 0;
    while (at < size) {
      const first = bytes[at] as number;
      let length = first & ~BINARY;
      let start = at + 1;
      if (length >= LENGTH_OF_2_BYTES) {
        start += length === LENGTH_OF_2_BYTES ? 2 : 8;
        if (start > size) break;
        length = 0;
        for (let i = at + 1; i < start; i++) length = length * 256 + (bytes[i] as number);
      }
      if (length === 0) throw new Error('an empty frame');
      if (length > this._maxBytes) {
        throw Object.assign(new Error(`a message of more than ${this._maxBytes} bytes`), { _tooLarge: true });
      }
      const end = start + length;
      if (end > size) break;
      at = end;
      use(
        first & BINARY
          ? bytes.slice(start, end).buffer
          : new TextDecoder().decode(bytes.subarray(start, end)),
      );
    }
    if (at > 0) {
      this._bytes = bytes.subarray(at, size);
      this._size = size - at;
    }
  }

  /** Only received data takes memory, never what a header announces. */
  private _append(chunk: Uint8Array): Uint8Array {
    const size = this._size + chunk.length;
    if (this._size === 0) this._bytes = chunk;
    else {
      if (size > this._bytes.length) {
        const larger = new Uint8Array(2 * size);
        larger.set(this._bytes.subarray(0, this._size));
        this._bytes = larger;
      }
      this._bytes.set(chunk, this._size);
    }
    this._size = size;
    return this._bytes;
  }
}
