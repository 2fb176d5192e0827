/** Engine.IO v4, "Packet encoding": a packet as text. engine.io-parser needs a `FileReader` for bytes, and time to call back. */
import type { EnginePacket } from './transport.js';

/** The index of each type is its number. */
export const TYPES: readonly string[] = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'];

/** A packet as text; bytes become base64 behind the letter b. */
export function encode({ type, data }: EnginePacket): string {
  if (typeof data !== 'object' || !data) return `${TYPES.indexOf(type)}${data ?? ''}`;
  const { buffer = data, byteOffset, byteLength } = data as ArrayBufferView;
  const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  let text = '';
  // In pieces: the number of arguments of a function is limited.
  for (let i = 0; i < bytes.length; i += 8_192) {
    text += String.fromCharCode.apply(undefined, bytes.subarray(i, i + 8_192) as unknown as number[]);
  }
  return `b${btoa(text)}`;
}
