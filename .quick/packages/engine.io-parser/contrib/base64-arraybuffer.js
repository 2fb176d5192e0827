const lookup = [];

for (let i = 0; i < 64; i++) lookup["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".charCodeAt(i)] = i;

const decode = base64 => {
  let i, encoded1, encoded2, encoded3, encoded4, bufferLength = .75 * base64.length, len = base64.length, p = 0;
  if ("=" === base64[base64.length - 1]) {
    bufferLength--;
    "=" === base64[base64.length - 2] && bufferLength--;
  }
  const arraybuffer = new ArrayBuffer(bufferLength), bytes = new Uint8Array(arraybuffer);
  for (i = 0; i < len; i += 4) {
    encoded1 = lookup[base64.charCodeAt(i)];
    encoded2 = lookup[base64.charCodeAt(i + 1)];
    encoded3 = lookup[base64.charCodeAt(i + 2)];
    encoded4 = lookup[base64.charCodeAt(i + 3)];
    bytes[p++] = encoded1 << 2 | encoded2 >> 4;
    bytes[p++] = (15 & encoded2) << 4 | encoded3 >> 2;
    bytes[p++] = (3 & encoded3) << 6 | 63 & encoded4;
  }
  return arraybuffer;
};

export { decode };
