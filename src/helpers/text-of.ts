import { attempt } from '../platform/attempt.js';
import { isRecord } from '../protocol/packet.js';

/** As its members are: those of binary data are its bytes. */
const entriesOf = (value: object): [string, unknown][] =>
  Object.entries(value instanceof ArrayBuffer ? new Uint8Array(value) : value);

/**
 * A text that is the same for equal values, in whatever order the members of objects were written. Functions count as the same, and so do
 * Blobs, whose bytes cannot be read at once, and what is circular.
 */
export const textOf = (value: unknown): string =>
  `${attempt(() =>
    JSON.stringify(value, (_key, one: unknown) => {
      if (typeof one === 'bigint') return `${one}n`;
      return isRecord(one) ? Object.fromEntries(entriesOf(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one;
    }),
  )}`;
