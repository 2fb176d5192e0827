/** The size of messages on the wire, for servers with a limit. */

import { type Chunk, sizeOf } from './encode.js';

/** A message that is larger than the server accepts. */
export interface Oversize {
  readonly bytes: number;
  readonly maxBytes: number;
}

/**
 * The bytes of one message on the wire, with its Engine.IO packet type.
 *
 * @param transport polling sends attachments as base64
 * @param enough the result has to be exact only if it may exceed this
 */
export function sizeOnWire(chunk: Chunk, transport: string, enough: number): number {
  const size = sizeOf(chunk);
  if (typeof chunk === 'string') {
    // A UTF-16 unit is three bytes of UTF-8 at most.
    return size * 3 < enough ? size : 1 + utf8Length(chunk);
  }
  return transport === 'polling' ? 1 + Math.ceil(size / 3) * 4 : size;
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // The two units of a surrogate pair are four bytes in total: two each.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
