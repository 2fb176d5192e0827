/** What both sides of the soak know of its messages. */

/** The one without retries, the one with them, and the one with several of them in flight. */
export const namespaces = ['/', '/retried', '/window'] as const;

/** Bytes that only this message has. */
export const patternOf = (number: number, length: number): Buffer => Buffer.alloc(length, `${number};`);
