import { attempt } from '../platform/attempt.js';
import { isRecord } from '../protocol/packet.js';

/**
 * A text that is the same for equal values, in whatever order the members of objects were written. Values that JSON cannot hold all have the
 * same text.
 */
export const textOf = (value: unknown): string =>
  `${attempt(() => JSON.stringify(value, (_key, one: unknown) => (isRecord(one) ? Object.fromEntries(Object.entries(one).sort()) : one)))}`;
