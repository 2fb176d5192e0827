import type { Chunk } from './encode.js';

/** A message that is larger than the server takes. */
export interface Oversize {
  readonly bytes: number;
  readonly maxBytes: number;
}

/**
 * How many bytes one message is on the wire, with its Engine.IO packet type.
 *
 * @param transport polling sends attachments as base64
 * @param enough an exact figure is needed only where the message may be larger than this
 */
export function sizeOnWire(chunk: Chunk, transport: string, enough: number): number {
  if (typeof chunk === 'string') {
    // A UTF-16 unit is three bytes of UTF-8 at most.
    return chunk.length * 3 < enough ? chunk.length : 1 + utf8Length(chunk);
  }
  const bytes = 'size' in chunk ? chunk.size : chunk.byteLength;
  return transport === 'polling' ? 1 + Math.ceil(bytes / 3) * 4 : bytes;
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Two units of a surrogate pair are four bytes together: two each.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
