/** The codec of a connection: Socket.IO's own, or one made of a custom parser. */

import { DEVELOPMENT } from '../platform/build.js';
import { nothing } from '../platform/clock.js';
import { Decoder } from './decode.js';
import { type Chunk, encode, unserializable } from './encode.js';
import { ACK, type ConnectPacket, checkPacket, EVENT, type Packet } from './packet.js';

/** Writes and reads packets. Each connection has its own, because reading is stateful. */
export interface Codec {
  /**
   * @param of the owner of the packet's arguments, for messages; the event's name by default
   * @throws HoldfastError `UNSERIALIZABLE` or `TOO_LARGE`
   */
  encode(packet: Packet, of?: string): Chunk[];
  /** @throws for unreadable data */
  decode(chunk: unknown, deliver: (packet: Packet) => void): void;
  /** Forgets a half-received packet. */
  reset(): void;
}

export interface CodecLimits {
  /** Attachments in a received packet. */
  readonly maxAttachments: number;
  /** The size of a received packet with its attachments, in bytes. */
  readonly maxReceivedBytes: number;
  /** Attachments in a sent packet. socket.io-parser accepts 10 by default, and closes the connection if there are more. */
  readonly maxSentAttachments: number;
}

class OwnCodec extends Decoder implements Codec {
  private readonly _maxSentAttachments: number;

  constructor({ maxAttachments, maxReceivedBytes, maxSentAttachments }: CodecLimits) {
    super(maxAttachments, maxReceivedBytes);
    this._maxSentAttachments = maxSentAttachments;
  }

  encode(packet: Packet, of?: string): Chunk[] {
    return encode(packet, of, this._maxSentAttachments);
  }

  decode(chunk: unknown, deliver: (packet: Packet) => void): void {
    const packet = this.add(chunk);
    if (packet) deliver(packet);
  }
}

export const createCodec = (limits: CodecLimits): Codec => new OwnCodec(limits);

/** The value of the option `parser`, as exported by socket.io-parser and socket.io-msgpack-parser. */
export interface CustomParser {
  Encoder: new () => { encode(packet: never): unknown[] };
  Decoder: new () => CustomDecoder;
}

interface CustomDecoder {
  on(event: 'decoded', listener: (packet: never) => void): unknown;
  add(chunk: never): void;
  destroy?(): void;
}

/** Adapts a custom parser. Its packets are checked like our own. */
export function adaptParser(parser: CustomParser): Codec {
  const encoder = new parser.Encoder();
  let deliverNow: (packet: Packet) => void = nothing;
  let decoder: CustomDecoder | undefined;
  const reset = (): void => {
    decoder?.destroy?.();
    decoder = new parser.Decoder();
    decoder.on('decoded', (packet: unknown) => deliverNow(checkPacket(packet)));
  };
  reset();
  return {
    encode(packet, of) {
      // A parser may write every member of a packet: only those of the protocol.
      const { type, nsp, data, id, options } = packet as ConnectPacket & { id?: number; options?: object };
      const plain = { type, data, options, id, nsp } as Packet;
      try {
        return encoder.encode(plain as never) as Chunk[];
      } catch (cause) {
        throw unserializable(plain, of, DEVELOPMENT ? culprit(encoder, plain) : -1, cause);
      }
    },
    decode(chunk, deliver) {
      deliverNow = deliver;
      decoder?.add(chunk as never);
    },
    reset,
  };
}

/** The index in `data` of an item that alone makes the encoder fail; -1 if there is none. */
function culprit(encoder: { encode(packet: never): unknown }, packet: Packet): number {
  if (packet.type !== EVENT && packet.type !== ACK) return -1;
  return packet.data.findIndex((item) => {
    try {
      encoder.encode({ ...packet, data: ['', item] } as never);
      return false;
    } catch {
      return true;
    }
  });
}
