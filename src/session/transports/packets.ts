/** Engine.IO v4, "Packet encoding": a packet as text, and back. */
import { attempt } from '../../platform/attempt.js';
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

/**
 * A packet from text, or from the bytes of a message.
 *
 * @param binaryType `blob` if bytes become a Blob
 */
export function decode(encoded: unknown, binaryType?: string): EnginePacket {
  let bytes = encoded;
  if (typeof encoded === 'string') {
    const type = TYPES[encoded.charAt(0) as never];
    const data = encoded.slice(1);
    if (type) return { type, ...(data && { data }) };
    const binary = encoded.startsWith('b') ? attempt(() => atob(data)) : undefined;
    if (binary === undefined) return { type: 'error', data: 'parser error' };
    const copy = new Uint8Array(binary.length);
    for (let i = 0; i < copy.length; i++) copy[i] = binary.charCodeAt(i);
    bytes = copy;
  }
  const memory = (bytes as Partial<ArrayBufferView>).buffer ?? bytes;
  const isBlob = binaryType === 'blob' && !(memory instanceof Blob);
  return { type: 'message', data: isBlob ? new Blob([memory as ArrayBuffer]) : memory };
}
