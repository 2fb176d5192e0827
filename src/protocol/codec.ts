import { Decoder } from './decode.js';
import { type Chunk, encode } from './encode.js';
import { checkPacket, type Packet } from './packet.js';

/** Writes packets to the wire and reads them from it; one for each connection, because reading has a memory. */
export interface Codec {
  encode(packet: Packet): Chunk[];
  /** @throws for what cannot be read */
  decode(chunk: unknown, deliver: (packet: Packet) => void): void;
  /** Forgets a half-received packet. */
  reset(): void;
}

export function createCodec(maxAttachments: number, maxReceivedBytes: number): Codec {
  const decoder = new Decoder(maxAttachments, maxReceivedBytes);
  return {
    encode,
    decode(chunk, deliver) {
      const packet = decoder.add(chunk);
      if (packet) deliver(packet);
    },
    reset: () => decoder.reset(),
  };
}

/** What the `parser` option takes, as socket.io-parser and socket.io-msgpack-parser export it. */
export interface CustomParser {
  Encoder: new () => { encode(packet: never): unknown[] };
  Decoder: new () => CustomDecoder;
}

interface CustomDecoder {
  on(event: 'decoded', listener: (packet: never) => void): unknown;
  add(chunk: never): void;
  destroy?(): void;
}

/** Fits a custom parser to the port. Its packets are checked like our own. */
export function adaptParser(parser: CustomParser): Codec {
  const encoder = new parser.Encoder();
  let deliverNow: (packet: Packet) => void = () => {};
  let decoder = listen(new parser.Decoder());

  function listen(fresh: CustomDecoder): CustomDecoder {
    fresh.on('decoded', (packet: unknown) => deliverNow(checkPacket(packet)));
    return fresh;
  }

  return {
    encode: (packet) => encoder.encode(packet as never) as Chunk[],
    decode(chunk, deliver) {
      deliverNow = deliver;
      decoder.add(chunk as never);
    },
    reset() {
      decoder.destroy?.();
      decoder = listen(new parser.Decoder());
    },
  };
}
