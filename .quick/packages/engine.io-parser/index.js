import { encodePacket } from "./encodePacket.browser.js";

import { decodePacket } from "./decodePacket.browser.js";

const SEPARATOR = String.fromCharCode(30);

const encodePayload = (packets, callback) => {
  const length = packets.length;
  const encodedPackets = new Array(length);
  let count = 0;
  packets.forEach((packet, i) => {
    encodePacket(packet, !1, encodedPacket => {
      encodedPackets[i] = encodedPacket;
      ++count === length && callback(encodedPackets.join(SEPARATOR));
    });
  });
};

const decodePayload = (encodedPayload, binaryType) => {
  const encodedPackets = encodedPayload.split(SEPARATOR);
  const packets = [];
  for (let i = 0; i < encodedPackets.length; i++) {
    const decodedPacket = decodePacket(encodedPackets[i], binaryType);
    packets.push(decodedPacket);
    if ("error" === decodedPacket.type) break;
  }
  return packets;
};

export { decodePacket, decodePayload, encodePacket, encodePayload };
