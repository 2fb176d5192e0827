const TYPES = [ "open", "close", "ping", "pong", "message", "upgrade", "noop" ];

function encode({type, data}) {
  if ("object" != typeof data || !data) return `${TYPES.indexOf(type)}${data ?? ""}`;
  const {buffer = data, byteOffset, byteLength} = data;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode.apply(void 0, bytes.subarray(i, i + 8192));
  return `b${btoa(text)}`;
}

export { TYPES, encode };
