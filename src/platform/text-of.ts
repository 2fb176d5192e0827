import { attempt } from './attempt.js';

/**
 * A text that is the same for equal values, in whatever order the members of objects were written. Values that JSON cannot hold all have the
 * same text.
 */
export const textOf = (value: unknown): string => `${attempt(() => JSON.stringify(value, sorted))}`;

function sorted(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  const isPlain = Object.prototype.toString.call(value) === '[object Object]';
  return isPlain ? Object.fromEntries(Object.entries(value as object).sort()) : value;
}
