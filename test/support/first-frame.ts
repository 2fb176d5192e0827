/** Lets the response to an upgrade and the first WebSocket frame pass, and nothing after that. */

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

/** The end of the first frame; further on while it is not known. RFC 6455, 5.2; a server does not mask. */
function frameEnd(bytes: Buffer): number {
  const head = bytes.indexOf(endOfHead);
  const start = head + endOfHead.length;
  if (head < 0 || bytes.length < start + 4) return Number.POSITIVE_INFINITY;
  const length = bytes.readUInt8(start + 1) & 0x7f;
  // No handshake is long enough for a length of eight bytes.
  return length < 126 ? start + 2 + length : start + 4 + bytes.readUInt16BE(start + 2);
}
