import { nothing } from "../platform/clock.js";

import { Decoder } from "./decode.js";

import { unserializable, encode } from "./encode.js";

import { checkPacket } from "./packet.js";

class OwnCodec extends Decoder {
  constructor({maxAttachments, maxReceivedBytes, maxSentAttachments}) {
    super(maxAttachments, maxReceivedBytes);
    this._nJ = maxSentAttachments;
  }
  encode(packet, of) {
    return encode(packet, of, this._nJ);
  }
  decode(chunk, deliver) {
    const packet = this.add(chunk);
    packet && deliver(packet);
  }
}

const createCodec = limits => new OwnCodec(limits);

function adaptParser(parser) {
  const encoder = new parser.Encoder;
  let deliverNow = nothing;
  let decoder;
  const reset = () => {
    decoder?.destroy?.();
    decoder = new parser.Decoder;
    decoder.on("decoded", packet => deliverNow(checkPacket(packet)));
  };
  reset();
  return {
    encode(packet, of) {
      const {type, nsp, data, id, options} = packet;
      const plain = {
        type,
        data,
        options,
        id,
        nsp
      };
      try {
        return encoder.encode(plain);
      } catch (cause) {
        throw unserializable(plain, of, -1, cause);
      }
    },
    decode(chunk, deliver) {
      deliverNow = deliver;
      decoder?.add(chunk);
    },
    reset
  };
}

export { adaptParser, createCodec };
