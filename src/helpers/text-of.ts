import { attempt } from '../platform/attempt.js';
import { isRecord } from '../protocol/packet.js';

/**
 * A text that is the same for equal values, in whatever order the members of objects were written. Functions count as the same, and so do
 * Blobs, whose bytes cannot be read at once, and what is circular.
 */
export const textOf = (value: unknown): string =>
  `${attempt(() =>
    JSON.stringify(value, (_key, one: unknown) => {
      if (typeof one === 'bigint') return `${one}n`;
      if (!isRecord(one)) return one;
      // The members of binary data are its bytes.
      const members = Object.entries(one instanceof ArrayBuffer ? new Uint8Array(one) : one);
      return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
    }),
  )}`;
