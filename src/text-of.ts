import { attempt } from './platform/attempt.js';
import { isRecord } from './protocol/packet.js';

/**
 * A string that is the same for equal values, regardless of the order of object members. Values that JSON cannot represent all have the
 * same string.
 */
export const textOf = (value: unknown): string =>
  `${attempt(() => JSON.stringify(value, (_key, one: unknown) => (isRecord(one) ? Object.fromEntries(Object.entries(one).sort()) : one)))}`;
