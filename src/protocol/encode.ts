/** Encodes packets for Engine.IO. */

import { attempt } from '../platform/attempt.js';
import { DEVELOPMENT } from '../platform/build.js';
import { HoldfastError } from '../platform/errors.js';
import { type Binary, takeOut } from './binary.js';
import { ACK, BINARY_EVENT, CONNECT, EVENT, isObject, type Packet } from './packet.js';

/** One Engine.IO message. */
export type Chunk = string | Binary;

/** The size of a chunk in bytes; text counts one byte for each UTF-16 unit, and anything else counts 0. */
export const sizeOf = (chunk: unknown): number =>
  typeof chunk === 'string'
    ? chunk.length
    : ((chunk as Partial<ArrayBuffer>)?.byteLength ?? (chunk as Partial<Blob>)?.size ?? 0);

export function weigh(chunks: readonly Chunk[]): number {
  let bytes = 0;
  for (const chunk of chunks) bytes += sizeOf(chunk);
  return bytes;
}

/** The members of a packet that are encoded. */
interface Encodable {
  readonly type: number;
  readonly nsp: string;
  readonly id?: number;
  readonly data: readonly unknown[];
}

/**
 * Socket.IO protocol v5, "Packet encoding": `<type>[<attachments>-][<namespace>,][<ack id>][JSON]`, then one chunk for each
 * attachment. Getters and `toJSON` of the arguments run only here.
 *
 * @param of the owner of the arguments, for messages; the event's name by default
 * @throws HoldfastError `UNSERIALIZABLE`, or `TOO_LARGE` for more than `maxAttachments`; never anything else
 */
export function encode(
  packet: Packet,
  of?: string,
  maxAttachments: number = Number.POSITIVE_INFINITY,
): Chunk[] {
  const { type, nsp, data } = packet as Encodable;
  const chunks: Chunk[] = [''];
  let json = '';
  let at = 0;
  try {
    if (type === EVENT || type === ACK) {
      // One by one: an error can name its argument, and an Array.prototype.toJSON of the page does not affect the list.
      for (; at < data.length; at++) {
        const value = data[at];
        const part = JSON.stringify(isObject(value) ? takeOut(value, '', chunks, 0) : value) ?? 'null';
        json += at > 0 ? `,${part}` : part;
      }
      json = `[${json}]`;
    } else if (data !== undefined) json = JSON.stringify(data) ?? '';
  } catch (cause) {
    throw unserializable(packet, of, type === CONNECT ? -1 : at, cause);
  }
  const attachments = chunks.length - 1;
  if (attachments > maxAttachments) {
    const what = describe(packet, of);
    throw new HoldfastError(
      'TOO_LARGE',
      DEVELOPMENT
        ? `${what} has ${attachments} attachments; the limit is ${maxAttachments} (maxSentAttachments): servers accept 10 by default, and close the connection if there are more`
        : `${what} has over ${maxAttachments} attachments`,
    );
  }
  // Read only now: the caller can allocate an id here that no event emitted by those getters has.
  const { id } = packet as Encodable;
  chunks[0] =
    (attachments > 0 ? `${type + BINARY_EVENT - EVENT}${attachments}-` : type) +
    (nsp === '/' ? '' : `${nsp},`) +
    (id ?? '') +
    json;
  return chunks;
}

/** @param at the index in the packet's data of the item that cannot be sent; -1 if it is unknown or there are no items */
export function unserializable(
  packet: Packet,
  of: string | undefined,
  at: number,
  cause: unknown,
): HoldfastError {
  const argument = at < 0 ? '' : `argument ${packet.type === EVENT ? at : at + 1} of `;
  let why = '';
  if (DEVELOPMENT) {
    why = textOf(() => (cause as Error).message ?? cause) || 'a getter or toJSON threw';
    if (/stack|recursion/.test(why)) why = 'it is nested too deeply';
    why = `: ${why}; accepted: JSON values, ArrayBuffer, views, Blob and File`;
  }
  return new HoldfastError(
    'UNSERIALIZABLE',
    `${argument}${describe(packet, of)} cannot be sent${why}`,
    cause,
  );
}

function describe(packet: Packet, of?: string): string {
  if (of) return of;
  if (packet.type === EVENT) return `"${textOf(() => packet.data[0])}"`;
  return packet.type === ACK ? 'the acknowledgement' : 'auth';
}

/** Never throws, whatever the program threw or uses as a name. */
const textOf = (read: () => unknown): string => attempt(() => `${read()}`) ?? '';
