import { attempt } from "./attempt.js";

let count = 0;

let last;

function randomId() {
  const uuid = attempt(() => crypto.randomUUID());
  if (uuid && "string" == typeof uuid && uuid !== last) {
    last = uuid;
    return uuid;
  }
  const bytes = new Uint8Array(16);
  attempt(() => crypto.getRandomValues(bytes));
  let id = `${Date.now().toString(36)}-${count++}-`;
  for (let i = 0; i < 16; i++) id += (bytes[i] ^ 256 * Math.random()).toString(36);
  return id;
}

export { randomId };
