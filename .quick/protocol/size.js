import { sizeOf } from "./encode.js";

function sizeOnWire(chunk, transport, enough) {
  const size = sizeOf(chunk);
  return "string" == typeof chunk ? 3 * size < enough ? size : 1 + utf8Length(chunk) : "polling" === transport ? 1 + 4 * Math.ceil(size / 3) : size;
}

function utf8Length(text) {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    unit > 127 && (bytes += unit > 2047 && (unit < 55296 || unit > 57343) ? 2 : 1);
  }
  return bytes;
}

export { sizeOnWire };
