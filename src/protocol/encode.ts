import { type Binary, extractBinary, hasBinary } from './binary.js';
import { ACK, BINARY_ACK, BINARY_EVENT, EVENT, type Packet } from './packet.js';

/** What one Engine.IO message carries. */
export type Chunk = string | Binary;

/** How large a chunk is, in bytes; a text counts one for each UTF-16 unit. */
export const sizeOf = (chunk: Chunk): number =>
  typeof chunk === 'string' ? chunk.length : 'size' in chunk ? chunk.size : chunk.byteLength;

export const weigh = (chunks: readonly Chunk[]): number =>
  chunks.reduce((bytes, chunk) => bytes + sizeOf(chunk), 0);

/**
 * Socket.IO protocol v5, "Packet encoding": `<type>[<attachments>-][<namespace>,][<ack id>][JSON]`, then one chunk for
 * each attachment.
 *
 * @throws TypeError, as `JSON.stringify` does, for a BigInt or a circular value
 */
export function encode(packet: Packet): Chunk[] {
  const { nsp } = packet;
  const data = 'data' in packet ? packet.data : undefined;
  const id = 'id' in packet ? packet.id : undefined;
  const attachments: Binary[] = [];
  const carriesArguments = packet.type === EVENT || packet.type === ACK;
  let json = '';
  if (data !== undefined) {
    json = JSON.stringify(carriesArguments && hasBinary(data) ? extractBinary(data, attachments) : data);
  }
  let head = String(packet.type);
  if (attachments.length > 0)
    head = `${packet.type === EVENT ? BINARY_EVENT : BINARY_ACK}${attachments.length}-`;
  if (nsp !== '/') head += `${nsp},`;
  if (id !== undefined) head += id;
  return [head + json, ...attachments];
}
