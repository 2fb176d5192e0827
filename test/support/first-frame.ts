/** Lets the answer to an upgrade and the first WebSocket frame behind it through, and nothing after that. */

const endOfHead = '\r\n\r\n';

export class FirstFrame {
  #seen: Buffer = Buffer.alloc(0);
  #admitted = 0;

  /** The part of these bytes that may pass. */
  admit(bytes: Buffer): Buffer {
    this.#seen = Buffer.concat([this.#seen, bytes]);
    const end = Math.min(frameEnd(this.#seen), this.#seen.length);
    const admitted = this.#seen.subarray(this.#admitted, end);
    this.#admitted = Math.max(this.#admitted, end);
    return admitted;
  }
}

/** Where the first frame ends, as far as that can be told; further on while it cannot. RFC 6455, 5.2; a server does not mask. */
function frameEnd(bytes: Buffer): number {
  const head = bytes.indexOf(endOfHead);
  const start = head + endOfHead.length;
  if (head < 0 || bytes.length < start + 4) return Number.POSITIVE_INFINITY;
  const length = bytes.readUInt8(start + 1) & 0x7f;
  // No handshake is so long that its length takes eight bytes.
  return length < 126 ? start + 2 + length : start + 4 + bytes.readUInt16BE(start + 2);
}
