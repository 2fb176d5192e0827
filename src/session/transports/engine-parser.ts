/**
 * The functions of engine.io-parser that engine.io-client's transports call. Builds for browsers take this file in place of that
 * package, because long-polling needs the same encoding anyway.
 */
import { nothing } from '../../platform/clock.js';
import { decode, encode } from './packets.js';
import type { EnginePacket } from './transport.js';

export { decode as decodePacket };

/** Engine.IO v4, "Payload": this character separates the packets. */
const SEPARATOR = '\x1e';

/** Calls back with a packet as it is sent: text, or, where the transport carries them, the bytes themselves. */
export function encodePacket(
  packet: EnginePacket,
  supportsBinary: boolean,
  done: (encoded: unknown) => void,
): void {
  const { type, data } = packet;
  if (typeof data !== 'object' || !data) done(encode(packet));
  else if (supportsBinary) done(data);
  // A Blob that cannot be read is not sent.
  else if ('size' in data) {
    (data as Blob).arrayBuffer().then((read) => done(encode({ type, data: read })), nothing);
  } else done(encode(packet));
}

export function encodePayload(packets: readonly EnginePacket[], done: (payload: string) => void): void {
  const encoded: unknown[] = [];
  let left = packets.length;
  for (const [index, packet] of packets.entries()) {
    encodePacket(packet, false, (text) => {
      encoded[index] = text;
      left--;
      if (left === 0) done(encoded.join(SEPARATOR));
    });
  }
}

/** The packets up to the first invalid one. */
export function decodePayload(payload: string, binaryType?: string): EnginePacket[] {
  const packets: EnginePacket[] = [];
  for (const text of payload.split(SEPARATOR)) {
    const packet = decode(text, binaryType);
    packets.push(packet);
    if (packet.type === 'error') break;
  }
  return packets;
}
