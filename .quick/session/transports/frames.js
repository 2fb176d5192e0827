import { TYPES } from "./packets.js";

function framesOf(packets) {
  const parts = [];
  for (const {type, data} of packets) {
    const binary = "object" == typeof data && null !== data;
    const payload = binary ? bytesOf(data) : (new TextEncoder).encode(`${TYPES.indexOf(type)}${data ?? ""}`);
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

function bytesOf(data) {
  const {buffer = data, byteOffset, byteLength} = data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function headerOf(length, binary) {
  const bytes = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const header = new Uint8Array(1 + bytes);
  header[0] = (binary ? 128 : 0) + (0 === bytes ? length : 2 === bytes ? 126 : 127);
  for (let i = bytes; i > 0; i--) {
    header[i] = length % 256;
    length = Math.floor(length / 256);
  }
  return header;
}

class FrameReader {
  constructor(_maxBytes) {
    this._k = _maxBytes;
    this._p = new Uint8Array(0);
    this._t = 0;
  }
  _tN(chunk, use) {
    const bytes = this._r(chunk);
    const size = this._t;
    let at = 0;
    for (;at < size; ) {
      const first = bytes[at];
      let length = -129 & first;
      let start = at + 1;
      if (length >= 126) {
        start += 126 === length ? 2 : 8;
        if (start > size) break;
        length = 0;
        for (let i = at + 1; i < start; i++) length = 256 * length + bytes[i];
      }
      if (0 === length) throw new Error("an empty frame");
      if (length > this._k) throw Object.assign(new Error(`a message of more than ${this._k} bytes`), {
        _tH: !0
      });
      const end = start + length;
      if (end > size) break;
      at = end;
      use(128 & first ? bytes.slice(start, end).buffer : (new TextDecoder).decode(bytes.subarray(start, end)));
    }
    if (at > 0) {
      this._p = bytes.subarray(at, size);
      this._t = size - at;
    }
  }
  _r(chunk) {
    const size = this._t + chunk.length;
    if (0 === this._t) this._p = chunk; else {
      if (size > this._p.length) {
        const larger = new Uint8Array(2 * size);
        larger.set(this._p.subarray(0, this._t));
        this._p = larger;
      }
      this._p.set(chunk, this._t);
    }
    this._t = size;
    return this._p;
  }
}

export { FrameReader, framesOf };
