import { nothing } from "../../platform/clock.js";

import { encode, decode } from "./packets.js";

function encodePacket(packet, supportsBinary, done) {
  const {type, data} = packet;
  "object" == typeof data && data ? supportsBinary ? done(data) : "size" in data ? data.arrayBuffer().then(read => done(encode({
    type,
    data: read
  })), nothing) : done(encode(packet)) : done(encode(packet));
}

function encodePayload(packets, done) {
  const encoded = [];
  let left = packets.length;
  for (const [index, packet] of packets.entries()) encodePacket(packet, !1, text => {
    encoded[index] = text;
    left--;
    0 === left && done(encoded.join("\x1e"));
  });
}

function decodePayload(payload, binaryType) {
  const packets = [];
  for (const text of payload.split("\x1e")) {
    const packet = decode(text, binaryType);
    packets.push(packet);
    if ("error" === packet.type) break;
  }
  return packets;
}

export { decode as decodePacket, decodePayload, encodePacket, encodePayload };
