import { attempt } from "../../platform/attempt.js";

const TYPES = [ "open", "close", "ping", "pong", "message", "upgrade", "noop" ];

function encode({type, data}) {
  if ("object" != typeof data || !data) return `${TYPES.indexOf(type)}${data ?? ""}`;
  const {buffer = data, byteOffset, byteLength} = data;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode.apply(void 0, bytes.subarray(i, i + 8192));
  return `b${btoa(text)}`;
}

function decode(encoded, binaryType) {
  let bytes = encoded;
  if ("string" == typeof encoded) {
    const type = TYPES[encoded.charAt(0)];
    const data = encoded.slice(1);
    if (type) return {
      type,
      ...data && {
        data
      }
    };
    const binary = encoded.startsWith("b") ? attempt(() => atob(data)) : void 0;
    if (void 0 === binary) return {
      type: "error",
      data: "parser error"
    };
    const copy = new Uint8Array(binary.length);
    for (let i = 0; i < copy.length; i++) copy[i] = binary.charCodeAt(i);
    bytes = copy;
  }
  const memory = bytes.buffer ?? bytes;
  return {
    type: "message",
    data: "blob" !== binaryType || memory instanceof Blob ? memory : new Blob([ memory ])
  };
}

export { TYPES, decode, encode };
