import { attempt } from "../platform/attempt.js";

import { isRecord } from "../protocol/packet.js";

const textOf = value => `${attempt(() => JSON.stringify(value, (_key, one) => {
  if ("bigint" == typeof one) return `${one}n`;
  if (!isRecord(one)) return one;
  const members = Object.entries(one instanceof ArrayBuffer ? new Uint8Array(one) : one);
  return Object.fromEntries(members.sort(([a], [b]) => a < b ? -1 : 1));
}))}`;

export { textOf };
