/**
 * Payloads of long-polling: Engine.IO v3 puts a length before each packet, v4 the byte 0x1e between them. The packets are the same, so one
 * form is converted into the other.
 */

import type { OwnBytes } from '../../platform/http.js';

const SEPARATOR = '\x1e';
const TEXT = 0;
const BINARY = 1;
const END_OF_LENGTH = 0xff;

/** How an octet-stream looks when it was read as UTF-8, in which 0xFF is invalid. */
const MANGLED_END = [0xef, 0xbf, 0xbd];

/** Whether an old server wrote it. */
export const isV3 = (payload: string | Uint8Array): boolean =>
  startsWithByte(payload) ||
  /^\d+:/.test(typeof payload === 'string' ? payload : String.fromCharCode(...payload.subarray(0, 9)));

/** @throws Error if it has neither form */
export function toV4(payload: string | Uint8Array): string {
  if (startsWithByte(payload)) {
    return packetsOf(typeof payload === 'string' ? new TextEncoder().encode(payload) : payload);
  }
  return packetsOfText(typeof payload === 'string' ? payload : new TextDecoder().decode(payload));
}

const startsWithByte = (payload: string | Uint8Array): boolean =>
  (typeof payload === 'string' ? payload.charCodeAt(0) : (payload[0] ?? Number.NaN)) <= BINARY;

/** `<length in UTF-16 units>:<packet>`, repeated. A current server's payload is left unchanged. */
function packetsOfText(payload: string): string {
  if (!/^\d+:/.test(payload)) return payload;
  const packets: string[] = [];
  for (let at = 0; at < payload.length; ) {
    const colon = payload.indexOf(':', at);
    const length = Number(payload.slice(at, colon));
    if (colon < 0 || !(length > 0)) throw new Error('invalid payload');
    at = colon + 1 + length;
    if (at > payload.length) throw new Error('invalid payload');
    packets.push(withoutType(payload.slice(colon + 1, at)));
  }
  return packets.join(SEPARATOR);
}

/** Base64: v3 has the packet's type behind the `b`, v4 knows that it is a message. */
export const withoutType = (packet: string): string =>
  packet.startsWith('b4') ? `b${packet.slice(2)}` : packet;

/** 0 for text or 1 for binary, the digits of the length as bytes, 0xFF, then the packet. */
function packetsOf(bytes: Uint8Array): string {
  const packets: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at++] as number;
    if (kind > BINARY) throw new Error('invalid payload');
    const isText = kind === TEXT;
    let length = 0;
    while ((bytes[at] as number) <= 9) length = length * 10 + (bytes[at++] as number);
    if (bytes[at] === END_OF_LENGTH) at++;
    else if (MANGLED_END.every((byte, i) => bytes[at + i] === byte)) at += MANGLED_END.length;
    else throw new Error('invalid payload');
    const packet = bytes.subarray(at, at + length);
    at += length;
    if (at > bytes.length || length === 0) throw new Error('invalid payload');
    packets.push(isText ? new TextDecoder().decode(packet) : `b${base64(packet.subarray(1))}`);
  }
  return packets.join(SEPARATOR);
}

/** The payload of packets that were written for v4, as octet-stream: every old server accepts it. */
export function toV3(payload: string): OwnBytes {
  const parts = payload.split(SEPARATOR).map((packet) => {
    const isBinary = packet.startsWith('b');
    const body = isBinary ? bytesOf(packet.slice(1)) : new TextEncoder().encode(packet);
    const length = body.length + Number(isBinary);
    const head = [isBinary ? BINARY : TEXT, ...[...String(length)].map(Number), END_OF_LENGTH];
    if (isBinary) head.push(MESSAGE);
    return { head, body };
  });
  const bytes = new Uint8Array(parts.reduce((sum, { head, body }) => sum + head.length + body.length, 0));
  let at = 0;
  for (const { head, body } of parts) {
    bytes.set(head, at);
    bytes.set(body, at + head.length);
    at += head.length + body.length;
  }
  return bytes;
}

/** Engine.IO v3: the type of a message, before binary data. */
export const MESSAGE = 4;

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
