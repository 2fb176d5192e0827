import { attempt } from '../platform/attempt.js';
import { nothing } from '../platform/clock.js';
import { isRecord } from './packet.js';

/**
 * A text that is the same for equal values, in whatever order the members of objects were written. Functions count as the same, and so do
 * Blobs, whose bytes cannot be read at once, and what is circular.
 *
 * @param replace returns a value that stands for a function, which is otherwise left out; `member` is its name in its object, or its index
 */
export const textOf = (value: unknown, replace: (member: string, one: object) => unknown = nothing): string =>
  `${attempt(() =>
    JSON.stringify(value, (member, one: unknown) => {
      if (typeof one === 'bigint') return `${one}n`;
      if (!isRecord(one)) return typeof one === 'function' ? replace(member, one) : one;
      // The members of binary data are its bytes.
      const members = Object.entries(one instanceof ArrayBuffer ? new Uint8Array(one) : one);
      return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
    }),
  )}`;
