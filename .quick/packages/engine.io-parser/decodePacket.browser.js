import { PACKET_TYPES_REVERSE, ERROR_PACKET } from "./commons.js";

import { decode } from "./contrib/base64-arraybuffer.js";

const decodePacket = (encodedPacket, binaryType) => {
  if ("string" != typeof encodedPacket) return {
    type: "message",
    data: mapBinary(encodedPacket, binaryType)
  };
  const type = encodedPacket.charAt(0);
  return "b" === type ? {
    type: "message",
    data: decodeBase64Packet(encodedPacket.substring(1), binaryType)
  } : PACKET_TYPES_REVERSE[type] ? encodedPacket.length > 1 ? {
    type: PACKET_TYPES_REVERSE[type],
    data: encodedPacket.substring(1)
  } : {
    type: PACKET_TYPES_REVERSE[type]
  } : ERROR_PACKET;
};

const decodeBase64Packet = (data, binaryType) => {
  {
    const decoded = decode(data);
    return mapBinary(decoded, binaryType);
  }
};

const mapBinary = (data, binaryType) => "blob" === binaryType ? data instanceof Blob ? data : new Blob([ data ]) : data instanceof ArrayBuffer ? data : data.buffer;

export { decodePacket };
